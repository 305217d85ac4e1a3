import { StaffClient } from "@aceso/client"
import { STAFF_TAG } from "@aceso/core"
import { capabilityStaffCalls } from "../capabilities.ts"
import { type Late, once } from "../late.ts"
import { liveCalls } from "../live.ts"
import { networkCalls } from "../network.ts"
import type { StaffIdentity } from "../protocol.ts"
import { together } from "../together.ts"
import type { deskCalls } from "./desk.ts"
import { historyCalls, type Kept } from "./history.ts"
import { meOf, rightsOf } from "./me.ts"
import { patientCalls } from "./patients.ts"
import type { peopleCalls } from "./people.ts"
import { recordCalls } from "./record.ts"
import { visitorCalls } from "./visitors.ts"
import { writingCalls } from "./writing.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession(identity: StaffIdentity) {
  const { node, member, seed } = identity
  const client = new StaffClient(node, seed)
  const kept = new Map<string, Kept>()
  const own = { me: once(() => meOf(client, member)), rights: () => rightsOf(client) }
  const early = together(
    own,
    networkCalls(node),
    liveCalls(() => [{ url: `${node}/staff/live`, caller: { seed, tag: STAFF_TAG } }]),
    patientCalls(client),
    visitorCalls(client),
    historyCalls(client, member, kept),
    recordCalls(member, kept),
    writingCalls(client, member, kept),
    capabilityStaffCalls(client, identity),
  )
  /** Calls of the desk and of administrators; asked for by the session (worker.ts). */
  const rest = once(async (): Promise<object> => {
    const [desk, people] = await Promise.all([import("./desk.ts"), import("./people.ts")])
    return together(early, desk.deskCalls(client), people.peopleCalls(client))
  })
  return { ...early, rest } as object as typeof early &
    Late<ReturnType<typeof deskCalls> & ReturnType<typeof peopleCalls>>
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
