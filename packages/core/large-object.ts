import { type Bytes, concat, decodeBase64, equalBytes, fromHex, toBase64, toHex } from "./bytes.ts"
import { sha256 } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { asList, asText, isObject, type Json, JsonNumber, type JsonObject } from "./json.ts"
import { merkleRoot } from "./merkle.ts"
import { type Infer, list, object, uint } from "./schema.ts"

/**
 * Large objects: the data of FHIR Attachments and Binaries, which stand beside their record. The record holds root and
 * size in place of the data and so commits to them; the bytes travel on their own, chunk by chunk, when somebody asks
 * (docs/decisions/0032-large-objects.md).
 */
export const OBJECT_CHUNK_BYTES = 256 * 1024
export const MAX_OBJECT_BYTES = 64 * 2 ** 20
/** Data of so many base64 characters stands in the record itself. */
const MAX_INLINE_CHARACTERS = 256 * 1024
/** The extension that stands in place of `data` (FHIR R4 json.html#primitive: beside a primitive that is absent). */
export const OBJECT_EXTENSION = "urn:aceso:object"

export const objectRef = object({ root: hash32, size: uint(MAX_OBJECT_BYTES) })
export type ObjectRef = Infer<typeof objectRef>

export interface LargeObject extends ObjectRef {
  readonly content: Bytes
}

/** SHA-256 of each chunk in order; the last one may be shorter. */
export const chunkHashes = list(hash32, MAX_OBJECT_BYTES / OBJECT_CHUNK_BYTES)

export function chunksOf(content: Bytes): Bytes[] {
  const chunks: Bytes[] = []
  for (let at = 0; at < content.length; at += OBJECT_CHUNK_BYTES)
    chunks.push(content.subarray(at, at + OBJECT_CHUNK_BYTES))
  return chunks
}

/** RFC 6962 over the hashes of the chunks, with the size. */
export const objectRoot = (size: number, hashes: readonly Hash[]): Hash =>
  domainHash("object", size, merkleRoot(hashes))

export const largeObject = (content: Bytes): LargeObject => ({
  root: objectRoot(content.length, chunksOf(content).map(sha256)),
  size: content.length,
  content,
})

/**
 * Puts an object together, and never more of it than what is proven.
 * @throws PlatformError `object_differs` at the first chunk that is not what the record committed to
 */
export function assembled(
  { root, size }: ObjectRef,
  hashes: readonly Hash[],
  chunks: readonly Bytes[],
): Bytes {
  const differs = (what: string) =>
    new PlatformError("object_differs", `the attachment is not what its record says: ${what}`)
  if (!equalBytes(objectRoot(size, hashes), root)) throw differs("its chunks' hashes lead to another root")
  if (chunks.length !== hashes.length) throw differs(`${chunks.length} of ${hashes.length} chunks came`)
  chunks.forEach((chunk, n) => {
    if (!equalBytes(sha256(chunk), hashes[n])) throw differs(`chunk ${n} was changed`)
  })
  const content = concat(...chunks)
  if (content.length !== size) throw differs(`it has ${content.length} bytes instead of ${size}`)
  return content
}

/** RFC 4648 section 4. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Without the ends of lines that FHIR's base64Binary may have, which say nothing. @returns undefined: it is none */
function base64In(spaced: string): { readonly data: string; readonly size: number } | undefined {
  const data = spaced.replace(/[\r\n]/g, "")
  if (data.length % 4 !== 0 || !BASE64.test(data)) return undefined
  const end = data.slice(-4)
  // Stray bits at its end would be lost.
  if (toBase64(decodeBase64(end)) !== end) return undefined
  const padding = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0
  return { data, size: (data.length / 4) * 3 - padding }
}

/**
 * The resource without the large data in it, and what was taken out.
 * @throws PlatformError `object_too_large`; `reserved_extension` when the resource brings such an extension itself
 */
export function withoutLargeData(resource: JsonObject): {
  readonly resource: JsonObject
  readonly objects: readonly LargeObject[]
} {
  mustNotClaim(resource)
  const objects: LargeObject[] = []
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) {
      const mapped = value.map(walk)
      return mapped.some((one, i) => one !== value[i]) ? mapped : value
    }
    if (!isObject(value)) return value
    let copy: JsonObject | undefined
    for (const [name, part] of Object.entries(value)) {
      const isBase64 = name === "data" && typeof part === "string" && !isSampled(value)
      const taken = isBase64 ? takeOut(part) : undefined
      if (taken) {
        copy ??= { ...value }
        delete copy.data
        copy._data = marked(value._data, taken)
        objects.push(taken)
        continue
      }
      if (!isNested(part) || (name === "_data" && copy?._data)) continue
      const inner = walk(part)
      if (inner === part) continue
      copy ??= { ...value }
      copy[name] = inner
    }
    return copy ?? value
  }
  return { resource: walk(resource) as JsonObject, objects }
}

/** R4 SampledData.data is numbers with spaces between them, and no base64. */
const isSampled = (value: JsonObject): boolean => value.origin !== undefined || value.dimensions !== undefined

/** What stands for data was put there by nobody else: it opens what lies under its root. */
function mustNotClaim(value: Json): void {
  if (Array.isArray(value)) for (const one of value) mustNotClaim(one)
  else if (isObject(value)) {
    if (value.url === OBJECT_EXTENSION)
      throw new PlatformError(
        "reserved_extension",
        `an extension ${OBJECT_EXTENSION} stands for data that this node took out itself; send the data`,
      )
    for (const part of Object.values(value)) mustNotClaim(part)
  }
}

const isNested = (value: Json): boolean => Array.isArray(value) || isObject(value)

function takeOut(spaced: string): LargeObject | undefined {
  if (spaced.length <= MAX_INLINE_CHARACTERS) return undefined
  const found = base64In(spaced)
  if (!found) return undefined
  if (found.size > MAX_OBJECT_BYTES)
    throw new PlatformError(
      "object_too_large",
      `an attachment has at most ${MAX_OBJECT_BYTES / 2 ** 20} MiB; keep it elsewhere and refer to it by its url`,
    )
  return largeObject(decodeBase64(found.data))
}

function marked(beside: Json | undefined, { root, size }: ObjectRef): JsonObject {
  const mark: JsonObject = {
    url: OBJECT_EXTENSION,
    extension: [
      { url: "root", valueString: toHex(root) },
      { url: "size", valueUnsignedInt: new JsonNumber(String(size)) },
    ],
  }
  const before = isObject(beside) ? beside : {}
  return { ...before, extension: [...asList(before.extension), mark] }
}

/** The large objects of a record, in the order of the document. */
export function objectsIn(resource: Json): ObjectRef[] {
  if (Array.isArray(resource)) return resource.flatMap(objectsIn)
  if (!isObject(resource)) return []
  const own = refOf(resource._data)
  return [...(own ? [own] : []), ...Object.values(resource).flatMap(objectsIn)]
}

/** Data in a record, or beside it, with what its Attachment says of it. */
export interface ShownAttachment {
  readonly contentType: string | undefined
  readonly title: string | undefined
  /** Bytes; undefined of a file by its url: whoever has it knows. */
  readonly size: number | undefined
  /** R4 Attachment: bytes, as the number stands there. */
  readonly saidSize: string | undefined
  /** R4 Attachment: SHA-1 in base64. */
  readonly saidHash: string | undefined
  /** It stands beside the record. */
  readonly object?: ObjectRef
  /** In base64: it stands in the record itself. */
  readonly data?: string
  /** It is a Binary of its custodian's own log, to which the record refers by url. */
  readonly reference?: string
}

/** A Binary as its custodian calls it; which of its versions another number means, nobody else can say. */
export const BINARY = /^Binary\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/

/** The Binaries to which a record refers by url. What stands in a Bundle is called so by its source, and not here. */
export function binariesIn(resource: Json): string[] {
  if (Array.isArray(resource)) return resource.flatMap(binariesIn)
  if (!isObject(resource) || resource.resourceType === "Bundle") return []
  const own = referenceOf(resource)
  return [...(own === undefined ? [] : [own]), ...Object.values(resource).flatMap(binariesIn)]
}

function referenceOf({ url, data, _data }: JsonObject): string | undefined {
  const reference = asText(url)
  const isOne = reference !== undefined && data === undefined && _data === undefined && BINARY.test(reference)
  return isOne ? reference : undefined
}

/** All attachments of a record, in the order of the document. */
export function attachmentsIn(resource: Json, isInBundle = false): ShownAttachment[] {
  if (Array.isArray(resource)) return resource.flatMap((one) => attachmentsIn(one, isInBundle))
  if (!isObject(resource)) return []
  const isInside = isInBundle || resource.resourceType === "Bundle"
  const own = attachmentOf(resource, isInside)
  return [...(own ? [own] : []), ...Object.values(resource).flatMap((one) => attachmentsIn(one, isInside))]
}

function attachmentOf(holder: JsonObject, isInBundle: boolean): ShownAttachment | undefined {
  const object = refOf(holder._data)
  const text = isSampled(holder) ? undefined : asText(holder.data)
  const inline = object === undefined && text ? base64In(text) : undefined
  const reference = isInBundle ? undefined : referenceOf(holder)
  const byUrl = reference === undefined ? undefined : { size: undefined, reference }
  const found = object ? { size: object.size, object } : (inline ?? byUrl)
  if (!found) return undefined
  return {
    contentType: asText(holder.contentType),
    title: asText(holder.title),
    saidSize: holder.size instanceof JsonNumber ? holder.size.token : undefined,
    saidHash: asText(holder.hash),
    ...found,
  }
}

function refOf(beside: Json | undefined): ObjectRef | undefined {
  const mark = isObject(beside) ? markOf(beside) : undefined
  if (!mark) return undefined
  const parts = asList(mark.extension).filter(isObject)
  const root = asText(parts.find(({ url }) => url === "root")?.valueString) ?? ""
  const size = parts.find(({ url }) => url === "size")?.valueUnsignedInt
  if (!/^[0-9a-f]{64}$/.test(root) || !(size instanceof JsonNumber)) return undefined
  return { root: fromHex(root), size: size.valueOf() }
}

const markOf = (beside: JsonObject): JsonObject | undefined =>
  asList(beside.extension)
    .filter(isObject)
    .find(({ url }) => url === OBJECT_EXTENSION)
