import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { isTooLarge, MAX_DOCUMENT_BYTES, MAX_LINES_BYTES } from "../../../session/staff/import-limits.ts"
import { type ImportEnded, waitsByOf } from "../../../session/staff/importing.ts"
import { missingOf } from "./begun.ts"
import { chosenIn } from "./dropped.ts"
import { reportOf } from "./report.ts"

const NOTHING = {
  ...{
    resources: 0,
    patients: 0,
    duplicates: 0,
    possibleDuplicates: 0,
    existing: 0,
    unchanged: 0,
    renamed: 0,
  },
  ...{ filed: 0, refused: [], refusedCount: 0, unfiled: [], unfiledCount: 0, older: [], olderCount: 0 },
  ...{ unresolved: [], unresolvedCount: 0, renamedIn: [], files: 0, skipped: [] },
  beyond: { refused: 0, unfiled: 0, older: 0, unresolved: 0, renamed: 0 },
  ...{ isStopped: false, isCommitted: true },
} satisfies ImportEnded
const say = (key: string) => key
const rowsOf = (ended: Partial<ImportEnded>) =>
  reportOf({ ...NOTHING, ...ended }, say, (key) => key === "intake.reason.bad_id").split("\r\n")

describe("the report of an import", () => {
  it("has a row for each refusal, each file that was left out, each nobody's, and each input under another id", () => {
    const rows = rowsOf({
      refused: [{ where: "a.json", reason: "bad_id", detail: "id: 1 to 64" }],
      skipped: [{ name: "b.json", reason: "zip_archive", why: "a zip" }],
      unfiled: [{ where: "c.json", resource: "Observation/1", reference: "Patient/9", waitsBy: "id" }],
      renamedIn: [{ where: "d.json", count: 3 }],
      older: [{ where: "e.json", resource: "Patient/1", saidAt: "2020", newer: "2021" }],
      unresolved: ["Practitioner/5"],
    })
    assert.deepEqual(
      rows.slice(1, -1).map((row) => row.split(",").slice(0, 2).join()),
      [
        '"intake.list.refused","a.json"',
        '"intake.list.skipped","b.json"',
        '"intake.list.unfiled","c.json"',
        '"intake.list.renamed","d.json"',
        '"intake.list.older","e.json"',
        '"intake.list.unresolved",""',
      ],
    )
    assert.match(rows[1], /"intake\.reason\.bad_id","bad_id","id: 1 to 64"$/)
    assert.match(rows[2], /"intake\.reason\.other","zip_archive"/)
  })

  for (const [reference, waitsBy] of [
    ["Patient/9", "id"],
    ["https://north.example/fhir/Patient/9", "id"],
    ["urn:uuid:00000000-0000-4000-8000-000000000001", "id"],
    ["identifier https://north.example/mrn|9", "number"],
    ["no patient", "other"],
    ["Fabian Murray", "other"],
    ["Group/1", "other"],
    ["Device/3", "other"],
  ] as const)
    it(`says of what names ${reference} that it waits by ${waitsBy}`, () => {
      assert.equal(waitsByOf(reference), waitsBy)
      const unfiled = [{ where: "c.json", resource: "Observation/1", reference, waitsBy }]
      const [, row] = rowsOf({ unfiled, unfiledCount: 1 })
      assert.ok(row.includes(`"intake.unfiled.wait.${waitsBy}"`), row)
    })

  it("ends with how much of what is counted is not in it", () => {
    const rows = rowsOf({ refusedCount: 7, beyond: { ...NOTHING.beyond, refused: 7 } })
    assert.equal(rows.at(-2), '"intake.list.refused","","","intake.beyond","","7"')
  })

  for (const name of ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx"])
    it(`is a text in a spreadsheet where a file is called ${JSON.stringify(name)}`, () => {
      const [, row] = rowsOf({ skipped: [{ name, reason: "empty_file", why: "empty" }] })
      assert.ok(row.includes(`,"'${name}",`), row)
    })

  it("keeps quotes and commas within their cell", () => {
    const [, row] = rowsOf({ skipped: [{ name: 'a",b', reason: "empty_file", why: "empty" }] })
    assert.ok(row.includes(',"a"",b",'), row)
  })
})

describe("files of an import", () => {
  const given = (...files: readonly (readonly [string, number])[]) =>
    files.map(([name, size]) => ({ name, file: { size } }))

  it("are missing where none of that name and size is chosen, each counted once", () => {
    const files = [
      ["a.json", 1],
      ["a.json", 1],
      ["b.json", 2],
    ] as const
    assert.equal(missingOf({ files }, given(...files)), 0)
    assert.equal(missingOf({ files }, given(["a.json", 1], ["b.json", 3])), 2)
    assert.equal(missingOf({ files }, []), 3)
  })

  const rows: readonly (readonly [string, number, boolean])[] = [
    ["a.json", MAX_DOCUMENT_BYTES, false],
    ["a.json", MAX_DOCUMENT_BYTES + 1, true],
    ["a.json.gz", MAX_DOCUMENT_BYTES + 1, true],
    ["a.NDJSON", MAX_DOCUMENT_BYTES + 1, false],
    ["a.jsonl.gz", MAX_LINES_BYTES, false],
    ["a.ndjson", MAX_LINES_BYTES + 1, true],
  ]
  for (const [name, size, isIt] of rows)
    it(`${name} of ${size} bytes is ${isIt ? "" : "not "}too large`, () => {
      assert.equal(isTooLarge(name, size), isIt)
    })

  it("of a folder keep their place, and each hidden folder is left out and listed", () => {
    const file = (name: string, path = "") =>
      Object.defineProperty(new File([], name), "webkitRelativePath", { value: path })
    const files = [
      file("a.json"),
      file("b.json", "x/y/b.json"),
      file("c.json", "x/.git/c.json"),
      file("d.json", "x/.git/o/d.json"),
    ]
    const found = chosenIn({ files: files as unknown as FileList })
    assert.deepEqual(
      found.map(({ name, isNamed, isHidden = false }) => [name, isNamed, isHidden]),
      [
        ["a.json", true, false],
        ["x/y/b.json", false, false],
        ["x/.git", false, true],
      ],
    )
  })
})
