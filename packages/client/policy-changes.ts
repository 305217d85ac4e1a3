import {
  type Bytes,
  type Cbor,
  type Payload,
  PlatformError,
  type PolicyDocument,
  type PolicyState,
  type PublicKey,
  policyRoot,
  policyState,
  randomBytes,
} from "@aceso/core"
import type { Deliveries, SignedChange } from "./deliveries.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import { expiryAfter, isOverdue, pendingOf, renewals, SUBMIT_BEFORE_EXPIRY_MS } from "./pending.ts"
import { disclosedAnswer, okAnswer } from "./schemas.ts"
import type { Signers } from "./signers.ts"

interface Parts extends Pick<PatientCalls, "network" | "ask"> {
  readonly policyDelayMs: number
  readonly drawUnit?: () => number
  readonly signers: Signers
  readonly deliveries: Deliveries
}

interface Waiting {
  readonly state: PolicyState
  /** What the ledger does not have yet, oldest first. */
  readonly pending: readonly Payload[]
  /** The first of them that this device did not sign; -1: there is none. */
  readonly others: number
  /** One was signed by a delegate who may not any more: it is for the person to say what becomes of it. */
  readonly needsWord: boolean
}

/** Changes of a patient's policies, signed on the device and handed to each custodian. */
export class PolicyChanges {
  private readonly parts: Parts
  /** Places whose changes are being delivered again just now. */
  private readonly settling = new Set<PatientPlace>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** The policy at a custodian, and the changes that wait; own ones that expired there are signed anew. */
  async renewed(place: PatientPlace): Promise<Waiting> {
    const { custodian, handle } = place
    const { network, signers, policyDelayMs, drawUnit } = this.parts
    for (let attempt = 0; ; attempt++) {
      let state = await this.parts.ask(place, "policy", {}, policyState)
      if (await this.settle(place, state)) state = await this.parts.ask(place, "policy", {}, policyState)
      const by = await signers.of(place, state.pending)
      const isSigner = (keys: readonly PublicKey[]) => by(keys) !== undefined
      const pending = pendingOf(state, { network, custodian, handle, isSigner })
      const isOwn = (one: Payload) => by(one.signers) === "own"
      const others = pending.findIndex((one) => !isOwn(one))
      const needsWord = pending.some((one) => by(one.signers) === "past")
      const found = { state, pending, others, needsWord }
      // What somebody else signed, no device signs by itself; and what comes after it hangs on it.
      const first = pending.findIndex(isOverdue)
      if (first < 0 || !pending.slice(first).every(isOwn)) return found
      const envelopes: Bytes[] = []
      for (const one of renewals(pending, policyDelayMs, drawUnit))
        envelopes.push((await signers.sign(place, one)).bytes)
      try {
        await this.parts.ask(place, "renew", { envelopes }, okAnswer)
      } catch (error) {
        // The desk puts another key in place of this one: it can be looked at and cancelled, and nothing is signed anew.
        if (codeOf(error) === "rekey_pending") return found
        // Another device renewed them, or the ledger has them after all.
        if (codeOf(error) !== "policy_changed_meanwhile" || attempt >= MAX_ATTEMPTS) throw error
        await pause()
      }
    }
  }

  /**
   * Delivers again what a custodian promised to log and did not, as after a restore from a backup; where it no longer
   * fits, and where the custodian waits for a confirmation, what this device signed last is signed anew: unless
   * another device has signed a newer version since; then it is for the patient to confirm.
   * @returns whether anything was done
   */
  private async settle(place: PatientPlace, state: PolicyState): Promise<boolean> {
    if (this.settling.has(place)) return false
    this.settling.add(place)
    try {
      const overdue = await this.parts.deliveries.overdue(place)
      let fits = true
      for (const one of overdue) {
        try {
          await this.send(place, one, null)
        } catch (error) {
          // Older than what is there, or expired on the way.
          if (!["policy_changed_meanwhile", "policy_unknown", "policy_pending"].includes(codeOf(error) ?? ""))
            throw error
          fits = false
          break
        }
      }
      // For a person's policy no delegate speaks again: the person has replaced it, or confirms it.
      if (this.parts.signers.isDelegate) {
        if (!fits) await this.parts.deliveries.drop(place, overdue)
        return fits && overdue.length > 0
      }
      const last =
        !fits || !state.isConfirmed ? await this.parts.deliveries.documents(place, state) : undefined
      if (last) {
        await this.make(place, "grant", () => last, null)
        await this.parts.deliveries.drop(place, overdue)
        return true
      }
      return overdue.length > 0
    } finally {
      this.settling.delete(place)
    }
  }

  /**
   * Signs a change of the policy and hands it to the custodian.
   * @param edit the documents that are to stand, by what stands
   * @param isSeen the person has seen what delegates left behind whose time has ended
   * @throws PlatformError `policy_pending`, those of the custodian
   */
  async make(
    place: PatientPlace,
    action: "grant" | "restrict" | "revoke",
    edit: (state: PolicyState) => readonly PolicyDocument[],
    requestId: Bytes | null,
    isSeen = false,
  ): Promise<{ version: number; all: readonly PolicyDocument[]; salt: Bytes; payloadId: Bytes }> {
    for (let attempt = 0; ; attempt++) {
      const { state, pending, others, needsWord } = await this.renewed(place)
      if (needsWord && !isSeen) throw ofEndedDelegate(place)
      // The person's own word stands in place of what delegates have waiting; theirs comes after all that waits.
      const before = this.parts.signers.isDelegate || others < 0 ? pending : pending.slice(0, others)
      const base = state.version - pending.length + before.length
      const documents = edit(state)
      const salt = randomBytes(32)
      const { custodian, handle } = place
      const { bytes: envelope, payloadId } = await this.parts.signers.sign(place, {
        network: this.parts.network,
        contract: "policy",
        action,
        input: { custodian, handle, base, root: policyRoot(documents, salt) },
        // After the change before it, so that the ledger takes them in order.
        expiry: expiryAfter(before.at(-1)?.expiry ?? 0, this.parts.policyDelayMs, this.parts.drawUnit?.()),
      })
      try {
        await this.send(place, { envelope, salt, documents }, requestId, state.documents)
        return { version: base + 1, all: documents, salt, payloadId }
      } catch (error) {
        const code = codeOf(error)
        const soon = Date.now() + SUBMIT_BEFORE_EXPIRY_MS + SOON_MS
        const mayPass =
          code === "policy_changed_meanwhile" ||
          (code === "policy_pending" && pending.length > 0 && pending[0].expiry < soon)
        if (!mayPass || attempt >= MAX_ATTEMPTS) throw error
        await pause()
      }
    }
  }

  /** @param before what the change builds on; undefined: it is delivered again */
  private async send(
    place: PatientPlace,
    change: SignedChange,
    requestId: Bytes | null,
    before?: readonly PolicyDocument[],
  ): Promise<void> {
    const { envelope, salt, documents } = change
    const question = { envelope, salt, documents: documents as unknown as Cbor, requestId }
    const answer = await this.parts.ask(place, "change", question, disclosedAnswer)
    await this.parts.deliveries.taken(place, change, answer, before)
  }
}

const ofEndedDelegate = ({ custodian }: PatientPlace) =>
  new PlatformError(
    "delegate_ended",
    `a change of the policy at ${custodian} waits that a delegate signed whose time has ended since, or a key in whose place the desk has put another one: look at what stands (aceso requests), and sign it yourself with aceso confirm; then change what you like`,
  )

const MAX_ATTEMPTS = 100
/** So long a change waits for room among those that wait for the ledger. */
const SOON_MS = 20_000
const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
const codeOf = (error: unknown) => (error instanceof PlatformError ? error.code : undefined)
