import type { DeskStanding, EnrolOpened, EnrolState, FirstKeyAnswer, PersonTold } from "@aceso/client"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  type Handle,
  type HandleKey,
  keyAt,
  PAIRING_MS,
  type PayloadId,
  PlatformError,
  type PublicKey,
  REKEY_MS,
} from "@aceso/core"
import type { Policies } from "../exchange/policies.ts"
import { ownPatient } from "../joins/own-patients.ts"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import type { Pairings } from "../pairing/pairings.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type Confirmed, type ConfirmedDevices, noDevice } from "./confirmed.ts"
import { coSigned, mustBeForNow, type SignedFirstKey } from "./first-key.ts"
import { noRekey, type Rekeys } from "./rekeys.ts"

interface Parts {
  readonly vault: SqliteVault
  readonly ledger: LedgerClient
  readonly pairings: Pairings
  readonly confirmed: ConfirmedDevices
  readonly policies: Pick<Policies, "closedWhile">
  readonly rekeys: Pick<Rekeys, "say">
}

/** A code that somebody of the staff has made and whose digits nobody has typed. */
interface Open {
  readonly alias: string
  readonly by: string
}

/** More than the pairings that can be open; whoever has used one up needs no state of it. */
const MAX_OPEN = 2000

/** Patients who come to the desk with a device of their own and get a key (docs/decisions/0044). */
export class Enrolments {
  private readonly parts: Parts
  private readonly now: () => number
  /** Oldest first. */
  private readonly open = new Map<string, Open>()

  constructor(parts: Parts, now: () => number = Date.now) {
    this.parts = parts
    this.now = now
  }

  /**
   * A code for the device of a patient without a key, or of one whose device is lost.
   * @param by who of the staff invites, and alone may type the digits: name
   * @param lostBy that person's key, who says that the patient's device is lost
   * @throws PlatformError `unknown_patient`, `key_exists`, `patient_has_no_key`, `rekey_pending`, `too_many_pairings`
   */
  async invite(alias: string, by: string, lostBy: PublicKey | null = null): Promise<EnrolOpened> {
    const { vault, pairings, confirmed } = this.parts
    const { handle } = await ownPatient(vault, alias)
    await this.mustHaveRoom(handle, lostBy !== null)
    const opened = pairings.open({
      ...{ kind: "patient", by },
      take: async (pairing) => {
        // Another device may have been quicker.
        await this.mustHaveRoom(handle, lostBy !== null)
        const now = this.now()
        await confirmed.keep({ pairing, handle, by, lostBy }, opened.code, now + PAIRING_MS, now)
      },
    })
    const [oldest] = this.open.keys()
    if (oldest !== undefined && this.open.size >= MAX_OPEN) this.open.delete(oldest)
    this.open.set(opened.code, { alias, by })
    return opened
  }

  /** Of a patient here, as the ledger has it now. @throws PlatformError `unknown_patient` */
  async standing(alias: string): Promise<DeskStanding> {
    const { handle } = await ownPatient(this.parts.vault, alias)
    const row = await this.rowOf(handle)
    if (!row) return { hasKey: false }
    const { key, isPending } = keyAt(row, this.now())
    return {
      hasKey: key !== null,
      ...(isPending && row.next && { pendingFrom: row.next.since + REKEY_MS }),
    }
  }

  /**
   * How far it is with one's own code.
   * @throws PlatformError `unknown_code`; `key_exists`, `rekey_pending`: of another device; `no_rekey`: it was cancelled
   */
  async state(code: string, by: string): Promise<EnrolState> {
    const { confirmed, pairings } = this.parts
    const found = await confirmed.of({ code }, this.now())
    if (!found) {
      this.openedBy(code, by)
      return { ...pairings.state(code), isEnrolled: false }
    }
    if (found.by !== by) throw unknownCode()
    const there = this.thereFor(found, await this.rowOf(found.handle))
    if (there && !isBy(found, there.key)) throw takenBy(found)
    if (!there && found.lostBy && found.height !== null) throw noRekey()
    const isEnrolled = there !== undefined
    return { hasDevice: true, isConfirmed: true, isEnrolled, ...(there?.from && { countsFrom: there.from }) }
  }

  /**
   * What the device shows is typed: one try.
   * @returns the patient's alias
   * @throws PlatformError those of Pairings.confirm, `key_exists`
   */
  async confirm(code: string, digits: string, by: string): Promise<string> {
    const { alias } = this.openedBy(code, by)
    await this.parts.pairings.confirm(code, digits, "patient", by)
    return alias
  }

  private openedBy(code: string, by: string): Open {
    const found = this.open.get(code)
    if (found?.by === by) return found
    throw unknownCode()
  }

  /** Whose digits were typed, within ten minutes. @throws PlatformError `unknown_key` */
  async mustBeConfirmed(pairing: PublicKey): Promise<Confirmed> {
    const found = await this.parts.confirmed.of({ pairing }, this.now())
    if (!found) throw noDevice()
    return found
  }

  /**
   * What the device has to know to sign.
   * @throws PlatformError `unknown_key`, `key_exists`, `rekey_pending`, `patient_has_no_key`
   */
  async person(pairing: PublicKey): Promise<Omit<PersonTold, "name" | "birthDate">> {
    const { ledger, vault } = this.parts
    const found = await this.mustBeConfirmed(pairing)
    const { handle } = found
    const row = await this.rowOf(handle)
    const there = this.thereFor(found, row)
    // One that has signed may ask again.
    if (there && !isBy(found, there.key)) throw takenBy(found)
    const { key, keyNumber } = row ? keyAt(row, this.now()) : { key: null, keyNumber: 0 }
    if (found.lostBy && !key) throw hasNoKey()
    return {
      ...{ custodian: ledger.member, handle, memberKey: ledger.key },
      action: found.lostBy ? "rekey" : row ? "enrolKey" : "enrol",
      keyNumber: there && !found.lostBy ? keyNumber : keyNumber + 1,
      auditEntries: await vault.disclosureCount(handle),
    }
  }

  /**
   * Signs with the device and brings it to the ledger; asked again, it says the same.
   * @param envelope with the device's signature alone
   * @throws PlatformError `unknown_key`, `bad_enrolment`, `key_exists`, `too_many_requests`, those of the engine; Rejection;
   *   where a lost one's is replaced also `rekey_pending`, `no_rekey`, and `policy_pending`: changes that the old key signed
   *   do not get to the ledger
   */
  async enrol(pairing: PublicKey, envelope: Bytes): Promise<FirstKeyAnswer> {
    const { ledger, confirmed, policies, rekeys } = this.parts
    const found = await this.mustBeConfirmed(pairing)
    const { handle, by, lostBy } = found
    const signed = coSigned(ledger, found, envelope)
    const before = await this.answered(pairing, signed.key)
    if (before) return before
    const { checkpoint } = await ledger.engine.status()
    mustBeForNow(signed, Math.max(this.now(), checkpoint.time))
    const { payloadId, key } = signed
    const height = lostBy
      ? await policies.closedWhile(handle, async () => {
          await rekeys.say("begun", { handle, key }, { name: by, key: lostBy })
          return this.submitted(pairing, signed, "rekey_pending")
        })
      : await this.submitted(pairing, signed, "key_exists")
    if (height === undefined) {
      const meanwhile = await this.answered(pairing, key)
      if (meanwhile) return meanwhile
      throw takenBy(found)
    }
    await this.follow(handle)
    await confirmed.done(pairing, payloadId, height)
    return { payloadId, height }
  }

  /** @returns undefined: there is such a key by now, as `taken` says, perhaps by what this device signed before */
  private async submitted(
    pairing: PublicKey,
    { envelope, key, payloadId }: SignedFirstKey,
    taken: "key_exists" | "rekey_pending",
  ): Promise<number | undefined> {
    const { confirmed, ledger } = this.parts
    await confirmed.sign(pairing, key, payloadId, this.now())
    try {
      return (await ledger.submit(envelope)).height
    } catch (error) {
      if (error instanceof Rejection && error.code === taken) return undefined
      throw error
    }
  }

  /** What was answered, or should have been, where the ledger has this key by what this device signed. @throws PlatformError `key_exists`, `rekey_pending`, `no_rekey` */
  private async answered(pairing: PublicKey, key: PublicKey): Promise<FirstKeyAnswer | undefined> {
    const { confirmed } = this.parts
    const found = await this.mustBeConfirmed(pairing)
    const there = this.thereFor(found, await this.rowOf(found.handle))
    if (!there && !found.lostBy) return undefined
    if (there && !equalBytes(there.key, key)) throw takenBy(found)
    if (there) await this.follow(found.handle)
    for (const payloadId of found.payloads) {
      const height = found.height ?? (await this.heightOf(payloadId))
      if (height === undefined) continue
      // What was taken back does not begin again.
      if (!there) throw noRekey()
      if (found.height === null) await confirmed.done(pairing, payloadId, height)
      return { payloadId, height }
    }
    if (!there) return undefined
    throw takenBy(found)
  }

  /** Undefined: no block has it, or it was refused. */
  private async heightOf(payloadId: PayloadId): Promise<number | undefined> {
    try {
      const { rejection, checkpoint } = await this.parts.ledger.engine.receipt(payloadId)
      return rejection === null ? checkpoint.height : undefined
    } catch (error) {
      if (error instanceof PlatformError && error.code === "unknown_transaction") return undefined
      throw error
    }
  }

  /** The vault knows of a key what the ledger does, however it got there. */
  async follow(handle: Handle): Promise<void> {
    const { vault } = this.parts
    const row = await this.rowOf(handle)
    if (!row) return
    await vault.markEnrolled([handle])
    if (row.key) await vault.setHasKey(handle)
  }

  private rowOf(handle: Handle) {
    const { engine, member } = this.parts.ledger
    return engine.read(handles, [member, handle])
  }

  /** The key that stands where this device's is to stand; `from`: it counts from then on, ms. */
  private thereFor(
    { lostBy }: Pick<Confirmed, "lostBy">,
    row: HandleKey | undefined,
  ): { readonly key: PublicKey; readonly from?: number } | undefined {
    if (!row) return undefined
    const { key, isPending } = keyAt(row, this.now())
    if (!lostBy) return key ? { key } : undefined
    return row.next && isPending ? { key: row.next.key, from: row.next.since + REKEY_MS } : undefined
  }

  private async mustHaveRoom(handle: Handle, isLost: boolean): Promise<void> {
    const row = await this.rowOf(handle)
    const { key, isPending } = row ? keyAt(row, this.now()) : { key: null, isPending: false }
    if (!isLost && key) throw keyExists()
    if (isLost && !key) throw hasNoKey()
    if (isLost && isPending) throw rekeyPending()
  }
}

/** Whether a key that the ledger has is the one that this device signed by. */
const isBy = ({ key }: Confirmed, there: PublicKey): boolean => key !== null && equalBytes(key, there)

const unknownCode = () =>
  new PlatformError(
    "unknown_code",
    "you have no such code of a patient's device, or it has died: each lives for ten minutes; make another one",
  )
const keyExists = () =>
  new PlatformError(
    "key_exists",
    "this patient has a key already, and the device that has it: nobody else gets one at this desk; if that device is lost for good, aceso enrol <patient> --lost",
  )
const hasNoKey = () =>
  new PlatformError(
    "patient_has_no_key",
    "this patient has no key that could be lost: aceso enrol <patient>, without --lost",
  )
const rekeyPending = () =>
  new PlatformError(
    "rekey_pending",
    "another key waits already to take the place of this patient's: it counts 72 hours after it was put there; if that is not the patient's own device, aceso rekey cancel <patient>",
  )
const takenBy = ({ lostBy }: Confirmed) => (lostBy ? rekeyPending() : keyExists())
