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
  positional: "<evidence file>",
  async run(session, { positionals }) {
    const [file, ...more] = positionals
    if (!file || more.length > 0) throw new UsageError("which evidence? aceso report <evidence file>")
    const answer = await untilBlock(session, SIGNED_NOW, session.staff().client.report(read(file)))
    return { ...answer, evidence: toHex(answer.evidence), payloadId: toHex(answer.payloadId) }
  },
  print: ({ custodian, says, evidence, height }) =>
    [
      `  ${says}`,
      `  reported against ${custodian} in block ${height}; keep the file, the ledger has its hash alone: ${evidence}`,
    ].join("\n"),
})
