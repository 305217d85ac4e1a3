import type { Process } from "@aceso/core"
import type { PatientParts, StaffParts } from "@aceso/web/session/parts.ts"
import * as library from "./library/web/session.ts"
import * as messages from "./messages/web/session.ts"

/** Processes of capabilities that have pages, each in every version that a case may be of. */
export const processes: readonly Process[] = [...messages.processes]

/** What pages of capabilities may ask of a patient's session. */
export const patientCalls = (parts: PatientParts) => ({
  ...messages.patientCalls(parts),
  ...library.patientCalls(parts),
})

/** The same, of the session of somebody who works with a node. */
export const staffCalls = (parts: StaffParts) => ({
  ...messages.staffCalls(parts),
  ...library.staffCalls(parts),
})
