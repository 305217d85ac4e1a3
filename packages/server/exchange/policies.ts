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
  policyRoot,
  readEnvelope,
  readPolicy,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import { accepted, Rejection } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredPolicy } from "../vault/vault.ts"
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
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly retryMs: number
  private submitting: Promise<void> = Promise.resolve()
  private readonly timers = new Map<string, NodeJS.Timeout>()
  /** Handles whose expired changes were reported already. */
  private readonly reported = new Set<string>()
  private listener: ((error: unknown) => void) | undefined
  private unheard: unknown[] = []
  private isStopped = false

  constructor(vault: SqliteVault, ledger: LedgerClient, retryMs = RETRY_MS) {
    this.vault = vault
    this.ledger = ledger
    this.retryMs = retryMs
  }

  /** Whoever listens first also hears what happened before. */
  set onFault(listener: (error: unknown) => void) {
    this.listener = listener
    for (const error of this.unheard.splice(0)) listener(error)
  }

  /** @throws PlatformError `policy_unknown` when the ledger knows a policy that this custodian lacks: it fails closed */
  async inForce(handle: Bytes): Promise<PolicyInForce> {
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
  documents(handle: Bytes): Promise<StoredPolicy | undefined> {
    return this.settled(handle)
  }

  /**
   * Takes a change that the patient signed and obeys it at once; the ledger hears of it near the time that the
   * patient chose by the transaction's expiry.
   */
  async change(change: PolicyChange): Promise<void> {
    const { handle, envelope, documents } = change
    const { payload, base, root } = await readChange(this.ledger, handle, envelope)
    if (!equalBytes(policyRoot(documents), root))
      throw refused("the documents do not give the root that was signed")
    readPolicy(documents)
    await this.settled(handle)
    await this.vault.atomically(async () => {
      const before = await this.vault.policy(handle)
      const version = before?.version ?? 0
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
      if (payload.action !== "grant") mustNotWiden(before?.documents ?? [], documents)
      const pending = [...waiting, envelope]
      await this.vault.setPolicy(handle, { version: version + 1, root, documents, pending })
    })
    this.schedule(handle, envelope)
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
      onFault(error)
      // Told once: either it gets there yet, or it will be reported as expired.
      if (!(error instanceof Rejection)) this.after(this.retryMs, handle, envelope, () => {})
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
      accepted(await this.ledger.engine.submit(one))
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
