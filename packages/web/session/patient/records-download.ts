import type { SourceLine } from "@aceso/client"
import {
  type Bytes,
  concat,
  isObject,
  orUndefined,
  parseJson,
  sha256,
  toBase64,
  toHex,
  utf8,
} from "@aceso/core"
import type { Kept } from "./records-kept.ts"

export interface Download {
  readonly name: string
  readonly content: Bytes
}

/** Every version that came, in the order of the bundle; what has no content is not among them. */
function* linesIn({
  history,
  nameOf,
}: Kept): Generator<{ readonly line: SourceLine; readonly isNewest: boolean; readonly name: string }> {
  for (const { sources, older } of history.timeline) {
    for (const line of sources)
      if (line.content?.length) yield { line, isNewest: true, name: nameOf.get(line) ?? "" }
    for (const line of older)
      if (line.content?.length) yield { line, isNewest: false, name: nameOf.get(line) ?? "" }
  }
}

/**
 * One FHIR Bundle of type collection. Each record stands in it byte for byte; what is no resource stands in a Binary. The
 * newest versions have a fullUrl below one address for each custodian, so that their references lead to one another.
 */
export function bundleOf(kept: Kept): Download {
  const parts: Bytes[] = [utf8('{"resourceType":"Bundle","type":"collection","entry":[')]
  const urls = new Set<string>()
  let isFirst = true
  for (const { line, isNewest } of linesIn(kept)) {
    const content = line.content as Bytes
    const resource = resourceIn(content)
    const url = resource && isNewest ? fullUrl(line.custodian, resource) : undefined
    const isNew = url !== undefined && !urls.has(url)
    if (isNew) urls.add(url)
    const lead = isNew ? `{"fullUrl":${JSON.stringify(url)},"resource":` : '{"resource":'
    const whole = resource
      ? content
      : utf8(
          `{"resourceType":"Binary","contentType":"application/octet-stream","data":"${toBase64(content)}"}`,
        )
    parts.push(utf8(`${isFirst ? "" : ","}${lead}`), whole, utf8("}"))
    isFirst = false
  }
  parts.push(utf8("]}"))
  return { name: "my-records.fhir.json", content: concat(...parts) }
}

function resourceIn(content: Bytes): { readonly resourceType: string; readonly id?: string } | undefined {
  const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
  if (!isObject(resource) || typeof resource.resourceType !== "string") return undefined
  return { resourceType: resource.resourceType, ...(typeof resource.id === "string" && { id: resource.id }) }
}

/** RFC 2606: a name that leads nowhere. R4 Bundle: references are resolved against the address of their own entry. */
const fullUrl = (
  custodian: string,
  { resourceType, id }: { readonly resourceType: string; readonly id?: string },
) =>
  id !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(id) && /^[A-Za-z]{1,64}$/.test(resourceType)
    ? `https://${custodian}.invalid/${resourceType}/${id}`
    : undefined

/** What goes with the bundle: of each entry, in its order, where it comes from and what was found. */
export function sourcesOf(kept: Kept, now: number): Download {
  const records = [...linesIn(kept)].map(({ line, isNewest, name }, entry) => ({
    entry,
    name,
    custodian: line.custodian,
    index: line.index,
    recordId: toHex(line.recordId),
    version: line.version,
    isNewest,
    status: line.status,
    block: line.height,
    bytes: line.content?.length ?? 0,
    sha256: toHex(sha256(line.content as Bytes)),
  }))
  const custodians = kept.history.parts.map(({ steps: _steps, ...part }) => ({
    ...part,
    name: kept.organisations[part.custodian] ?? part.custodian,
  }))
  const sources = { made: new Date(now).toISOString(), custodians, records }
  return { name: "my-records.sources.json", content: utf8(`${JSON.stringify(sources, null, 1)}\n`) }
}
