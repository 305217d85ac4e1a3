import { SUBMIT_BEFORE_EXPIRY_MS } from "@aceso/client/pending.ts"
import { policies } from "@aceso/contracts"
import { type Bytes, equalBytes, MAX_LIFETIME_MS, messageOf, nameOf, PlatformError } from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import { Setbacks, setbackOf } from "../node/setbacks.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredPolicy } from "../vault/vault.ts"
import { baseOf, expiryOf, isExpired } from "./policy-change.ts"

/** A ledger that did not take a change is tried again, until the change expires. */
const RETRY_MS = 30_000
/** Handles with pending changes that are read at a time. */
const PAGE = 500
/** Of this clock to the ledger's. */
const MAX_CLOCK_MS = 60_000
/** No timer waits longer. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Brings patients' changes to the ledger near the moments that they chose. The vault has the moment of each handle
 * whose changes wait, and one timer waits for the first of them, however many there are.
 */
export class PolicyQueue {
  /** By handle: changes that the ledger refused. */
  readonly setbacks = new Setbacks("a patient's signed policy change")
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly retryMs: number
  private submitting: Promise<void> = Promise.resolve()
  private readonly onTheWay = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private isAtWork = false
  private isFaulty = false
  private isStopped = false
  /** Handles whose expired changes were reported already, and those of which the ledger did not take one. */
  private readonly reported = new Set<string>()
  private readonly told = new Set<string>()
  private listener: ((error: unknown) => void) | undefined
  private unheard: unknown[] = []

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

  /** Keeps a policy and when its changes are due; `arm` is for after the transaction. */
  put(handle: Bytes, policy: StoredPolicy): Promise<void> {
    return this.vault.atomically(async () => {
      const [before] = (await this.vault.policy(handle))?.pending ?? []
      const [first] = policy.pending
      // What the ledger refused was another change.
      if (!before || !first || !equalBytes(before, first)) this.setbacks.done(nameOf(handle))
      await this.vault.setPolicy(handle, policy)
      await this.vault.setPolicyDue(handle, this.dueOf(handle, policy.pending))
    })
  }

  /** The policy without the changes that the ledger has by now. */
  async settled(handle: Bytes): Promise<StoredPolicy | undefined> {
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
      await this.put(handle, settled)
      return settled
    })
  }

  /** Takes up what waits from before a restart, and what was refused. */
  async resume(): Promise<void> {
    await this.vault.wakePolicies()
    const first = await this.ready()
    void this.work(first)
  }

  /** Sets the timer to the moment that comes next. */
  arm(leastMs = 0): void {
    clearTimeout(this.timer)
    if (this.isStopped || this.isAtWork) return
    const next = this.vault.nextPolicyDue()
    if (next === undefined) return
    const waitMs = Math.min(Math.max(leastMs, next - Date.now()), MAX_TIMER_MS)
    this.timer = setTimeout(() => void this.work(), waitMs)
    this.timer.unref()
  }

  /** The patient's device signed them anew. */
  renewed(handle: Bytes): void {
    this.reported.delete(nameOf(handle))
    this.arm()
  }

  /** Submits everything that waits and has not expired, without waiting for its time. */
  async flush(): Promise<void> {
    let page: readonly Bytes[] = []
    do {
      page = await this.vault.pendingPolicies(page.at(-1), PAGE)
      for (const handle of page) {
        const { pending } = (await this.settled(handle)) ?? { pending: [] }
        const last = pending.at(-1)
        if (last && !isExpired(pending[0])) await this.submit(handle, last)
      }
    } while (page.length === PAGE)
  }

  /**
   * Submits what the ledger takes by now of what waits of one handle, without waiting for its time. What has expired, or
   * expires later than the ledger takes anything, stays: nobody but the lost device could sign it anew.
   * @throws PlatformError `policy_pending`: the ledger does not take it
   */
  async bring(handle: Bytes): Promise<void> {
    const { pending } = (await this.settled(handle)) ?? { pending: [] }
    const latest = Date.now() + MAX_LIFETIME_MS - MAX_CLOCK_MS
    const last = pending.findLast((one) => expiryOf(one) <= latest)
    if (!last || isExpired(pending[0])) return
    try {
      await this.submit(handle, last)
    } catch (cause) {
      throw new PlatformError(
        "policy_pending",
        `changes of this patient's policy wait that the ledger has to have first, and it does not take them (${messageOf(cause)}): try again in a few seconds; if it stays so, see aceso status`,
        { cause },
      )
    }
  }

  stop(): void {
    this.isStopped = true
    clearTimeout(this.timer)
  }

  /** When the first of them is to be sent; null: none waits, or it waits for the patient's device or a person. */
  private dueOf(handle: Bytes, pending: readonly Bytes[]): number | null {
    const [first] = pending
    if (!first || isExpired(first) || this.setbacks.isHeld(nameOf(handle))) return null
    return Math.max(0, expiryOf(first) - SUBMIT_BEFORE_EXPIRY_MS)
  }

  /** When a handle's changes are due as they stand now; a device may have renewed them since they were read. */
  private setDue(handle: Bytes): Promise<void> {
    return this.vault.atomically(async () => {
      const pending = (await this.vault.policy(handle))?.pending ?? []
      await this.vault.setPolicyDue(handle, this.dueOf(handle, pending))
    })
  }

  private async work(first: readonly Bytes[] = []): Promise<void> {
    if (this.isAtWork) return
    this.isAtWork = true
    let isFaulty = false
    try {
      let ready = first.length > 0 ? first : await this.ready()
      while (ready.length > 0) {
        for (const handle of ready) {
          if (this.isStopped) return
          await this.turn(handle)
        }
        ready = await this.ready()
      }
    } catch (error) {
      isFaulty = true
      if (!this.isStopped && !this.isFaulty) this.fault(error)
    } finally {
      this.isAtWork = false
      // Told once; what fails here, such as a full disk, fails again at once.
      this.isFaulty = isFaulty
      this.arm(isFaulty ? this.retryMs : 0)
    }
  }

  /** A page of handles that are due; those whose changes expired are told in one sentence, and wait for the device. */
  private async ready(): Promise<readonly Bytes[]> {
    for (;;) {
      const due = this.isStopped ? [] : await this.vault.duePolicies(Date.now(), PAGE)
      const ready: Bytes[] = []
      const overdue: Bytes[] = []
      for (const handle of due) {
        const pending = (await this.settled(handle))?.pending ?? []
        const at = this.dueOf(handle, pending)
        if (at === null && pending.length > 0 && isExpired(pending[0])) overdue.push(handle)
        if (at !== null && at <= Date.now()) ready.push(handle)
        else await this.setDue(handle)
      }
      this.report(overdue)
      if (ready.length > 0 || due.length === 0) return ready
    }
  }

  /** Sends one handle's changes whose moment has come. */
  private async turn(handle: Bytes): Promise<void> {
    const now = Date.now()
    const pending = (await this.settled(handle))?.pending ?? []
    const due = pending.findLast((one) => expiryOf(one) - SUBMIT_BEFORE_EXPIRY_MS <= now)
    try {
      if (due) await this.submit(handle, due)
      this.told.delete(nameOf(handle))
    } catch (error) {
      if (this.isStopped) return
      const at = this.failed(handle, error)
      await (at === null ? this.setDue(handle) : this.vault.setPolicyDue(handle, at))
      return
    }
    await this.settled(handle)
    await this.setDue(handle)
  }

  /** @returns when to try again; null: not before the patient's device, or a person, has done something */
  private failed(handle: Bytes, error: unknown): number | null {
    const name = nameOf(handle)
    if (error instanceof PlatformError && error.code === "expired") {
      this.report([handle])
      return null
    }
    if (setbackOf(error) === "refused") {
      this.fault(this.setbacks.stop(name, error as PlatformError))
      return null
    }
    // A patient's own share of this window is used: nothing is wrong, the next window has room.
    const isAwaited = error instanceof PlatformError && error.code === "quota_exceeded"
    // Told once: either it gets there yet, or it will be reported as expired.
    if (!isAwaited && !this.told.has(name)) {
      this.told.add(name)
      this.fault(error)
    }
    return Date.now() + this.retryMs
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
      if (!(await this.leaves(handle, one))) return
      try {
        await this.ledger.submit(one)
        this.setbacks.done(nameOf(handle))
        await this.settled(handle)
      } finally {
        this.onTheWay.delete(nameOf(handle))
      }
    }
  }

  /** From now on nothing stands in place of this change; false: something does already, and it goes nowhere. */
  private leaves(handle: Bytes, one: Bytes): Promise<boolean> {
    return this.vault.atomically(async () => {
      const { pending } = (await this.vault.policy(handle)) ?? { pending: [] }
      const isThere = pending.some((other) => equalBytes(other, one))
      if (isThere) this.onTheWay.add(nameOf(handle))
      return isThere
    })
  }

  /** Whether a change of this handle is being brought to the ledger at this moment. */
  isOnTheWay(handle: Bytes): boolean {
    return this.onTheWay.has(nameOf(handle))
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
