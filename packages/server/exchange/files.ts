import { createHash } from "node:crypto"
import {
  type AccessQuery,
  attachmentsIn,
  BINARY,
  type Bytes,
  chunksOf,
  concat,
  decide,
  decodeBase64,
  equalBytes,
  factsOf,
  type Handle,
  isObject,
  type Json,
  type JsonObject,
  largeObject,
  type ObjectRef,
  PlatformError,
  type Policy,
  parseJson,
  sha256,
} from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredObject, StoredRecord } from "../vault/vault.ts"

/** A Binary, as a large object. */
export type OpenedFile = StoredObject & ObjectRef

export interface WantedFile {
  readonly handle: Handle
  /** Of the record that refers to it. */
  readonly index: number
  readonly reference: string
  /** So many entries of the log count. */
  readonly size: number
}

/** What whoever asks may see. */
export interface Gate {
  /** The content of a record version that is opened; undefined: it is not. */
  open(record: StoredRecord): Promise<JsonObject | undefined>
  /** Whether a Binary may be shown as part of a record that is opened. */
  mayShow(record: JsonObject, binary: JsonObject): boolean
}

/** Labels of the Binary limit a permit as if they were the record's; a denial of Binaries, or by their labels, counts. */
export const asPolicyShows =
  (policy: Policy, query: AccessQuery): Gate["mayShow"] =>
  (record, binary) => {
    const { security } = isObject(binary.meta) ? binary.meta : {}
    const labelled = security === undefined ? record : { ...record, meta: { security } }
    return (
      decide(policy, query, factsOf(labelled)) === "permit" &&
      decide(policy, query, factsOf(binary)) !== "deny"
    )
  }

/**
 * A Binary to which a record of a patient refers by url, as part of that record
 * (docs/decisions/0033-a-whole-record.md). Undefined: there is none, or it is not opened, or nothing shows that it is
 * this patient's: not every record version of the log that names it is opened; its securityContext is neither the
 * patient nor such a record; it has none, and the record does not say its SHA-1.
 */
export async function fileOf(
  vault: SqliteVault,
  wanted: WantedFile,
  gate: Gate,
): Promise<OpenedFile | undefined> {
  const { handle, index, reference, size } = wanted
  const log = (await vault.log(handle)).filter((record) => record.index < size)
  const record = log.find((one) => one.index === index)
  const resource = record && (await gate.open(record))
  const shown = resource ? attachmentsIn(resource).filter((one) => one.reference === reference) : []
  const binary = resource && shown.length > 0 ? await binaryOf(vault, wanted, gate) : undefined
  if (!resource || !binary || !gate.mayShow(resource, binary.resource)) return undefined
  for (const one of log) {
    const names = await isNamed(vault, one, binary.name)
    // Of what cannot be read nobody knows whether it names the Binary.
    if (names === undefined || (names && !(await gate.open(one)))) return undefined
  }
  const content = concat(...binary.object.chunks)
  const said = shown.flatMap(({ saidHash }) => saidHash ?? [])
  const sha1 = createHash("sha1").update(content).digest("base64")
  if (said.some((hash) => hash !== sha1)) return undefined
  const patient = await vault.patient({ handle })
  const isOurs = await isInContext(binary.resource, `Patient/${patient?.fhirId}`, log, gate)
  return (isOurs ?? said.length > 0) ? binary.object : undefined
}

interface FoundBinary {
  /** Without its version. */
  readonly name: string
  /** Without its data. */
  readonly resource: JsonObject
  readonly object: OpenedFile
}

async function binaryOf(
  vault: SqliteVault,
  { handle, reference }: WantedFile,
  gate: Gate,
): Promise<FoundBinary | undefined> {
  const [, id] = BINARY.exec(reference) ?? []
  if (id === undefined) return undefined
  // The number is the source's own: which of several versions here it means, nobody can say.
  const isOne = !reference.includes("/_history/") || (await vault.newestVersion("Binary", id)) === 1
  const record = isOne ? vault.newest("Binary", id) : undefined
  if (!record) return undefined
  // One whose securityContext is a Patient stands in that patient's log, and is a record of its own there.
  const isOwn = record.log.length === 0
  if (!isOwn && !(equalBytes(record.log, handle) && (await gate.open(record)))) return undefined
  const { content } = await vault.content(record)
  const resource = content.length > 0 ? parseJson(content) : undefined
  if (!isObject(resource) || resource.resourceType !== "Binary") return undefined
  const { data: _data, _data: _beside, ...rest } = resource
  const object = await dataOf(vault, record, resource)
  return object && { name: `Binary/${id}`, resource: rest, object }
}

async function dataOf(
  vault: SqliteVault,
  record: StoredRecord,
  { data = null, _data = null }: JsonObject,
): Promise<OpenedFile | undefined> {
  const [own] = attachmentsIn({ data, _data })
  if (own?.object) {
    const stored = await vault.objectOf(record, own.object.root)
    return stored && { ...stored, ...own.object }
  }
  if (own?.data === undefined) return undefined
  const { root, size, content } = largeObject(decodeBase64(own.data))
  const chunks = chunksOf(content)
  return { root, size, chunks, hashes: chunks.map(sha256) }
}

/** Whether a record names a Binary anywhere; undefined: it cannot be read. What a Bundle names is its source's own. */
async function isNamed(vault: SqliteVault, record: StoredRecord, name: string): Promise<boolean | undefined> {
  let content: Bytes
  try {
    content = (await vault.content(record)).content
  } catch (error) {
    if (error instanceof PlatformError) return undefined
    throw error
  }
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  if (!bytes.includes(`"${name}`)) return false
  const resource = parseJson(content)
  return isObject(resource) && resource.resourceType !== "Bundle" && hasName(resource, name)
}

function hasName(value: Json, name: string): boolean {
  if (typeof value === "string") return value === name || value.startsWith(`${name}/_history/`)
  if (Array.isArray(value)) return value.some((one) => hasName(one, name))
  return isObject(value) && Object.values(value).some((one) => hasName(one, name))
}

/** R4 Binary.securityContext: whoever may not read that may not read this. Undefined: it has none. */
async function isInContext(
  { securityContext }: JsonObject,
  patient: string,
  log: readonly StoredRecord[],
  gate: Gate,
): Promise<boolean | undefined> {
  if (securityContext === undefined) return undefined
  const reference = isObject(securityContext) ? securityContext.reference : undefined
  if (typeof reference !== "string") return false
  const name = reference.replace(/\/_history\/.*$/, "")
  // Which records are opened says the policy, and the Patient need not be one. Others' Patients may stand in the log too.
  if (name.startsWith("Patient/")) return name === patient
  const found = log.filter(({ type, fhirId }) => `${type}/${fhirId}` === name)
  for (const one of found) if (!(await gate.open(one))) return false
  return found.length > 0
}
