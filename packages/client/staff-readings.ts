import { type Caller, post } from "./http.ts"
import {
  type ReadingAuditsAnswer,
  readingAuditsAnswer,
  type StaffReadingsAnswer,
  type StaffReadingsQuestion,
  staffReadingsAnswer,
} from "./reading-schemas.ts"

/** Who of the own staff looked at whom, for administrators. Each look at this is noted as well. */
export class StaffReadings {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  /** A page of a day's looks. @throws PlatformError `not_permitted`, `too_many_looks` */
  ofDay({ person, ...rest }: StaffReadingsQuestion): Promise<StaffReadingsAnswer> {
    const question = { ...rest, ...(person !== undefined && { person }) }
    return post(`${this.url}/staff/readings`, question, this.caller, staffReadingsAnswer)
  }

  /**
   * Who looked at the audit on a day, newest first.
   * @param at any moment of it, ms @param before where the page before ended; null: from the newest on
   * @throws PlatformError `not_permitted`
   */
  audits(at: number, before: number | null, limit: number): Promise<ReadingAuditsAnswer> {
    const question = { at, before, limit }
    return post(`${this.url}/staff/reading-audits`, question, this.caller, readingAuditsAnswer)
  }
}
