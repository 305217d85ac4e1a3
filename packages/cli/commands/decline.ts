import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { findRequests } from "./approve.ts"
import { findMove } from "./patient-moves.ts"

export const decline = command({
  summary: "refuse a request, or that a record is moved",
  arguments: [
    {
      name: "id|all",
      words: "which, as aceso requests shows it; the beginning of it will do; all: every request",
    },
  ],
  example: "aceso decline 3fa9c2 --as patient-1",
  async run(session, { positionals }) {
    const { client } = await session.patient()
    const move = await findMove(client, positionals[0])
    if (move) {
      await client.moves.object(move)
      return { declined: [toHex(move.id)] }
    }
    const found = await findRequests(client, positionals[0])
    for (const request of found) await client.decline(request)
    return { declined: found.map(({ requestId }) => toHex(requestId)) }
  },
  print: ({ declined }) => `  ${declined.length} declined`,
})
