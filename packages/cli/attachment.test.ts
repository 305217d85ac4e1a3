import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { Cli, inWords } from "./testing/aceso.ts"

const scan = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31 + (i >> 9)) & 0xff))

/** What a doctor does with one record, with an attachment, and with a second look, in the demo. */
describe("aceso record, aceso attachment, and a look since an earlier one", () => {
  const cli = new Cli("attachment")
  const put = async (name: string, resource: object | string) => {
    const file = join(cli.folder, "input", name)
    mkdirSync(join(cli.folder, "input"), { recursive: true })
    writeFileSync(file, typeof resource === "string" ? resource : JSON.stringify(resource))
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

  const small = Buffer.from("\u0000\u0001small")
  const sha1 = createHash("sha1").update(small).digest("base64")
  const inline: readonly (readonly [id: string, more: object, status: number, says: RegExp])[] = [
    ["plain", {}, 0, /plain\.bin: 7 B, image\/png, as its record committed to it $/],
    ["right", { size: 7, hash: sha1 }, 0, /committed to it $/],
    ["long", { size: 8 }, 1, /attachment_contradicts: its record says 8 bytes, and it has 7/],
    [
      "other",
      { hash: sha1.replace(/^./, "_").replace("_", sha1[0] === "A" ? "B" : "A") },
      1,
      /says the SHA-1 /,
    ],
    ["odd", { hash: "abc" }, 0, /is no SHA-1 in base64: not compared/],
  ]
  it("what stands in the record itself is written too, and held against what the record says of it", async () => {
    const entry = inline.map(([id, more]) => {
      const attachment = { contentType: "image/png", data: small.toString("base64"), ...more }
      return { resource: { ...document, id, type: { text: `of ${id}` }, content: [{ attachment }] } }
    })
    const file = {
      resourceType: "Binary",
      id: "f",
      contentType: "text/plain",
      data: small.toString("base64"),
    }
    const attachment = { title: "apart", url: "Binary/f", hash: sha1 }
    const apart = { ...document, id: "apart", type: { text: "of apart" }, content: [{ attachment }] }
    entry.push({ resource: apart as never }, { resource: file as never })
    await put("inline.json", { resourceType: "Bundle", type: "collection", entry })
    const { out } = await cli.run(`history ${alias} --as city-doctor`)
    const [, named] = /attachment (\S+): apart, kept apart \(Binary\/f\)/.exec(inWords(out)) ?? []
    const fetched = await cli.run(`attachment ${alias} ${named} --as city-doctor --out apart.bin`)
    assert.equal(fetched.status, 0, fetched.err)
    assert.match(inWords(fetched.out), /7 B, Binary\/f, with the SHA-1 to which its record committed/)
    assert.ok(readFileSync(join(cli.folder, "apart.bin")).equals(small))
    for (const [id, , status, says] of inline) {
      const [, place, name] =
        new RegExp(`of ${id}.*?DocumentReference, (\\S+) ✓.*?attachment (\\S+): image/png, 7 B`).exec(
          inWords(out),
        ) ?? []
      assert.deepEqual([name, typeof name], [place, "string"], out)
      const written = await cli.run(`attachment ${alias} ${name} --as city-doctor --out ${id}.bin`)
      assert.deepEqual([written.status, written.err], [status, ""], id)
      assert.match(inWords(written.out), says)
      assert.ok(readFileSync(join(cli.folder, `${id}.bin`)).equals(small), id)
    }
  })

  it("a record is shown whole, as --json with its number tokens, and written as it was committed", async () => {
    const observation = (value: string, note: string) =>
      `{"resourceType":"Observation","id":"k","status":"entered-in-error","subject":{"reference":"Patient/p"},"code":{"text":"Potassium"},"valueQuantity":{"value":${value},"unit":"mmol/l"},"note":[{"text":"${note}"}],"performer":[{"display":"Dr Lee"}]}`
    await put("k1.json", observation("4.10", "one"))
    await put("k2.json", observation("4.20", "first line\\n  second\\u001b[2J"))
    const { out } = await cli.run(`history ${alias} --as city-doctor`)
    const [, place] =
      /Observation, (city-hospital\/\d+) ✓ block \d+ v2 \(\+1 older\)/.exec(inWords(out)) ?? []
    assert.ok(place, out)
    const shown = await cli.run(`record ${alias} ${place} --as city-doctor`)
    assert.equal(shown.status, 0, shown.err)
    const lines = shown.out.trimEnd().split("\n")
    assert.equal(lines[0], `  Observation ${place}`)
    for (const line of lines) assert.ok(line.length <= 80 && !/\p{Cc}/u.test(line), line)
    const from = lines.indexOf("  What stands in it")
    assert.deepEqual(lines.slice(from - 5, from + 9), [
      "  What it is",
      "    [ENTERED IN ERROR] Potassium",
      "  Who vouches for it",
      ...lines.slice(from - 2, from),
      "  What stands in it",
      "    status            entered-in-error",
      "    code              Potassium",
      "    value             4.20 mmol/l",
      "    note              first line␊",
      "                        second␛[2J",
      "    performer         Dr Lee",
      ...lines.slice(from + 7, from + 9),
    ])
    assert.match(inWords(shown.out), /Whose record Ada Example,/)
    const [, older] = /older: (\S+) ✓ block \d+/.exec(inWords(shown.out)) ?? []
    const before = await cli.run(`record ${alias} ${older} --as city-doctor`)
    assert.match(
      inWords(before.out),
      /An older version: the newest one that is shown is \S+\. newer: .*4\.10 mmol/,
    )
    const json = await cli.run(`record ${alias} ${place} --as city-doctor --json --out k.json`)
    assert.match(json.out, /"resource":\{.*"valueQuantity":\{"unit":"mmol\/l","value":4\.20\}/)
    const file = join(cli.folder, "k.json")
    assert.match(readFileSync(file, "utf8"), /^\{"code":.*"value":4\.20\}\}$/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const rows: readonly (readonly [string, number, RegExp])[] = [
      [`record ${alias} ${place} --out k.json`, 2, /exists already/],
      [`record ${alias} city-hospital/999`, 1, /unknown_record/],
      [
        `record ${alias} county-hospital/1`,
        2,
        /nothing of \S+ is at county-hospital; there is city-hospital/,
      ],
      [`record ${alias} 12`, 2, /name it as aceso history does/],
      [`record nobody city-hospital/1`, 1, /unknown_patient/],
    ]
    for (const [line, status, error] of rows) {
      const refused = await cli.run(`${line} --as city-doctor`)
      assert.deepEqual([refused.status, error.test(inWords(refused.err))], [status, true], refused.err)
    }
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
    const coverage = await cli.run(`history ${alias} --as city-doctor --classes Coverage --json`)
    writeFileSync(join(cli.folder, "coverage.json"), coverage.out)
    const all = await cli.run(`history ${alias} --as city-doctor --since coverage.json`)
    assert.match(all.out, /Discharge letter/)
    const { own, ...old } = JSON.parse(look.out)
    const ofBefore = { ...old, own: { handle: own.handle, size: own.size } }
    writeFileSync(join(cli.folder, "old.json"), JSON.stringify(ofBefore))
    assert.match(
      (await cli.run(`history ${alias} --as city-doctor --since old.json`)).out,
      /Discharge letter/,
    )
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
