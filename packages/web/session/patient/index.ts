import { PatientClient, PublicClient } from "@aceso/client"
import { capabilityPatientCalls } from "../capabilities.ts"
import type { Identity } from "../protocol.ts"
import { recordCalls } from "./records.ts"

/** What a patient's page may ask of its session. */
export async function patientSession(identity: Extract<Identity, { kind: "patient" }>) {
  const { network, policyDelayMs } = await new PublicClient(identity.places[0].url).status()
  const { seed, places } = identity
  const client = new PatientClient({ network, seed, places, policyDelayMs })
  return { ...recordCalls(client), ...capabilityPatientCalls(client) }
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>
