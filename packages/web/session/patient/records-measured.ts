import type { TimelineEntry } from "@aceso/client"
import {
  asList,
  asText,
  canonicalText,
  isObject,
  type Json,
  type JsonObject,
  orUndefined,
  parseJson,
} from "@aceso/core"
import { statementOf, type Tongue } from "@aceso/core/display/index.ts"

/** What one custodian's references lead to. */
export type FindIn = (custodian: string, reference: string) => JsonObject | undefined

/** Of an Observation or a part of it. */
export interface WhatMeasured {
  /** Alike where the same was measured: all that says what it was, and all that nobody here understands. */
  readonly key: string
  readonly name: string
}

export function resourceOf({ sources: [line] }: TimelineEntry): JsonObject | undefined {
  const { content } = line ?? {}
  const resource = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(resource) ? resource : undefined
}

/** The specimens of a timeline. */
export function findIn(timeline: readonly TimelineEntry[]): FindIn {
  const all = new Map<string, JsonObject>()
  for (const entry of timeline) {
    const [line] = entry.sources
    const resource = line && entry.resourceType === "Specimen" ? resourceOf(entry) : undefined
    if (resource) all.set(`${line.custodian} Specimen/${asText(resource.id) ?? ""}`, resource)
  }
  return (custodian, reference) => all.get(`${custodian} ${reference}`)
}

/** Members of an Observation that do not say what was measured, or that are read below. */
const ASIDE = new Set(
  `resourceType id meta implicitRules language text contained identifier basedOn partOf status category code subject
  encounter issued performer interpretation note dataAbsentReason referenceRange hasMember derivedFrom component bodySite
  method focus specimen device`.split(/\s+/),
)
/** Members of a component that do not. */
const ASIDE_OF_PART = new Set(["id", "code", "interpretation", "dataAbsentReason", "referenceRange"])
const CHOICE = /^_?(value|effective)[A-Z]/

/** @param part of the Observation's components; undefined: it is about the Observation's own value */
export function whatMeasured(
  resource: JsonObject,
  part: JsonObject | undefined,
  { custodian, find, language }: { custodian: string; find: FindIn; language?: Tongue },
): WhatMeasured | undefined {
  const holder = part ?? resource
  if (!hasCode(holder.code)) return undefined
  const context = {
    code: conceptKey(resource.code, part === undefined),
    site: conceptKey(resource.bodySite),
    method: conceptKey(resource.method),
    of: ["focus", "specimen", "device"].map((name) => referenceKey(resource, name, custodian, find)),
    other: rest(resource, ASIDE),
    // What stands beside it without a number, such as a position, says how it was measured.
    beside: componentsOf(resource).flatMap((one) =>
      one === part || isObject(one.valueQuantity) ? [] : [canonicalText(rest(one, new Set(["id"]), true))],
    ),
    part: part === undefined ? null : [conceptKey(part.code, true), rest(part, ASIDE_OF_PART)],
  }
  return { key: canonicalText(context), name: nameOf(resource, part, { custodian, find, language }) }
}

export const componentsOf = ({ component }: JsonObject): readonly JsonObject[] =>
  asList(component).filter(isObject)

/** Texts alone are nobody's code. */
const hasCode = (concept: Json | undefined): boolean =>
  isObject(concept) &&
  asList(concept.coding).some((one) => isObject(one) && asText(one.system) !== undefined && asText(one.code))

const rest = (value: JsonObject, aside: ReadonlySet<string>, isWithValue = false): JsonObject =>
  Object.fromEntries(
    Object.entries(value).filter(([name]) => !aside.has(name) && (isWithValue || !CHOICE.test(name))),
  )

const plain = (text: Json | undefined): string =>
  (asText(text) ?? "").normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase()

/**
 * All codings in any order, the text, and displays: a site with the code of one side may have the words of the other.
 * @param isNamed its displays all stand in the plot's name, and keep no values apart
 */
function conceptKey(concept: Json | undefined, isNamed = false): Json {
  if (!isObject(concept)) return concept ?? null
  const { id: _, coding, text, ...more } = concept
  const codings = asList(coding).map((one): string => {
    if (!isObject(one)) return canonicalText(one)
    const { id: _id, display, userSelected: _chosen, version: _version, ...own } = one
    const isCode = asText(one.system) !== undefined && asText(one.code) !== undefined
    return canonicalText(isCode && isNamed ? own : { ...own, display: plain(display) })
  })
  return { codings: [...new Set(codings)].sort(), text: plain(text), more }
}

/** What is referred to: a specimen by what it says of itself, all else by the reference at its custodian. */
function referenceKey(resource: JsonObject, name: string, custodian: string, find: FindIn): Json {
  const value = resource[name]
  if (value === undefined) return null
  return asListed(value).map((one): Json => {
    if (!isObject(one)) return one
    const specimen = name === "specimen" ? targetOf(resource, one, custodian, find) : undefined
    if (specimen) return specimenKey(specimen)
    const display = plain(one.display)
    const { display: _, ...more } = one
    if (name === "specimen" && display !== "") return { display }
    return more.reference === undefined && more.identifier === undefined
      ? { display, ...more }
      : { custodian, display, ...more }
  })
}

function targetOf(
  resource: JsonObject,
  reference: JsonObject,
  custodian: string,
  find: FindIn,
): JsonObject | undefined {
  const to = asText(reference.reference) ?? ""
  if (!to.startsWith("#")) return find(custodian, to)
  return asListed(resource.contained)
    .filter(isObject)
    .find(({ id }) => asText(id) === to.slice(1))
}

/** Of a specimen, what says when, by whom and under which number it was taken is left out. */
function specimenKey(specimen: JsonObject): Json {
  const { type, condition, processing, collection, extension, modifierExtension } = specimen
  const { bodySite, method, fastingStatusCodeableConcept, fastingStatusDuration } = isObject(collection)
    ? collection
    : {}
  return {
    concepts: [type, bodySite, method, fastingStatusCodeableConcept].map((one) => conceptKey(one)),
    lists: [condition, processing, extension, modifierExtension].map((one) => one ?? null),
    fasting: fastingStatusDuration ?? null,
  }
}

/** What it is called, and where and from what it was measured. */
function nameOf(
  resource: JsonObject,
  part: JsonObject | undefined,
  { custodian, find, language }: { custodian: string; find: FindIn; language?: Tongue },
): string {
  const { bodySite, site, bodyStructure, laterality, code } = resource
  const sites = { bodySite, site, bodyStructure, laterality }
  const given = Object.entries(sites).filter(([, one]) => one !== undefined)
  const saying = (of: Json, more: JsonObject = {}) =>
    statementOf({ resourceType: "Observation", code: of, ...more }, undefined, language)?.title
  const more = ["method", "focus", "specimen", "device"].flatMap((name) =>
    asListed(resource[name]).map((one) => {
      if (!isObject(one)) return asText(one)
      if (name === "method") return saying(one)
      const specimen = name === "specimen" ? targetOf(resource, one, custodian, find) : undefined
      return (
        (isObject(specimen?.type) ? saying(specimen.type) : undefined) ??
        asText(one.display) ??
        asText(one.reference)
      )
    }),
  )
  const title = saying((part ?? resource).code ?? code ?? null, Object.fromEntries(given) as JsonObject)
  return [title, ...more].filter((one) => one).join(", ")
}

const asListed = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]
