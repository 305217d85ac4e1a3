import assert from "node:assert/strict"
import { describe, it } from "node:test"
import * as contracts from "@aceso/contracts"
import { encodeCbor, type Table } from "@aceso/core"
import { networkRows } from "./network-rows.ts"

describe("rows about organisations", () => {
  for (const [name, { schema, read }] of Object.entries(networkRows))
    it(`of ${name} are read as the ledger writes them`, () => {
      const table = (contracts as unknown as Readonly<Record<string, Table>>)[name]
      assert.equal(table.name, name)
      assert.equal(table.version, 1)
      assert.equal(table.readers, "public")
      assert.deepEqual(Object.keys(schema.fields), Object.keys(table.row.fields))
      assert.deepEqual(schema.jsonSchema, table.row.jsonSchema)
      const newer = encodeCbor([2, ...Object.keys(schema.fields).map(() => 0)])
      for (const row of [newer, encodeCbor([1]), encodeCbor({})])
        assert.throws(() => read(row), { code: "bad_answer" })
    })
})
