import type { Proposal, proposeAnswer } from "@aceso/client"
import { type Cbor, decodeCbor, type Infer, toHex } from "@aceso/core"
import { green, red, table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"

/** What became of a proposal, as --json shows it. */
export interface Decision {
  readonly proposal: string
  readonly outcome: Infer<typeof proposeAnswer>["outcome"]
  readonly payloadId: string
  readonly height: number
}

export const decisionOf = (answer: Infer<typeof proposeAnswer>): Decision => ({
  ...answer,
  proposal: toHex(answer.proposal),
  payloadId: toHex(answer.payloadId),
})

const SAYS: Readonly<Record<Decision["outcome"], string>> = {
  open: "open: the other voters decide with aceso vote",
  passed: green("passed"),
  rejected: red("rejected"),
  without_effect: red("passed without effect: it had become impossible"),
}

export const sayDecision = ({ proposal, outcome, height }: Decision): string =>
  `  proposal ${proposal.slice(0, 12)} ${SAYS[outcome]} (block ${height})`

/** Any kind of change, in its own words: `suspend city-hospital`. */
function describe(change: unknown): string {
  const { do: kind, member, ...rest } = change as Record<string, unknown>
  const more = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return [kind, member, ...(more.length > 0 ? [`(${more.join(", ")})`] : [])].filter(Boolean).join(" ")
}

/** Bytes as hexadecimal text, at any depth. */
function readable(value: Cbor): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map((part: Cbor) => readable(part))
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, readable(part as Cbor)]))
  return value
}

const shown = ({ id, changes, ...rest }: Proposal) => ({
  id: toHex(id),
  ...rest,
  changes: changes.map((change) => readable(decodeCbor(change))),
})

export const proposals = command({
  summary: "proposals that wait for votes, with their ids",
  options: { all: { type: "boolean", words: "those that are decided or lapsed as well" } },
  example: "aceso proposals --all",
  run: async (session, { values }) =>
    (await session.staff().client.proposals(values.all === true)).map(shown),
  print: (all) =>
    table(
      ["id", "what", "by", "yes", "no", "of", "until", "state"],
      all.map((p) => [
        p.id.slice(0, 12),
        p.changes.map(describe).join("; "),
        p.proposer,
        p.yes.length,
        p.no.length,
        p.voters.length,
        localTime(p.lapsesAt),
        p.status,
      ]),
    ),
})
