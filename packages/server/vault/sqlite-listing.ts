import type { Handle } from "@aceso/core"
import type { PatientRow } from "./schema.ts"
import { SqliteSourceTimes } from "./sqlite-source-times.ts"
import { type FoundPatients, type ListedPatient, SEARCH_STEPS } from "./vault-people.ts"

/** So many rows of a term are counted to find the rarest. */
const COUNTED = 1000

/** The list of patients, by pages and by search. */
export abstract class SqliteListing extends SqliteSourceTimes {
  setTerms(fhirId: string, terms: readonly string[]): Promise<void> {
    return this.atomically(async () => {
      const id = this.sealId("Patient", fhirId)
      const n = this.prepare("SELECT n FROM patients WHERE fhir_id = ?").get(id)?.n as number | undefined
      if (n === undefined) return
      this.prepare("DELETE FROM patient_terms WHERE patient = ?").run(n)
      const insert = this.prepare("INSERT OR IGNORE INTO patient_terms VALUES (?, ?)")
      for (const term of terms) insert.run(this.termTag(term), n)
    })
  }

  async patientsPage(after: number, limit: number): Promise<readonly ListedPatient[]> {
    const rows = this.prepare("SELECT * FROM patients WHERE n > ? ORDER BY n LIMIT ?").all(after, limit)
    return (rows as unknown as PatientRow[]).map((row) => this.listed(row))
  }

  async listedPatient(by: { handle: Handle } | { alias: string }): Promise<ListedPatient | undefined> {
    const row =
      "handle" in by
        ? this.prepare("SELECT * FROM patients WHERE handle = ?").get(by.handle)
        : this.prepare("SELECT * FROM patients WHERE alias = ?").get(this.sealAlias(by.alias))
    return row && this.listed(row as unknown as PatientRow)
  }

  async searchPatients(
    groups: readonly (readonly string[])[],
    after: number,
    limit: number,
  ): Promise<FoundPatients> {
    if (groups.length === 0) return { patients: [] }
    const tags = groups.map((terms) => [...new Set(terms)].map((term) => this.termTag(term)))
    const count = this.prepare(
      "SELECT count(*) AS n FROM (SELECT 1 FROM patient_terms WHERE tag = ? LIMIT ?)",
    )
    const sizes = tags.map((group) => group.reduce((sum, tag) => sum + Number(count.get(tag, COUNTED)?.n), 0))
    // The rarest group leads, so that most of what is looked at fits.
    const [leading] = tags.splice(sizes.indexOf(Math.min(...sizes)), 1)
    // Each term's rows come in order already: no more than these are read.
    const rows =
      "SELECT * FROM (SELECT patient FROM patient_terms WHERE tag = ? AND patient > ? ORDER BY patient LIMIT ?)"
    const step = this.prepare(`${leading.map(() => rows).join(" UNION ")} ORDER BY patient LIMIT ?`)
    const each = leading.flatMap((tag) => [tag, after, SEARCH_STEPS])
    const looked = step.all(...each, SEARCH_STEPS) as { patient: number }[]
    const has = tags.map((group) => {
      const row = this.prepare("SELECT 1 FROM patient_terms WHERE tag = ? AND patient = ?")
      return (patient: number) => group.some((tag) => row.get(tag, patient) !== undefined)
    })
    const patients: ListedPatient[] = []
    for (const { patient } of looked) {
      if (!has.every((fits) => fits(patient))) continue
      if (patients.length === limit) return { patients, next: patients.at(-1)?.number }
      const row = this.prepare("SELECT * FROM patients WHERE n = ?").get(patient)
      if (row) patients.push(this.listed(row as unknown as PatientRow))
    }
    return looked.length < SEARCH_STEPS ? { patients } : { patients, next: looked.at(-1)?.patient }
  }

  private termTag(term: string) {
    return this.tag("term", term)
  }

  private listed(row: PatientRow): ListedPatient {
    return { ...this.patientOf(row), number: row.n, records: row.records }
  }
}
