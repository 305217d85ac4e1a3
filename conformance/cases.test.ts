// needs: shared-data
import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { asText, fromUtf8, isObject, type JsonObject, parseJson } from "@aceso/core"
import type { ImportInput } from "@aceso/server/import/importer.ts"
import { FreshCustodians, type TestCustodian } from "@aceso/server/testing/custodian.ts"

/** The inputs of shared/data/cases, as one import each and in every order; its README says what is right. */
const folder = join(process.env.ACESO_SHARED_DATA ?? "/work/shared/data", "cases")
const skip = existsSync(folder)
  ? false
  : `skipped: ${folder} is not here (ACESO_SHARED_DATA names its parent)`

interface Row {
  readonly comment: string
  readonly files: readonly string[]
  /** What each patient has in the end, by name: types and texts of codes. */
  readonly people: Readonly<Record<string, readonly string[]>>
  readonly refused?: readonly string[]
  readonly unfiled?: number
  /** In the order given alone: each file corrects or changes what came before it. */
  readonly isOrdered?: true
}

const rows: readonly Row[] = [
  {
    comment: "01: two who share a licence number are two",
    files: ["01a-collision.json", "01b-collision.json"],
    people: { "Collide-Anna": ["anna potassium"], "Collide-Bert": ["bert potassium"] },
  },
  {
    comment: "03: relative references belong to the server of their entry",
    files: ["03-two-servers.json"],
    people: { "Server-North": ["north glucose"], "Server-South": ["south glucose"] },
  },
  {
    comment: "04: a versioned reference resolves",
    files: ["04-versioned.json"],
    people: { "Versioned-Vera": ["versioned absolute", "versioned relative"] },
  },
  {
    comment: "05 and 06: a condition and a number alone reach the patient; of nobody they are refused",
    files: [
      "05-patient.json",
      "05-conditional-ref.json",
      "05-conditional-ref-none.json",
      "06-logical-ref.json",
    ],
    people: { "Conditional-Carl": ["conditional subject", "logical subject"] },
    refused: ["no_match"],
  },
  {
    comment: "05 and 06: without the patient all are refused",
    files: ["05-conditional-ref.json", "05-conditional-ref-none.json", "06-logical-ref.json"],
    people: {},
    refused: ["no_match", "no_match", "no_match"],
  },
  {
    comment: "07: a searchset is taken apart, a document too, and it is kept whole",
    files: ["07-searchset.json", "07-document.json"],
    people: { "Bundle-document": ["Bundle", "obs of document"], "Bundle-searchset": ["obs of searchset"] },
  },
  {
    comment: "08: one resource twice refuses the transaction",
    files: ["08-twice.json"],
    people: {},
    refused: ["duplicate_entry"],
  },
  {
    comment: "10: a number that a correction took away is of the one whose it is",
    files: ["10a-mistake.json", "10b-corrected.json", "10c-real.json"],
    people: { "Corrected-Cora": [], "Real-Xaver": ["xaver potassium"] },
    isOrdered: true,
  },
  {
    comment: "11: a condition that finds two is refused",
    files: ["11a-two.json", "11b-conditional.json"],
    people: { "Ambi-One": [], "Ambi-Two": [] },
    refused: ["several_matches"],
    isOrdered: true,
  },
  {
    comment: "12: an export's Patient/77 is who it is known as here",
    files: ["12d-local77.json", "12e-known.json", "12f-export-patient.json", "12g-export-obs.json"],
    people: { "Known-Lea": ["lea potassium"], "Local-77": [] },
    isOrdered: true,
  },
  {
    comment: "16: what came before its patient is filed when that comes",
    files: ["16a-obs.json", "16b-patient.json"],
    people: { "Late-Lars": ["late potassium"] },
  },
  {
    comment: "17: a byte order mark is skipped, lines are read; whose they are has not come",
    files: ["17-bom.json", "17-lines.ndjson"],
    people: {},
    unfiled: 3,
  },
]

/** Every order of a few. */
function orders<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]]
  return all.flatMap((one, i) => orders(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

describe("cases: what comes in", { skip }, () => {
  let custodians: FreshCustodians
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())

  const inputOf = (name: string): ImportInput => ({
    input: readFileSync(join(folder, name)),
    where: name,
    source: "cases",
    ...(name.endsWith(".ndjson") && { firstLine: 1 }),
  })

  /** As the command does: what was refused because something had not come is sent again as long as that helps. */
  async function take(city: TestCustodian, files: readonly string[]): Promise<string[]> {
    let left = files
    for (;;) {
      const reasons: string[] = []
      const later: string[] = []
      for (const file of left) {
        const { refused } = await city.importer.importAll([inputOf(file)])
        reasons.push(...refused.map(({ reason }) => reason))
        if (refused.some(({ reason }) => reason === "no_match")) later.push(file)
      }
      if (later.length === 0 || later.length === left.length) return reasons
      left = later
    }
  }

  async function people(city: TestCustodian): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {}
    for (const { handle } of await city.vault.patients()) {
      const texts: string[] = []
      let name = "?"
      for (const record of await city.vault.log(handle)) {
        const resource = parseJson(fromUtf8((await city.vault.content(record)).content)) as JsonObject
        const { code } = resource
        if (resource.resourceType === "Patient") {
          const [{ family, text }] = resource.name as { family?: string; text?: string }[]
          name = family ?? text ?? "?"
        } else texts.push((isObject(code) && asText(code.text)) || String(resource.resourceType))
      }
      found[name] = texts.sort()
    }
    return found
  }

  for (const { comment, files, people: expected, refused = [], unfiled = 0, isOrdered } of rows)
    it(comment, async () => {
      for (const order of isOrdered ? [files] : orders(files)) {
        const city = custodians.make()
        const reasons = await take(city, order)
        assert.deepEqual(reasons, refused, order.join())
        assert.deepEqual(await people(city), expected, order.join())
        assert.equal((await city.vault.unfiled(0, 100)).length, unfiled, order.join())
      }
    })
})
