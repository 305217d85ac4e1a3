import { disclosures } from "@aceso/contracts"
import {
  type Cbor,
  type DisclosurePromise,
  decodeTrusted,
  domainHash,
  encodeCbor,
  equalBytes,
  messageOf,
  PlatformError,
  promise as promiseSchema,
} from "@aceso/core"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import type { Vault, WatchedPromise } from "../vault/vault.ts"

/** So many promises are watched at once, those that wait for a person included. */
export const MAX_PROMISES = 10_000
/** So many are looked at in one pass. */
const PER_PASS = 500
/** A report that fails is tried again after 1 min, 2 min, 4 min, ... at most a day; after the last try it waits. */
export const MAX_TRIES = 12
const FIRST_DELAY_MS = 60_000
const MAX_DELAY_MS = 24 * 3600_000
/** The ledger's clock is behind this one. */
const NOT_YET_MS = 10_000
/** Rejections that leave nothing to report. */
const SETTLED = ["promise_kept", "already_reported", "key_compromised"]

export const delayAfter = (tries: number): number =>
  Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, tries - 1))

/**
 * Custodians' promises that an AuditEvent will soon be on the ledger. Each is watched until it was kept or the ledger
 * has the report that it was broken; what cannot be reported is tried again, and at last waits for a person.
 */
export class Promises {
  private readonly vault: Vault
  private readonly ledger: LedgerClient
  private readonly most: number
  private running: Promise<number> | undefined

  constructor(vault: Vault, ledger: LedgerClient, most = MAX_PROMISES) {
    this.vault = vault
    this.ledger = ledger
    this.most = most
  }

  /** A start is what a person does about reports that gave up: they are tried once more. */
  start(now = Date.now()): Promise<void> {
    return this.vault.tryPromisesAgain(now)
  }

  /** @returns false: as many as may be are watched already, and nobody looks whether this one is kept */
  watch(promise: DisclosurePromise): Promise<boolean> {
    const content = encodeCbor(promise as unknown as Cbor)
    const id = domainHash("watched-promise", content)
    return this.vault.watchPromise({ id, content, lookAt: promise.includeBy + 1, tries: 0 }, this.most)
  }

  /**
   * Looks at promises whose time has passed, and reports those that were broken. Two passes never overlap.
   * @returns how many reports the ledger took
   * @throws PlatformError `report_failed` in the end, when some could not be made
   */
  check(now = Date.now()): Promise<number> {
    this.running ??= this.pass(now).finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async pass(now: number): Promise<number> {
    const { checkpoint } = await this.ledger.engine.status()
    const time = Math.max(now, checkpoint.time)
    let reported = 0
    let failure: unknown
    for (const one of await this.vault.duePromises(time, PER_PASS))
      try {
        if (await this.settle(one, time)) reported++
      } catch (error) {
        failure ??= error
        await this.postpone(one, time)
        // A ledger that takes nothing takes the next one neither: its turn comes with the next pass.
        if (!(error instanceof Rejection)) break
      }
    if (failure !== undefined) throw await this.failed(failure)
    return reported
  }

  /** @returns whether it was broken, and the report is on the ledger by this */
  private async settle({ id, content, tries }: WatchedPromise, time: number): Promise<boolean> {
    const promise = promiseSchema.parse(decodeTrusted(content), "promise")
    const entry = await this.ledger.engine.read(disclosures, [promise.custodian, promise.tag])
    const isKept = entry && equalBytes(entry.event, promise.event) && entry.at <= promise.includeBy
    let isReported = false
    try {
      if (!isKept) {
        await this.ledger.call("disclosure", "promiseBroken", { promise: promise as unknown as Cbor })
        isReported = true
      }
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      if (error.code === "promise_not_due") {
        await this.vault.lookAtPromise(id, time + NOT_YET_MS, tries)
        return false
      }
      if (!SETTLED.includes(error.code)) throw error
    }
    await this.vault.forgetPromise(id)
    return isReported
  }

  private postpone({ id, tries }: WatchedPromise, time: number): Promise<void> {
    const after = tries + 1
    return this.vault.lookAtPromise(id, after >= MAX_TRIES ? null : time + delayAfter(after), after)
  }

  private async failed(cause: unknown): Promise<PlatformError> {
    const { gaveUp } = await this.vault.promiseCounts()
    const waiting =
      gaveUp > 0
        ? `; ${gaveUp} gave up after ${MAX_TRIES} tries and wait for a person: mend the cause, then start the node again`
        : ""
    return new PlatformError(
      "report_failed",
      `a custodian broke its promise, and the ledger did not take the report (${messageOf(cause)}); it is tried again${waiting}`,
      { cause },
    )
  }
}
