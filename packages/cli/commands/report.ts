import { readFileSync } from "node:fs"
import { messageOf, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { SIGNED_NOW, untilBlock } from "../waiting.ts"

function read(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

export const report = command({
  summary: "put the hash of evidence against a custodian on the ledger, once the node has checked it",
  arguments: [{ name: "evidence file", words: "as aceso history wrote it" }],
  example: "aceso report evidence-city-hospital-28.aceso",
  async run(session, { positionals }) {
    const [file] = positionals
    const answer = await untilBlock(session, SIGNED_NOW, session.staff().client.report(read(file)))
    return { ...answer, evidence: toHex(answer.evidence), payloadId: toHex(answer.payloadId) }
  },
  print: ({ custodian, says, evidence, height }) =>
    [
      `  ${says}`,
      `  reported against ${custodian} in block ${height}; keep the file, the ledger has its hash alone: ${evidence}`,
    ].join("\n"),
})
