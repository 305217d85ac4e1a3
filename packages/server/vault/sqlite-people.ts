import type { Handle } from "@aceso/core"
import type { PatientRow } from "./schema.ts"
import { SqliteBundles } from "./sqlite-bundles.ts"
import type { NewPatient, Patient } from "./vault.ts"
import { mustBePatientAlias } from "./visitor-alias.ts"

/** Patients. */
export abstract class SqlitePeople extends SqliteBundles {
  addPatient(patient: NewPatient): Promise<Patient> {
    return this.atomically(async () => {
      if (patient.alias !== undefined) mustBePatientAlias(patient.alias)
      const { count } = await this.db
        .selectFrom("patients")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow()
      const alias = patient.alias ?? (await this.freeAlias(count + 1))
      const { handle, fhirId, hasKey } = patient
      await this.db
        .insertInto("patients")
        .values({
          handle,
          fhir_id: this.sealId("Patient", fhirId),
          alias: this.sealAlias(alias),
          has_key: hasKey ? 1 : 0,
          disclosures: 0,
        })
        .execute()
      return { ...patient, alias }
    })
  }

  private async freeAlias(from: number): Promise<string> {
    for (let n = from; ; n++) if (!(await this.patient({ alias: `person-${n}` }))) return `person-${n}`
  }

  async patient(
    by: { handle: Handle } | { fhirId: string } | { alias: string },
  ): Promise<Patient | undefined> {
    const all = this.db.selectFrom("patients").selectAll()
    const row = await ("handle" in by
      ? all.where("handle", "=", by.handle)
      : "fhirId" in by
        ? all.where("fhir_id", "=", this.sealId("Patient", by.fhirId))
        : all.where("alias", "=", this.sealAlias(by.alias))
    ).executeTakeFirst()
    return row && this.patientOf(row)
  }

  async patients(): Promise<readonly Patient[]> {
    const rows = await this.db.selectFrom("patients").selectAll().orderBy("n").execute()
    return rows.map((row) => this.patientOf(row))
  }

  setAlias(handle: Handle, alias: string): Promise<void> {
    return this.atomically(async () => {
      mustBePatientAlias(alias)
      const sealed = this.sealAlias(alias)
      await this.db.updateTable("patients").set({ alias: sealed }).where("handle", "=", handle).execute()
    })
  }

  setHasKey(handle: Handle): Promise<void> {
    return this.atomically(async () => {
      await this.db.updateTable("patients").set({ has_key: 1 }).where("handle", "=", handle).execute()
    })
  }

  protected patientOf(row: PatientRow): Patient {
    return {
      handle: row.handle,
      fhirId: this.openId("Patient", row.fhir_id),
      alias: this.openAlias(row.alias),
      hasKey: row.has_key === 1,
    }
  }
}
