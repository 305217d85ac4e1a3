import { StaffClient } from "@aceso/client"
import type { Identity } from "../protocol.ts"
import { patientCalls } from "./patients.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession({ node, seed }: Extract<Identity, { kind: "staff" }>) {
  const client = new StaffClient(node, seed)
  return { ...patientCalls(client) }
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
