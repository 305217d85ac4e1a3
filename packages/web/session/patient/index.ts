import { PatientClient, PublicClient } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { KnownPlace } from "../protocol.ts"
import { recordCalls } from "./records.ts"

/** What a patient's page may ask of its session. */
export async function patientSession({
  seed,
  places,
}: {
  readonly seed: Uint8Array
  readonly places: readonly KnownPlace[]
}) {
  if (places.length === 0)
    throw new PlatformError(
      "patient_has_no_key",
      "no hospital knows this device yet: let one enrol it at its desk",
    )
  const { network, policyDelayMs } = await new PublicClient(places[0].url).status()
  const client = new PatientClient({ network, seed, places, policyDelayMs })
  return { ...recordCalls(client) }
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>
