import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { PlatformError, randomBytes, utf8 } from "@aceso/core"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"
import { recordNamed } from "./record-shown-alone.ts"

const line = (index: number, resource: object, more: Partial<SourceLine> = {}): SourceLine => ({
  ...{ custodian: "city", index, recordId: randomBytes(32), version: 1, operation: "create" as const },
  ...{ status: "verified", height: 7, isSuperseded: false, content: utf8(JSON.stringify(resource)) },
  ...more,
})
const entry = (title: string, sources: readonly SourceLine[], more: Partial<TimelineEntry> = {}) =>
  ({
    ...{ title, resourceType: "Immunization", time: 0, marks: [], isStruckOut: false, sources, older: [] },
    ...more,
  }) as unknown as TimelineEntry

const polio = entry("polio", [line(3, { resourceType: "Immunization", id: "p" })])
const fever = entry("fever", [line(4, { resourceType: "Immunization", id: "f" })])
const both = entry("mumps", [
  line(5, { resourceType: "Immunization", id: "m" }),
  line(9, { resourceType: "Immunization", id: "n" }, { custodian: "county" }),
])
const deleted = entry("gone", [line(6, {}, { content: utf8("") })], { isDeleted: true })
const false_ = entry("lie", [line(7, { resourceType: "Immunization", id: "l" }, { status: "mismatch" })])
const nameless = entry("draft", [line(8, { resourceType: "Immunization" })])
const visit = entry("visit", [line(1, { resourceType: "Encounter", id: "v" })], { resourceType: "Encounter" })

describe("one of the own records, to be shown alone", () => {
  const rows: readonly {
    readonly comment: string
    readonly all: readonly TimelineEntry[]
    readonly name: string
    readonly found: string | RegExp
  }[] = [
    { comment: "by its place", all: [polio, fever], name: "city/4", found: "city Immunization/f fever" },
    { comment: "by its type", all: [polio, visit], name: "Immunization", found: "city Immunization/p polio" },
    {
      comment: "not of what is deleted",
      all: [deleted, fever],
      name: "Immunization",
      found: "city Immunization/f fever",
    },
    {
      comment: "two of a type",
      all: [polio, fever],
      name: "Immunization",
      found: /city\/3 \(polio\), city\/4 \(fever\)/,
    },
    {
      comment: "one that two organisations tell",
      all: [both],
      name: "Immunization",
      found: /city\/5 .*county\/9/,
    },
    {
      comment: "the same by one of its places",
      all: [both],
      name: "county/9",
      found: "county Immunization/n mumps",
    },
    {
      comment: "nothing of that type",
      all: [visit],
      name: "Immunization",
      found: /none of your records is Immunization/,
    },
    { comment: "no such place", all: [polio], name: "city/33", found: /none of your records is city\/33/ },
    { comment: "what is deleted", all: [deleted], name: "city/6", found: /cannot be shown/ },
    { comment: "a lie", all: [false_], name: "city/7", found: /cannot be shown/ },
    { comment: "what has no id", all: [nameless], name: "city/8", found: /cannot be shown/ },
  ]
  for (const { comment, all, name, found } of rows)
    it(`${comment}: ${found instanceof RegExp ? "refused" : "found"}`, () => {
      const run = () => recordNamed(all, name)
      if (found instanceof RegExp)
        return assert.throws(
          run,
          (error) =>
            error instanceof PlatformError && error.code === "unknown_record" && found.test(error.message),
        )
      const { custodian, reference, title } = run()
      assert.equal(`${custodian} ${reference} ${title}`, found)
    })
})
