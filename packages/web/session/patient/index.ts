import { PatientClient, PublicClient } from "@aceso/client"
import type { Identity } from "../protocol.ts"
import { accessCalls } from "./access.ts"
import { auditCalls } from "./audit.ts"
import { cardCalls } from "./card.ts"
import { delegateCalls } from "./delegates.ts"
import { Known } from "./known.ts"
import { recordCalls } from "./records.ts"
import { requestCalls } from "./requests.ts"

/** What a patient's page may ask of its session, or a delegate's for somebody else. */
export async function patientSession(
  identity: Extract<Identity, { kind: "patient" }>,
  { isDelegate = false }: { readonly isDelegate?: boolean } = {},
) {
  const { network, policyDelayMs } = await new PublicClient(identity.places[0].url).status()
  const { seed, places } = identity
  const client = new PatientClient({ network, seed, places, policyDelayMs, isDelegate })
  const known = new Known(client)
  return {
    ...recordCalls(client),
    ...accessCalls(known),
    ...requestCalls(known),
    ...auditCalls(known),
    ...cardCalls(known),
    ...delegateCalls(known),
  }
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>
