import { type Cbor, fromHex } from "@aceso/core"
import { readApplication } from "@aceso/server/home/network.ts"
import { addApplicant } from "@aceso/server/home/peers.ts"
import { sourcesOf } from "@aceso/server/node/sources.ts"
import { type CommandInput, command } from "../command.ts"
import { momentOf } from "../moment.ts"
import { UsageError } from "../session.ts"
import { SIGNED_NOW, untilBlock } from "../waiting.ts"
import { type Decision, decisionOf, sayDecision } from "./proposals.ts"

interface Kind {
  /** What stands behind the kind's name; empty: nothing. */
  readonly positional: string
  change(argument: string, input: CommandInput): Cbor
}

function member(argument: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(argument))
    throw new UsageError(`${argument} is no organisation's short name, such as city-hospital`)
  return argument
}

/** `records.commit` */
function actionOf(argument: string): { contract: string; action: string } {
  const [, contract, action] = /^([a-z][A-Za-z0-9]{0,31})\.([a-z][A-Za-z0-9]{0,31})$/.exec(argument) ?? []
  if (!contract || !action)
    throw new UsageError(`${argument} is no action of a contract, such as records.commit`)
  return { contract, action }
}

/** A version of a contract of this release, with the hash of its sources as they lie here. */
function activation(argument: string, { values }: CommandInput): Cbor {
  const [, contract, digits] = /^([a-z][A-Za-z0-9]{0,31})@([1-9]\d{0,3})$/.exec(argument) ?? []
  if (!contract) throw new UsageError(`${argument} is no version of a contract, such as records@2`)
  if (!/^[1-9]\d{0,14}$/.test(String(values.height)))
    throw new UsageError("from which block on? --height <n>, far enough ahead that every node is updated")
  const version = Number(digits)
  const sources = sourcesOf(contract, version)
  if (!sources)
    throw new UsageError(`this release has no ${argument}; install the release that brings it, then propose`)
  return { do: "activate", contract, version, sources, height: Number(values.height) }
}

/** One kind of change, one entry: the governance contract's own form of it. */
const KINDS: Readonly<Record<string, Kind>> = {
  admit: {
    positional: "<application.json>",
    change(file) {
      const { member, name, kind, url, key } = readApplication(file)
      return { do: "admit", member, name, kind, url, key }
    },
  },
  suspend: { positional: "<member>", change: (name) => ({ do: "suspend", member: member(name) }) },
  reinstate: { positional: "<member>", change: (name) => ({ do: "reinstate", member: member(name) }) },
  validator: {
    positional: "<application.json>",
    change(file) {
      const { member, validator } = readApplication(file)
      return { do: "addValidator", member, ...validator }
    },
  },
  "remove-validator": {
    positional: "<member>",
    change: (name) => ({ do: "removeValidator", member: member(name) }),
  },
  "replace-validator": {
    positional: "<application.json>",
    change(file) {
      const { member, validator } = readApplication(file)
      return { do: "replaceValidator", member, ...validator }
    },
  },
  "replace-key": {
    positional: "<application.json>",
    change(file, { values }) {
      const { member, key } = readApplication(file)
      const compromisedAt = momentOf(values["compromised-at"])
      return { do: "replaceKey", member, key, ...(compromisedAt !== undefined && { compromisedAt }) }
    },
  },
  "close-case": {
    positional: "<id>",
    change(id) {
      if (!/^[0-9a-f]{64}$/.test(id)) throw new UsageError(`${id} is no case: 64 hexadecimal digits`)
      return { do: "closeCase", case: fromHex(id) }
    },
  },
  activate: { positional: "<contract>@<version> --height <n>", change: activation },
  disable: {
    positional: "<contract.action>",
    change: (name) => ({ do: "disableAction", ...actionOf(name) }),
  },
  enable: { positional: "<contract.action>", change: (name) => ({ do: "enableAction", ...actionOf(name) }) },
  finish: { positional: "", change: () => ({ do: "finish" }) },
}

const usage = Object.entries(KINDS)
  .map(([name, { positional }]) => `aceso propose ${name} ${positional}`.trimEnd())
  .join(", ")

interface Proposed extends Decision {
  /** The id of the applicant's node, which may connect to this one as soon as it is a member. */
  readonly peer?: string
}

export const propose = command<Proposed>({
  summary: "propose a change of the network, as the organisation",
  positional: "<kind> [of what]",
  options: {
    height: { type: "string", words: "activate: from this block on", value: "<n>" },
    "compromised-at": {
      type: "string",
      words: "replace-key: since when others may have had the old keys, such as 2026-05-01T08:00:00Z",
      value: "<time>",
    },
  },
  async run(session, input) {
    const [name = "", argument = "", ...more] = input.positionals
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
    if (!kind || (argument === "") !== (kind.positional === "") || more.length > 0)
      throw new UsageError(`propose what? ${usage}`)
    if (input.values.height !== undefined && name !== "activate")
      throw new UsageError("--height belongs to aceso propose activate")
    if (input.values["compromised-at"] !== undefined && name !== "replace-key")
      throw new UsageError("--compromised-at belongs to aceso propose replace-key")
    const change = kind.change(argument, input)
    const { nodeFolder } = session
    // First: an application that takes another node's id is none to vote on.
    const isHere = name === "admit" && nodeFolder !== undefined
    const peer = isHere ? addApplicant(nodeFolder, readApplication(argument)) : undefined
    const proposed = session.staff().client.propose([change])
    const decision = decisionOf(await untilBlock(session, SIGNED_NOW, proposed))
    return { ...decision, ...(peer && { peer: peer.nodeId }) }
  },
  print: ({ peer, ...decision }) =>
    [
      sayDecision(decision),
      ...(peer === undefined
        ? []
        : [`  its node (${peer}) may connect to this one as soon as the ledger shows it as a member`]),
    ].join("\n"),
})
