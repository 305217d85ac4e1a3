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
import { identifiersOf } from "@aceso/fhir"

interface Read {
  readonly line: SourceLine
  readonly resource: JsonObject
}

/**
 * One timeline of all sources. Records with an equal identifier of other than local scope, or with equal code,
 * time and value, form one entry that names every source; differing values are never merged; only the newest
 * version counts; a struck-out record stays visible and never speaks for the entry.
 */
export function mergeTimeline(lines: readonly SourceLine[]): TimelineEntry[] {
  const read = lines
    .filter(({ status }) => status !== "withheld")
    .map((line) => ({ line, resource: resourceOf(line) }))
  const groups: Read[][] = []
  const byKey = new Map<string, Read[]>()
  for (const one of read) {
    if (one.line.isSuperseded) continue
    const keys = one.line.status === "verified" ? keysOf(one.resource) : []
    const known = keys.map((key) => byKey.get(key)).find((group) => group && mayJoin(group, one))
    const group = known ?? []
    if (!known) groups.push(group)
    group.push(one)
    for (const key of keys) if (!byKey.has(key)) byKey.set(key, group)
  }
  const older = Map.groupBy(
    read.filter(({ line }) => line.isSuperseded),
    ({ line }) => recordName(line),
  )
  const current = new Set(groups.flat().map(({ line }) => recordName(line)))
  // Where the newest version is withheld, the newest that was released speaks, as what it is: superseded.
  for (const [name, versions] of older) {
    if (current.has(name)) continue
    const [newest, ...rest] = [...versions].sort((a, b) => b.line.version - a.line.version)
    older.set(name, rest)
    groups.push([newest])
  }
  const entries = groups.map((group) => ({ entry: entryOf(group, older), start: startOf(group) }))
  return entries.sort((a, b) => b.start - a.start).map(({ entry }) => entry)
}

/** Empty for a line without content, or with one that is no JSON object: the line is shown all the same. */
function resourceOf(line: SourceLine): JsonObject {
  const resource =
    line.content && orUndefined(["bad_json", "bad_utf8"], () => parseJson(line.content as Uint8Array))
  return isObject(resource) ? resource : {}
}

const recordName = (line: SourceLine) => `${line.custodian} ${nameOf(line.recordId)}`

/** One source speaks once in an entry, and all sources of an entry say the same value. */
const mayJoin = (group: readonly Read[], one: Read): boolean =>
  group.every(
    (other) =>
      other.line.custodian !== one.line.custodian &&
      other.resource.resourceType === one.resource.resourceType &&
      comparable(other.resource) === comparable(one.resource),
  )

/** Identifiers that an organisation gave for itself say nothing elsewhere. */
const isLocal = (system: string, custodianHosts: RegExp) =>
  custodianHosts.test(system) || system.startsWith("urn:uuid:")
const LOCAL_SYSTEMS = /\/(mrn|local|visit|order|claim)(\/|$)/i

function keysOf(resource: JsonObject): string[] {
  const type = asText(resource.resourceType) ?? ""
  const keys = identifiersOf(resource)
    .filter(({ system }) => !isLocal(system, LOCAL_SYSTEMS))
    .map(({ system, value }) => `id ${type} ${system} ${value}`)
  const [code] = codings(resource)
  const time = clinicalTime(resource)
  if (code && time)
    keys.push(`said ${type} ${code.system ?? ""} ${code.code} ${time} ${comparable(resource)}`)
  return keys
}

/** Members that say what is the case; all of them must be equal before two records count as one. */
const STATES =
  /^(value[A-Z].*|component|dataAbsentReason|status|statusReason|clinicalStatus|verificationStatus|dosage.*|dose.*|dispenseRequest|code|vaccineCode|medicationCodeableConcept|severity|criticality|reaction|abatement.*|interpretation|lotNumber|doNotPerform|intent)$/

/** What a record states, codes without their display texts, number tokens as written. */
function comparable(resource: JsonObject): string {
  const stated = Object.fromEntries(Object.entries(resource).filter(([name]) => STATES.test(name)))
  return canonicalText(withoutWords(stated))
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

function entryOf(group: readonly Read[], older: ReadonlyMap<string, readonly Read[]>): TimelineEntry {
  const { line, resource } = speakerOf(group)
  const timeText = clinicalTime(resource)
  const value = valueText(resource)
  const before = group.flatMap((one) => older.get(recordName(one.line)) ?? [])
  return {
    time:
      timeText === undefined || rangeOf(timeText) === undefined
        ? null
        : Math.max(0, rangeOf(timeText) as number),
    ...(timeText !== undefined && { timeText: cut(timeText, 64) }),
    resourceType: cut(asText(resource.resourceType) ?? "?", 64),
    title: titleOf(resource) ?? `record ${line.index}, whose content cannot be shown`,
    ...(value !== undefined && { value: cut(value, 300) }),
    sources: group.map((one) => one.line),
    older: before.map((one) => one.line).sort((a, b) => b.version - a.version),
    isStruckOut: group.every((one) => one.line.status === "mismatch"),
  }
}

const speakerOf = (group: readonly Read[]): Read =>
  group.find(({ line }) => line.status === "verified") ?? group[0]
/** Never half of a character. */
const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed() || "?"

/** ms, also before 1970; what has no time comes last. */
function startOf(group: readonly Read[]): number {
  const text = clinicalTime(speakerOf(group).resource)
  return (text === undefined ? undefined : rangeOf(text)) ?? Number.NEGATIVE_INFINITY
}

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
