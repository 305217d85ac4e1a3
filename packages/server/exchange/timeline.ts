import type { SourceLine, TimelineEntry } from "@aceso/client"
import {
  asList,
  asText,
  clinicalTime,
  codings,
  dateRange,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  nameOf,
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
  const read = lines.flatMap((line): Read[] => {
    const resource = line.content ? parseJson(line.content) : undefined
    return isObject(resource) ? [{ line, resource }] : []
  })
  const older = new Map<string, SourceLine[]>()
  for (const { line } of read) {
    if (!line.isSuperseded) continue
    const list = older.get(recordName(line))
    if (list) list.push(line)
    else older.set(recordName(line), [line])
  }
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
  const entries = groups.map((group) => entryOf(group, older))
  return entries.sort((a, b) => (b.time ?? -1) - (a.time ?? -1))
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

/** What an entry states: its value, dose or status, number tokens as written. */
function comparable(resource: JsonObject): string {
  return valueText(resource) ?? ""
}

function entryOf(group: readonly Read[], older: ReadonlyMap<string, SourceLine[]>): TimelineEntry {
  const speaker = group.find(({ line }) => line.status === "verified") ?? group[0]
  const { resource } = speaker
  const timeText = clinicalTime(resource)
  const value = valueText(resource)
  return {
    time: timeText === undefined ? null : startOf(timeText),
    ...(timeText !== undefined && { timeText }),
    resourceType: asText(resource.resourceType) ?? "",
    title: titleOf(resource),
    ...(value !== undefined && { value: value.slice(0, 300) }),
    sources: group.map(({ line }) => line),
    older: group
      .flatMap(({ line }) => older.get(recordName(line)) ?? [])
      .sort((a, b) => b.version - a.version),
    isStruckOut: group.every(({ line }) => line.status === "mismatch"),
  }
}

function startOf(text: string): number | null {
  try {
    return Math.max(0, dateRange(text).fromMs)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function titleOf(resource: JsonObject): string {
  const type = asText(resource.resourceType) ?? "?"
  for (const name of ["code", "vaccineCode", "medicationCodeableConcept", "type", "category"]) {
    const text = conceptText(resource[name])
    if (text) return text.slice(0, 300)
  }
  const name = asList(resource.name)[0]
  if (isObject(name)) return (asText(name.text) ?? type).slice(0, 300)
  return (asText(resource.name) ?? type).slice(0, 300)
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
