import { StaffClient } from "@aceso/client"
import { capabilityStaffCalls } from "../capabilities.ts"
import type { Identity } from "../protocol.ts"
import { patientCalls } from "./patients.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession(identity: Extract<Identity, { kind: "staff" }>) {
  const { node, seed } = identity
  const client = new StaffClient(node, seed)
  return { ...patientCalls(client), ...capabilityStaffCalls(client, identity) }
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
