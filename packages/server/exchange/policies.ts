import { SUBMIT_BEFORE_EXPIRY_MS } from "@aceso/client/pending.ts"
import { policies } from "@aceso/contracts"
import {
  type Bytes,
  type Disclosed,
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
import type { ActingDelegate } from "../delegates/delegates.ts"
import { standingOf } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Setbacks } from "../node/setbacks.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredPolicy } from "../vault/vault.ts"
import { type ChangeFacts, policyEvent } from "./audit-event.ts"
import type { Disclosures } from "./disclosures.ts"
import {
  baseOf,
  contested,
  expiryOf,
  isByDelegate,
  isExpired,
  isSameChange,
  mustNotWiden,
  readChange,
  refused,
} from "./policy-change.ts"
import { PolicyQueue } from "./policy-queue.ts"

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
  private readonly disclosures: Disclosures
  private readonly queue: PolicyQueue
  /** Handles that get another key just now. */
  private readonly closed = new Set<string>()

  constructor(vault: SqliteVault, ledger: LedgerClient, disclosures: Disclosures, retryMs?: number) {
    this.vault = vault
    this.ledger = ledger
    this.disclosures = disclosures
    this.queue = new PolicyQueue(vault, ledger, retryMs)
  }

  /** By handle: changes that the ledger refused. */
  get setbacks(): Setbacks {
    return this.queue.setbacks
  }

  /** Whoever listens first also hears what happened before. */
  set onFault(listener: (error: unknown) => void) {
    this.queue.onFault = listener
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
    const [stored, onLedger] = await Promise.all([this.vault.policy(handle), this.onLedger(handle)])
    const version = onLedger?.version ?? 0
    if (!stored) {
      if (version > 0) throw unknownPolicy("its documents were never delivered here")
      return { version: 0, root: null, pending: [], policy: readPolicy([]) }
    }
    const isCurrent =
      stored.version === version && onLedger !== undefined && equalBytes(stored.root, onLedger.root)
    // What is pending bridges the ledger's version and ours; more may be on the ledger than was noted yet.
    const missing = stored.version - version
    if (!isCurrent && (missing < 1 || missing > stored.pending.length))
      throw unknownPolicy("the ledger has another version")
    const pending = isCurrent ? [] : stored.pending.slice(-missing)
    if (pending.length > 0 && pending.some(await this.isByPast(handle)))
      throw unknownPolicy(
        "changes of it that the ledger lacks were signed by a key that counts no more; the patient's device has to confirm them",
      )
    return { version: stored.version, root: stored.root, pending, policy: readPolicy(stored.documents) }
  }

  /** What the patient sees: all documents, and the changes that the ledger does not have yet. */
  async documents(handle: Bytes): Promise<PolicyState> {
    const stored = await this.queue.settled(handle)
    const isConfirmed = !(await this.vault.isUnconfirmed(handle))
    const version = await this.nextBase(handle, stored)
    const isStored = stored?.version === version
    return {
      version,
      root: (isStored ? stored : await this.onLedger(handle))?.root ?? null,
      salt: stored?.salt ?? null,
      documents: stored?.documents ?? [],
      // What a recovery brought back leads to an older version than the ledger's.
      pending: isStored ? stored.pending : [],
      isConfirmed,
    }
  }

  /** On which version the next change builds: the newest here, or on the ledger where a recovery lost it. */
  private async nextBase(handle: Bytes, stored: StoredPolicy | undefined): Promise<number> {
    const version = stored?.version ?? 0
    if (!(await this.vault.isUnconfirmed(handle))) return version
    return Math.max(version, (await this.onLedger(handle))?.version ?? 0)
  }

  /** Whether a change was signed by a key in whose place another one stands by now. */
  private async isByPast(handle: Bytes): Promise<(envelope: Bytes) => boolean> {
    const { engine, member } = this.ledger
    const standing = await standingOf(engine, member, handle)
    // Of a handle that never had another key none is past.
    if (!standing || standing.keyNumber <= 1) return () => false
    const { key } = standing
    return (envelope) => {
      const [signer] = readEnvelope(envelope).payload.signers
      return !isByDelegate(envelope) && (!key || !equalBytes(signer, key))
    }
  }

  /**
   * Brings to the ledger what it takes by now of what waits of a handle, and takes nothing that opens more while `work` puts another key there:
   * what the old one signed counts no more once the new one does.
   * @throws PlatformError `policy_pending`: the ledger does not take what waits; those of `work`
   */
  async closedWhile<T>(handle: Bytes, work: () => Promise<T>): Promise<T> {
    const name = nameOf(handle)
    if (this.closed.has(name)) throw contested("this moment")
    this.closed.add(name)
    try {
      // What is being taken just now is taken.
      await this.vault.atomically(async () => {})
      await this.queue.bring(handle)
      return await work()
    } finally {
      this.closed.delete(name)
    }
  }

  private onLedger(handle: Bytes) {
    return this.ledger.engine.read(policies, [this.ledger.member, handle])
  }

  /**
   * Takes a change that the patient signed and obeys it at once; the ledger hears of it near the time that the
   * patient chose by the transaction's expiry. The change gets an entry in the disclosure log, by which the device
   * knows that it will not be forgotten (PRIVACY.md, Policy); delivered again, it is answered as the first time.
   * @param delegate who signed it for the patient; this custodian signs as well
   */
  async change(change: PolicyChange, delegate?: ActingDelegate): Promise<Disclosed> {
    const { handle, salt, documents } = change
    const { envelope, payload, payloadId, base, root } = await readChange(
      this.ledger,
      handle,
      change.envelope,
      delegate?.key,
    )
    const receipt = await this.vault.policyReceipt(handle, payloadId)
    const before = receipt && (await this.disclosures.again(receipt))
    if (before) return before
    if (!equalBytes(policyRoot(documents, salt), root))
      throw refused("the documents do not give the root that was signed")
    readPolicy(documents)
    await this.queue.settled(handle)
    const disclosed = await this.vault.atomically(async () => {
      if (payload.action !== "revoke" && this.closed.has(nameOf(handle))) throw contested("this moment")
      const stored = await this.vault.policy(handle)
      const version = await this.nextBase(handle, stored)
      if (delegate && (await this.vault.isUnconfirmed(handle)))
        throw unknownPolicy(
          "it was restored from a backup: the person's own device, or the desk, has to confirm it before a delegate changes it",
        )
      // What was pending before a recovery is not on the way to the version that this change builds on.
      const before = stored?.version === version ? stored : undefined
      const isMeant = delegate ? undefined : await this.without(handle, before, base)
      const waiting = isMeant ?? before?.pending ?? []
      if (isMeant === undefined && base !== version)
        throw new PlatformError(
          "policy_changed_meanwhile",
          `the policy is at version ${version}; read it again and sign a new change`,
        )
      if (delegate && waiting.filter(isByDelegate).length >= MAX_BY_DELEGATES)
        throw new PlatformError(
          "policy_pending",
          `${MAX_BY_DELEGATES} changes that delegates signed wait for the ledger, and no more may; the first gets there ${momentOf(waiting[0])}`,
        )
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
      await this.queue.put(handle, { version: base + 1, root, salt, documents, pending })
      await this.vault.setConfirmed(handle)
      return this.note(handle, {
        ...{ action: payload.action, policyVersion: base + 1, payloadId },
        ...(delegate && { delegate }),
      })
    })
    this.queue.arm()
    return disclosed
  }

  /**
   * The person's change stands in place of those that delegates, or a key that counts no more, signed and the ledger does
   * not have.
   * @returns what waits before it; undefined: it does not build on one of those
   * @throws PlatformError `policy_changed_meanwhile`: the first of them is on its way just now
   */
  private async without(
    handle: Bytes,
    before: StoredPolicy | undefined,
    base: number,
  ): Promise<readonly Bytes[] | undefined> {
    const { version, pending } = before ?? { version: 0, pending: [] }
    const from = base - (version - pending.length)
    const replaced = pending.slice(from)
    if (from < 0 || replaced.length === 0) return undefined
    const isByPast = await this.isByPast(handle)
    if (!replaced.every((one) => isByDelegate(one) || isByPast(one))) return undefined
    const isLeaving =
      isByDelegate(replaced[0]) && expiryOf(replaced[0]) - SUBMIT_BEFORE_EXPIRY_MS <= Date.now() + LEAVING_MS
    if (
      this.queue.isOnTheWay(handle) ||
      (isLeaving && !isExpired(replaced[0]) && !this.queue.setbacks.isHeld(nameOf(handle)))
    )
      throw new PlatformError(
        "policy_changed_meanwhile",
        "a delegate's change is brought to the ledger just now; read the policy again in a moment",
      )
    return pending.slice(0, from)
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
    facts: Pick<ChangeFacts, "action" | "policyVersion" | "payloadId" | "practitioner" | "delegate">,
  ): Promise<Disclosed> {
    const event = policyEvent({ ...facts, custodian: this.ledger.member, handle, time: Date.now() })
    const disclosed = await this.disclosures.note(handle, event, null)
    if (facts.payloadId) await this.vault.setPolicyReceipt(handle, facts.payloadId, disclosed.promise.tag)
    return disclosed
  }

  /**
   * Puts the same changes, signed anew, in place of the last ones that wait, the first of which has expired. A delegate
   * does so with what delegates signed, and with nothing of the person's.
   * @throws PlatformError `policy_changed_meanwhile` when other changes wait by now
   */
  async renew(handle: Bytes, given: readonly Bytes[], delegate?: ActingDelegate): Promise<void> {
    const changes = await Promise.all(given.map((one) => readChange(this.ledger, handle, one, delegate?.key)))
    const envelopes = changes.map(({ envelope }) => envelope)
    await this.queue.settled(handle)
    await this.vault.atomically(async () => {
      const stored = await this.vault.policy(handle)
      const kept = stored?.pending.slice(0, -changes.length) ?? []
      const old = stored?.pending.slice(kept.length) ?? []
      if (
        !stored ||
        old.length !== changes.length ||
        baseOf(old[0]) !== changes[0].base ||
        !isExpired(old[0]) ||
        (delegate && !old.every(isByDelegate))
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
      await this.queue.put(handle, { ...stored, pending: [...kept, ...envelopes] })
    })
    this.queue.renewed(handle)
  }

  /** Takes up changes from before a restart, and what the ledger refused, at the moments that the patients chose. */
  resume(): Promise<void> {
    return this.queue.resume()
  }

  /** Submits everything that waits and has not expired, without waiting for its time. */
  flush(): Promise<void> {
    return this.queue.flush()
  }

  stop(): void {
    this.queue.stop()
  }
}

/** Of the changes that wait of one policy: the person's own find room. */
const MAX_BY_DELEGATES = 4
/** What leaves so soon, ms, is not replaced any more. */
const LEAVING_MS = 10_000

const unknownPolicy = (why: string) =>
  new PlatformError(
    "policy_unknown",
    `the patient's policy is not fully known here (${why}); nothing is released`,
  )

const momentOf = (envelope: Bytes): string =>
  isExpired(envelope)
    ? "once it is signed anew: it has expired"
    : `by ${new Date(expiryOf(envelope)).toISOString().slice(0, 16)} UTC`
