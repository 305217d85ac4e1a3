import {
  type Bytes,
  canonicalText,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  utf8,
} from "@aceso/core"

/** The resource as it is stored: its id, and meta as a server sets it. */
export function stamp(resource: JsonObject, id: string, version: number, lastUpdated: string): JsonObject {
  return withMeta(resource, id, String(version), lastUpdated)
}

function withMeta(resource: JsonObject, id: string, versionId: Json, lastUpdated: Json): JsonObject {
  const meta = isObject(resource.meta) ? resource.meta : {}
  return { ...resource, id, meta: { ...meta, versionId, lastUpdated } }
}

/** A resource's canonical text around its time and its version, which come when it is stored. */
export type Unstamped = readonly [string, string, string]

/** A raw control character: strings escape it, so it stands nowhere else in JSON text. */
const GAP = new JsonNumber("\u0000")

/** What is canonical already before time and version are known. */
export function unstamped(resource: JsonObject, id: string): Unstamped {
  const [before, between, after] = canonicalText(withMeta(resource, id, GAP, GAP)).split(GAP.token)
  return [before, between, after]
}

/** The same bytes as the canonical form of what `stamp` makes. */
export function stamped([before, between, after]: Unstamped, version: number, lastUpdated: string): Bytes {
  return utf8(`${before}${JSON.stringify(lastUpdated)}${between}"${version}"${after}`)
}
