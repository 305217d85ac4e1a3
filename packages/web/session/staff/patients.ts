import { type DuplicatesAnswer, type ShownPatient, type StaffClient, searchOf } from "@aceso/client"
import { visibleAll } from "@aceso/core/display/index.ts"

const PAGE = 50
/** Pages of a search that may be empty on the way to one that is not. */
const MAX_EMPTY = 20

/** What pages show of an own patient. */
export type PatientShown = Omit<ShownPatient, "handle" | "fhirId">

export const shownPatient = ({ handle: _handle, fhirId: _fhirId, ...rest }: ShownPatient): PatientShown =>
  visibleAll(rest)

/** The organisation's own patients. */
export const patientCalls = (client: StaffClient) => ({
  /**
   * A page of them; of a search those whom it fits. @param after the `next` of the page before
   * @throws PlatformError `bad_input`: a date that may be two
   */
  patients: async (typed: string, after: number) => {
    const search = typed.trim() === "" ? undefined : searchOf(typed)
    const patients: PatientShown[] = []
    let next: number | undefined = after
    for (let n = 0; next !== undefined && patients.length === 0 && n < MAX_EMPTY; n++) {
      const question = { ...(search !== undefined && { search }), after: next, limit: PAGE }
      const page: Awaited<ReturnType<StaffClient["patients"]>> = await client.patients(question)
      patients.push(...page.patients.map(shownPatient))
      next = page.next
    }
    return { patients, next: next ?? null }
  },
  patient: async (alias: string): Promise<PatientShown | null> => {
    const found = await client.patient(alias)
    return found && shownPatient(found)
  },
  /** Pairs that may be one person, a page of them. */
  duplicates: async (after: number) => {
    const { duplicates, next } = await client.duplicates({ after, limit: PAGE })
    const pairOf = ({ first, second, reasons, foundAt, number }: DuplicatesAnswer["duplicates"][number]) => ({
      ...{ number, reasons, foundAt, first: shownPatient(first), second: shownPatient(second) },
    })
    return { duplicates: duplicates.map(pairOf), next: next ?? null }
  },
})
