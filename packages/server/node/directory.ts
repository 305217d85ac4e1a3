import { setTimeout as delay } from "node:timers/promises"
import { directories } from "@aceso/contracts"
import {
  type Bytes,
  directoryRoot,
  equalBytes,
  messageOf,
  PlatformError,
  type PractitionerProof,
  provePractitioner,
} from "@aceso/core"
import type { LedgerClient } from "./ledger-client.ts"
import type { Leaf } from "./person-on-ledger.ts"
import { isOf, type Staff } from "./staff.ts"
import type { StaffEnds } from "./staff-ends.ts"

const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 60_000
/** Another process with the same key is at work when the version moves on again and again. */
const MAX_ATTEMPTS = 10

/** The organisation's directory of practitioners: the ledger has its root, and follows every change of the people. */
export class Directory {
  private readonly ledger: LedgerClient
  private readonly staff: Staff
  private readonly ends: StaffEnds
  private readonly onFault: (error: unknown) => void
  /** As the ledger has it: what custodians check proofs against. */
  private published: readonly Leaf[] = []
  private following: Promise<void> | undefined
  private hasChanged = false
  private readonly ending = new AbortController()

  constructor(ledger: LedgerClient, staff: Staff, ends: StaffEnds, onFault: (error: unknown) => void) {
    this.ledger = ledger
    this.staff = staff
    this.ends = ends
    this.onFault = onFault
  }

  /**
   * Resolves when the ledger has the directory as it is now, and whose time has ended.
   * @throws PlatformError when it does not take it
   */
  async publish(): Promise<void> {
    await this.ends.publish()
    for (let attempt = 1; ; attempt++) {
      const all = this.staff.leaves()
      const root = directoryRoot(all)
      const there = await this.ledger.engine.read(directories, [this.ledger.member])
      try {
        if (!there || !equalBytes(there.root, root))
          await this.ledger.call("governance", "setDirectory", { base: there?.version ?? 0, root })
        this.published = all
        return
      } catch (error) {
        const isOvertaken = error instanceof PlatformError && error.code === "directory_changed_meanwhile"
        if (!isOvertaken || attempt >= MAX_ATTEMPTS) throw error
      }
    }
  }

  /** The people changed: publishes, and tries again until the ledger has it. */
  follow(): Promise<void> {
    this.hasChanged = true
    this.following ??= this.untilPublished().finally(() => {
      this.following = undefined
    })
    return this.following
  }

  stop(): void {
    this.ending.abort()
  }

  /**
   * The proof that the published directory holds who has this key as what they are now; undefined: it does not, or not
   * yet, such as right after a change of role.
   */
  proofOf(key: Bytes, now = Date.now()): PractitionerProof | undefined {
    const leaf = this.staff.leafOf(key, now)
    const index = this.published.findIndex(
      (one) => leaf && equalBytes(one.salt, leaf.salt) && isOf(one, key, now),
    )
    return index < 0 ? undefined : provePractitioner(this.published, index)
  }

  private async untilPublished(): Promise<void> {
    let waitMs = FIRST_DELAY_MS
    while (this.hasChanged && !this.ending.signal.aborted) {
      this.hasChanged = false
      try {
        await this.publish()
      } catch (error) {
        this.hasChanged = true
        if (this.ending.signal.aborted) return
        if (waitMs === FIRST_DELAY_MS)
          this.onFault(
            new PlatformError(
              "directory_waits",
              `the ledger did not take the directory of this organisation (${messageOf(error)}); it is published again until it does, and until then other custodians know the one before`,
              { cause: error },
            ),
          )
        await delay(waitMs, undefined, { ref: false, signal: this.ending.signal }).catch(() => {})
        waitMs = Math.min(MAX_DELAY_MS, 2 * waitMs)
      }
    }
  }
}
