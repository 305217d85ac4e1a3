import type { PatientClient } from "@aceso/client"
import { OwnRecords } from "@aceso/client/own-records.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import type { Identity } from "../protocol.ts"
import { recordCalls } from "./records.ts"

/**
 * What a patient's page may ask of its session. Until its first page is there it has what reads records, and no more:
 * `whole` is loaded when somebody asks for the rest (`late.ts` makes calls of that kind).
 */
export async function patientSession(identity: Extract<Identity, { kind: "patient" }>) {
  const { network, policyDelayMs } = await new PublicClient(identity.places[0].url).status()
  const { seed, places } = identity
  const reader = new OwnRecords({ network, seed, places })
  let client: Promise<PatientClient> | undefined
  const whole = (): Promise<PatientClient> => {
    client ??= import("@aceso/client/patient-client.ts").then(
      ({ PatientClient }) => new PatientClient({ network, seed, places, policyDelayMs, reader }),
    )
    // What could not be loaded is tried again.
    client.catch(() => {
      client = undefined
    })
    return client
  }
  return { ...recordCalls(reader, whole) }
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>
