import { StaffClient } from "@aceso/client"
import { patientCalls } from "./patients.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession({ node, seed }: { readonly node: string; readonly seed: Uint8Array }) {
  const client = new StaffClient(node, seed)
  return { ...patientCalls(client) }
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
