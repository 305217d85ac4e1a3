import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { findRequests } from "./approve.ts"

export const decline = command({
  summary: "refuse a request",
  positional: "<id|all>",
  async run(session, { positionals }) {
    const { client } = await session.patient()
    const found = await findRequests(client, positionals[0])
    for (const request of found) await client.decline(request)
    return { declined: found.map(({ requestId }) => toHex(requestId)) }
  },
  print: ({ declined }) => `  ${declined.length} declined`,
})
