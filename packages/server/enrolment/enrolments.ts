import type { EnrolOpened, EnrolState, FirstKeyAnswer, PersonTold } from "@aceso/client"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  type Handle,
  PAIRING_MS,
  type PayloadId,
  PlatformError,
  type PublicKey,
} from "@aceso/core"
import { ownPatient } from "../joins/own-patients.ts"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import type { Pairings } from "../pairing/pairings.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type Confirmed, type ConfirmedDevices, noDevice } from "./confirmed.ts"
import { coSigned, mustBeForNow } from "./first-key.ts"

interface Parts {
  readonly vault: SqliteVault
  readonly ledger: LedgerClient
  readonly pairings: Pairings
  readonly confirmed: ConfirmedDevices
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
   * A code for the device of a patient without a key.
   * @param by who of the staff invites, and alone may type the digits: name
   * @throws PlatformError `unknown_patient`, `key_exists`, `too_many_pairings`
   */
  async invite(alias: string, by: string): Promise<EnrolOpened> {
    const { vault, pairings, confirmed } = this.parts
    const { handle } = await ownPatient(vault, alias)
    await this.mustHaveNoKey(handle)
    const opened = pairings.open({
      ...{ kind: "patient", by },
      take: async (pairing) => {
        // Another device may have been quicker.
        await this.mustHaveNoKey(handle)
        const now = this.now()
        await confirmed.keep({ pairing, handle, by }, opened.code, now + PAIRING_MS, now)
      },
    })
    const [oldest] = this.open.keys()
    if (oldest !== undefined && this.open.size >= MAX_OPEN) this.open.delete(oldest)
    this.open.set(opened.code, { alias, by })
    return opened
  }

  /** How far it is with one's own code. @throws PlatformError `unknown_code`, `key_exists`: of another device */
  async state(code: string, by: string): Promise<EnrolState> {
    const { confirmed, pairings } = this.parts
    const found = await confirmed.of({ code }, this.now())
    if (!found) {
      this.openedBy(code, by)
      return { ...pairings.state(code), isEnrolled: false }
    }
    if (found.by !== by) throw unknownCode()
    const key = await this.keyOf(found.handle)
    if (key && !isBy(found, key)) throw keyExists()
    return { hasDevice: true, isConfirmed: true, isEnrolled: key !== undefined }
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

  /** What the device has to know to sign. @throws PlatformError `unknown_key`, `key_exists` */
  async person(pairing: PublicKey): Promise<Omit<PersonTold, "name" | "birthDate">> {
    const { ledger, vault } = this.parts
    const found = await this.mustBeConfirmed(pairing)
    const { handle } = found
    const row = await this.rowOf(handle)
    // One that has signed may ask again.
    if (row?.key && !isBy(found, row.key)) throw keyExists()
    return {
      ...{ custodian: ledger.member, handle, memberKey: ledger.key, action: row ? "enrolKey" : "enrol" },
      keyNumber: row?.key ? row.keyNumber : (row?.keyNumber ?? 0) + 1,
      auditEntries: await vault.disclosureCount(handle),
    }
  }

  /**
   * Signs with the device and brings it to the ledger; asked again, it says the same.
   * @param envelope with the device's signature alone
   * @throws PlatformError `unknown_key`, `bad_enrolment`, `key_exists`, `too_many_requests`, those of the engine; Rejection
   */
  async enrol(pairing: PublicKey, envelope: Bytes): Promise<FirstKeyAnswer> {
    const { ledger, confirmed } = this.parts
    const { handle } = await this.mustBeConfirmed(pairing)
    const signed = coSigned(ledger, handle, envelope)
    const before = await this.answered(pairing, signed.key)
    if (before) return before
    const { checkpoint } = await ledger.engine.status()
    mustBeForNow(signed, Math.max(this.now(), checkpoint.time))
    const { payloadId, key } = signed
    await confirmed.sign(pairing, key, payloadId, this.now())
    const height = await this.submitted(signed.envelope)
    if (height === undefined) {
      const meanwhile = await this.answered(pairing, key)
      if (meanwhile) return meanwhile
      throw keyExists()
    }
    await this.follow(handle)
    await confirmed.done(pairing, payloadId, height)
    return { payloadId, height }
  }

  /** @returns undefined: the handle has a key by now, perhaps by what this device signed before */
  private async submitted(envelope: Bytes): Promise<number | undefined> {
    try {
      return (await this.parts.ledger.submit(envelope)).height
    } catch (error) {
      if (error instanceof Rejection && error.code === "key_exists") return undefined
      throw error
    }
  }

  /** What was answered, or should have been, where the ledger has this key by what this device signed. @throws PlatformError `key_exists` */
  private async answered(pairing: PublicKey, key: PublicKey): Promise<FirstKeyAnswer | undefined> {
    const { confirmed } = this.parts
    const found = await this.mustBeConfirmed(pairing)
    const there = await this.keyOf(found.handle)
    if (!there) return undefined
    if (!equalBytes(there, key)) throw keyExists()
    await this.follow(found.handle)
    for (const payloadId of found.payloads) {
      const height = found.height ?? (await this.heightOf(payloadId))
      if (height === undefined) continue
      if (found.height === null) await confirmed.done(pairing, payloadId, height)
      return { payloadId, height }
    }
    throw keyExists()
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

  private async keyOf(handle: Handle): Promise<PublicKey | undefined> {
    return (await this.rowOf(handle))?.key ?? undefined
  }

  private async mustHaveNoKey(handle: Handle): Promise<void> {
    if (await this.keyOf(handle)) throw keyExists()
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
    "this patient has a key already, and the device that has it: nobody else gets one at this desk",
  )
