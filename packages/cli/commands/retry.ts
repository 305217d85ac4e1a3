import { command } from "../command.ts"

export const retry = command({
  summary: "send what the ledger refused again, once its cause is mended",
  example: "aceso retry --folder /var/lib/aceso",
  async run(session) {
    return { retried: await session.staff().client.retry() }
  },
  print: ({ retried }) =>
    retried === 0
      ? "  nothing was refused"
      : "  what the ledger refused is sent again; aceso status shows what it refuses still",
})
