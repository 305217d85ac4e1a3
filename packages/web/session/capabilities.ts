import { openCalls, patientCalls, processes, staffCalls } from "@aceso/capabilities/web-session.ts"
import type { PatientClient, StaffClient } from "@aceso/client"
import { patientInbox, staffInbox } from "./inbox.ts"
import type { OpenParts } from "./parts.ts"
import type { StaffIdentity } from "./protocol.ts"

export { processes }

/** What capabilities' pages may ask of a patient's session, and the inbox of what they bring. */
export const capabilityPatientCalls = (client: PatientClient) => ({
  ...patientInbox(client, processes),
  ...patientCalls({ client, url: client.places[0].url }),
  /** Where the person is a patient. */
  ownPlaces: () => client.places.map(({ custodian }) => custodian),
})

export const capabilityStaffCalls = (client: StaffClient, { node, member, seed }: StaffIdentity) => ({
  ...staffInbox(client),
  ...staffCalls({ client, member, seed, url: node }),
})

export const capabilityOpenCalls = (parts: OpenParts) => openCalls(parts)
