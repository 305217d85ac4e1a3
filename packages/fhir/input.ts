import { asList, asText, dateRange, isObject, type Json, type JsonObject } from "@aceso/core"
import type { Wrong } from "./conditions.ts"
import { NO_REFERENCES, type OpenReferences, openReferences, withoutVersion } from "./references.ts"
import {
  exportedOf,
  ID,
  loneRequestOf,
  type Request,
  requestOf,
  sourceIdOf,
  typeOf,
  versionOf,
} from "./requests.ts"
import { keyOfId } from "./source-ids.ts"

export const MAX_ENTRIES = 50_000

/** What one entry of an input asks for. */
export interface InputEntry {
  /** Place in the bundle or of the line; -1: the whole input. */
  readonly index: number
  readonly request: Request | Wrong
  readonly open: OpenReferences
  /** ms: when its source set it so, where it says that by an id of its own; never of what a transaction or batch asks for. */
  readonly saidAt: number | undefined
  /** As it came, for what is said of entries that are no requests. */
  readonly entry: Json
}

/** What one input asks for, before anything is known of what is here. */
export interface FhirInput {
  /** All or nothing: a transaction, a document, a message, or a resource on its own. */
  readonly isWhole: boolean
  /** Versions of resources, one after the other. */
  readonly isHistory: boolean
  /** How messages name a place. */
  readonly place: "entry" | "line" | undefined
  /** The number of place 0 in messages. */
  readonly firstPlace: number
  /** In the order in which they are to be taken. */
  readonly entries: readonly InputEntry[]
  /** Why nothing of it can be taken. */
  readonly wrong?: Wrong
}

const NO_PLACE = { place: undefined, firstPlace: 0 } as const

const refused = (reason: string, detail: string): FhirInput => ({
  isWhole: true,
  isHistory: false,
  ...NO_PLACE,
  entries: [],
  wrong: { reason, detail },
})

/** What an entry is, by the type of its bundle (R4, bundle.html#bundle-unique and the sections after it). */
const KINDS: Readonly<Record<string, (entry: Json) => Request | Wrong>> = {
  transaction: requestOf,
  batch: requestOf,
  searchset: exportedOf,
  collection: exportedOf,
  history: versionOf,
  document: exportedOf,
  message: exportedOf,
}

/** Takes an input for what its type says that it is. */
export function inputOf(resource: JsonObject): FhirInput {
  if (resource.resourceType !== "Bundle") return loneOf(resource)
  const type = asText(resource.type) ?? ""
  if (type === "transaction-response" || type === "batch-response")
    return refused("bundle_not_data", `a ${type} is a server's answer and brings no resources; export them`)
  if (!Object.hasOwn(KINDS, type))
    return refused(
      "unknown_bundle_type",
      `Bundle.type ${type === "" ? "is missing" : type}; known are ${Object.keys(KINDS).join(", ")}`,
    )
  const all = asList(resource.entry)
  if (all.length > MAX_ENTRIES)
    return refused("too_many_entries", `a bundle has at most ${MAX_ENTRIES} entries`)
  if (type === "message" && !isFirst(all, "MessageHeader"))
    return refused("no_message_header", "the first entry of a message is its MessageHeader; send it along")
  const taken = all.map((entry, index) => ({ entry, index })).filter(({ entry }) => !isOutcome(type, entry))
  const ordered = type === "history" ? oldestFirst(taken) : taken
  const inside = addressesIn(all)
  const requestIn = (entry: Json) =>
    isBundle(resourceOf(entry)) ? NO_BUNDLE_IN_A_BUNDLE : KINDS[type](entry)
  const isAsked = type === "transaction" || type === "batch"
  const endAt = type === "history" ? endTimes(all, resource) : undefined
  const entries = ordered.map(({ entry, index }) => {
    const one = entryOf(index, entry, requestIn(entry), inside)
    if (isAsked) return { ...one, saidAt: undefined }
    return isEnd(one) ? { ...one, saidAt: one.saidAt ?? endAt?.(index) } : one
  })
  if (type === "document") entries.push(entryOf(-1, resource, wholeOf(resource), inside))
  return {
    isWhole: type === "transaction" || type === "document" || type === "message",
    isHistory: type === "history",
    place: "entry",
    firstPlace: 0,
    entries: isAsked ? entries : versionsInOrder(entries),
  }
}

/**
 * When what a history says to be deleted was deleted, where it does not say it: its entries lie in order, the newest
 * first (R4, http.html#history), so not before the next one; else not after the one before, or the history itself.
 */
function endTimes(all: readonly Json[], bundle: JsonObject): (index: number) => number | undefined {
  const times = all.map(timeOf)
  const last = times.findLast((time) => time !== undefined) ?? timeOf({ resource: bundle })
  const next = new Array<number | undefined>(all.length)
  for (let index = all.length - 1, after = last; index >= 0; index--) {
    next[index] = after
    after = times[index] ?? after
  }
  return (index) => next[index]
}

const isEnd = ({ request }: InputEntry): boolean => !("reason" in request) && request.how.kind === "end"

/** Versions of one resource, each with its time, come one after the other at the places that they have. */
function versionsInOrder(entries: readonly InputEntry[]): readonly InputEntry[] {
  const nameOf = ({ request, saidAt }: InputEntry) => {
    const sourceId = "reason" in request || saidAt === undefined ? undefined : sourceIdOf(request)
    return sourceId && keyOfId(sourceId)
  }
  const byName = Map.groupBy(entries.keys(), (at) => nameOf(entries[at]))
  byName.delete(undefined)
  const ordered = [...entries]
  for (const places of byName.values()) {
    const versions = places.map((at) => entries[at]).sort((a, b) => Number(a.saidAt) - Number(b.saidAt))
    for (const [i, at] of places.entries()) ordered[at] = versions[i]
  }
  return ordered
}

/** What a line holds, or why it cannot be read. */
export interface InputLine {
  /** From 0. */
  readonly index: number
  readonly line: { readonly resource: Json } | Wrong
}

/**
 * Lines of one resource each (NDJSON, as FHIR's bulk exports write them), each on its own.
 * @param firstLine the number of line 0 in messages
 */
export function linesInput(lines: readonly InputLine[], firstLine: number): FhirInput {
  const entries = lines.flatMap(({ index, line }): InputEntry[] => {
    if ("reason" in line)
      return [{ index, request: line, open: NO_REFERENCES, saidAt: undefined, entry: null }]
    const { resource } = line
    const deletions = deletionsIn(resource)
    if (deletions)
      return deletions.map((entry, i) => entryOf(index + i * PLACES_OF_LINES, entry, requestOf(entry)))
    return [entryOf(index, { resource }, isBundle(resource) ? NO_BUNDLE_IN_A_LINE : loneRequestOf(resource))]
  })
  if (entries.length > MAX_ENTRIES)
    return refused("too_many_entries", `an input has at most ${MAX_ENTRIES} entries`)
  return {
    isWhole: false,
    isHistory: false,
    place: "line",
    firstPlace: firstLine,
    entries: versionsInOrder(entries),
  }
}

/** More than lines of an input: what a line holds besides its first entry has places beyond all of them. */
const PLACES_OF_LINES = 2 ** 16

/** The number of a line by the place of what it holds. */
export const lineOfPlace = (place: number): number => place % PLACES_OF_LINES

/** What a bulk export says to be deleted: lines of transactions that hold nothing else (Bulk Data Access, `deleted`). */
function deletionsIn(resource: Json): readonly Json[] | undefined {
  if (!isBundle(resource) || !isObject(resource) || resource.type !== "transaction") return undefined
  const all = asList(resource.entry)
  const isDeletion = (entry: Json) =>
    isObject(entry) && isObject(entry.request) && entry.request.method === "DELETE"
  return all.length > 0 && all.every(isDeletion) ? all : undefined
}

const isBundle = (resource: Json | undefined): boolean =>
  isObject(resource) && resource.resourceType === "Bundle"

/** Kept as one record, what is in it would belong to nobody and be seen by nobody. */
const NO_BUNDLE_IN_A_BUNDLE: Wrong = {
  reason: "bundle_in_a_bundle",
  detail: "a Bundle inside of a Bundle is not taken apart; import it as a file of its own",
}

const NO_BUNDLE_IN_A_LINE: Wrong = {
  reason: "bundle_in_a_line",
  detail: "a line holds one resource; import the Bundle as a file of its own",
}

const loneOf = (resource: JsonObject): FhirInput => ({
  isWhole: true,
  isHistory: false,
  ...NO_PLACE,
  entries: [entryOf(-1, { resource }, loneRequestOf(resource))],
})

function entryOf(
  index: number,
  entry: Json,
  request: Request | Wrong,
  inside?: ReadonlySet<string>,
): InputEntry {
  if ("reason" in request) return { index, request, open: NO_REFERENCES, saidAt: undefined, entry }
  const saidAt = "id" in request.how ? timeOf(entry) : undefined
  return { index, request, open: openReferences(request.resource, inside), saidAt, entry }
}

function addressesIn(entries: readonly Json[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const entry of entries) {
    const fullUrl = isObject(entry) ? asText(entry.fullUrl) : undefined
    if (fullUrl !== undefined) found.add(withoutVersion(fullUrl))
  }
  return found
}

const resourceOf = (entry: Json): Json | undefined => (isObject(entry) ? entry.resource : undefined)

function isFirst([first]: readonly Json[], type: string): boolean {
  const resource = resourceOf(first ?? null)
  return isObject(resource) && resource.resourceType === type
}

/** What a search says of itself (R4, `search.mode` outcome): it is no result. */
function isOutcome(type: string, entry: Json): boolean {
  if (type !== "searchset" || !isObject(entry)) return false
  const mode = isObject(entry.search) ? entry.search.mode : undefined
  const resource = resourceOf(entry)
  return mode === "outcome" || (isObject(resource) && resource.resourceType === "OperationOutcome")
}

/** A history has the newest version first (R4, http.html#history); where all entries have times, those decide. */
function oldestFirst<T extends { readonly entry: Json }>(all: readonly T[]): readonly T[] {
  const turned = all.toReversed()
  const times = new Map(turned.map((one) => [one, timeOf(one.entry)]))
  if ([...times.values()].includes(undefined)) return turned
  return turned.toSorted((a, b) => Number(times.get(a)) - Number(times.get(b)))
}

/** ms; undefined: none, or no instant (R4, datatypes.html#instant), which anywhere else means another moment. */
function timeOf(entry: Json): number | undefined {
  const { response } = isObject(entry) ? entry : {}
  const resource = resourceOf(entry)
  const meta = isObject(resource) && isObject(resource.meta) ? resource.meta : {}
  return instantOf(isObject(response) ? response.lastModified : undefined) ?? instantOf(meta.lastUpdated)
}

function instantOf(time: Json | undefined): number | undefined {
  const text = asText(time) ?? ""
  try {
    return INSTANT.test(text) ? dateRange(text).fromMs : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** A document as it is kept beside its resources, known by its id or its identifier, which R4 asks of every one. */
function wholeOf(resource: JsonObject): Request | Wrong {
  // An id that R4 does not allow is the envelope's; the document is known by its identifier.
  const lone = loneRequestOf(
    typeof resource.id === "string" && ID.test(resource.id) ? resource : withoutId(resource),
  )
  if ("reason" in lone || lone.how.kind === "update") return lone
  const { system, value } = isObject(resource.identifier) ? resource.identifier : {}
  if (typeof system !== "string" || typeof value !== "string") return lone
  const condition = { type: "Bundle", system, value }
  return { ...lone, how: { kind: "updateWhere", condition, query: "the document's identifier" } }
}

const withoutId = ({ id: _id, ...rest }: JsonObject): JsonObject => rest

/** Whether an entry is a Patient, also one that is no request. */
export function isPatientEntry({ entry }: InputEntry): boolean {
  const resource = resourceOf(entry)
  return isObject(resource) && resource.resourceType === "Patient" && !("reason" in typeOf(resource))
}
