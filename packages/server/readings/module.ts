import {
  readingAuditsAnswer,
  readingAuditsQuestion,
  staffReadingsAnswer,
  staffReadingsQuestion,
} from "@aceso/client"
import { handle, nameOf, object, PlatformError, readings } from "@aceso/core"
import { mustSearch } from "../joins/searching.ts"
import { shownPatient } from "../joins/shown-patient.ts"
import { serverModule } from "../modules/module.ts"
import { patientRoute, staffRoute } from "../modules/route.ts"
import { mustBeAdministrator, type StaffMember } from "../node/staff.ts"
import type { AuditedLook } from "./reading-audits.ts"

/** How often it is looked whether a day is over, ms. */
const EVERY_MS = 60_000

/** Who looks nobody up learns of nobody by the audit either. @throws PlatformError `not_permitted` */
function mustAudit(who: StaffMember): void {
  mustBeAdministrator(who)
  mustSearch(who)
}

/** @throws PlatformError `bad_input` */
function mustHaveLines(limit: number): void {
  if (limit === 0) throw new PlatformError("bad_input", "limit: a page has at least one line")
}

/** Who of the own staff looked at a patient's records: for the patient, and for administrators. */
export const readingsModule = serverModule({
  name: "readings",
  needs: ["config", "readings", "readingAudits", "vault"],
  setup: ({ config, readings: log, readingAudits, vault }) => {
    /** Who somebody is, once a page. */
    const patientsOf = async (looks: readonly AuditedLook[]) => {
      const found = new Map<string, { alias: string; name?: string; birthDate?: string }>()
      for (const { handle } of looks) {
        if (found.has(nameOf(handle))) continue
        const listed = await vault.listedPatient({ handle })
        if (!listed) continue
        const { alias, name, birthDate } = await shownPatient({ config, vault }, listed)
        found.set(nameOf(handle), {
          alias,
          ...(name !== undefined && { name }),
          ...(birthDate !== undefined && { birthDate }),
        })
      }
      return found
    }
    return {
      routes: [
        patientRoute({
          path: "/patient/readings",
          summary: "looks of the own staff on days that are not over",
          question: object({ handle }),
          answer: object({ readings }),
          delegates: ["read"],
          handle: async ({ handle }) => ({ readings: await log.open(handle) }),
        }),
        staffRoute({
          path: "/staff/readings",
          summary: "looks of the own staff on a day, by pages; each look at this is noted",
          check: mustAudit,
          question: staffReadingsQuestion,
          answer: staffReadingsAnswer,
          async handle({ at, person, after, limit }, who) {
            mustHaveLines(limit)
            const day = readingAudits.begunDay(at)
            await readingAudits.note(who.name, day, person)
            const asked = { day, after, limit, ...(person !== undefined && { person }) }
            const { looks, next } = await readingAudits.page(asked)
            const patients = await patientsOf(looks)
            return {
              ...readingAudits.bounds(day),
              looks: looks.map(({ handle, n: _, ...look }) => {
                const patient = patients.get(nameOf(handle))
                return { ...look, ...(patient && { patient }) }
              }),
              ...(next && { next }),
            }
          },
        }),
        staffRoute({
          path: "/staff/reading-audits",
          summary: "who looked at the audit of looks on a day, newest first, by pages",
          check: mustAudit,
          question: readingAuditsQuestion,
          answer: readingAuditsAnswer,
          handle({ at, before, limit }) {
            mustHaveLines(limit)
            return readingAudits.audits(readingAudits.begunDay(at), before, limit)
          },
        }),
      ],
      windows: [
        {
          name: "readings",
          everyMs: Math.min(EVERY_MS, config.readingsDayMs),
          run: () => log.close(),
          isAlsoAtEnds: true,
        },
      ],
    }
  },
})
