import { patientCalls, processes, staffCalls } from "@aceso/capabilities/web-session.ts"
import type { PatientClient, StaffClient } from "@aceso/client"
import { patientInbox, staffInbox } from "./inbox.ts"
import type { StaffIdentity } from "./protocol.ts"

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
