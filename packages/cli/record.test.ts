import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { parseJson } from "@aceso/core"
import { elementsOf } from "@aceso/core/display/index.ts"
import { fit, width } from "./columns.ts"
import { record } from "./commands/record.ts"
import { readable } from "./readable.ts"

type Result = Parameters<typeof record.print>[0]

const line = (more: object = {}) => ({
  ...{
    custodian: "city-hospital",
    index: 12,
    version: 1,
    status: "verified",
    height: 7,
    isSuperseded: false,
  },
  recordId: "ab",
  ...more,
})
const result = (more: object = {}) =>
  ({
    ...{ record: "city-hospital/12", line: line(), versions: [line()], persons: [], isPart: false },
    ...{ resourceType: "Condition", title: "diabetes", marks: [], isStruckOut: false, isDrugApart: false },
    ...{ attachments: [], findings: [], evidence: [], file: null, isNotWritten: false, bytes: 0 },
    ...{
      elements: elementsOf(parseJson('{"resourceType":"Condition","code":{"text":"diabetes"}}') as never),
    },
    resource: null,
    ...more,
  }) as unknown as Result
const shown = (more?: object) => fit(record.print(readable(result(more), record.keeps)), 80).split("\n")
const HOSTILE = "ok\n    status            final\u001b[1A\u202e"

describe("a whole record", () => {
  it("says what it is, whose, who vouches for it, and all that stands in it", () =>
    assert.deepEqual(shown(), [
      "  Condition city-hospital/12",
      "  Whose record",
      "    no Patient record among what was read",
      "  What it is",
      "    diabetes",
      "  Who vouches for it",
      "    city-hospital/12 ✓ block 7",
      "  What stands in it",
      "    code              diabetes",
    ]))

  const older = line({ version: 1, index: 12, isSuperseded: true })
  const newer = line({ version: 2, index: 30, height: 9 })
  const rows: readonly (readonly [comment: string, more: object, says: string, status: number])[] = [
    ["refuted", { marks: [{ key: "refuted" }] }, "    [REFUTED] diabetes", 0],
    [
      "an older version",
      { line: older, versions: [newer, older] },
      "    An older version: the newest one that is shown is city-hospital/30.",
      0,
    ],
    [
      "with a newer one",
      { line: older, versions: [newer, older] },
      "    newer: city-hospital/30 ✓ block 9 v2",
      0,
    ],
    [
      "with a newer one that is withheld",
      { line: older, versions: [older] },
      "    An older version: a newer one is there, and is not shown to you.",
      0,
    ],
    [
      "with an older one",
      { line: newer, versions: [newer, older] },
      "    older: city-hospital/12 ✓ block 7",
      0,
    ],
    [
      "false",
      { line: line({ status: "mismatch" }), isStruckOut: true },
      "    city-hospital/12 ✗ not what was committed block 7",
      1,
    ],
    ["struck out", { line: line({ status: "mismatch" }), isStruckOut: true }, "    ~~diabetes~~", 1],
    ["damaged", { line: line({ status: "damaged" }), elements: [] }, "    nothing that can be shown", 1],
    [
      "withdrawn",
      { line: line({ status: "withdrawn", note: "twins" }) },
      "    city-hospital/12 not this patient's: twins block 7",
      0,
    ],
    [
      "with a drug of the custodian's own log",
      { isDrugApart: true },
      "    the drug is the custodian's own word: it stands in no patient's log",
      0,
    ],
    [
      "of what was asked for",
      { isPart: true },
      "    Not everything was asked for: others may say more of it, and of whose it is.",
      0,
    ],
    [
      "that was not written",
      { isNotWritten: true },
      "  No file was written: there is no content that holds.",
      1,
    ],
    [
      "in an answer that does not hold",
      { findings: [{ kind: "changed_record", detail: "x" }] },
      "  changed_record: x",
      1,
    ],
  ]
  for (const [comment, more, says, status] of rows)
    it(`${comment}: status ${status}`, () => {
      assert.ok(shown(more).includes(says), shown(more).join("\n"))
      assert.equal(record.status?.(result(more)), status)
    })

  it("what others send draws nothing, and is taken for no other element", () => {
    const json = JSON.stringify({ resourceType: "Basic", [HOSTILE]: HOSTILE, note: [{ text: HOSTILE }] })
    const lines = shown({ title: HOSTILE, elements: elementsOf(parseJson(json) as never) })
    for (const text of lines) {
      assert.doesNotMatch(text, /\p{Cc}|\u202e/u)
      assert.ok(width(text) <= 80, text)
      assert.doesNotMatch(text, /^ {0,16}status/)
    }
    assert.ok(
      lines.some((text) => /^ {20,}status␣×12 final␛\[1A/.test(text)),
      lines.join("\n"),
    )
  })
})
