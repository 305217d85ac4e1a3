import { command } from "../command.ts"

export const retry = command({
  summary: "take up again what was refused or set aside, its cause mended",
  example: "aceso retry --folder /var/lib/aceso",
  async run(session) {
    return { retried: await session.staff().client.retry() }
  },
  print: ({ retried }) =>
    retried === 0
      ? "  nothing was refused or set aside"
      : "  taken up again; aceso status shows what the ledger refuses still",
})
