import type { StaffClient } from "@aceso/client"
import type { Blocks } from "@aceso/client/blocks.ts"
import { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import { networkRows } from "@aceso/client/network-rows.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  domainHash,
  equalBytes,
  PlatformError,
  toHex,
  validatorAddress,
} from "@aceso/core"
import { faultsOfHeads } from "@aceso/core/explorer.ts"
import type { Verified } from "../open/verified.ts"
import { provenMembers, rowsBy, type ShownMember, type ShownMembers } from "../proven-members.ts"
import { together } from "../together.ts"
import { visibleCalls } from "../visible-calls.ts"

/** A page of a list; `next` null: this is its end. */
interface Page<T> {
  readonly all: readonly T[]
  /** The node names so many that the ledger does not have. */
  readonly unproven: number
  readonly next: readonly Uint8Array[] | null
}
type After = readonly Uint8Array[] | null

export interface BrokenPromise {
  readonly custodian: string
  readonly tag: string
  readonly event: string
  readonly reporter: string
  /** ms */
  readonly includeBy: number
  readonly at: number
  /** `never`: the entry is not there; `late`: it came after its time; `other`: another entry is there; `kept`: it was there in time, so that the report does not hold. */
  readonly entry: "never" | "late" | "other" | "kept"
}
export interface Mismatch {
  readonly custodian: string
  readonly evidence: string
  readonly reporter: string
  /** ms */
  readonly at: number
}
export interface MemberCase {
  readonly id: string
  readonly member: string
  readonly kind: "duplicate_vote" | "light_client_attack" | "recovery"
  readonly height: number
  /** ms */
  readonly time: number
  readonly status: "open" | "closed"
  /** Whether its id follows from what it is about; null: of a validator's key before that cannot be said. */
  readonly holds: boolean | null
}
/** What a dropped file is, and whether it was reported. */
export interface CheckedEvidence {
  readonly verified: Verified
  /** Of evidence against a custodian: its hash, and who reported it. */
  readonly evidence: string | null
  readonly reported: { readonly reporter: string; readonly at: number } | null
}
export interface DayCount {
  /** The beginning of the day in UTC, ms. */
  readonly day: number
  readonly blocks: number
  readonly transactions: number
  readonly rejected: number
}

/** Heads of one question, and so many questions at most. */
const HEADS = 25
const QUESTIONS = 40
const DAY_MS = 86_400_000

/** Whether a promised entry was there in time, whatever was reported. */
export function entryState(
  entry: { readonly event: Bytes; readonly at: number } | null,
  event: Bytes,
  includeBy: number,
): BrokenPromise["entry"] {
  if (entry === null) return "never"
  if (!equalBytes(entry.event, event)) return "other"
  return entry.at > includeBy ? "late" : "kept"
}

/** Whether a case's id follows from what it says to be about (contracts/governance/v1). @param key of the validator as it is now */
export function caseHolds(
  id: Bytes,
  { kind, member, height, time }: Omit<MemberCase, "id" | "holds" | "status">,
  recoveries: ShownMember["recoveries"],
  key: Bytes | null,
): boolean | null {
  if (kind === "recovery")
    return recoveries.some(
      ({ from, at }, i) =>
        from === height && at === time && equalBytes(domainHash("case", "recovery", member, i), id),
    )
  if (key === null) return null
  return equalBytes(domainHash("case", kind, validatorAddress(key), height), id) ? true : null
}

/** What an authority looks at: each row proven, each evidence checked here. */
export function authorityCalls(client: StaffClient, blocks: Blocks) {
  const node = new PublicClient(client.url)
  const proofs = new LedgerProofs(undefined)

  const rows = rowsBy(proofs, node)
  /** A page of a table that only its keys list. */
  async function page<T>(
    table: "brokenPromises" | "mismatches" | "memberCases",
    after: After,
    shown: (all: readonly { readonly key: readonly Cbor[]; readonly row: Bytes }[]) => Promise<readonly T[]>,
  ): Promise<Page<T>> {
    const { keys, next } = await client.ledgerKeys(table, after ?? [])
    const decoded = keys.map((key) => key.map((part) => decodeCbor(part)))
    const found = keys.length === 0 ? [] : await rows(table, decoded)
    const there = decoded.flatMap((key, i) => {
      const row = found[i]
      return row === null ? [] : [{ key, row }]
    })
    const all = await shown(there)
    return { all, unproven: keys.length - there.length, next: next.length === 0 ? null : next }
  }
  const recoveriesOf = async (members: readonly string[]) => {
    const found = await rows(
      "recoveries",
      members.map((member) => [member]),
    )
    return new Map(
      members.map((member, i) => [member, found[i] ? networkRows.recoveries.read(found[i]) : null]),
    )
  }

  const told = visibleCalls({
    oversightMembers: async (): Promise<ShownMembers> => provenMembers(rows, await client.members()),

    brokenPromises: (after: After): Promise<Page<BrokenPromise>> =>
      page("brokenPromises", after, async (all) => {
        const entries = await rows(
          "disclosures",
          all.map(({ key: [custodian, tag] }) => [custodian, tag]),
        )
        return all.map(({ key, row }, i): BrokenPromise => {
          const [custodian, tag, event] = key as [string, Bytes, Bytes]
          const broken = networkRows.brokenPromises.read(row)
          const entry = entries[i] ? networkRows.disclosures.read(entries[i]) : null
          return {
            custodian,
            tag: toHex(tag),
            event: toHex(event),
            ...broken,
            entry: entryState(entry, event, broken.includeBy),
          }
        })
      }),

    mismatches: (after: After): Promise<Page<Mismatch>> =>
      page("mismatches", after, async (all) =>
        all.map(({ key, row }): Mismatch => {
          const [custodian, evidence] = key as [string, Bytes]
          return { custodian, evidence: toHex(evidence), ...networkRows.mismatches.read(row) }
        }),
      ),

    memberCases: (after: After): Promise<Page<MemberCase>> =>
      page("memberCases", after, async (all) => {
        const cases = all.map(({ key, row }) => ({
          id: key[0] as Bytes,
          ...networkRows.memberCases.read(row),
        }))
        const members = [...new Set(cases.map(({ member }) => member))]
        const recoveries = await recoveriesOf(members)
        const validators = await rows(
          "validators",
          members.map((member) => [member]),
        )
        return cases.map(({ id, ...one }): MemberCase => {
          const at = members.indexOf(one.member)
          const key = validators[at] ? networkRows.validators.read(validators[at]).key : null
          const recovered = recoveries.get(one.member)?.all ?? []
          const holds = caseHolds(id, one, recovered, key)
          return { id: toHex(id), ...one, holds }
        })
      }),

    /** @throws PlatformError `not_permitted`, `bad_evidence`, `already_reported` */
    async reportEvidence(file: Uint8Array): Promise<string> {
      return toHex((await client.report(file)).evidence)
    },
    /** Histories that are not the own node's, as its checkpoints found them. */
    async forksFound(): Promise<readonly { readonly height: number; readonly member: string }[]> {
      const { checkpoints } = await client.status()
      return (checkpoints?.forks ?? []).map(({ height, member }) => ({ height, member }))
    },
    /** @throws PlatformError `not_permitted`, `nothing_to_permit` */
    permitRecovery: (member: string): Promise<void> => client.permitRecovery(member),

    /** How much was written a day, by the heads of the newest 1,000 blocks at most. @throws PlatformError `bad_proof` */
    async ledgerDays(): Promise<{ readonly days: readonly DayCount[]; readonly isWhole: boolean }> {
      const [{ document }, { verifyAttestation }] = await Promise.all([
        node.genesis(),
        import("@aceso/core/attestation.ts"),
      ])
      const days = new Map<number, DayCount>()
      let before = 0
      for (let asked = 0; asked < QUESTIONS; asked++) {
        const question = { before, limit: HEADS }
        const answer = await blocks.heads(question)
        const { heads, prunedUpTo } = answer
        if (faultsOfHeads(question, answer, document, verifyAttestation).size > 0)
          throw new PlatformError("bad_proof", "blocks that the node shows do not follow from each other")
        for (const { time, transactions, rejected } of heads) {
          const day = time - (time % DAY_MS)
          const so = days.get(day) ?? { day, blocks: 0, transactions: 0, rejected: 0 }
          days.set(day, {
            ...{ day, blocks: so.blocks + 1, transactions: so.transactions + transactions },
            rejected: so.rejected + rejected,
          })
        }
        before = heads.at(-1)?.height ?? 1
        if (heads.length < HEADS || before <= 1) return { days: newestFirst(days), isWhole: prunedUpTo === 0 }
      }
      return { days: newestFirst(days), isWhole: false }
    },
  })
  // What a file says, `verifyFile` makes readable itself, with its lines.
  const checked = {
    /**
     * A file that somebody handed over, checked here; of evidence against a custodian whether it was reported.
     * @throws PlatformError `bad_file`, `too_large`
     */
    async checkEvidence(file: Uint8Array): Promise<CheckedEvidence> {
      const { verifyCalls } = await import("../open/verify.ts")
      const verified = await verifyCalls(node).verifyFile(file, null)
      if (verified.kind !== "evidence") return { verified, evidence: null, reported: null }
      const hash = domainHash("evidence", file)
      const [row] = await rows("mismatches", [[verified.custodian, hash]])
      return {
        verified,
        evidence: toHex(hash),
        reported: row ? networkRows.mismatches.read(row) : null,
      }
    },
    /** What the own node keeps of one of them, checked here. @throws PlatformError `not_found`, `bad_file`, `bad_evidence` */
    async checkFork(height: number, member: string): Promise<Verified> {
      const file = await client.forkEvidence(height, member)
      const { verifyCalls } = await import("../open/verify.ts")
      const verified = await verifyCalls(node).verifyFile(file, null)
      if (verified.kind === "bad" || (verified.kind === "fork" && verified.height === height)) return verified
      throw new PlatformError("bad_evidence", `what is kept of block ${height} is about something else`)
    },
  }
  return together(told, checked)
}

const newestFirst = (days: ReadonlyMap<number, DayCount>) => [...days.values()].sort((a, b) => b.day - a.day)
