import { handle, type Infer, list, nullable, object, optional, text, uint } from "@aceso/core"
import { personName } from "./staff-schemas.ts"

/** Looks of the own staff at own patients' records, as administrators see them. Times are ms. */

export const MAX_LOOKS_PAGE = 200
/** Looks at the audit itself on one page. */
export const MAX_AUDITS_PAGE = 200

/** Where a page ended: behind which look. */
const place = object({ handle, n: uint() })

export const staffReadingsQuestion = object({
  /** Any moment of the day that is looked at (UTC). */
  at: uint(),
  /** Looks of this one alone. */
  person: optional(personName),
  after: nullable(place),
  limit: uint(MAX_LOOKS_PAGE),
})
export type StaffReadingsQuestion = Infer<typeof staffReadingsQuestion>

export const staffReadingsAnswer = object({
  /** The day, half-open. */
  from: uint(),
  to: uint(),
  /** By patient, and for each in the order in which they were; of one person there may be none on a page that goes on. */
  looks: list(
    object({
      at: uint(),
      /** The name of whoever looked. */
      person: text(200),
      role: text(64),
      purpose: text(64),
      /** `history`, `search`, `attachment <number>`. */
      what: text(64),
      /** Absent: who is no patient here any more. */
      patient: optional(
        object({ alias: text(64), name: optional(text(200)), birthDate: optional(text(20)) }),
      ),
    }),
    MAX_LOOKS_PAGE,
  ),
  /** Where to go on; absent: nothing is left. */
  next: optional(place),
})
export type StaffReadingsAnswer = Infer<typeof staffReadingsAnswer>

/** `before`: where the page before ended; null: from the newest on. */
export const readingAuditsQuestion = object({
  at: uint(),
  before: nullable(uint()),
  limit: uint(MAX_AUDITS_PAGE),
})
export const readingAuditsAnswer = object({
  /** Who looked at the audit on this day, at which day of it, and at whose looks (absent: everybody's); newest first. */
  audits: list(
    object({ at: uint(), by: personName, day: uint(), person: optional(personName) }),
    MAX_AUDITS_PAGE,
  ),
  /** Where to go on; absent: nothing is left. */
  next: optional(uint()),
})
export type ReadingAuditsAnswer = Infer<typeof readingAuditsAnswer>
