import type { Proposal, ReleaseVersionsAnswer, StaffClient } from "@aceso/client"
import { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import { networkRows } from "@aceso/client/network-rows.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import { StaffNode } from "@aceso/client/staff-node.ts"
import {
  type Cbor,
  decodeCbor,
  decodeTrusted,
  fromHex,
  type Infer,
  memberId,
  memberKind,
  object,
  optional,
  PlatformError,
  publicKeySchema,
  signature64,
  text,
  toHex,
  validatorPossessionBytes,
  verify,
} from "@aceso/core"
import { unseenIn } from "@aceso/core/display/visible.ts"
import type { StaffIdentity } from "../protocol.ts"
import { rowsBy } from "../proven-members.ts"
import { together } from "../together.ts"
import { visibleCalls } from "../visible-calls.ts"

/** A change as the governance contract knows it; what are bytes there is hexadecimal here. */
export interface ShownChange {
  readonly do: string
  readonly member?: string
  readonly name?: string
  readonly kind?: string
  readonly abilities?: readonly string[]
  readonly licence?: string
  /** ms */
  readonly until?: number
  readonly url?: string
  readonly key?: string
  readonly proof?: string
  readonly case?: string
  readonly contract?: string
  readonly action?: string
  readonly version?: number
  readonly sources?: string
  readonly height?: number
  /** ms */
  readonly compromisedAt?: number
  readonly build?: string
}
const BYTES: ReadonlySet<string> = new Set(["key", "proof", "case", "sources", "build"])

/** Whether the own release has the version that is to be activated with these sources, with other ones, or not. */
export type AtHome = "same" | "other" | "missing"

export interface ShownBallot
  extends Pick<Proposal, "proposer" | "voters" | "yes" | "no" | "openedAt" | "lapsesAt" | "status"> {
  readonly id: string
  readonly changes: readonly ShownChange[]
  /** Of each change; null: it activates nothing. */
  readonly atHome: readonly (AtHome | null)[]
}
export interface ShownBallots {
  readonly ballots: readonly ShownBallot[]
  /** The own organisation votes, and so it may propose. */
  readonly votes: boolean
}
export interface ShownVersions {
  readonly height: number
  readonly versions: readonly {
    readonly contract: string
    readonly version: number
    readonly sources: string
  }[]
}
export type Outcome = "open" | "passed" | "rejected" | "without_effect"

/** What an organisation says of itself to be admitted, as `aceso init` writes it (server/home/application.ts). */
const application = object({
  member: memberId,
  name: text(100),
  kind: memberKind,
  url: text(200),
  key: publicKeySchema,
  validator: object({ key: publicKeySchema, proof: signature64 }),
  nodeId: text(40, /^[0-9a-f]{40}$/),
  p2p: optional(text(320)),
})
export const MAX_APPLICATION_BYTES = 65_536

/** The parts of an application of which changes are made. */
export interface ShownApplication
  extends Pick<Infer<typeof application>, "member" | "name" | "kind" | "url"> {
  readonly key: string
  readonly validator: { readonly key: string; readonly proof: string }
  /** It brings an address between nodes: on cometbft the others have to let it in. */
  readonly isPeer: boolean
}

/** @throws PlatformError `bad_application` */
export function readApplication(file: Uint8Array): ShownApplication {
  const bad = (why: string, cause?: unknown) =>
    new PlatformError("bad_application", `this is no application.json that can be used: ${why}`, { cause })
  if (file.length > MAX_APPLICATION_BYTES) throw bad(`it has more than ${MAX_APPLICATION_BYTES} bytes`)
  let read: Infer<typeof application>
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file))
    read = application.parse(json, "application", "json")
  } catch (cause) {
    throw bad(cause instanceof PlatformError ? cause.message : "it is not JSON", cause)
  }
  const { member, name, kind, url, key, validator, p2p } = read
  if (!verify(validator.proof, validatorPossessionBytes(member, validator.key), validator.key))
    throw bad("it does not prove that it holds its validator's key")
  // It would be proposed as it is, and read as something else.
  const unseen = [name, url].map(unseenIn).find((one) => one !== undefined)
  if (unseen) throw bad(`its name or address has the character ${unseen.point}, which nobody sees`)
  return {
    ...{ member, name, kind, url, key: toHex(key), isPeer: p2p !== undefined },
    validator: { key: toHex(validator.key), proof: toHex(validator.proof) },
  }
}

/** @throws PlatformError `bad_answer` */
export function shownChange(bytes: Uint8Array): ShownChange {
  const change = decodeCbor(bytes)
  if (change === null || typeof change !== "object" || !("do" in change) || typeof change.do !== "string")
    throw new PlatformError("bad_answer", "the node shows a change of no kind")
  const fields = Object.entries(change).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toHex(value) : value,
  ])
  return Object.fromEntries(fields) as ShownChange
}

/** @throws PlatformError `bad_input` */
export function changeOf(draft: ShownChange): Cbor {
  const fields = Object.entries(draft).map(([name, value]) => {
    if (!BYTES.has(name)) return [name, value]
    if (!/^([0-9a-f]{2})+$/.test(value)) throw new PlatformError("bad_input", `${name}: hexadecimal digits`)
    return [name, fromHex(value)]
  })
  return Object.fromEntries(fields) as Cbor
}

/** @param versions of the own release */
export function atHome(
  { do: kind, contract, version, sources }: ShownChange,
  versions: ShownVersions["versions"],
): AtHome | null {
  if (kind !== "activate") return null
  const own = versions.find((one) => one.contract === contract && one.version === version)
  if (!own) return "missing"
  return own.sources === sources ? "same" : "other"
}

/** Proposals, and the own organisation's vote. */
export function ballotCalls(client: StaffClient, { node, member, seed }: StaffIdentity) {
  const ofNode = new StaffNode(node, seed)
  const proofs = new LedgerProofs(undefined)
  const rows = rowsBy(proofs, new PublicClient(client.url))
  const votes = async (): Promise<boolean> => {
    const [row] = await proofs.rows(new PublicClient(client.url), "members", [[member]])
    return row !== null && (decodeTrusted(row) as [number, string, string, string[]])[3].includes("votes")
  }
  const told = visibleCalls({
    /** @param all also those that are decided or lapsed */
    async ballots(all: boolean): Promise<ShownBallots> {
      const [proposals, isVoter, release] = await Promise.all([
        client.proposals(all),
        votes(),
        ofNode.releaseVersions(),
      ])
      const versions = release.versions.map(shownVersion)
      return {
        votes: isVoter,
        ballots: proposals.map(({ id, changes, ...rest }) => {
          const shown = changes.map(shownChange)
          return {
            ...{ ...rest, id: toHex(id), changes: shown },
            atHome: shown.map((one) => atHome(one, versions)),
          }
        }),
      }
    },
    /** What organisations may do now, by their short names, each as the ledger has it. */
    async abilitiesNow(members: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>> {
      const found = await rows(
        "members",
        members.map((one) => [one]),
      )
      return Object.fromEntries(
        members.flatMap((one, i) =>
          found[i] ? [[one, networkRows.members.read(found[i]).abilities] as const] : [],
        ),
      )
    },
    /** Which of these actions are switched off, by the ledger. @param actions such as `records.commit` */
    async actionsOff(actions: readonly string[]): Promise<readonly string[]> {
      const found = await rows(
        "disabledActions",
        actions.map((one) => one.split(".")),
      )
      return actions.filter((_, i) => found[i] !== null)
    },
    /** @throws PlatformError `already_voted`, `proposal_closed`, `proposal_lapsed`, `not_a_voter`, `not_permitted` */
    castVote: async (id: string, yes: boolean): Promise<Outcome> =>
      (await client.vote(fromHex(id), yes)).outcome,
    /** @throws PlatformError those of the governance contract (changes.ts there), `not_permitted` */
    async openBallot(drafts: readonly ShownChange[]): Promise<{ id: string; outcome: Outcome }> {
      const { proposal, outcome } = await client.propose(drafts.map(changeOf))
      return { id: toHex(proposal), outcome }
    },
    /** What this node's release brings that no ballot decided yet, and the newest block. */
    async versionsToActivate(): Promise<ShownVersions> {
      const { versions, height } = await client.versions()
      return {
        height,
        versions: versions.map(shownVersion),
      }
    },
  })
  return together(told, {
    /** As it will be proposed, and so unchanged. @throws PlatformError `bad_application` */
    applicationIn: (file: Uint8Array): ShownApplication => readApplication(file),
  })
}

const shownVersion = ({ sources, ...rest }: ReleaseVersionsAnswer["versions"][number]) => ({
  ...{ ...rest, sources: toHex(sources) },
})
