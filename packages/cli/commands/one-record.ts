import { existsSync } from "node:fs"
import {
  type HistoryAnswer,
  type Place,
  placeOf,
  placeOfLine,
  type SourceLine,
  type StaffClient,
  type TimelineEntry,
} from "@aceso/client"
import { type FetchRequest, type Handle, PlatformError, type RecordFilter } from "@aceso/core"
import { type Session, UsageError } from "../session.ts"
import { placesOf } from "./whose.ts"

/** `city-hospital/12`; of joined patients `city-hospital/patient-2/12`, of one of two handles there `city-hospital/0a1b2c3d/12`; with `.2` behind it a second attachment. */
const PLACE = /^([a-z][a-z0-9-]*)\/(?:(?:.+)\/)?\d{1,15}(?:\.\d{1,6})?$/

export const WHOSE = { name: "alias|card file", words: "whose, as for aceso history" }

export const ONLY_CODES = {
  type: "string",
  words: "only records with one of these codes are asked for",
  value: "<codes>",
} as const

/** @throws UsageError there is such a file */
export function mustBeNew(file: string): void {
  if (existsSync(file)) throw new UsageError(`${file} exists already; name another file`)
}

/** A record version as history names it, with the history of its custodian in which it stands. */
export interface OneRecord {
  readonly client: StaffClient
  readonly entry: TimelineEntry
  readonly line: SourceLine
  /** Whose it is: of another custodian's place, or of the node's own handle. */
  readonly of: { readonly place: Place } | { readonly own: Handle; readonly alias?: string }
  readonly answer: HistoryAnswer
}

/**
 * Asks the one custodian that the name begins with, as `aceso history` does. There is no question for one record: what
 * it means depends on its newest version and on whose Patient came with it.
 * @param name of a record or of an attachment @param isIt whether a line is meant
 * @throws PlatformError what the custodian answers, or `missing`
 */
export async function oneRecord(
  session: Session,
  whose: string,
  name: string,
  { purpose, filter }: { readonly purpose: FetchRequest["purpose"]; readonly filter?: RecordFilter },
  missing: "unknown_record" | "object_missing",
): Promise<OneRecord> {
  const [, custodian] = PLACE.exec(name) ?? []
  if (custodian === undefined)
    throw new UsageError(`${name}: name it as aceso history does, such as city-hospital/12`)
  const { client, places, own, member } = await placesOf(session, whose)
  const there = places.filter((one) => one.custodian === custodian)
  if (there.length === 0)
    throw new UsageError(
      `nothing of ${whose} is at ${custodian}; there is ${places.map((one) => one.custodian).join(", ")}`,
    )
  const isOwn = custodian === member
  const alsoOwn = isOwn ? own : null
  const answer = await client.history(there, purpose, { alsoOwn, filter })
  const record = name.replace(/\.\d+$/, "")
  for (const entry of answer.timeline)
    for (const line of [...entry.sources, ...entry.older])
      if (placeOf(line) === record) {
        if (line.isOmitted) throw new PlatformError(missing, NO_ROOM)
        const of =
          isOwn && own
            ? { own, ...(line.alias !== undefined && { alias: line.alias }) }
            : { place: placeOfLine(line, there) }
        return { client, entry, line, of, answer }
      }
  const [report] = answer.custodians
  if (report && report.outcome !== "answered")
    throw new PlatformError(report.code ?? report.outcome, `${custodian}: ${report.detail ?? report.outcome}`)
  if (report && report.later > 0) throw new PlatformError(missing, NO_ROOM)
  throw new PlatformError(
    missing,
    `${whose} has no record ${record} that is shown to you; aceso history ${whose} names them`,
  )
}

const NO_ROOM =
  "the history of this custodian has no room for it here: ask for less with --classes or --codes, as for aceso history"
