import { StaffClient } from "@aceso/client"
import { capabilityStaffCalls } from "../capabilities.ts"
import { networkCalls } from "../network.ts"
import type { StaffIdentity } from "../protocol.ts"
import { patientCalls } from "./patients.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession(identity: StaffIdentity) {
  const { node, seed } = identity
  const client = new StaffClient(node, seed)
  return { ...networkCalls(node), ...patientCalls(client), ...capabilityStaffCalls(client, identity) }
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
