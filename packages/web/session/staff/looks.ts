import type { StaffClient, StaffReadingsAnswer } from "@aceso/client"
import { visibleAll } from "@aceso/core/display/index.ts"

const PAGE = 50
/** Pages of one person's looks that may be empty on the way to one that is not. */
const MAX_EMPTY = 20

export type LookShown = StaffReadingsAnswer["looks"][number]
/** Where a page ended. */
export type LookPlace = NonNullable<StaffReadingsAnswer["next"]>

/** Who of the own staff looked at whom, for administrators. */
export const lookCalls = ({ readings }: StaffClient) => ({
  /** A page of a day's looks. @param at any moment of the day, ms @param person whose looks; null: everybody's */
  looksOfDay: async (at: number, person: string | null, after: LookPlace | null) => {
    const looks: LookShown[] = []
    let place: LookPlace | null = after
    let bounds = { from: 0, to: 0 }
    for (let n = 0; n < MAX_EMPTY; n++) {
      const page = await readings.ofDay({
        ...{ at, after: place, limit: PAGE },
        ...(person !== null && { person }),
      })
      bounds = { from: page.from, to: page.to }
      looks.push(...page.looks)
      place = page.next ?? null
      if (place === null || looks.length > 0) break
    }
    return { ...bounds, looks: visibleAll(looks), next: place }
  },
  /** Who looked at the audit on that day, newest first. @param before where the page before ended; null: from the newest on */
  auditsOfDay: (at: number, before: number | null) => readings.audits(at, before, PAGE),
})
