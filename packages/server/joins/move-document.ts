import { moveEvent } from "@aceso/client"
import {
  bool,
  bytes,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  handle,
  hash32,
  type Infer,
  list,
  moveId,
  nullable,
  object,
  oneOf,
  publicKeySchema,
  signature64,
  text,
  uint,
} from "@aceso/core"
import type { StoredMisfiling } from "../vault/vault.ts"

/** The oldest go, but for the first. */
const MAX_EVENTS = 200

const approval = object({ name: text(64), key: publicKeySchema, at: uint() })
export type Approval = Infer<typeof approval>

const proposal = object({
  /** `cancel`: it stands at the right patient after all. */
  kind: oneOf("move", "cancel"),
  reason: text(500),
  /** What both look at: so many versions, and their hash. */
  versions: uint(),
  record: hash32,
  approvals: list(approval, 10),
  agreements: list(object({ handle, signature: signature64, at: uint() }), 2),
})
export type Proposal = Infer<typeof proposal>

/** How a decided move is done: its two halves reach the ledger in different windows, in either order. */
const plan = object({
  /** The half in the wrong patient's log comes first. */
  endsFirst: bool(),
  doneHalves: uint(1),
  newRecordId: bytes(32),
})

/** What the vault keeps, encrypted, about a record that stands at the wrong patient. */
export const moveDocument = object({
  by: text(64),
  reason: text(500),
  /** Of the record's hash. */
  salt: hash32,
  proposal: nullable(proposal),
  plan: nullable(plan),
  /** The move that this one takes back. */
  returns: nullable(moveId),
  /** Patients without a key who were told at the desk. */
  told: list(handle, 2),
  events: list(moveEvent, MAX_EVENTS),
})
export type MoveDocument = Infer<typeof moveDocument>
type Event = MoveDocument["events"][number]

export const readDocument = ({ content }: Pick<StoredMisfiling, "content">): MoveDocument =>
  decodeTrusted(content) as unknown as MoveDocument

export function writeDocument(document: MoveDocument): Uint8Array {
  const { events } = document
  const kept = events.length > MAX_EVENTS ? [events[0], ...events.slice(1 - MAX_EVENTS)] : events
  return encodeCbor(moveDocument.parse({ ...document, events: kept }, "misfiling") as unknown as Cbor)
}

export const withEvent = (
  document: MoveDocument,
  at: number,
  what: Event["what"],
  by: string,
  reason: string | null = null,
): MoveDocument => ({ ...document, events: [...document.events, { at, what, by, reason }] })
