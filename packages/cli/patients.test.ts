import assert from "node:assert/strict"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { Cli, inWords } from "./testing/aceso.ts"

/** Who is whom, as a data manager meets it: the real command line on an empty demo. */
const cli = new Cli("patients")
after(() => cli.end())

interface Line {
  readonly alias: string
  readonly number?: number
  readonly name?: string
  readonly birthDate?: string
  readonly recordNumber?: string
  readonly records: number
}
interface Imported {
  readonly patients: number
  readonly possibleDuplicates: number
  readonly refused: readonly { readonly reason: string; readonly detail: string }[]
  readonly unfiled: readonly unknown[]
  readonly filed: number
}

function write(folder: string, name: string, resource: object): string {
  mkdirSync(join(cli.folder, folder), { recursive: true })
  writeFileSync(join(cli.folder, folder, name), JSON.stringify(resource))
  return join(cli.folder, folder, name)
}
const mrn = (value: string) => ({ system: "https://city.example/mrn", value })
const patient = (name: string, birthDate: string, value: string, more: object = {}) => ({
  resourceType: "Patient",
  name: [{ text: name }],
  birthDate,
  identifier: [mrn(value), { system: "https://city.example/licence", value: "S99912345" }],
  ...more,
})
const observation = (id: string, reference: string) => ({
  resourceType: "Observation",
  id,
  status: "final",
  code: { text: `potassium of ${id}` },
  subject: { reference },
})

before(async () => {
  await cli.startDemo("--empty").says(/ready in/)
})

describe("aceso patients", () => {
  it("two who share a licence number stay two; the import says so, and the list shows them", async () => {
    const anna = write("house", "anna.json", patient("Anna Smith", "1950-01-01", "A1", { id: "77" }))
    const bert = write("house", "bert.json", patient("Bert Jones", "1999-09-09", "B1"))
    await cli.json(`import ${anna}`)
    const said = await cli.run(`import ${bert}`)
    assert.match(said.out, /1 possible duplicate among patients, kept apart; see aceso patients duplicates/)
    const [pair, ...more] =
      await cli.json<{ first: Line; second: Line; reasons: string[] }[]>("patients duplicates")
    assert.deepEqual([pair.first.name, pair.second.name, more], ["Anna Smith", "Bert Jones", []])
    assert.ok(pair.reasons.includes("shared_identifier") && pair.reasons.includes("other_birth_date"))
    assert.match(
      inWords((await cli.run("patients duplicates")).out),
      /person-1 Anna Smith, 1950-01-01, A1 person-2 Bert Jones, 1999-09-09, B1 share a number/,
    )
  })

  it("shows name, birth date and record number, by pages and by search", async () => {
    const all = await cli.json<Line[]>("patients")
    assert.deepEqual(
      all.map(({ name, birthDate, recordNumber }) => [name, birthDate, recordNumber]),
      [
        ["Anna Smith", "1950-01-01", "A1"],
        ["Bert Jones", "1999-09-09", "B1"],
      ],
    )
    const first = await cli.run("patients --limit 1 --json")
    assert.deepEqual(JSON.parse(first.out), [all[0]])
    assert.match(first.err, new RegExp(`--after ${all[0].number}`))
    assert.deepEqual(await cli.json(`patients --limit 1 --after ${all[0].number}`), [all[1]])
    assert.deepEqual(await cli.json("patients --search b-1"), [all[1]])
    assert.deepEqual(await cli.json("patients --search 1950-01-01 --as city-doctor"), [all[0]])
    const none = await cli.run("patients --search nobody --json")
    assert.deepEqual(JSON.parse(none.out), [])
    assert.match(none.err, /nobody here fits "nobody": each word has to be a whole word of a name/)
    assert.deepEqual(await cli.json("patients --search 1950/1/1"), [all[0]])
    const two = await cli.run("patients --search 2.1.1950")
    assert.equal(two.status, 2)
    assert.match(two.err, /may be 1950-01-02 or 1950-02-01; write a birth date as year-month-day/)
    assert.match((await cli.run("patients")).out, /Anna Smith +1950-01-01 .*A1/)
  })

  it("an export's Patient/77 is who it is known as here, and what refers to it goes there; elsewhere to nobody", async () => {
    write("export", "1-patient.json", patient("Bert Jones", "1999-09-09", "B1", { id: "77", gender: "male" }))
    write("export", "2-observation.json", observation("o1", "Patient/77"))
    const imported = await cli.json<Imported>(`import ${join(cli.folder, "export")}`)
    assert.deepEqual([imported.patients, imported.refused], [0, []])
    const counts = async () =>
      (await cli.json<Line[]>("patients")).map(({ name, records }) => [name, records])
    assert.deepEqual(await counts(), [
      ["Anna Smith", 1],
      ["Bert Jones", 3],
    ])
    // One after the other as well; in another folder Patient/77 is another one's.
    await cli.json(`import ${write("export", "3-observation.json", observation("o2", "Patient/77"))}`)
    await cli.json(`import ${write("house", "observation.json", observation("o3", "Patient/77"))}`)
    assert.deepEqual(await counts(), [
      ["Anna Smith", 2],
      ["Bert Jones", 4],
    ])
    const unknown = write("elsewhere", "observation.json", observation("o4", "Patient/77"))
    const said = await cli.run(`import ${unknown}`)
    assert.match(said.out, /1 resource belongs to nobody here: [\s\S]*--source/)
    assert.match(said.out, /observation\.json +Observation\/o4 +Patient\/77/)
    assert.deepEqual(await counts(), [
      ["Anna Smith", 2],
      ["Bert Jones", 4],
    ])
    // Its own Patient/77 brings it, also in one command and in whichever order.
    write("elsewhere", "the-patient.json", patient("Cid Late", "1970-07-07", "C1", { id: "77" }))
    write("elsewhere", "a-observation.json", observation("o6", "Patient/77"))
    const { unfiled, filed } = await cli.json<Imported>(`import ${join(cli.folder, "elsewhere")}`)
    assert.deepEqual([unfiled, filed], [[], 1])
    assert.deepEqual((await counts()).at(-1), ["Cid Late", 3])
  })

  it("--source says where files come from, wherever they lie", async () => {
    const one = write("monday", "patient.json", patient("Bert Jones", "1999-09-09", "B1", { id: "5" }))
    const other = write("tuesday", "observation.json", observation("o5", "Patient/5"))
    await cli.json(`import ${one} --source north-hospital`)
    await cli.json(`import ${other} --source north-hospital`)
    const [bert] = await cli.json<Line[]>("patients --search B1")
    assert.equal(bert.records, 6)
  })
})

describe("aceso find", () => {
  interface FoundLine {
    readonly alias: string
    readonly reference: string
    readonly title: string
    readonly timeText?: string
  }
  const find = async (words: string) =>
    (await cli.json<{ records: FoundLine[] }>(`find ${words} --as city-doctor`)).records

  it("finds own patients' records by patient and by code, newest first, and says what they say", async () => {
    const a1c = (id: string, effectiveDateTime: string) => ({
      ...observation(id, "Patient/finder"),
      code: { coding: [{ system: "http://loinc.org", code: "4548-4", display: "HbA1c" }] },
      effectiveDateTime,
    })
    write("finding", "patient.json", patient("Fin Der", "1960-06-06", "F1", { id: "finder" }))
    for (const [id, time] of [
      ["old", "2025-02"],
      ["new", "2026-03-01"],
    ])
      write("finding", `z-${id}.json`, a1c(id, time))
    await cli.json(`import ${join(cli.folder, "finding")}`)
    const byCode = await find("Observation --code http://loinc.org|4548-4")
    assert.deepEqual(
      byCode.map(({ timeText }) => timeText),
      ["2026-03-01", "2025-02"],
    )
    const [{ alias }] = byCode
    assert.deepEqual(await find(`Observation --patient ${alias}`), byCode)
    assert.deepEqual(await find("Observation --code 4548-4 --to 2025"), [byCode[1]])
    assert.deepEqual(await find("Observation --code 4548-4 --from 2025-03"), [byCode[0]])
    const shown = await cli.run(`find Observation --code 4548-4 --as city-doctor`)
    assert.match(inWords(shown.out), new RegExp(`2026-03-01 ${alias} HbA1c`))
  })

  const refused: [comment: string, words: string, status: number, says: RegExp][] = [
    ["nothing is found", "Immunization --code 1", 1, /\(none\)/],
    ["neither patient nor code is named", "Observation", 2, /name a patient \(--patient\) or a code/],
    ["the type is none", "Observatio --code 1", 2, /no FHIR R4 type; did you mean Observation\?/],
    ["nobody is called so", "Observation --patient nobody", 1, /no patient of this organisation/],
  ]
  for (const [comment, words, status, says] of refused)
    it(`ends with ${status} where ${comment}`, async () => {
      const ended = await cli.run(`find ${words} --as city-doctor`)
      assert.equal(ended.status, status)
      assert.match(ended.out + ended.err, says)
    })
})
