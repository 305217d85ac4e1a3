import { type Bytes, type MemberId, PlatformError, toHex } from "@aceso/core"
import type { Outcome } from "./push-service.ts"
import type { PushRegister } from "./register.ts"

const MINUTE_MS = 60_000
/** What one member may ring within a minute; one that has more to tell is found out by it, and nobody misses a request. */
export const RINGS_PER_MEMBER = 600
/** Tags that wait to be looked up, and endpoints that wait to be told. */
const MAX_WAITING = 20_000
/** Messages under way at one time. */
const AT_ONCE = 64
/** Devices that registered and are told once: waiting, and at one time. Strangers' ones hold up no ring. */
const MAX_PROOFS = 1_000
const PROOFS_AT_ONCE = 16
const TRIES = 4
const RETRY_MS = 30_000
const MAX_RETRY_MS = 3_600_000

interface Due {
  readonly endpoint: string
  /** ms */
  at: number
  tries: number
}

interface Parts {
  readonly register: Pick<PushRegister, "of" | "has" | "accepted" | "gone">
  readonly service: { send(endpoint: string): Promise<Outcome> }
  /** One device is told once within so long, ms, and one tag rings once within five times that. */
  gapMs: number
  readonly retryMs?: number
  readonly now?: () => number
}

/**
 * Tells devices what custodians ring. Best effort: what is lost with the process is a hint, and the app asks anyway.
 */
export class PushSender {
  private readonly parts: Required<Parts>
  private readonly rung = new Map<string, Bytes>()
  private readonly due = new Map<number, Due>()
  private readonly proofs = new Map<number, Due>()
  /** When a known tag rang, and when an endpoint was told, ms. */
  private readonly rangAt = new Map<string, number>()
  private readonly toldAt = new Map<number, number>()
  private readonly budgets = new Map<MemberId, { from: number; count: number }>()

  constructor(parts: Parts) {
    this.parts = { retryMs: RETRY_MS, now: Date.now, ...parts }
  }

  /** From now on. */
  setGap(ms: number): void {
    this.parts.gapMs = ms
  }

  /**
   * Does nothing yet, so that the answer is the same, and as quick, whether anybody has this tag or not.
   * @throws PlatformError `too_many_requests`
   */
  ring(member: MemberId, tag: Bytes): void {
    this.spend(member)
    if (this.rung.size < MAX_WAITING) this.rung.set(toHex(tag), tag)
  }

  /** Tells a device that registered once, so that its push service says whether there is one. */
  prove(n: number, endpoint: string): void {
    if (this.proofs.has(n) || this.proofs.size >= MAX_PROOFS) return
    this.proofs.set(n, { endpoint, at: this.parts.now(), tries: 0 })
  }

  /** One round: whom what was rung is for, then those whose time has come. */
  async run(): Promise<void> {
    const now = this.parts.now()
    this.forget(now)
    const rung = [...this.rung]
    this.rung.clear()
    for (const [name, tag] of rung) await this.lookUp(name, tag, now)
    // A ring proves as well.
    for (const n of this.proofs.keys()) if (this.due.has(n)) this.proofs.delete(n)
    const ready = (all: Map<number, Due>, atOnce: number) =>
      [...all]
        .filter(([, { at }]) => at <= now)
        .slice(0, atOnce)
        .map(([n, due]) => this.tell(n, due, all))
    await Promise.all([...ready(this.due, AT_ONCE), ...ready(this.proofs, PROOFS_AT_ONCE)])
  }

  private async lookUp(name: string, tag: Bytes, now: number): Promise<void> {
    // A custodian in order rings more rarely than this.
    if ((this.rangAt.get(name) ?? 0) + this.tagGapMs > now) return
    const found = await this.parts.register.of(tag)
    if (found.length > 0) this.rangAt.set(name, now)
    for (const { n, endpoint } of found) {
      if (this.due.has(n) || this.due.size >= MAX_WAITING) continue
      // Whoever was told a moment ago is told again only then: what came since may have been missed.
      const at = Math.max(now, (this.toldAt.get(n) ?? 0) + this.parts.gapMs)
      this.due.set(n, { endpoint, at, tries: 0 })
    }
  }

  private async tell(n: number, due: Due, among: Map<number, Due>): Promise<void> {
    const { register, service, retryMs, now } = this.parts
    // Ended since.
    if (!(await register.has(n))) {
      among.delete(n)
      return
    }
    const outcome = await service.send(due.endpoint)
    due.tries++
    if (outcome.is === "later" && due.tries < TRIES) {
      const pause = Math.max(retryMs * 4 ** (due.tries - 1), outcome.afterMs ?? 0)
      due.at = now() + Math.min(pause, MAX_RETRY_MS)
      return
    }
    among.delete(n)
    if (outcome.is === "accepted") {
      this.toldAt.set(n, now())
      await register.accepted(n)
    }
    if (outcome.is === "gone") await register.gone(n)
  }

  private get tagGapMs(): number {
    return this.parts.gapMs * 5
  }

  private spend(member: MemberId): void {
    const now = this.parts.now()
    const known = this.budgets.get(member)
    const budget = known && now - known.from < MINUTE_MS ? known : { from: now, count: 0 }
    this.budgets.set(member, budget)
    if (++budget.count > RINGS_PER_MEMBER)
      throw new PlatformError(
        "too_many_requests",
        `${member} rings more than ${RINGS_PER_MEMBER} times within a minute; ring more rarely`,
      )
  }

  private forget(now: number): void {
    for (const [name, at] of this.rangAt) if (at + this.tagGapMs <= now) this.rangAt.delete(name)
    for (const [n, at] of this.toldAt) if (at + this.parts.gapMs <= now) this.toldAt.delete(n)
  }
}
