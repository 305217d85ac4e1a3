// needs: shared-data
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "node:test"
import { canonicalJson, fromUtf8, isObject, type Json, JsonNumber, parseJson } from "@aceso/core"

// hl7.org/fhir/R4/datatypes.html#decimal: "the precision of the decimal value has significance".
const folder = process.env.ACESO_SHARED_DATA ?? "/work/shared/data"
const source = readFileSync(join(folder, "fhir-r4-examples/observation-decimal.json"))

function tokens(value: Json): string[] {
  if (value instanceof JsonNumber) return [value.token]
  if (Array.isArray(value)) return value.flatMap(tokens)
  return isObject(value) ? Object.values(value).flatMap(tokens) : []
}

/** As they stand in the source; the narrative writes no number after a colon outside of its string. */
const written = [...source.toString("utf8").matchAll(/^\s*"value":\s*([^,\s]+)/gm)].map(([, token]) => token)

it("observation-decimal.json: every number token is unchanged", () => {
  const expected = [
    "1.0",
    "1.00",
    "1.0",
    "1E-22",
    "1000000000000000000",
    "1.000000000000000000E-245",
    "-1.000000000000000000E+245",
  ]
  assert.deepEqual(written, expected)
  const record = parseJson(source)
  assert.deepEqual(tokens(record), expected)
  const canonical = canonicalJson(record)
  assert.deepEqual(tokens(parseJson(canonical)), expected)
  for (const token of expected)
    assert.ok(fromUtf8(canonical).includes(`{"unit":"g","value":${token}}`), token)
})

it("observation-decimal.json: the canonical form is a fixed point and says the same", () => {
  const canonical = canonicalJson(parseJson(source))
  assert.deepEqual(canonicalJson(parseJson(canonical)), canonical)
  assert.deepEqual(JSON.parse(fromUtf8(canonical)), JSON.parse(source.toString("utf8")))
})
