import type { Bytes } from "./bytes.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { handle, hash32, memberId, networkId, publicKeySchema, signature64 } from "./ids.ts"
import { type EntryPreimage, entryHash } from "./record.ts"
import { bool, bytes, type Infer, list, nullable, object, oneOf, text, uint } from "./schema.ts"

/** Records that stand at the wrong patient (PRIVACY.md, People at a desk). */

/** Two administrators' decision holds back so long, with notice to both patients. */
export const MOVE_WAIT_MS = 72 * 3600_000

export const moveId = bytes(16)

/**
 * What is moved: all versions of the record in its log. The salt is known to the custodian and to the patient in whose
 * log it stands: the other one could find that log on the ledger otherwise.
 */
export const movedHash = (salt: Bytes, versions: readonly EntryPreimage[]): Hash =>
  domainHash("moved-record", salt, versions.map(entryHash))

/** What a patient's key says yes to. */
export interface MoveStatement {
  readonly network: string
  readonly custodian: string
  readonly id: Bytes
  readonly record: Hash
}

const moveBytes = ({ network, custodian, id, record }: MoveStatement): Bytes =>
  domainBytes("move", network, custodian, id, record)

export const signMove = (statement: MoveStatement, seed: Bytes): Bytes => sign(moveBytes(statement), seed)

export const verifyMove = (statement: MoveStatement, signature: Bytes, key: Bytes): boolean =>
  verify(signature, moveBytes(statement), key)

export const moveState = oneOf("withheld", "approved", "moving", "moved", "returned", "cancelled")
export type MoveState = Infer<typeof moveState>

/** A withdrawn record as one of the two patients sees it; no content, and nobody's words. */
export const patientMove = object({
  id: moveId,
  /** `from`: it stands in this patient's log; `to`: it is said to be this patient's. */
  role: oneOf("from", "to"),
  state: moveState,
  resourceType: text(64),
  /** ms; from then on it is withheld. */
  since: uint(),
  /** ms; null: it is withheld still, or was moved for good. */
  ended: nullable(uint()),
  /** Whether it is to be moved, and waits for this patient's yes or no. */
  isOpen: bool(),
  hasAgreed: bool(),
  /** ms; two administrators decided, and it is moved then unless a patient objects. */
  movesAt: nullable(uint()),
  /** What a yes signs; null: nothing is to be moved. */
  record: nullable(hash32),
  /** For `from` alone: which of the own records it is. */
  opening: nullable(object({ recordId: hash32, salt: hash32, versions: uint() })),
})
export type PatientMove = Infer<typeof patientMove>
export const patientMoves = object({ moves: list(patientMove, 1_000) })

export const moveAgreement = object({ handle, id: moveId, signature: signature64 })
export const moveObjection = object({ handle, id: moveId })

/**
 * What a custodian tells those to whom it released something that it should not have: `misfiled`: these records are
 * another person's; `restored`: they were the patient's after all; `parted`: the handle was taken for another person's.
 */
export const noticeReason = oneOf("misfiled", "restored", "parted")
export const noticeRecords = list(hash32, 100)
export const custodianNotice = object({
  network: networkId,
  custodian: memberId,
  recipient: memberId,
  id: bytes(16),
  handle,
  reason: noticeReason,
  /** Record ids as the recipient knows them from manifests; empty: everything under the handle. */
  records: noticeRecords,
  /** ms */
  time: uint(),
})
export type CustodianNotice = Infer<typeof custodianNotice>

export const signedNotice = object({ notice: custodianNotice, key: publicKeySchema, signature: signature64 })
export type SignedNotice = Infer<typeof signedNotice>

const noticeBytes = (n: CustodianNotice): Bytes =>
  domainBytes("notice", n.network, n.custodian, n.recipient, n.id, n.handle, n.reason, [...n.records], n.time)

export const signNotice = (notice: CustodianNotice, key: Bytes, seed: Bytes): SignedNotice => ({
  notice,
  key,
  signature: sign(noticeBytes(notice), seed),
})

export const verifyNotice = ({ notice, key, signature }: SignedNotice): boolean =>
  verify(signature, noticeBytes(notice), key)
