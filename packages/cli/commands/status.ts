import { type StatusAnswer, statusAnswer } from "@aceso/client"
import { command } from "../command.ts"
import { day } from "../output.ts"

export const status = command({
  summary: "height, freshness and counts of a node",
  run: async (session) =>
    statusAnswer.toJson(await session.publicClient().status()) as unknown as StatusAnswer,
  print: (s) =>
    [
      `  ${s.member} on ${s.network} (${s.engine})`,
      `  height      ${s.checkpoint.height} at ${day(s.checkpoint.time)} UTC`,
      `  state root  ${s.checkpoint.stateRoot}`,
      `  on disk     state flushed to height ${s.flushedHeight}`,
      `  vault       ${s.records} records (${s.committed} on the ledger), ${s.patients} patients`,
    ].join("\n"),
})
