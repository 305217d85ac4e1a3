import { patientCalls, processes, staffCalls } from "@aceso/capabilities/web-session.ts"
import { type PatientClient, PublicClient, type StaffClient } from "@aceso/client"
import { patientInbox, staffInbox } from "./inbox.ts"
import type { Identity } from "./protocol.ts"

/** What every session asks of its node about the network: no right is needed for it. */
const networkCalls = (url: string) => {
  const node = new PublicClient(url)
  return {
    /** Contracts and processes that are active. */
    active: async (): Promise<readonly string[]> => (await node.active()).map(({ name }) => name),
    members: () => node.members(),
  }
}

/** What capabilities' pages may ask of a patient's session, and the inbox of what they bring. */
export const capabilityPatientCalls = (client: PatientClient) => ({
  ...networkCalls(client.places[0].url),
  ...patientInbox(client, processes),
  ...patientCalls({ client, url: client.places[0].url }),
  /** Where the person is a patient. */
  ownPlaces: () => client.places.map(({ custodian }) => custodian),
})

export const capabilityStaffCalls = (
  client: StaffClient,
  { node, member, seed }: Extract<Identity, { kind: "staff" }>,
) => ({
  ...networkCalls(node),
  ...staffInbox(client),
  ...staffCalls({ client, member, seed, url: node }),
})
