import type { PatientSession } from "@aceso/web/session/patient/index.ts"
import type { Session } from "@aceso/web/session/session.ts"
import type { StaffSession } from "@aceso/web/session/staff/index.ts"
import { OPEN, PATIENT, STAFF } from "@aceso/web/shell/session.ts"
import { inject } from "vue"

/** Whoever reads: a patient, somebody who works with a node, or anybody. */
export function useReader(): {
  readonly session: Session<PatientSession> | Session<StaffSession>
  readonly reader: Session<PatientSession>
  readonly staff: Session<StaffSession> | undefined
} {
  const staff = inject(STAFF, undefined)
  const session =
    staff ?? inject(PATIENT, undefined) ?? (inject(OPEN, undefined) as Session<PatientSession> | undefined)
  if (!session) throw new Error("this page is only shown to somebody who has unlocked it")
  return { session, reader: session as Session<PatientSession>, staff }
}
