import { randomInt } from "node:crypto"
import { type Handle, PlatformError } from "@aceso/core"
import type { PatientRow } from "./schema.ts"
import { SqliteBundles } from "./sqlite-bundles.ts"
import type { NewPatient, Patient } from "./vault-people.ts"
import { mustBePatientAlias } from "./visitor-alias.ts"

/** Draws of a number that nobody has, before the search goes on from one of them. */
const MAX_TRIES = 100

/** Patients. */
export abstract class SqlitePeople extends SqliteBundles {
  addPatient(patient: NewPatient): Promise<Patient> {
    return this.atomically(async () => {
      if (patient.alias !== undefined) mustBePatientAlias(patient.alias)
      const alias = patient.alias ?? this.freeAlias()
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
      await this.db.insertInto("unenrolled").values({ handle }).execute()
      return { ...patient, alias }
    })
  }

  /** A number is given out once: what was skipped because somebody had that alias is not looked at again. */
  private freeAlias(): string {
    const next = this.prepare("UPDATE counters SET n = n + 1 WHERE name = 'aliases' RETURNING n")
    const taken = this.prepare("SELECT 1 FROM patients WHERE alias = ?")
    for (;;) {
      const alias = `person-${next.get()?.n}`
      if (!taken.get(this.sealAlias(alias))) return alias
    }
  }

  /** The next number of a patient, from 1; none is given twice. @throws PlatformError `unknown_patient` */
  protected nextNumber(of: "disclosures" | "decisions", handle: Handle): Promise<number> {
    return this.atomically(async () => {
      const row = this.prepare(`UPDATE patients SET ${of} = ${of} + 1 WHERE handle = ? RETURNING ${of} AS n`)
      const found = row.get(handle)
      if (!found) throw new PlatformError("unknown_patient", "no patient has this handle here")
      return Number(found.n)
    })
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

  async patientCount(): Promise<number> {
    return this.counted("patients")
  }

  async anyPatient(): Promise<Patient | undefined> {
    const last = this.prepare("SELECT max(n) AS n FROM patients").get()?.n as number | null
    if (last === null) return undefined
    const at = this.prepare("SELECT * FROM patients WHERE n = ?")
    // Numbers that are free make the search longer, and no patient likelier than another.
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const row = at.get(randomInt(1, last + 1))
      if (row) return this.patientOf(row as unknown as PatientRow)
    }
    const next = this.prepare("SELECT * FROM patients WHERE n > ? ORDER BY n LIMIT 1").get(randomInt(0, last))
    return next && this.patientOf(next as unknown as PatientRow)
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

  /** Waits for a running transaction: what it may still take back must not reach the ledger. */
  unenrolled(limit: number, except: readonly Handle[] = []): Promise<readonly Handle[]> {
    return this.atomically(async () => {
      const all = this.db.selectFrom("unenrolled").select("handle")
      const chosen = except.length > 0 ? all.where("handle", "not in", except) : all
      return (await chosen.limit(limit).execute()).map(({ handle }) => handle)
    })
  }

  markEnrolled(handles: readonly Handle[]): Promise<void> {
    return this.atomically(async () => {
      const remove = this.prepare("DELETE FROM unenrolled WHERE handle = ?")
      for (const handle of handles) remove.run(handle)
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
