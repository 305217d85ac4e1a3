import { patientAliasQuestion, patientAnswer } from "@aceso/client"
import type { Cbor } from "@aceso/core"
import type { StaffHandler } from "./app.ts"
import { parseBody } from "./signed.ts"

/** One patient, however many there are. */
export const patientLookup: Readonly<Record<string, StaffHandler>> = {
  "/staff/patient": async ({ vault }, body) => {
    const found = await vault.patient(parseBody(patientAliasQuestion, body))
    const patient = found && {
      alias: found.alias,
      handle: found.handle,
      fhirId: found.fhirId,
      hasKey: found.hasKey,
    }
    return patientAnswer.parse({ patient: patient ?? null }) as unknown as Cbor
  },
}
