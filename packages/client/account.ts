import {
  type Account,
  type AccountEntry,
  account,
  auditEventHash,
  type Bytes,
  type Cbor,
  decodeTrusted,
  disclosureTag,
  documentId,
  equalBytes,
  MAX_PAGE,
  MAX_PROMISE_MS,
  MAX_ROWS_ASKED,
  type MemberId,
  nameOf,
  object,
  type PatientMove,
  PlatformError,
  type PolicyDocument,
  type PolicyState,
  readings,
} from "@aceso/core"
import { found } from "@aceso/core/display/found-words.ts"
import type { PolicyDifference } from "./deliveries.ts"
import type { RootedPolicy } from "./device.ts"
import { eventOf } from "./ledger-proofs.ts"
import { type InsideLook, looksIn } from "./looks.ts"
import {
  type ChangeBefore,
  checkDisclosure,
  type DisclosureCheck,
  type KnownRecord,
  knownRecord,
  policyInForce,
} from "./recheck.ts"
import { type PatientSource, recordPages } from "./record-pages.ts"

/** One custodian's part of the account that a patient is given. */
export interface AccountPart {
  readonly custodian: MemberId
  readonly entries: readonly CheckedEntry[]
  /** Every counter from 1 to the highest is there, on the ledger as claimed, and none is beyond. */
  readonly isComplete: boolean
  /** That none is left out, nor beyond, could be seen: a delegate cannot. */
  readonly isWhole: boolean
  /** Entries that the ledger has not yet, and whose promised time has not come. */
  readonly onItsWay: number
  readonly findings: readonly string[]
  /** Looks of the custodian's own staff that no entry stands for yet: their day is not over. */
  readonly today: readonly InsideLook[]
  /** The consents that entries name, of today or before. */
  readonly consents: readonly PolicyDocument[]
  /** When the custodian went on from an older state of its vault, oldest first; `from`: the last block that it kept. */
  readonly recoveries: readonly { readonly from: number; readonly at: number; readonly reason: string }[]
}

/** An entry that was checked; what was checked with it is not kept. */
export interface CheckedEntry extends DisclosureCheck {
  readonly n: number
  /** Not on the ledger yet, as was promised. */
  readonly isOnItsWay: boolean
  readonly tag: Bytes
  readonly event: Bytes
}

/** Where an account is read: one custodian and its node. */
export interface AccountSource extends PatientSource {
  readonly custodian: MemberId
  /** Rows, or null, each with a proof that was checked. */
  proven(table: string, keys: readonly (readonly Cbor[])[]): Promise<readonly (Bytes | null)[]>
  policy(): Promise<PolicyState>
  /** What a change of the policy added and took back, where this device signed it. */
  differences(): Promise<(payloadId: string) => PolicyDifference | undefined>
  /** Policies that the device remembers, by their roots. */
  policies(): Promise<readonly RootedPolicy[]>
  /** Records that stand at the wrong patient, as the custodian told of them. */
  moves(): Promise<readonly PatientMove[]>
}

/** Numbers beyond the highest of which it is proven that the ledger has no entry. */
const BEYOND = 8
/** A day of looks is over after 24 hours at most, and stands on the ledger some rounds later. */
const LOOKS_DUE_MS = 48 * 3_600_000
/** Findings of one kind that are said one by one. */
const MAX_FINDINGS = 50

/**
 * Reads the account page by page; of each page only what was found is kept.
 * @param keeps which entries are told; all are checked
 */
export async function readAccount(
  source: AccountSource,
  onPage: (entries: number, highest: number) => void = () => {},
  now = Date.now(),
  keeps: (entry: AccountEntry, known: ReadonlyMap<string, KnownRecord>) => boolean = () => true,
): Promise<AccountPart> {
  const { known, lost: lostRecords } = await knownRecords(source)
  const state = await source.policy()
  const earlier = await source.policies()
  const inForce = policyInForce(state, await source.differences(), earlier)
  const moves = await source.moves()
  const isLost = lostRecords > 0 ? oneOfLost(lostRecords) : undefined
  const reading = new Reading()
  let newest: Account | undefined
  let read = 0
  for (;;) {
    const fromN = reading.next
    const page = await source.ask("account", { fromN, limit: Math.min(MAX_PAGE, MAX_ROWS_ASKED) }, account)
    newest = page
    const first = reading.next
    const lost = await checkLost(source, page)
    const entries = page.entries.filter(({ n }) => {
      takeLost(reading, lost, n)
      return reading.takesNumber(n)
    })
    takeLost(reading, lost, Number.POSITIVE_INFINITY)
    if (reading.next === first) break
    const ledger = await onLedger(source, entries)
    for (const [i, entry] of entries.entries()) {
      const { n, tag, event } = entry
      const changed = reading.changeBefore(n)
      const context = { records: known, inForce, moves, changed, ...(isLost && { isLost }) }
      const check = checkDisclosure(entry, context, ledger[i].isLogged)
      reading.takeChange(n, check)
      const isOnItsWay = ledger[i].isAbsent && isWithinPromise(entry.includeBy, check.time, now)
      reading.compare(entry, page.auditKey, ledger[i], isOnItsWay)
      if (keeps(entry, known)) reading.entries.push({ n, tag, event, isOnItsWay, ...check })
    }
    read += entries.length
    onPage(read, page.highest)
    if (reading.next > page.highest) break
  }
  reading.mustReach(newest.highest)
  if (newest.auditKey) await noneBeyond(source, reading, newest.auditKey)
  const recoveries = await recoveriesOf(source)
  if (lostRecords > 0)
    reading.findings.push(
      found(recoveries.length === 0 ? "recordsLostUntold" : "recordsLost", { n: lostRecords }),
    )
  const open = await source.ask("readings", {}, object({ readings }))
  const today = looksIn(open.readings)
  const late = today.filter(({ time }) => !(Date.parse(time) > now - LOOKS_DUE_MS)).length
  if (late > 0) reading.find(found("looksLate", { n: late }))
  const { entries, isComplete, findings } = reading
  const onItsWay = entries.filter((entry) => entry.isOnItsWay).length
  const isWhole = newest.auditKey !== null
  const documents = [...earlier.flatMap((one) => one.documents), ...state.documents]
  const consents = namedBy(entries, documents)
  const { custodian } = source
  return { custodian, entries, isComplete, isWhole, onItsWay, findings, today, consents, recoveries }
}

/**
 * One entry of the account, with what opens it, as the ledger has it.
 * @throws PlatformError `unknown_line`, `line_not_there`
 */
export async function readLine(
  { custodian, ask, proven }: Pick<AccountSource, "custodian" | "ask" | "proven">,
  n: number,
): Promise<AccountEntry> {
  const { auditKey, entries } = await ask("account", { fromN: n, limit: 1 }, account)
  const entry = entries[0]
  if (entry?.n !== n || !isTagOf(entry.tag, auditKey, n))
    throw new PlatformError("unknown_line", `your audit at ${custodian} has no line ${n}; see aceso audit`)
  const [row] = await proven("disclosures", [[custodian, entry.tag]])
  if (row && equalBytes(eventOf(row), auditEventHash(entry.salt, entry.auditEvent))) return entry
  throw new PlatformError(
    "line_not_there",
    `the ledger does not have line ${n} of ${custodian} yet, or has it otherwise; a new line is there within a minute`,
  )
}

/** @param auditKey null: a delegate has none, and sees what the custodian shows as the ledger has it */
const isTagOf = (tag: Bytes, auditKey: Bytes | null, n: number): boolean =>
  auditKey === null || equalBytes(tag, disclosureTag(auditKey, n))

/** Clocks of two machines. */
const MAX_CLOCK_MS = 120_000

/**
 * Whether an entry may still be missing on the ledger. The custodian alone says until when: no longer after the time in
 * its AuditEvent than any promise may last, and that time is not of the future.
 */
function isWithinPromise(includeBy: number, recorded: string, now: number): boolean {
  const time = Date.parse(recorded)
  return time <= now + MAX_CLOCK_MS && includeBy <= time + MAX_PROMISE_MS && now <= includeBy
}

function namedBy(entries: readonly CheckedEntry[], documents: readonly PolicyDocument[]): PolicyDocument[] {
  const named = new Set(entries.flatMap(({ allowedBy, coveredBy }) => allowedBy ?? coveredBy ?? []))
  const byId = new Map(documents.map((one) => [documentId(one), one]))
  return [...byId].flatMap(([id, one]) => (named.has(id) ? [one] : []))
}

interface Lost {
  readonly n: number
  readonly isTheirs: boolean
}

/** Entries of a page whose details are lost, held against the ledger; lowest number last. */
async function checkLost(source: AccountSource, { lost, auditKey }: Account): Promise<Lost[]> {
  if (lost.length === 0) return []
  const rows = await source.proven(
    "disclosures",
    lost.map(({ tag }) => [source.custodian, tag]),
  )
  return lost
    .map(({ n, tag, event }, i) => {
      const row = rows[i]
      const isLogged = row !== null && equalBytes(eventOf(row), event)
      return { n, isTheirs: isLogged && isTagOf(tag, auditKey, n) }
    })
    .sort((a, b) => b.n - a.n)
}

function takeLost(reading: Reading, lost: Lost[], before: number): void {
  for (let one = lost.at(-1); one && one.n < before; one = lost.at(-1)) {
    lost.pop()
    if (!reading.takesNumber(one.n)) continue
    reading.find(found(one.isTheirs ? "lost" : "lostOtherwise", { n: one.n }))
  }
}

async function recoveriesOf(source: AccountSource): Promise<AccountPart["recoveries"]> {
  const [row] = await source.proven("recoveries", [[source.custodian]])
  if (!row) return []
  const [, all] = decodeTrusted(row) as [number, { from: number; at: number; reason: string }[]]
  return all.map(({ from, at, reason }) => ({ from, at, reason }))
}

/** What was found so far. */
class Reading {
  readonly entries: CheckedEntry[] = []
  readonly findings: string[] = []
  isComplete = true
  /** The number that has to come next. */
  next = 1
  private unsaid = 0
  private checked = 0
  private changed: ChangeBefore | undefined

  /** The newest change of the policy before an entry; undefined: none, or something of the log before it is missing. */
  changeBefore(n: number): ChangeBefore | undefined {
    if (n !== this.checked + 1) this.changed = undefined
    return this.changed
  }

  takeChange(n: number, { outcome, policyVersion, time }: DisclosureCheck): void {
    this.checked = n
    const change = { version: Number(policyVersion), time: Date.parse(time) }
    if (outcome === "changed" && !Number.isNaN(change.version + change.time)) this.changed = change
  }

  /** Numbers come in order; what is left out is found, what comes again is not taken. */
  takesNumber(n: number): boolean {
    if (n < this.next) return false
    this.missing(this.next, n - 1)
    this.next = n + 1
    return true
  }

  mustReach(highest: number): void {
    this.missing(this.next, highest)
    this.next = Math.max(this.next, highest + 1)
    if (this.unsaid > 0) this.findings.push(found("moreFindings", { n: this.unsaid }))
  }

  compare(
    { n, tag, salt, auditEvent, event }: AccountEntry,
    auditKey: Bytes | null,
    ledger: OnLedger,
    isOnItsWay: boolean,
  ): void {
    if (!isTagOf(tag, auditKey, n) || !equalBytes(auditEventHash(salt, auditEvent), event))
      this.find(found("otherwise", { n }))
    if (ledger.isBroken) this.find(found("broken", { n }))
    if (!ledger.isLogged && !isOnItsWay) this.find(found("notLogged", { n }))
  }

  find(finding: string): void {
    this.isComplete = false
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding)
    else this.unsaid++
  }

  private missing(from: number, to: number): void {
    if (from === to) this.find(found("missing", { n: from }))
    if (from < to) this.find(found("missingFromTo", { from, to }))
  }
}

interface OnLedger {
  readonly isLogged: boolean
  /** Nothing at all stands under its tag. */
  readonly isAbsent: boolean
  readonly isBroken: boolean
}

/** What the ledger has of a page's entries, each with a proof. */
async function onLedger(source: AccountSource, entries: readonly AccountEntry[]): Promise<OnLedger[]> {
  if (entries.length === 0) return []
  const { custodian } = source
  const [logged, broken] = await Promise.all([
    source.proven(
      "disclosures",
      entries.map(({ tag }) => [custodian, tag]),
    ),
    source.proven(
      "brokenPromises",
      entries.map(({ tag, event }) => [custodian, tag, event]),
    ),
  ])
  return entries.map(({ event }, i) => {
    const row = logged[i]
    const isLogged = row !== null && equalBytes(eventOf(row), event)
    return { isLogged, isAbsent: row === null, isBroken: broken[i] !== null }
  })
}

async function noneBeyond(source: AccountSource, reading: Reading, auditKey: Bytes): Promise<void> {
  const numbers = Array.from({ length: BEYOND }, (_, i) => reading.next + i)
  const rows = await source.proven(
    "disclosures",
    numbers.map((n) => [source.custodian, disclosureTag(auditKey, n)]),
  )
  for (const [i, row] of rows.entries()) if (row) reading.find(found("notShown", { n: numbers[i] }))
}

/** Records that are not there are taken for lost ones, as many as the custodian says that it lost. */
function oneOfLost(most: number): (commitment: Bytes) => boolean {
  const missing = new Set<string>()
  return (commitment) => {
    const name = nameOf(commitment)
    if (missing.size < most) missing.add(name)
    return missing.has(name)
  }
}

/** The patient's records by commitment, without their contents; and how many of the log are lost. */
async function knownRecords(source: AccountSource) {
  const known = new Map<string, KnownRecord>()
  let gone = 0
  let index = 0
  for await (const { records, lost } of recordPages(source)) {
    // Where entries are lost the log goes on behind gaps.
    for (const one of records)
      known.set(nameOf(one.entry.commitment), knownRecord(one, lost === 0 ? index++ : undefined))
    gone = lost
  }
  return { known, lost: gone }
}
