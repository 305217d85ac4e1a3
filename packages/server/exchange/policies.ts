import { SUBMIT_BEFORE_EXPIRY_MS } from "@aceso/client/pending.ts"
import { policies } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  MAX_PENDING_CHANGES,
  nameOf,
  PlatformError,
  type Policy,
  type PolicyChange,
  type PolicyState,
  policyRoot,
  readEnvelope,
  readPolicy,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import { Setbacks, setbackOf } from "../node/setbacks.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredPolicy } from "../vault/vault.ts"
import { type ChangeFacts, policyEvent } from "./audit-event.ts"
import type { Disclosed, Disclosures } from "./disclosures.ts"
import {
  baseOf,
  expiryOf,
  isExpired,
  isSameChange,
  mustNotWiden,
  readChange,
  refused,
} from "./policy-change.ts"

/** A ledger that did not take a change is tried again, until the change expires. */
const RETRY_MS = 30_000
/** Handles with pending changes that are read at a time. */
const PAGE = 500

/** What is in force for a handle, ready to decide with. */
export interface PolicyInForce {
  readonly version: number
  readonly root: Bytes | null
  readonly pending: readonly Bytes[]
  readonly policy: Policy
}

/**
 * The patients' policies as this custodian keeps them (PRIVACY.md, Policy). A change is obeyed from the moment it
 * is taken, also when it expires before the ledger has it: it waits here until the patient's device renews it.
 */
export class Policies {
  /** By handle: changes that the ledger refused. */
  readonly setbacks = new Setbacks("a patient's signed policy change")
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly disclosures: Disclosures
  private readonly retryMs: number
  private submitting: Promise<void> = Promise.resolve()
  private readonly timers = new Map<string, NodeJS.Timeout>()
  /** Handles whose expired changes were reported already. */
  private readonly reported = new Set<string>()
  private listener: ((error: unknown) => void) | undefined
  private unheard: unknown[] = []
  private isStopped = false

  constructor(vault: SqliteVault, ledger: LedgerClient, disclosures: Disclosures, retryMs = RETRY_MS) {
    this.vault = vault
    this.ledger = ledger
    this.disclosures = disclosures
    this.retryMs = retryMs
  }

  /** Whoever listens first also hears what happened before. */
  set onFault(listener: (error: unknown) => void) {
    this.listener = listener
    for (const error of this.unheard.splice(0)) listener(error)
  }

  /**
   * @throws PlatformError `policy_unknown` when the ledger knows a policy that this custodian lacks, or a recovery may
   * have lost a change: it fails closed
   */
  async inForce(handle: Bytes): Promise<PolicyInForce> {
    if ((await this.vault.isUnconfirmed(handle)) || (await this.vault.isUnreviewed(handle)))
      throw unknownPolicy(
        "it was restored from a backup, and something may be missing; the patient's device or the desk has to confirm it",
      )
    return this.asStored(handle)
  }

  private async asStored(handle: Bytes): Promise<PolicyInForce> {
    const { engine, member } = this.ledger
    const [stored, onLedger] = await Promise.all([
      this.vault.policy(handle),
      engine.read(policies, [member, handle]),
    ])
    const version = onLedger?.version ?? 0
    if (!stored) {
      if (version > 0) throw unknownPolicy("its documents were never delivered here")
      return { version: 0, root: null, pending: [], policy: { consents: [] } }
    }
    const isCurrent =
      stored.version === version && onLedger !== undefined && equalBytes(stored.root, onLedger.root)
    // What is pending bridges the ledger's version and ours; more may be on the ledger than was noted yet.
    const missing = stored.version - version
    if (!isCurrent && (missing < 1 || missing > stored.pending.length))
      throw unknownPolicy("the ledger has another version")
    const pending = isCurrent ? [] : stored.pending.slice(-missing)
    return { version: stored.version, root: stored.root, pending, policy: readPolicy(stored.documents) }
  }

  /** What the patient sees: all documents, and the changes that the ledger does not have yet. */
  async documents(handle: Bytes): Promise<PolicyState> {
    const stored = await this.settled(handle)
    const isConfirmed = !(await this.vault.isUnconfirmed(handle))
    const version = await this.nextBase(handle, stored)
    return {
      version,
      salt: stored?.salt ?? null,
      documents: stored?.documents ?? [],
      // What a recovery brought back leads to an older version than the ledger's.
      pending: stored?.version === version ? stored.pending : [],
      isConfirmed,
    }
  }

  /** On which version the next change builds: the newest here, or on the ledger where a recovery lost it. */
  private async nextBase(handle: Bytes, stored: StoredPolicy | undefined): Promise<number> {
    const version = stored?.version ?? 0
    if (!(await this.vault.isUnconfirmed(handle))) return version
    const { engine, member } = this.ledger
    return Math.max(version, (await engine.read(policies, [member, handle]))?.version ?? 0)
  }

  /**
   * Takes a change that the patient signed and obeys it at once; the ledger hears of it near the time that the
   * patient chose by the transaction's expiry. The change gets an entry in the disclosure log, by which the device
   * knows that it will not be forgotten (PRIVACY.md, Policy); delivered again, it is answered as the first time.
   */
  async change(change: PolicyChange): Promise<Disclosed> {
    const { handle, envelope, salt, documents } = change
    const { payload, payloadId, base, root } = await readChange(this.ledger, handle, envelope)
    const receipt = await this.vault.policyReceipt(handle, payloadId)
    const before = receipt && (await this.disclosures.again(receipt))
    if (before) return before
    if (!equalBytes(policyRoot(documents, salt), root))
      throw refused("the documents do not give the root that was signed")
    readPolicy(documents)
    await this.settled(handle)
    const disclosed = await this.vault.atomically(async () => {
      const stored = await this.vault.policy(handle)
      const version = await this.nextBase(handle, stored)
      // What was pending before a recovery is not on the way to the version that this change builds on.
      const before = stored?.version === version ? stored : undefined
      if (base !== version)
        throw new PlatformError(
          "policy_changed_meanwhile",
          `the policy is at version ${version}; read it again and sign a new change`,
        )
      const waiting = before?.pending ?? []
      if (waiting.length >= MAX_PENDING_CHANGES)
        throw new PlatformError(
          "policy_pending",
          `${waiting.length} changes of this policy wait for the ledger, and no more may; the first gets there ${momentOf(waiting[0])}`,
        )
      const last = waiting.at(-1)
      if (last && payload.expiry <= expiryOf(last))
        throw new PlatformError(
          "policy_pending",
          "a change must expire after the one before it, which is not on the ledger yet",
        )
      if (payload.action !== "grant") mustNotWiden(stored?.documents ?? [], documents)
      const pending = [...waiting, envelope]
      await this.vault.setPolicy(handle, { version: version + 1, root, salt, documents, pending })
      await this.vault.setConfirmed(handle)
      return this.note(handle, { action: payload.action, policyVersion: version + 1, payloadId })
    })
    this.schedule(handle, envelope)
    return disclosed
  }

  /**
   * The desk's word, given with the patient there, that what a recovery brought back is in force.
   * @throws PlatformError `policy_unknown` when the documents of the ledger's version are lost
   */
  confirm(handle: Bytes, practitioner: Bytes): Promise<Disclosed> {
    return this.vault.atomically(async () => {
      if (!(await this.vault.isUnconfirmed(handle)))
        throw new PlatformError("not_found", "no policy of this patient waits to be confirmed")
      await this.vault.setConfirmed(handle)
      const { version } = await this.asStored(handle)
      return this.note(handle, { action: "confirm", policyVersion: version, practitioner })
    })
  }

  private async note(
    handle: Bytes,
    facts: Pick<ChangeFacts, "action" | "policyVersion" | "payloadId" | "practitioner">,
  ): Promise<Disclosed> {
    const event = policyEvent({ ...facts, custodian: this.ledger.member, handle, time: Date.now() })
    const disclosed = await this.disclosures.note(handle, event, null)
    if (facts.payloadId) await this.vault.setPolicyReceipt(handle, facts.payloadId, disclosed.promise.tag)
    return disclosed
  }

  /**
   * Puts the same changes, signed anew, in place of the last ones that wait, the first of which has expired.
   * @throws PlatformError `policy_changed_meanwhile` when other changes wait by now
   */
  async renew(handle: Bytes, envelopes: readonly Bytes[]): Promise<void> {
    const changes = await Promise.all(envelopes.map((one) => readChange(this.ledger, handle, one)))
    await this.settled(handle)
    const replaced = await this.vault.atomically(async () => {
      const stored = await this.vault.policy(handle)
      const kept = stored?.pending.slice(0, -changes.length) ?? []
      const old = stored?.pending.slice(kept.length) ?? []
      if (
        !stored ||
        old.length !== changes.length ||
        baseOf(old[0]) !== changes[0].base ||
        !isExpired(old[0])
      )
        throw new PlatformError(
          "policy_changed_meanwhile",
          "these are not the changes that expired on their way to the ledger; read the policy again",
        )
      let after = kept.length > 0 ? expiryOf(kept[kept.length - 1]) : 0
      for (const [i, { payload }] of changes.entries()) {
        if (!isSameChange(payload, readEnvelope(old[i]).payload))
          throw refused("it is another one than the one that it would replace")
        if (payload.expiry <= after) throw refused("it must expire after the change before it")
        after = payload.expiry
      }
      await this.vault.setPolicy(handle, { ...stored, pending: [...kept, ...envelopes] })
      return old
    })
    this.reported.delete(nameOf(handle))
    for (const envelope of replaced) this.cancel(handle, envelope)
    for (const envelope of envelopes) this.schedule(handle, envelope)
  }

  /** Pending changes from before a restart. */
  async resume(): Promise<void> {
    const overdue: Bytes[] = []
    for await (const handle of this.waiting()) {
      const { pending } = (await this.settled(handle)) ?? { pending: [] }
      // What builds on an expired change waits with it.
      if (pending.length > 0 && isExpired(pending[0])) overdue.push(handle)
      else for (const envelope of pending) this.schedule(handle, envelope)
    }
    this.report(overdue)
  }

  /** Submits everything that waits and has not expired, without waiting for its time. */
  async flush(): Promise<void> {
    for await (const handle of this.waiting()) {
      const { pending } = (await this.settled(handle)) ?? { pending: [] }
      const last = pending.at(-1)
      if (last && !isExpired(pending[0])) await this.submit(handle, last)
    }
  }

  /** Handles of which changes wait; the others are not looked at. */
  private async *waiting(): AsyncGenerator<Bytes> {
    let page: readonly Bytes[] = []
    do {
      page = await this.vault.pendingPolicies(page.at(-1), PAGE)
      yield* page
    } while (page.length === PAGE)
  }

  stop(): void {
    this.isStopped = true
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
  }

  private schedule(handle: Bytes, envelope: Bytes): void {
    const wait = Math.max(0, expiryOf(envelope) - SUBMIT_BEFORE_EXPIRY_MS - Date.now())
    this.after(wait, handle, envelope, (error) => this.fault(error))
  }

  private after(waitMs: number, handle: Bytes, envelope: Bytes, onFault: (error: unknown) => void): void {
    this.cancel(handle, envelope)
    if (this.isStopped) return
    const timer = setTimeout(() => void this.atItsMoment(handle, envelope, onFault), waitMs)
    timer.unref()
    this.timers.set(nameOf(handle) + nameOf(envelope), timer)
  }

  private cancel(handle: Bytes, envelope: Bytes): void {
    const name = nameOf(handle) + nameOf(envelope)
    clearTimeout(this.timers.get(name))
    this.timers.delete(name)
  }

  private async atItsMoment(
    handle: Bytes,
    envelope: Bytes,
    onFault: (error: unknown) => void,
  ): Promise<void> {
    this.cancel(handle, envelope)
    try {
      await this.submit(handle, envelope)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "expired") return this.report([handle])
      const isRefused = setbackOf(error) === "refused"
      // A patient's own share of this window is used: nothing is wrong, the next window has room.
      const isAwaited = error instanceof PlatformError && error.code === "quota_exceeded"
      if (!isAwaited) onFault(isRefused ? this.setbacks.stop(nameOf(handle), error as PlatformError) : error)
      // Told once: either it gets there yet, or it will be reported as expired.
      if (!isRefused) this.after(this.retryMs, handle, envelope, isAwaited ? onFault : () => {})
    }
  }

  /** Submits a change and, first, those that it builds on. */
  private submit(handle: Bytes, envelope: Bytes): Promise<void> {
    const next = () => this.submitUpTo(handle, envelope)
    this.submitting = this.submitting.then(next, next)
    return this.submitting
  }

  private async submitUpTo(handle: Bytes, envelope: Bytes): Promise<void> {
    const waiting = (await this.settled(handle))?.pending ?? []
    const upTo = waiting.findIndex((one) => equalBytes(one, envelope))
    for (const one of waiting.slice(0, upTo + 1)) {
      if (isExpired(one))
        throw new PlatformError("expired", "a policy change expired before the ledger had it")
      await this.ledger.submit(one)
      this.setbacks.done(nameOf(handle))
      await this.settled(handle)
    }
  }

  /** The policy without the changes that the ledger has by now. */
  private async settled(handle: Bytes): Promise<StoredPolicy | undefined> {
    const { engine, member } = this.ledger
    const stored = await this.vault.policy(handle)
    if (!stored || stored.pending.length === 0) return stored
    const version = (await engine.read(policies, [member, handle]))?.version ?? 0
    const isWaiting = (envelope: Bytes) => baseOf(envelope) >= version
    if (stored.pending.every(isWaiting)) return stored
    return this.vault.atomically(async () => {
      const now = await this.vault.policy(handle)
      if (!now) return undefined
      const settled = { ...now, pending: now.pending.filter(isWaiting) }
      await this.vault.setPolicy(handle, settled)
      return settled
    })
  }

  private report(overdue: readonly Bytes[]): void {
    const fresh = overdue.map(nameOf).filter((name) => !this.reported.has(name))
    if (fresh.length === 0) return
    for (const name of fresh) this.reported.add(name)
    this.fault(
      new PlatformError(
        "expired",
        `changes of ${fresh.length === 1 ? "one policy" : `${fresh.length} policies`} expired before the ledger had them; they are obeyed here, and reach the ledger once the patients' devices have signed them anew`,
      ),
    )
  }

  private fault(error: unknown): void {
    if (this.listener) this.listener(error)
    else this.unheard.push(error)
  }
}

const unknownPolicy = (why: string) =>
  new PlatformError(
    "policy_unknown",
    `the patient's policy is not fully known here (${why}); nothing is released`,
  )

const momentOf = (envelope: Bytes): string =>
  isExpired(envelope)
    ? "once it is signed anew: it has expired"
    : `by ${new Date(expiryOf(envelope)).toISOString().slice(0, 16)} UTC`
