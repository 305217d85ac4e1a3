import { type Cbor, encodeCbor, fromHex } from "@aceso/core"
import { command } from "../command.ts"
import { writeOut } from "../output.ts"
import { UsageError } from "../session.ts"

export const receipt = command({
  summary: "everything that proves a transaction offline, in one file",
  arguments: [{ name: "payloadId", words: "which transaction: 64 hexadecimal digits, as --json shows them" }],
  options: { out: { type: "string", words: "where the receipt goes", value: "<file>", isNeeded: true } },
  example: `aceso receipt ${"5e".repeat(32)} --out receipt.aceso`,
  async run(session, { positionals, values }) {
    const [id] = positionals
    if (!/^[0-9a-f]{64}$/.test(id))
      throw new UsageError("which transaction? its payloadId: 64 hexadecimal digits")
    const file = String(values.out)
    const found = await session.staff().client.receipt(fromHex(id))
    writeOut(file, encodeCbor(found as unknown as Cbor))
    return { file, height: found.checkpoint.height }
  },
  print: ({ file, height }) =>
    `  ${file}: receipt of a transaction in block ${height}; check it with aceso verify ${file} --anchor <genesis.json>`,
})
