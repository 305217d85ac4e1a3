import assert from "node:assert/strict"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { gzipSync } from "node:zlib"
import { Cli, inWords } from "./testing/aceso.ts"

/** What real exports look like, through the real command line on an empty demo. */
const cli = new Cli("import")
after(() => cli.end())

interface Imported {
  readonly files: number
  readonly resources: number
  readonly patients: number
  readonly skipped: readonly { readonly name: string; readonly why: string }[]
  readonly refused: readonly { readonly where: string; readonly reason: string; readonly detail: string }[]
  readonly unfiled: readonly {
    readonly where: string
    readonly resource: string
    readonly reference: string
  }[]
  readonly unfiledCount: number
}
interface Line {
  readonly name: string
  readonly records: number
}

function write(name: string, content: string | Buffer): void {
  const path = join(cli.folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
const patient = (id: string, name: string) =>
  JSON.stringify({
    resourceType: "Patient",
    id,
    name: [{ text: name }],
    birthDate: "1950-01-01",
    identifier: [{ system: `https://${name.replace(/\W/g, "")}.example/mrn`, value: id }],
  })
const observation = (id: string, subject: object) =>
  JSON.stringify({ resourceType: "Observation", id, status: "final", code: { text: id }, subject })
const of = (reference: string) => ({ reference })
const run = (...line: string[]) =>
  cli.run(["import", ...line.map((one) => (one.startsWith("-") ? one : join(cli.folder, one)))])
async function json(...line: string[]): Promise<Imported> {
  const { out, err, status } = await run(...line, "--json")
  assert.equal(status, 0, out + err)
  return JSON.parse(out)
}
const counts = async () =>
  Object.fromEntries((await cli.json<Line[]>("patients")).map(({ name, records }) => [name, records]))
const unfiled = () =>
  cli.json<{ resource: string; where: string; reference: string; number: number }[]>("unfiled")

before(async () => {
  await cli.startDemo("--empty").says(/ready in/)
})

describe("aceso import", () => {
  it("reads folders below, any spelling of an ending, lines, byte order marks; lists what it skips; one bad file ends nothing", async () => {
    const odd = `odd/O'Brien, "Zoë" (né Müller) ?&#%+.json`
    write(odd, patient("odd", "Odd Name"))
    write("odd/below/DEEP.JSON", `\ufeff${observation("deep", of("Patient/odd"))}`)
    write(
      "odd/below/x.NDJSON.gz",
      gzipSync(
        `${observation("l1", of("Patient/odd"))}\n{"broken\n${observation("l2", of("Patient/odd"))}\n`,
      ),
    )
    write(
      "odd/lines.json",
      `${observation("l3", of("Patient/odd"))}\n${observation("l4", of("Patient/odd"))}\n`,
    )
    write(
      "odd/members.ndjson.gz",
      Buffer.concat([
        ...["m1", "m2"].map((id) => gzipSync(`${observation(id, of("Patient/odd"))}\n`)),
        Buffer.alloc(512),
      ]),
    )
    write("odd/one.jsonl", observation("l5", of("Patient/odd")))
    write("odd/pretty.ndjson", JSON.stringify(JSON.parse(observation("l6", of("Patient/odd"))), null, 1))
    write("odd/bad.json", "{")
    write("odd/export.zip", Buffer.from("PK\u0003\u0004rest"))
    write("odd/hidden-zip.json", Buffer.from("PK\u0003\u0004rest"))
    write("odd/tar.json.gz", gzipSync("patient.json\u0000\u0000"))
    write("odd/cut.json.gz", gzipSync(patient("x", "X")).subarray(0, 30))
    write("odd/wide.json", Buffer.from(`\ufeff${patient("x", "X")}`, "utf16le"))
    write("odd/empty.json", "")
    write("odd/readme.txt", "x")
    write("odd/.git/x.json", patient("x", "X"))
    symlinkSync("..", join(cli.folder, "odd/below/again"))
    const imported = await json("odd")
    assert.deepEqual(
      imported.refused.map(({ where, reason, detail }) => [where, reason, detail.slice(0, 6)]),
      [
        ["bad.json", "bad_json", "line 1"],
        ["below/x.NDJSON.gz", "bad_json", "line 2"],
      ],
    )
    assert.deepEqual(imported.skipped.map(({ name, why }) => [name, why.replace(/[:;,].*/, "")]).sort(), [
      [".git", "a hidden folder"],
      ["cut.json.gz", "its gzip is not sound"],
      ["empty.json", "it is empty"],
      ["export.zip", "it is a zip archive"],
      ["hidden-zip.json", "it is a zip archive"],
      ["readme.txt", "its name does not say that it is FHIR JSON"],
      ["tar.json.gz", "a gzip that holds no JSON"],
      ["wide.json", "it is written in UTF-16"],
    ])
    assert.deepEqual([imported.resources, imported.patients, imported.unfiled], [10, 1, []])
    assert.deepEqual(await counts(), { "Odd Name": 10 })
  })

  it("takes several paths as one import: folders are sources of their own, unless one is named for all", async () => {
    write("a/obs.json", observation("a1", of("Patient/1")))
    write("b/patient.json", patient("1", "Bea"))
    write("b/obs.json", observation("b1", of("Patient/1")))
    write(
      "b/number.json",
      observation("b2", { identifier: { system: "https://Bea.example/mrn", value: "1" } }),
    )
    const both = await json("a", "b", "b/obs.json")
    // Whose Patient/1 the one in a folder without Patients means, nobody guesses.
    assert.deepEqual([both.files, both.unfiled.length, both.resources], [4, 1, 4])
    assert.equal((await counts()).Bea, 3)
    write("a/patient.json", patient("1", "Abe"))
    await json("a/patient.json")
    assert.deepEqual([(await counts()).Abe, (await counts()).Bea], [2, 3])
    write("e/obs.json", observation("e1", of("Patient/1")))
    write("f/patient.json", patient("1", "Eve"))
    assert.deepEqual((await json("e", "f", "--source=both")).unfiled, [])
    assert.equal((await counts()).Eve, 2)
    // A folder below one with Patients is part of it, as long as it has none of its own and all of it was read.
    write("g/patient.json", patient("1", "Gus"))
    write("g/below/obs.json", observation("g1", of("Patient/1")))
    write("g/other/obs.json", observation("g2", of("Patient/1")))
    write("g/other/Patient.ndjson.bak", "")
    assert.deepEqual(
      (await json("g")).unfiled.map(({ resource }) => resource),
      ["Observation/g2"],
    )
    write("g/other/patient.json", patient("1", "Gil"))
    await json("g/other/patient.json")
    const { Gus, Gil } = await counts()
    assert.deepEqual([Gus, Gil], [2, 2])
    // Where each has its own Patient/1, nobody is mixed up.
    write("c/obs.json", observation("c1", of("Patient/1")))
    write("c/patient.json", patient("1", "Cid"))
    write("d/obs.json", observation("d1", of("Patient/1")))
    write("d/zpatient.json", patient("1", "Dan"))
    await json("c", "d")
    const { Cid, Dan } = await counts()
    assert.deepEqual([Cid, Dan], [2, 2])
  })

  it("sends again what asked for something that comes later", async () => {
    const transaction = (name: string, ...resources: { resourceType: string }[]) =>
      write(
        `later/${name}`,
        JSON.stringify({
          resourceType: "Bundle",
          type: "transaction",
          entry: resources.map((resource) => ({
            resource,
            request: { method: "POST", url: resource.resourceType },
          })),
        }),
      )
    const numbered = (resourceType: string) => ({
      resourceType,
      identifier: [{ system: "urn:npi", value: "1" }],
    })
    const performer = [of("Practitioner?identifier=urn:npi|1")]
    transaction("a.json", { ...JSON.parse(observation("x", of("Patient/9"))), performer })
    const organization = of("Organization?identifier=urn:npi|1")
    transaction("y.json", numbered("Practitioner"), { ...numbered("PractitionerRole"), ...{ organization } })
    transaction("z.json", numbered("Organization"))
    write("later/patient.json", patient("9", "Late"))
    const { refused, resources } = await json("later")
    assert.deepEqual([refused, resources], [[], 5])
    assert.equal((await counts()).Late, 2)
  })

  it("ends with what belongs to nobody; aceso unfiled shows it, by pages, until it is filed", async () => {
    for (const id of ["u1", "u2", "u3"]) write(`nobody/${id}.json`, observation(id, of("Patient/u")))
    const said = inWords((await run("nobody")).out)
    assert.match(said, /3 resources belong to nobody here: .* u1\.json Observation\/u1 Patient\/u/)
    const before = await unfiled()
    assert.deepEqual(
      before.map(({ where, resource, reference }) => [where, resource, reference]),
      ["u1", "u2", "u3"].map((id) => [`${id}.json`, `Observation/${id}`, "Patient/u"]),
    )
    const page = await cli.run("unfiled --limit 1")
    assert.match(page.out, /u1\.json +Observation\/u1 +Patient\/u/)
    assert.match(page.err, new RegExp(`--after ${before[0].number}`))
    assert.equal((await cli.json<unknown[]>(`unfiled --after ${before[1].number}`)).length, 1)
    const refused = await cli.run("unfiled --as city-doctor")
    assert.deepEqual([refused.status, /administrator/.test(refused.err)], [1, true])
    write("nobody/patient.json", patient("u", "Una"))
    await json("nobody/patient.json")
    assert.deepEqual(await unfiled(), [])
    assert.equal((await counts()).Una, 4)
  })

  it("pages of a history bring every version; an older export that comes later changes nothing, and is listed", async () => {
    const at = (day: number) => `2024-01-0${day}T08:00:00Z`
    const version = (day: number) => ({
      resource: {
        ...JSON.parse(observation("h", of("Patient/hist"))),
        note: [{ text: `day ${day}` }],
        meta: { lastUpdated: at(day) },
      },
      request: { method: "PUT", url: "Observation/h" },
    })
    // As servers write them: one time of the whole, the patient on the newest page, a version from long ago beside it.
    const page = (more: object[], ...days: number[]) =>
      JSON.stringify({
        resourceType: "Bundle",
        type: "history",
        meta: { lastUpdated: at(9) },
        entry: [...days.map(version), ...more],
      })
    const ofPatient = {
      resource: JSON.parse(patient("hist", "History Case")),
      request: { method: "PUT", url: "Patient/hist" },
    }
    const deletion = { request: { method: "DELETE", url: "Observation/gone" } }
    const gone = {
      resource: { ...JSON.parse(observation("gone", of("Patient/hist"))), meta: { lastUpdated: at(1) } },
      request: { method: "PUT", url: "Observation/gone" },
    }
    write("pages/0.json", page([deletion]))
    write("pages/1.json", page([ofPatient], 4, 3))
    write("pages/2.json", page([gone], 2, 1))
    await json("pages", "--source", "pages")
    // Four versions, the patient, and what was made and deleted.
    assert.equal((await counts())["History Case"], 7)
    write("old/o.json", JSON.stringify({ ...version(2).resource, note: [{ text: "never brought" }] }))
    const { out, status } = await run("old", "--source", "pages")
    assert.equal(status, 0)
    assert.match(inWords(out), /1 version left out: its source has changed the same since/)
    assert.match(inWords(out), /o\.json Observation\/h 2024-01-02T08:00:00\.000Z 2024-01-04T08:00:00\.000Z/)
    assert.equal((await counts())["History Case"], 7)
  })

  it("refuses an import where nothing can be taken, and paths that are not there", async () => {
    const zip = await run("odd/export.zip")
    assert.equal(zip.status, 1)
    assert.match(zip.err, /nothing was imported; export\.zip: it is a zip archive; unpack it/)
    const none = await run("odd", "not-there")
    assert.equal(none.status, 2)
    assert.match(none.err, /not-there cannot be read/)
  })
})
