import { type Cbor, encodeCbor, fromHex } from "@aceso/core"
import { command } from "../command.ts"
import { writeOut } from "../output.ts"
import { UsageError } from "../session.ts"

export const receipt = command({
  summary: "everything that proves a transaction offline, in one file",
  positional: "<payloadId>",
  options: { out: { type: "string", words: "where the receipt goes", value: "<file>" } },
  async run(session, { positionals, values }) {
    const [id] = positionals
    if (!id || !/^[0-9a-f]{64}$/.test(id))
      throw new UsageError("which transaction? its payloadId: 64 hexadecimal digits")
    if (typeof values.out !== "string") throw new UsageError("where to? --out <file>")
    const found = await session.staff().client.receipt(fromHex(id))
    writeOut(values.out, encodeCbor(found as unknown as Cbor))
    return { file: values.out, height: found.checkpoint.height }
  },
  print: ({ file, height }) =>
    `  ${file}: receipt of a transaction in block ${height}; check it with aceso verify ${file} --anchor <genesis.json>`,
})
