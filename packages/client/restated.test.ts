import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import { chinese } from "@aceso/core/display/chinese.ts"
import { english, marksText } from "@aceso/core/display/index.ts"
import { type SourceLine, type TimelineEntry, timelineEntry } from "./history-schemas.ts"
import { restated } from "./restated.ts"
import { mergeTimeline } from "./timeline.ts"

/** A line; its name says custodian and record, "city/a". */
function line(
  name: string,
  resource: object | string | undefined,
  more: Partial<SourceLine> = {},
): SourceLine {
  const content = typeof resource === "string" ? resource : resource && JSON.stringify(resource)
  return {
    ...{ custodian: name.split("/")[0], index: 3, version: 1, recordId: sha256(utf8(name)) },
    ...{ status: "verified", height: 7, isSuperseded: false },
    ...(content !== undefined && { content: utf8(content) }),
    ...more,
  }
}
const refuted = {
  resourceType: "Condition",
  code: { text: "X" },
  subject: { reference: "Patient/2" },
  verificationStatus: { coding: [{ code: "refuted" }] },
}
const patient = { resourceType: "Patient", id: "1", gender: "female" }
const allergy = { resourceType: "AllergyIntolerance", code: { text: "nuts" }, criticality: "high" }
const prescription = {
  resourceType: "MedicationRequest",
  intent: "order",
  medicationReference: { reference: "Medication/7" },
  dosageInstruction: [{ asNeededBoolean: true, text: "one" }],
}
const medication = { resourceType: "Medication", id: "7", code: { text: "digoxin" } }

const table: readonly (readonly [comment: string, lines: readonly SourceLine[], zh: readonly string[]])[] = [
  ["what blocks need", [line("city/a", allergy)], ["nuts: 危急程度：高 (allergy)"]],
  [
    "of two custodians",
    [line("city/a", allergy), line("county/a", allergy)],
    ["nuts: 危急程度：高 (allergy)"],
  ],
  [
    "about somebody else, and refuted",
    [line("city/p", patient), line("city/a", refuted)],
    ["个人信息 (无编码): 性别：女", "[关于他人；已排除] X"],
  ],
  [
    "a time that cannot be read",
    [line("city/a", { ...allergy, recordedDate: "2024-05-05T10:00Z" })],
    ["[时间不明] nuts: 危急程度：高 (allergy)"],
  ],
  [
    "a drug that is a record of its own keeps its name",
    [line("city/a", prescription), line("city/m", medication)],
    ["digoxin", "[已开医嘱] digoxin: one (必要时)"],
  ],
  [
    "what was deleted says what it was",
    [
      line("city/a", allergy, { isSuperseded: true }),
      line("city/a", undefined, { version: 2, isDeletion: true, content: utf8("") }),
    ],
    ["nuts: 危急程度：高"],
  ],
  [
    "what was deleted and never shown",
    [line("city/a", undefined, { isDeletion: true, content: utf8("") })],
    ["已删除的记录"],
  ],
  ["what is no resource", [line("city/a", "[]")], ["第 3 号记录，内容无法显示"]],
  [
    "older versions alone",
    [
      line("city/a", allergy, { isSuperseded: true }),
      line("city/a", undefined, { version: 2, status: "withheld" }),
    ],
    ["nuts: 危急程度：高 (allergy)"],
  ],
  ["what does not hold", [line("city/a", allergy, { status: "mismatch" })], ["nuts: 危急程度：高"]],
]

const lineOf = ({ marks, title, value, first }: TimelineEntry): string =>
  `${marksText(marks, chinese)}${title}${value === undefined ? "" : `: ${value}`}${first ? ` (${first})` : ""}`

describe("an entry in another language", () => {
  for (const [comment, lines, zh] of table)
    it(comment, () => {
      const timeline = mergeTimeline(lines)
      assert.deepEqual(
        timeline.map((entry) => restated(entry, english)),
        timeline,
        "in the language in which it came it is the same",
      )
      const told = timeline.map((entry) => restated(entry, chinese))
      assert.deepEqual(told.map(lineOf), zh)
      for (const [i, entry] of told.entries()) {
        timelineEntry.parse(entry, "entry")
        const { title: _t, value: _v, ...same } = entry
        const { title, value, ...before } = timeline[i]
        assert.deepEqual(same, before)
      }
    })
})
