import { readFileSync } from "node:fs"
import {
  custodianReport,
  type OwnSeen,
  type Place,
  type SourceLine,
  type TimelineEntry,
  timelineEntry,
} from "@aceso/client"
import {
  handle,
  hash32,
  messageOf,
  nullable,
  object,
  optional,
  orUndefined,
  type RecordFilter,
  recordFilter,
  type SeenLog,
  toHex,
  uint,
} from "@aceso/core"
import { UsageError } from "../session.ts"
import { classesOf, listOf } from "./wishes.ts"

/** `view` is absent in a look of an older version, which says too little to begin from. */
const ownLook = object({ handle, size: uint(), view: optional(hash32), from: optional(uint()) })

type Value = string | boolean | undefined

/** A code as it is written on a line, behind its system where one is meant. */
export function codeOf(text: string): { readonly system?: string; readonly code: string } {
  const at = text.lastIndexOf("|")
  return at < 0 ? { code: text } : { system: text.slice(0, at), code: text.slice(at + 1) }
}

/** Classes, and codes with or without their system; nothing: everything is asked for. */
export function filterOf(classes: Value, codes: Value): RecordFilter | undefined {
  const asked = listOf(codes, "--codes", "codes such as http://loinc.org|4548-4").map(codeOf)
  const filter = { classes: classesOf(classes), codes: asked }
  if (filter.classes.length + filter.codes.length === 0) return undefined
  try {
    return recordFilter.parse(filter, "--codes")
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause })
  }
}

/** What an earlier look left behind. */
export interface Look {
  readonly seen: readonly { readonly custodian: string; readonly handle: string; readonly since: SeenLog }[]
  readonly own: { readonly handle: string; readonly since: OwnSeen | undefined } | undefined
  /** What records were, by custodian and record id. */
  readonly said: ReadonlyMap<string, Said>
}

type Said = Pick<TimelineEntry, "title" | "resourceType" | "marks">

const recordOf = ({ custodian, recordId }: Pick<SourceLine, "custodian" | "recordId">): string =>
  `${custodian} ${toHex(recordId)}`

/** Of what was deleted since, and of which no older version came again, what the earlier look said that it was. */
export function asSeenBefore(entry: TimelineEntry, { said }: Pick<Look, "said">): TimelineEntry {
  if (!entry.isDeleted || entry.older.length > 0) return entry
  return { ...entry, ...said.get(recordOf(entry.sources[0])) }
}

/** An entry that cannot be read says nothing here; what is asked since is told all the same. */
function saidIn(timeline: unknown): Map<string, Said> {
  const said = new Map<string, Said>()
  for (const one of Array.isArray(timeline) ? timeline : []) {
    const entry = orUndefined(["bad_input"], () => timelineEntry.parse(one, "timeline", "json"))
    if (!entry) continue
    const { title, resourceType, marks, sources, older } = entry
    for (const line of [...sources, ...older]) said.set(recordOf(line), { title, resourceType, marks })
  }
  return said
}

/** @throws UsageError when the look is of somebody else */
export function mustBeOf(look: Look, places: readonly Place[], file: Value): void {
  const isOf = ({ custodian, handle }: Place) =>
    look.seen.some((one) => one.custodian === custodian && one.handle === handle.join()) ||
    look.own?.handle === handle.join()
  if (file !== undefined && !places.some(isOf))
    throw new UsageError(`${file} is a look at somebody else, or at nothing that was answered`)
}

/** @param file what `aceso history --json` printed */
export function earlierLook(file: Value): Look {
  if (file === undefined) return { seen: [], own: undefined, said: new Map() }
  try {
    const look = JSON.parse(readFileSync(String(file), "utf8")) as Record<string, unknown>
    if (!Array.isArray(look.custodians)) throw new Error("it has no custodians")
    const reports = look.custodians.map((one, i) => custodianReport.parse(one, `custodians[${i}]`, "json"))
    const seen = reports.flatMap(({ custodian, handle, seen }) =>
      seen ? [{ custodian, handle: handle.join(), since: seen }] : [],
    )
    const own = nullable(ownLook).parse(look.own ?? null, "own", "json")
    const said = saidIn(look.timeline)
    if (!own) return { seen, own: undefined, said }
    const { size, view } = own
    return { seen, own: { handle: own.handle.join(), since: view && { size, view } }, said }
  } catch (cause) {
    throw new UsageError(
      `${file} is no earlier look (aceso history ... --json > ${file}): ${messageOf(cause)}`,
      { cause },
    )
  }
}
