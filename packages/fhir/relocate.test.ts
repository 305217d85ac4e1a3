import assert from "node:assert/strict"
import { it } from "node:test"
import { canonicalText, type JsonObject, parseJson } from "@aceso/core"
import { relocated } from "./relocate.ts"

const rows: [comment: string, before: string, after: string | undefined][] = [
  ["the subject", '{"subject":{"reference":"Patient/a"}}', '{"subject":{"reference":"Patient/b"}}'],
  [
    "one version of the patient",
    '{"subject":{"reference":"Patient/a/_history/2"}}',
    '{"subject":{"reference":"Patient/b"}}',
  ],
  [
    "without the former patient's name and number",
    '{"subject":{"display":"Ann","identifier":{"value":"1"},"reference":"Patient/a","type":"Patient"}}',
    '{"subject":{"reference":"Patient/b","type":"Patient"}}',
  ],
  [
    "in lists and in contained resources",
    '{"contained":[{"patient":{"reference":"Patient/a"}}],"participant":[{"actor":{"reference":"Patient/a"}}]}',
    '{"contained":[{"patient":{"reference":"Patient/b"}}],"participant":[{"actor":{"reference":"Patient/b"}}]}',
  ],
  [
    "nothing else, numbers as written",
    '{"code":{"text":"Patient/a"},"performer":[{"display":"Cy","reference":"Patient/c"}],"subject":{"reference":"Patient/a"},"valueQuantity":{"value":1.00}}',
    '{"code":{"text":"Patient/a"},"performer":[{"display":"Cy","reference":"Patient/c"}],"subject":{"reference":"Patient/b"},"valueQuantity":{"value":1.00}}',
  ],
  ["a patient whose id only begins so", '{"subject":{"reference":"Patient/ab"}}', undefined],
  ["somebody else's Patient/a", '{"subject":{"reference":"https://x.example/Patient/a"}}', undefined],
  ["a reference by identifier alone", '{"subject":{"identifier":{"value":"1"}}}', undefined],
]
for (const [comment, before, after] of rows)
  it(`${after === undefined ? "not " : ""}${comment}`, () => {
    const moved = relocated(parseJson(before) as JsonObject, "a", "b")
    assert.equal(moved && canonicalText(moved), after)
  })
