import {
  asList,
  asText,
  clinicalTime,
  isObject,
  type Json,
  type JsonObject,
  type NamedDrug,
  nameOf,
  orUndefined,
  parseJson,
  readTime,
} from "@aceso/core"
import { cut, type Find, MAX_MARKS } from "@aceso/core/display/index.ts"
import { MAX_SOURCES, type SourceLine, type TimelineEntry } from "./history-schemas.ts"
import { type ReadLine, resourceOf, saidBy, speakerOf } from "./speaker.ts"
import { statedKey } from "./stated.ts"

/** A Medication as a custodian names it, which no patient's log vouches for. */
export interface CustodiansDrug extends NamedDrug {
  readonly custodian: string
}

interface Read extends ReadLine {
  /** Which record of which custodian it is a version of. */
  readonly record: string
}

/**
 * One timeline of all sources. Verified records of several custodians form one entry, which names every source, where
 * nothing differs but what each custodian gives for itself (`stated.ts`); those of one custodian never do. Only the
 * newest version counts; a struck-out record stays visible and never speaks for the entry. What is withheld, or
 * withdrawn by another custodian, is counted elsewhere.
 */
export function mergeTimeline(
  lines: readonly SourceLine[],
  drugs: readonly CustodiansDrug[] = [],
): TimelineEntry[] {
  const read = lines
    .map((line): Read => ({ line, record: recordName(line), resource: resourceOf(line) }))
    .sort(byPlace)
  const older = Map.groupBy(
    read.filter(({ line }) => line.isSuperseded && !isHidden(line)),
    ({ record }) => record,
  )
  const current = read.filter(({ line }) => !line.isSuperseded)
  const currentOf = Map.groupBy(current, ({ record }) => record)
  const finder = finderOf(read, drugs)
  const isAnother = othersOf(read)
  const isOther = isAboutAnother(read)
  const groups = groupsOf(
    current.filter(({ line }) => !isHidden(line)),
    (one) => statedKey(one.resource, { find: finder(one.line), isAnother: isAnother(one.line) }),
  )
  const shown = new Set(groups.flat().map(({ record }) => record))
  const entryOf = (group: readonly Read[], before: readonly Read[]) =>
    datedEntry(group, before, finder, isOther)
  const entries = groups.map((group) =>
    entryOf(
      group,
      group.flatMap(({ record }) => older.get(record) ?? []),
    ),
  )
  // Where the newest version is withheld or missing, the older ones still unfold under it.
  for (const [record, versions] of older)
    if (!shown.has(record)) entries.push(entryOf(currentOf.get(record) ?? [], versions))
  return entries.sort(newestFirst).map(({ entry }) => entry)
}

/** Without content a line says nothing here, unless that is what is wrong with it. */
const isHidden = ({ status, content }: SourceLine): boolean =>
  status === "withheld" || (content === undefined && status !== "mismatch" && status !== "damaged")

/** Those that state the same, and where the next line of a custodian may go: all before have one of it, or are full. */
interface Equal {
  readonly groups: Read[][]
  readonly next: Map<string, number>
}

/** Entries of one line of each custodian at most. */
function groupsOf(read: readonly Read[], keyOf: (one: Read) => string | undefined): Read[][] {
  const all: Read[][] = []
  const open = new Map<string, Equal>()
  const mayMerge = sharedKinds(read)
  for (const one of read) {
    const key = mayMerge(one) ? keyOf(one) : undefined
    const fresh: Equal = { groups: [], next: new Map() }
    const { groups, next } = (key === undefined ? undefined : open.get(key)) ?? fresh
    const { custodian } = one.line
    let at = next.get(custodian) ?? 0
    while (at < groups.length && groups[at].length >= MAX_SOURCES) at++
    next.set(custodian, at + 1)
    if (at < groups.length) groups[at].push(one)
    else {
      const group = [one]
      groups.push(group)
      all.push(group)
    }
    if (key !== undefined) open.set(key, { groups, next })
  }
  return all
}

/** Few records have a type and a time that another custodian has too: the whole of them is compared alone. */
function sharedKinds(read: readonly Read[]): (one: Read) => boolean {
  const kindOf = ({ resource }: Read) => `${asText(resource.resourceType)} ${clinicalTime(resource)}`
  const custodians = new Map<string, Set<string>>()
  for (const one of read) {
    const kind = kindOf(one)
    custodians.set(kind, (custodians.get(kind) ?? new Set()).add(one.line.custodian))
  }
  return (one) => one.line.status === "verified" && (custodians.get(kindOf(one))?.size ?? 0) > 1
}

const recordName = (line: SourceLine) => `${line.custodian} ${nameOf(line.recordId)}`

/** In whatever order answers come, the same lines make the same entries. */
const byPlace = ({ line: a }: Read, { line: b }: Read): number =>
  compare(a.custodian, b.custodian) ||
  compare(a.alias ?? "", b.alias ?? "") ||
  a.index - b.index ||
  compare(nameOf(a.recordId), nameOf(b.recordId)) ||
  a.version - b.version
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

type Finder = (line: SourceLine) => Find

/** Resources that came from the same custodian, by reference: what is verified and new, and the drugs that it names. */
function finderOf(read: readonly Read[], drugs: readonly CustodiansDrug[]): Finder {
  const found = new Map<string, JsonObject>()
  const only = new Set<string>()
  for (const { custodian, reference, content } of drugs) {
    const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    if (isObject(resource) && resource.resourceType === "Medication")
      found.set(`${custodian} ${reference}`, resource)
  }
  for (const { line, resource } of read) {
    const { resourceType: type, id } = resource
    if (line.isSuperseded || line.status !== "verified" || !asText(type) || !asText(id)) continue
    found.set(`${line.custodian} ${type}/${id}`, resource)
    if (line.version === 1) only.add(`${line.custodian} ${type}/${id}`)
  }
  return (line) => (reference) => {
    const exact = found.get(`${line.custodian} ${reference}`)
    const [name, version] = `${line.custodian} ${reference}`.split("/_history/")
    // A version is the source's own: it is known only where there never was another one here.
    return exact ?? (version !== undefined && only.has(name) ? found.get(name) : undefined)
  }
}

interface Dated {
  readonly entry: TimelineEntry
  /** ms, also before 1970; undefined: none can be read. */
  readonly start: number | undefined
}

/** What has a time, then what has one that cannot be read, then what has none. */
function newestFirst(a: Dated, b: Dated): number {
  if (a.start !== undefined && b.start !== undefined) return b.start - a.start
  const rank = ({ start, entry }: Dated) => (start !== undefined ? 0 : entry.timeText !== undefined ? 1 : 2)
  return rank(a) - rank(b)
}

/** Whether a reference is to another Patient than the custodian's; where no Patient came along nothing is known of it. */
function othersOf(read: readonly Read[]): (line: SourceLine) => (reference: string) => boolean {
  const patients = new Map<string, Set<string>>()
  for (const { line, resource } of read) {
    const id = resource.resourceType === "Patient" ? asText(resource.id) : undefined
    if (id !== undefined)
      patients.set(line.custodian, (patients.get(line.custodian) ?? new Set()).add(`Patient/${id}`))
  }
  return ({ custodian }) => {
    const known = patients.get(custodian)
    return (reference) => known !== undefined && !known.has(reference.replace(/\/_history\/.*$/, ""))
  }
}

/** What stands for each custodian's patient: ids of its Patient resources, and their identifiers. */
function patientsOf(read: readonly Read[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  for (const { line, resource } of read) {
    if (resource.resourceType !== "Patient") continue
    const own = all.get(line.custodian) ?? new Set()
    const id = asText(resource.id)
    if (id !== undefined) own.add(`Patient/${id}`).add(`urn:uuid:${id}`)
    for (const one of asList(resource.identifier)) for (const name of identifierNames(one)) own.add(name)
    all.set(line.custodian, own)
  }
  return all
}
/** By its system and value; without a system by its value. */
const identifierNames = (one: Json | undefined): string[] => {
  const { system, value } = isObject(one) ? one : {}
  const text = asText(value)
  if (text === undefined) return []
  return [`|${text}`, ...(asText(system) === undefined ? [] : [`${asText(system)}|${text}`])]
}

/**
 * Whether a record is about another than the patient, or not proven to be about the patient: R4's compartment also holds
 * what somebody did or said for others. Of a patient whose own resource did not come along nothing is known, nor where a
 * `urn:uuid` or a contained resource stands for the subject, which the custodian resolved when it took the record in.
 */
function isAboutAnother(read: readonly Read[]): (one: Read) => boolean {
  const patients = patientsOf(read)
  return ({ line, resource }) => {
    const own = patients.get(line.custodian)
    if (!own) return false
    return SUBJECTS.some((name) => isObject(resource[name]) && isOther(resource[name], own))
  }
}
function isOther({ reference, identifier }: JsonObject, own: ReadonlySet<string>): boolean {
  const to = asText(reference)?.replace(/\/_history\/.*$/, "")
  if (to === undefined) {
    // With a system the number is that system's alone.
    const name = identifierNames(identifier).at(-1)
    return name === undefined || !own.has(name)
  }
  if (to.startsWith("#") || to.startsWith("urn:")) return false
  const [, typeAndId] = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]+)$/.exec(to) ?? []
  return typeAndId === undefined || !own.has(typeAndId)
}
const SUBJECTS = ["subject", "patient", "beneficiary", "individual", "for"]

function datedEntry(
  group: readonly Read[],
  before: readonly Read[],
  finder: Finder,
  isSomebodyElse: (one: Read) => boolean,
): Dated {
  const older = [...before].sort((a, b) => b.line.version - a.line.version)
  const speaker = speakerOf(group, older)
  const { line, resource } = speaker
  const isDeleted = group[0]?.line.isDeletion === true
  const said = saidBy(speaker, isDeleted, finder(line))
  const { interval, isUnclear } = readTime(said.timeText)
  const start = interval?.fromMs
  const isStruckOut =
    group.length > 0 &&
    group.every(({ line }) => line.status === "mismatch" || line.status === "withdrawn" || line.isDeletion)
  const isOther = isSomebodyElse(speaker)
  const { first, ...statement } = said
  const entry: TimelineEntry = {
    time: start === undefined ? null : Math.max(0, start),
    resourceType: cut(asText(resource.resourceType) ?? line.resourceType ?? "?", 64),
    ...statement,
    marks: [
      ...(isOther ? [{ key: "somebody-else" } as const] : []),
      ...said.marks.slice(0, MAX_MARKS - 2),
      ...(isUnclear ? [{ key: "time-unclear" } as const] : []),
    ],
    // What does not hold stands in the timeline, and in no block that people act on.
    ...(first !== undefined && !isStruckOut && !isOther && group.length > 0 && { first }),
    sources: group.map((one) => one.line),
    older: older.map((one) => one.line),
    ...(isDeleted && { isDeleted }),
    isStruckOut,
  }
  return { entry, start }
}
