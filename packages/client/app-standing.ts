import {
  type Bytes,
  decodeTrusted,
  type GenesisDocument,
  type Hash,
  type MemberId,
  messageOf,
  nodeUrlFault,
  PlatformError,
  randomBytes,
  toHex,
} from "@aceso/core"
import type { Fetch } from "./http.ts"
import { LedgerMembers } from "./ledger-members.ts"
import { LedgerProofs } from "./ledger-proofs.ts"
import { PublicClient } from "./public-client.ts"

/** What the ledger says of a build, and who showed it. */
export interface AppStanding {
  readonly state: "released" | "withdrawn" | "never"
  readonly notes: readonly string[]
  /** Nobody showed it but who serves what is checked, whoever else there is. */
  readonly isByServerAlone?: true
}

/** A row of `appReleases`: [version, from, to]; null: there is none. A test holds it to the table. */
export function appReleaseState(row: Bytes | null): AppStanding["state"] {
  if (row === null) return "never"
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 3)
    throw new PlatformError(
      "bad_answer",
      "the row of a release is of another version than is known here; update",
    )
  return value[2] === null ? "released" : "withdrawn"
}

/** Where the pages of the app may talk to: the origins of members that are active and can be asked. */
export const originsToTalkTo = (
  members: readonly { readonly url: string; readonly status: string }[],
  { isLoopback = false }: Pick<GenesisDocument, "isLoopback">,
): readonly string[] =>
  members
    .filter(({ url, status }) => status === "active" && isUsable(url, isLoopback))
    .map(({ url }) => new URL(url).origin)

const isUsable = (url: string, mayBeLoopback: boolean): boolean =>
  nodeUrlFault(url, { mayBeLoopback }) === undefined

interface Node {
  readonly member: MemberId
  readonly kind: string
  readonly url: string
}

/** So many members are asked; one that is honest is enough, because a later block's word counts. */
const ASKED = 5
const MOST_MEMBERS = 256

/** The ledger as nodes of several members prove it, for whoever has no node of their own. */
export class AskedLedger {
  private readonly genesis: GenesisDocument
  private readonly first: string
  private readonly fetch: Fetch
  private readonly proofs: LedgerProofs
  private known: Promise<readonly Node[]> | undefined

  /** @param first a node that says which members there are; where they are, the ledger says */
  constructor(genesis: GenesisDocument, first: string, fetch: Fetch, now?: () => number) {
    this.genesis = genesis
    this.first = first
    this.fetch = fetch
    this.proofs = new LedgerProofs(genesis, { isFirstFresh: true, ...(now && { now }) })
  }

  /** Active members' origins. @throws PlatformError `bad_proof`, those of the node */
  async origins(): Promise<readonly string[]> {
    return (await this.members()).map(({ url }) => new URL(url).origin)
  }

  /**
   * What the ledger says of a build: several members are asked, whoever serves it only where nobody else answers.
   * @param served the origin that is checked: its node, and the app's operator, are no witnesses of their own
   * @throws PlatformError `bad_proof` where nobody's answer holds
   */
  async standing(root: Hash, served: string): Promise<AppStanding> {
    const operator = this.genesis.app?.operator
    const all = (await this.members()).filter(({ kind }) => kind === "custodian" || kind === "authority")
    const isServer = ({ member, url }: Node) => member === operator || new URL(url).origin === served
    const others = mixed(all.filter((one) => !isServer(one))).slice(0, ASKED)
    const shown = await this.ask(others, root)
    const { proofs } = shown
    const isByServerAlone = shown.best === undefined
    if (isByServerAlone) {
      const own = await this.ask(all.filter(isServer), root)
      shown.best = own.best
      shown.notes.push(...own.notes)
    }
    if (!shown.best)
      throw new PlatformError(
        "bad_proof",
        `no member showed what the ledger says of the build ${shown.notes.join("; ") || "(there is none who could)"}`,
      )
    return {
      state: shown.best.state,
      notes: [
        `members that prove it, beside whoever serves it: ${proofs} of ${others.length} that were asked`,
        ...shown.notes,
      ],
      ...(isByServerAlone && { isByServerAlone }),
    }
  }

  private async ask(nodes: readonly Node[], root: Hash) {
    const notes: string[] = []
    let proofs = 0
    let best: { height: number; state: AppStanding["state"] } | undefined
    for (const { member, url } of nodes)
      try {
        const client = new PublicClient(url, this.fetch)
        const { rows, height } = await this.proofs.rowsAndHeight(client, "appReleases", [[root]])
        const state = appReleaseState(rows[0])
        proofs++
        notes.push(`${member} proves by block ${height}: ${WORDS[state]}`)
        if (!best || height > best.height) best = { height, state }
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        notes.push(`${member} proves nothing: ${messageOf(error)}`)
      }
    return { best, notes, proofs }
  }

  private members(): Promise<readonly Node[]> {
    this.known ??= this.readMembers()
    return this.known
  }

  /** Which there are, the first node says; each is believed by its row. */
  private async readMembers(): Promise<readonly Node[]> {
    const asked = new LedgerMembers(this.proofs, new PublicClient(this.first, this.fetch))
    const ids = [...new Set((await asked.members()).map(({ member }) => member))].slice(0, MOST_MEMBERS)
    const mayBeLoopback = this.genesis.isLoopback ?? false
    return (await asked.activeAmong(ids)).filter(({ url }) => isUsable(url, mayBeLoopback))
  }
}

const WORDS = {
  released: "it is released",
  withdrawn: "it was withdrawn",
  never: "it was never released",
} as const

/** Nobody is always asked, so nobody knows who will be. */
const mixed = <T>(all: readonly T[]): T[] =>
  all
    .map((one) => ({ one, by: toHex(randomBytes(8)) }))
    .sort((a, b) => (a.by < b.by ? -1 : 1))
    .map(({ one }) => one)
