import assert from "node:assert/strict"
import { it } from "node:test"
import { processTable } from "@aceso/contracts/testing/process-table.ts"
import { processHash, stepsByKeys, toHex } from "@aceso/core"
import { messages } from "./process.ts"

processTable(messages)

it("is what was activated: another hash is another process", () => {
  assert.equal(toHex(processHash(messages)).length, 64)
  assert.equal(stepsByKeys(messages), 13)
})
