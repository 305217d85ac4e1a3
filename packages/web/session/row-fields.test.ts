import assert from "node:assert/strict"
import { it } from "node:test"
import { contracts } from "@aceso/contracts"
import { systemTables } from "@aceso/ledger/system-tables.ts"
import { ROW_FIELDS } from "./row-fields.ts"

it("names the fields of every table's newest version, and of no other", () => {
  const declared = new Map<string, { version: number; fields: string[] }>()
  for (const { name, version, row } of [...contracts.flatMap(({ tables }) => tables), ...systemTables])
    if (version >= (declared.get(name)?.version ?? 0))
      declared.set(name, { version, fields: Object.keys(row.fields) })
  assert.deepEqual(ROW_FIELDS, Object.fromEntries(declared))
})
