import assert from "node:assert/strict"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { Cli, inWords } from "./testing/aceso.ts"

const scan = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31 + (i >> 9)) & 0xff))

/** What a doctor does with an attachment, and with a second look, in the demo. */
describe("aceso attachment, and a look since an earlier one", () => {
  const cli = new Cli("attachment")
  const put = async (name: string, resource: object) => {
    const file = join(cli.folder, "input", name)
    mkdirSync(join(cli.folder, "input"), { recursive: true })
    writeFileSync(file, JSON.stringify(resource))
    await cli.json(`import ${file} --source house --as city-admin`)
  }
  const patient = { resourceType: "Patient", id: "p", name: [{ text: "Ada Example" }] }
  const document = {
    resourceType: "DocumentReference",
    id: "scan",
    status: "current",
    type: { text: "Discharge letter" },
    subject: { reference: "Patient/p" },
    content: [
      { attachment: { contentType: "application/pdf", title: "letter.pdf", data: scan.toString("base64") } },
    ],
  }
  let alias: string

  before(async () => {
    await cli.startDemo("--empty").says(/^ready in/m)
    await put("patient.json", patient)
    await put("scan.json", document)
    ;[{ alias }] = await cli.json<{ alias: string }[]>("patients --as city-admin")
  })
  after(() => cli.end())

  it("history names it, and attachment writes it as it was", async () => {
    const { out, status } = await cli.run(`history ${alias} --as city-doctor`)
    assert.equal(status, 0)
    const [, name] =
      /attachment (city-hospital\/\d+): letter\.pdf, application\/pdf, 683\.6 KiB/.exec(inWords(out)) ?? []
    assert.ok(name, out)
    const written = await cli.run(`attachment ${alias} ${name} --as city-doctor --out letter.pdf`)
    assert.equal(written.status, 0, written.err)
    assert.match(inWords(written.out), /letter\.pdf: 683\.6 KiB, application\/pdf/)
    assert.ok(readFileSync(join(cli.folder, "letter.pdf")).equals(scan))
    const again = await cli.run(`attachment ${alias} ${name} --as city-doctor --out letter.pdf`)
    assert.deepEqual([again.status, /exists already/.test(again.err)], [2, true])
    const other = await cli.run(`attachment ${alias} city-hospital/999 --as city-doctor --out x.pdf`)
    assert.deepEqual([other.status, /object_missing/.test(other.err)], [1, true])
  })

  it("since an earlier look only what is new is shown; a file that is no look is refused", async () => {
    const look = await cli.run(`history ${alias} --as city-doctor --json`)
    writeFileSync(join(cli.folder, "look.json"), look.out)
    const nothing = await cli.run(`history ${alias} --as city-doctor --since look.json`)
    assert.match(inWords(nothing.out), /What was asked for, the newest first \(none\)/)
    await put("note.json", {
      ...document,
      id: "note",
      type: { text: "Note" },
      content: [{ attachment: { title: "x" } }],
    })
    const news = await cli.run(`history ${alias} --as city-doctor --since look.json`)
    assert.match(news.out, /Note/)
    assert.doesNotMatch(news.out, /Discharge letter/)
    const wrong = await cli.run(`history ${alias} --as city-doctor --since input/note.json`)
    assert.deepEqual([wrong.status, /is no earlier look/.test(inWords(wrong.err))], [2, true])
  })

  it("of some classes or codes only those are shown", async () => {
    const patients = await cli.run(`history ${alias} --as city-doctor --classes Patient`)
    assert.doesNotMatch(patients.out, /Discharge letter|Note/)
    assert.match(inWords(patients.out), /not everything was asked for/)
    const wrong = await cli.run(`history ${alias} --as city-doctor --classes Patients`)
    assert.deepEqual([wrong.status, /did you mean Patient\?/.test(inWords(wrong.err))], [2, true])
    const none = await cli.run(`history ${alias} --as city-doctor --codes http://loinc.org|4548-4`)
    assert.match(inWords(none.out), /\(none\)/)
  })
})
