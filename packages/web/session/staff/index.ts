import { StaffClient } from "@aceso/client"
import { STAFF_TAG } from "@aceso/core"
import { type Late, once } from "../late.ts"
import { liveCalls } from "../live.ts"
import { networkCalls } from "../network.ts"
import type { StaffIdentity } from "../protocol.ts"
import { together } from "../together.ts"
import { visibleCalls } from "../visible-calls.ts"
import { meOf, rightsOf } from "./me.ts"
import { patientCalls } from "./patients.ts"
import type { restCalls } from "./rest.ts"

/** What the page of somebody who works here may ask of its session. */
export async function staffSession(identity: StaffIdentity) {
  const { node, member, seed } = identity
  const client = new StaffClient(node, seed)
  const own = visibleCalls({ me: once(() => meOf(client, member)), rights: () => rightsOf(client) })
  const early = together(
    own,
    networkCalls(node),
    liveCalls(() => [{ url: `${node}/staff/live`, caller: { seed, tag: STAFF_TAG } }]),
    patientCalls(client),
  )
  /** Everything that a first page does without; asked for by the session (worker.ts). */
  const rest = once(async (): Promise<object> => {
    const { restCalls } = await import("./rest.ts")
    return together(early, restCalls(client, identity))
  })
  return { ...early, rest } as object as typeof early & Late<ReturnType<typeof restCalls>>
}
export type StaffSession = Awaited<ReturnType<typeof staffSession>>
