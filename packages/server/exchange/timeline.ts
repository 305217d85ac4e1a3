import type { SourceLine, TimelineEntry } from "@aceso/client"
import {
  asList,
  asText,
  canonicalText,
  clinicalTime,
  codings,
  dateRange,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  nameOf,
  orUndefined,
  parseJson,
} from "@aceso/core"

interface Read {
  readonly line: SourceLine
  readonly resource: JsonObject
}

/**
 * One timeline of all sources. Records with an equal identifier of other than local scope, or with equal code,
 * time and value, form one entry that names every source; differing values are never merged; only the newest
 * version counts; a struck-out record stays visible and never speaks for the entry. What is withheld, or withdrawn by
 * another custodian, is counted elsewhere.
 */
export function mergeTimeline(lines: readonly SourceLine[]): TimelineEntry[] {
  const read = lines.map((line) => ({ line, resource: resourceOf(line) }))
  const older = Map.groupBy(
    read.filter(({ line }) => line.isSuperseded && !isHidden(line)),
    ({ line }) => recordName(line),
  )
  const current = read.filter(({ line }) => !line.isSuperseded)
  const groups = groupsOf(current.filter(({ line }) => !isHidden(line)))
  const shown = new Set(groups.flat().map(({ line }) => recordName(line)))
  const entries = groups.map((group) =>
    entryOf(
      group,
      group.flatMap(({ line }) => older.get(recordName(line)) ?? []),
    ),
  )
  // Where the newest version is withheld or missing, the older ones still unfold under it.
  for (const [name, versions] of older)
    if (!shown.has(name))
      entries.push(
        entryOf(
          current.filter(({ line }) => recordName(line) === name),
          versions,
        ),
      )
  return entries.sort((a, b) => b.start - a.start).map(({ entry }) => entry)
}

const isHidden = ({ status, content }: SourceLine): boolean =>
  status === "withheld" || (status === "withdrawn" && content === undefined)

/** Records that share a key belong together, whatever the order in which they come (union-find). */
function groupsOf(read: readonly Read[]): Read[][] {
  const parent = read.map((_, i) => i)
  const rootOf = (i: number): number => {
    let root = i
    while (parent[root] !== root) root = parent[root]
    return root
  }
  const first = new Map<string, number>()
  read.forEach(({ line, resource }, i) => {
    if (line.status !== "verified") return
    for (const key of keysOf(resource)) {
      const other = first.get(key)
      if (other === undefined) first.set(key, i)
      else parent[rootOf(i)] = rootOf(other)
    }
  })
  return [...Map.groupBy(read, (_, i) => rootOf(i)).values()]
}

/** Empty for a line without content, or with one that is no JSON object: the line is shown all the same. */
function resourceOf(line: SourceLine): JsonObject {
  const resource =
    line.content && orUndefined(["bad_json", "bad_utf8"], () => parseJson(line.content as Uint8Array))
  return isObject(resource) ? resource : {}
}

const recordName = (line: SourceLine) => `${line.custodian} ${nameOf(line.recordId)}`

const LOCAL_SYSTEMS = /^$|^urn:uuid:|\/(mrn|local|visit|order|claim)(\/|$)/i
/** HL7 v2-0203: medical record, patient internal, visit, placer, filler and accession numbers. */
const LOCAL_TYPES = new Set(["MR", "PI", "VN", "PLAC", "FILL", "ACSN"])

/** Identifiers that an organisation gave for itself say nothing elsewhere. */
function sharedIdentifiers(resource: JsonObject): { system: string; value: string }[] {
  const all = asList(Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier ?? null])
  return all.filter(isObject).flatMap((one) => {
    const types = isObject(one.type) ? asList(one.type.coding).filter(isObject) : []
    const isLocal = types.some(({ code }) => LOCAL_TYPES.has(String(code)))
    const { system, value } = one
    if (isLocal || typeof system !== "string" || typeof value !== "string" || LOCAL_SYSTEMS.test(system))
      return []
    return [{ system, value }]
  })
}

function keysOf(resource: JsonObject): string[] {
  const type = asText(resource.resourceType) ?? ""
  const keys = sharedIdentifiers(resource).map(
    ({ system, value }) => `id ${type} ${system} ${value} ${comparable(resource)}`,
  )
  const [code] = codings(resource)
  const time = clinicalTime(resource)
  if (code && time)
    keys.push(`said ${type} ${code.system ?? ""} ${code.code} ${time} ${comparable(resource)}`)
  return keys
}

/** Members that say what is the case; all of them must be equal before two records count as one. */
const STATES =
  /^(value[A-Z].*|component|dataAbsentReason|statusReason|clinicalStatus|verificationStatus|dosage.*|dose.*|dispenseRequest|severity|criticality|reaction|abatement.*|interpretation|lotNumber|doNotPerform|intent)$/

/** Statuses that turn what a record says into its opposite. */
const NEGATIVE = new Set([
  "entered-in-error",
  "not-done",
  "cancelled",
  "stopped",
  "refuted",
  "aborted",
  "declined",
])

/** What a record states, codes without their display texts, number tokens as written. */
function comparable(resource: JsonObject): string {
  const stated = Object.fromEntries(Object.entries(resource).filter(([name]) => STATES.test(name)))
  const status = NEGATIVE.has(String(resource.status)) ? String(resource.status) : ""
  return status + canonicalText(withoutWords(stated))
}

function withoutWords(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutWords)
  if (!isObject(value)) return value
  const isCoded = Array.isArray(value.coding) && value.coding.length > 0
  const out: JsonObject = {}
  for (const [name, part] of Object.entries(value))
    if (name !== "display" && name !== "id" && !(name === "text" && isCoded)) out[name] = withoutWords(part)
  return out
}

interface Dated {
  readonly entry: TimelineEntry
  /** ms, also before 1970; what has no time comes last. */
  readonly start: number
}

function entryOf(group: readonly Read[], before: readonly Read[]): Dated {
  const older = [...before].sort((a, b) => b.line.version - a.line.version)
  const speaker =
    group.find(({ line }) => line.status === "verified") ??
    (hasContent(group[0]) ? group[0] : older[0]) ??
    group[0]
  const { line, resource } = speaker
  const timeText = clinicalTime(resource)
  const start = timeText === undefined ? undefined : rangeOf(timeText)
  const value = valueText(resource)
  const entry: TimelineEntry = {
    time: start === undefined ? null : Math.max(0, start),
    ...(timeText !== undefined && { timeText: cut(timeText, 64) }),
    resourceType: cut(asText(resource.resourceType) ?? "?", 64),
    title: titleOf(resource) ?? `record ${line.index}, whose content cannot be shown`,
    ...(value !== undefined && { value: cut(value, 300) }),
    sources: group.map((one) => one.line),
    older: older.map((one) => one.line),
    isStruckOut:
      group.length > 0 &&
      group.every(({ line }) => line.status === "mismatch" || line.status === "withdrawn"),
  }
  return { entry, start: start ?? Number.NEGATIVE_INFINITY }
}

const hasContent = (one: Read | undefined): boolean =>
  one !== undefined && Object.keys(one.resource).length > 0
/** Whoever reads sees that it goes on; never half of a character. */
const cut = (text: string, length: number): string =>
  (text.length <= length ? text : `${text.slice(0, length - 1)}…`).toWellFormed() || "?"

function rangeOf(text: string): number | undefined {
  try {
    return dateRange(text).fromMs
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function titleOf(resource: JsonObject): string | undefined {
  const type = asText(resource.resourceType)
  if (type === undefined) return undefined
  for (const name of ["code", "vaccineCode", "medicationCodeableConcept", "type", "category"]) {
    const text = conceptText(resource[name])
    if (text) return cut(text, 300)
  }
  const name = asList(resource.name)[0]
  return cut((isObject(name) ? asText(name.text) : asText(resource.name)) ?? type, 300)
}

function conceptText(value: Json | undefined): string | undefined {
  const concept = Array.isArray(value) ? value[0] : value
  if (!isObject(concept)) return undefined
  const coding = asList(concept.coding)[0] ?? concept
  return (
    asText(concept.text) ?? (isObject(coding) ? (asText(coding.display) ?? asText(coding.code)) : undefined)
  )
}

const quantityText = (value: Json | undefined): string | undefined => {
  if (!isObject(value) || !(value.value instanceof JsonNumber)) return undefined
  return `${value.value.token} ${asText(value.unit) ?? asText(value.code) ?? ""}`.trim()
}

function valueText(resource: JsonObject): string | undefined {
  const simple =
    quantityText(resource.valueQuantity) ??
    asText(resource.valueString) ??
    conceptText(resource.valueCodeableConcept) ??
    conceptText(resource.clinicalStatus) ??
    dosageText(resource)
  if (simple !== undefined) return simple
  const components = asList(resource.component).map((part) =>
    isObject(part) ? `${conceptText(part.code) ?? "?"} ${quantityText(part.valueQuantity) ?? "?"}` : "?",
  )
  return components.length > 0 ? components.join("; ") : undefined
}

function dosageText(resource: JsonObject): string | undefined {
  const dosage = asList(resource.dosageInstruction)[0]
  if (!isObject(dosage)) return undefined
  const rate = asList(dosage.doseAndRate)[0]
  const dose = isObject(rate) ? quantityText(rate.doseQuantity) : undefined
  return asText(dosage.text) ?? dose
}
