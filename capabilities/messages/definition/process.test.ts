import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { it } from "node:test"
import { processTable } from "@aceso/contracts/testing/process-table.ts"
import { pictureOf, processHash, stepsByKeys, toHex } from "@aceso/core"
import { messages } from "./process.ts"

processTable(messages)

it("is what was activated: another hash is another process", () => {
  assert.equal(toHex(processHash(messages)).length, 64)
  assert.equal(stepsByKeys(messages), 13)
})

it("README shows its states as they are", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  assert.ok(readme.includes(`\`\`\`mermaid\n${pictureOf(messages)}\n\`\`\``), pictureOf(messages))
})
