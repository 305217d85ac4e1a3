import assert from "node:assert/strict"
import { it } from "node:test"
import * as core from "./index.ts"

it("core exports exactly these values", () => {
  assert.deepEqual(Object.keys(core).sort(), [])
})
