import type { Bytes } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { publicKey, sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { handle, hash32, memberId, networkId, publicKeySchema, signature64 } from "./ids.ts"
import { MAX_OBJECT_BYTES } from "./large-object.ts"
import { promise } from "./promise.ts"
import { entryHash, entryPreimage, LOG_START, logPoint } from "./record.ts"
import { recordFilter } from "./record-filter.ts"
import { bytes, type Infer, list, nullable, object, oneOf, optional, text, uint } from "./schema.ts"

/** What a custodian signs about an answer (PRIVACY.md, Exchange). */
export const MAX_LINES = 100_000
/** So many changes of one policy may be on their way to the ledger. */
export const MAX_PENDING_CHANGES = 16

/** Medications that one answer names. */
export const MAX_DRUGS = 1_000
export const MAX_REFERENCE = 200

/** One index of the record log. */
export const manifestLine = object({
  /** Null where a recovery lost it. */
  entry: nullable(entryPreimage),
  /** Instead of a lost entry: its hash, as the ledger's log has it. */
  lost: optional(hash32),
  /**
   * `damaged`: the custodian itself reports that it cannot read the record; `lost`: it went with everything that was
   * committed after the block that a recovery on the ledger names (PRIVACY.md, Recovery); `withdrawn`: the policy
   * opens it, and the custodian holds it back because it stands at the wrong patient; the patient is told of each.
   * `not_requested`, `later`: the policy opens it, and it does not fit the request's filter, or had no room in this
   * answer and is sent to whoever asks since it. What the policy withholds is `not_permitted` in any case, so that no
   * filter tells anything about it.
   */
  status: oneOf("released", "not_permitted", "not_requested", "later", "damaged", "lost", "withdrawn"),
  /** Hash of salt and content as they were sent, so that nobody can put other words into the custodian's mouth. */
  sent: nullable(hash32),
})

export type ManifestLine = Infer<typeof manifestLine>

/** What the ledger's log has at this line; undefined: the line says neither entry nor hash, or both. */
export const lineHash = ({ entry, lost, status }: ManifestLine): Hash | undefined => {
  if ((entry === null) !== (status === "lost") || (entry === null) !== (lost !== undefined)) return undefined
  return entry ? entryHash(entry) : lost
}

export const manifestBody = object({
  network: networkId,
  requestHash: hash32,
  responder: memberId,
  recipient: memberId,
  handle,
  purpose: text(16),
  /** ms, the custodian's clock */
  time: uint(),
  /** The height of the ledger that the custodian saw. */
  height: uint(),
  policyVersion: uint(),
  policyRoot: nullable(hash32),
  /** `pending`: the patient's signed change is obeyed but not on the ledger yet. */
  policyState: oneOf("current", "pending"),
  pendingChange: nullable(bytes(1, 262_144)),
  /** Changes that are pending before it, oldest first. */
  pendingBefore: list(bytes(1, 262_144), MAX_PENDING_CHANGES),
  /** What was asked for; absent: everything. */
  filter: optional(recordFilter),
  /**
   * What this answer was decided by: policy, requester, filter, what is lost or withdrawn, and which dates in the
   * policy have passed. As long as it stays the same, an earlier answer holds. Opaque to all but the custodian.
   */
  view: optional(hash32),
  /**
   * Medications to which released records refer, by hash. They belong to no patient and stand in the custodian's own
   * log: that this is what the reference means, the custodian says and the patient's log does not.
   */
  drugs: optional(list(object({ reference: text(MAX_REFERENCE), sent: hash32 }), MAX_DRUGS)),
  /** What the answer brings instead of lines: a large object of one record, named by its commitment. */
  object: optional(
    object({
      index: uint(),
      commitment: hash32,
      root: hash32,
      size: uint(MAX_OBJECT_BYTES),
      /** It is a Binary to which the record refers so: that it is this one, the custodian says. */
      reference: optional(text(MAX_REFERENCE)),
    }),
  ),
  /** The record log before the first line, as the request's `since` says it; absent: empty. */
  from: optional(logPoint),
  /** One for each index from there to the end of the log at that height. */
  lines: list(manifestLine, MAX_LINES),
})
export type ManifestBody = Infer<typeof manifestBody>

export const manifest = object({
  body: manifestBody,
  /** The AuditEvent that the disclosure log commits to, opened to the requester. */
  auditEvent: bytes(2, 65_536),
  auditSalt: hash32,
  promise,
  key: publicKeySchema,
  signature: signature64,
})
export type Manifest = Infer<typeof manifest>

export const bodyHash = (body: ManifestBody): Hash =>
  domainHash("manifest-body", encodeCbor(body as unknown as Cbor))

type Unsigned = Omit<Manifest, "key" | "signature">

const manifestBytes = (m: Unsigned): Bytes =>
  domainBytes(
    "manifest",
    bodyHash(m.body),
    m.auditEvent,
    m.auditSalt,
    encodeCbor(m.promise as unknown as Cbor),
  )

export const signManifest = (m: Unsigned, seed: Bytes): Manifest => ({
  ...m,
  key: publicKey(seed),
  signature: sign(manifestBytes(m), seed),
})

export const verifyManifest = (m: Manifest): boolean => verify(m.signature, manifestBytes(m), m.key)

/** A record as it travels beside its manifest: the line it belongs to, its salt and its canonical bytes. */
export const releasedRecord = object({ index: uint(), salt: hash32, content: bytes(0, 16 * 2 ** 20) })
export type ReleasedRecord = Infer<typeof releasedRecord>

/** Records travel together in messages of about this size: sealing each on its own costs more than its bytes. */
const CHUNK_BYTES = 128 * 1024
export const recordChunk = list(releasedRecord, MAX_LINES, 1)

export function encodeChunks(records: readonly ReleasedRecord[]): Bytes[] {
  const chunks: ReleasedRecord[][] = []
  let size = CHUNK_BYTES
  for (const record of records) {
    if (size >= CHUNK_BYTES) {
      chunks.push([])
      size = 0
    }
    chunks[chunks.length - 1].push(record)
    size += record.content.length + 64
  }
  return chunks.map((chunk) =>
    encodeCbor(chunk.map(({ index, salt, content }) => ({ index, salt, content }))),
  )
}

/** @throws PlatformError `bad_cbor`, `bad_input` */
export const decodeChunk = (bytes: Bytes): readonly ReleasedRecord[] =>
  recordChunk.parse(decodeCbor(bytes), "records")

const drugContent = bytes(2, 65_536)
/** A Medication as a custodian names it: by which reference records mean it, and what says which drug it is. */
export const drugFields = { reference: text(MAX_REFERENCE), content: drugContent }
/** The Medications of an answer, in the order in which its manifest names them. */
export const drugContents = list(drugContent, MAX_DRUGS)
export const drugHash = (content: Bytes): Hash => domainHash("drug", content)

export const sentHash = (salt: Bytes, content: Bytes): Hash => domainHash("sent", salt, content)

/** The lines with their indexes in the record log. */
export const indexedLines = ({ from = LOG_START, lines }: Pick<ManifestBody, "from" | "lines">) =>
  lines.map((line, i) => ({ index: from.size + i, ...line }))

export const lineAt = ({ from = LOG_START, lines }: ManifestBody, index: number): ManifestLine | undefined =>
  lines[index - from.size]

/** Indexes of entries of which a newer version stands among the lines. */
export function supersededIndexes(body: Pick<ManifestBody, "from" | "lines">): Set<number> {
  const newest = new Map<string, { readonly index: number; readonly version: number }>()
  const superseded = new Set<number>()
  for (const { index, entry } of indexedLines(body)) {
    if (!entry) continue
    const id = entry.recordId.join()
    const { version } = entry
    const before = newest.get(id)
    if (before) superseded.add(before.version > version ? index : before.index)
    if (!before || before.version <= version) newest.set(id, { index, version })
  }
  return superseded
}
