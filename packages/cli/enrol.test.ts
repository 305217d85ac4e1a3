import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { pathToFileURL } from "node:url"
import { enrolmentFile, readEnrolmentLink, toHex } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { encode } from "uqr"
import { qrOf } from "./qr.ts"
import { type Child, Cli, inWords, oneSentence, program } from "./testing/aceso.ts"
import { noTerminal, Terminal } from "./testing/terminal.ts"

const cli = new Cli("enrol")
const at = (...names: string[]) => join(cli.folder, ...names)
const APP = "http://localhost:5173"
let node: Child
let ports: number[]

async function up(env: Record<string, string> = {}): Promise<void> {
  node = cli.start("up --folder authority --with city --with clinic", env)
  for (const port of ports) await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
}

before(async () => {
  ports = await freePorts(3)
  for (const [i, member] of ["authority", "city", "clinic"].entries()) {
    const kind = i === 0 ? "authority" : "custodian"
    const url = `http://127.0.0.1:${ports[i]}`
    await cli.json(`init --folder ${member} --member ${member} --name ${member} --kind ${kind} --url ${url}`)
  }
  await cli.json(
    "network create --folder authority --network north --with city/application.json clinic/application.json",
  )
  for (const home of ["city", "clinic"]) {
    await cli.json(`join authority/invitation.json --folder ${home}`)
    await cli.json(`staff add desk --role patient-relations --folder ${home}`)
    await cli.json(`staff add doc --role doctor --folder ${home}`)
  }
  await up()
})
after(() => cli.end())

let count = 0
/** A file about somebody who is not here. */
function personFile(more: object = {}): string {
  const name = `person-${count}.json`
  const family = `Family${String.fromCharCode(97 + count++)}`
  const person = { name: { family, given: ["Mei"] }, birthDate: "1970-01-31", sex: "female", identifiers: [] }
  writeFileSync(at(name), JSON.stringify({ ...person, ...more }))
  return name
}
interface Registered {
  readonly registered: { readonly alias: string } | null
}
async function registered(home: string, file = personFile()): Promise<string> {
  const { registered: found } = await cli.json<Registered>(`register ${file} --folder ${home} --as desk`)
  assert.ok(found)
  return found.alias
}
interface Patients {
  readonly alias: string
  readonly hasKey: boolean
}
const hasKey = async (home: string, alias: string) =>
  (await cli.json<Patients[]>(`patients --folder ${home}`)).find((one) => one.alias === alias)?.hasKey

interface Joined {
  readonly handle: string
  readonly custodian: string
}
/** What desk and device do together. */
async function joined(
  home: string,
  {
    alias,
    person,
    change = (digits) => digits,
  }: { alias: string; person: string; change?: (digits: string) => string },
  /** The device says no, and nobody waits for it. */
  refused = 0,
) {
  const file = `code-${count++}.json`
  const desk = cli.startPiped(
    `enrol ${alias} --out ${file} --digits-from - --folder ${home} --as desk --json`,
  )
  await desk.says(/waiting for the device/)
  const device = cli.start(`join-patient ${file} --person ${person} --yes --json`)
  const [, first, second] = await device.says(/to nobody else: (\d{3}) (\d{3})/)
  await desk.says(/a device has come/)
  desk.typeAll(`${change(first + second)}\n`)
  if (refused > 0) {
    await device.ended
    desk.kill("SIGINT")
  }
  const [atDesk, atDevice] = await Promise.all([desk.ended, device.ended])
  return { desk, device, atDesk, atDevice, file }
}
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))

describe("aceso register", () => {
  it("takes a person from a file or a pipe, and says where to go on", async () => {
    const { status, out } = await cli.run(`register ${personFile()} --folder city --as desk`)
    assert.equal(status, 0)
    const [, alias] = /(person-\d+) is registered, .* aceso enrol \1/.exec(inWords(out)) ?? []
    assert.ok(alias, out)
    const piped = cli.startPiped("register - --folder city --as desk --json")
    piped.typeAll(readFileSync(at(personFile()), "utf8"))
    assert.equal(await piped.ended, 0, piped.err)
    assert.ok((JSON.parse(piped.out) as Registered).registered)
  })

  it("says who may be the same before anything is stored, and takes the clerk's word that it is another", async () => {
    const file = personFile({ document: { type: "passport", number: "E1" } })
    const alias = await registered("city", file)
    const before = (await cli.json<Patients[]>("patients --folder city")).length
    const again = await cli.run(`register ${file} --folder city --as desk`)
    assert.equal(again.status, 1)
    assert.match(inWords(again.out), /nobody was registered.*same name and birth date.*--even-so/)
    assert.ok(again.out.includes(alias))
    assert.equal((await cli.json<Patients[]>("patients --folder city")).length, before)
    writeFileSync(at("face.jpg"), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))
    const { out } = await cli.run(`register ${file} --even-so --photo face.jpg --folder city --as desk`)
    assert.match(inWords(out), /is registered.*possible duplicates/)
    const listed = await cli.run("patients duplicates --folder city")
    assert.match(inWords(listed.out), /same name and birth date/)
  })

  const refused: readonly (readonly [line: string, status: number, says: RegExp])[] = [
    ["register person-0.json --folder city --as doc", 1, /done at the desk/],
    ["register nothing.json --folder city --as desk", 2, /nothing.json cannot be read/],
    ["register wrong.json --folder city --as desk", 1, /wrong.json.birthDate: expected a day/],
    ["register no-json.json --folder city --as desk", 2, /is no JSON/],
    [
      "register person-0.json --photo nothing.jpg --folder city --as desk",
      2,
      /--photo nothing.jpg cannot be read/,
    ],
    ["register person-0.json --photo person-0.json --folder city --as desk", 1, /neither JPEG nor PNG/],
    ["register long.json --folder city --as desk", 2, /more than 65536 bytes/],
    ["enrol nobody --out x.json --digits-from - --folder city --as desk", 1, /no patient .* called nobody/],
    ["enrol person-1 --out x.json --digits-from - --folder city --as doc", 1, /done at the desk/],
    ["enrol person-1 --folder city --as desk", 2, /how does the code get to the device/],
    ["enrol person-1 --out x.json --folder city --as desk", 2, /pipe them in, --digits-from -/],
    [
      "enrol person-1 --out x.json --digits-from 123456 --folder city --as desk",
      2,
      /expected -, which is a pipe/,
    ],
    ["enrol person-1 --app app.example --digits-from - --folder city --as desk", 2, /expected an origin/],
    ["enrol person-1 --out person-0.json --digits-from - --folder city --as desk", 2, /is there already/],
    ["join-patient person-0.json --person phone/people/x.json --yes", 1, /no file of an enrolment/],
    ["join-patient cut.txt --person phone/people/x.json --yes", 1, /no link of an enrolment/],
    ["join-patient nothing.json --person phone/people/x.json --yes", 2, /nothing.json cannot be read/],
    ["join-patient person-0.json --person x.json --yes", 2, /expected <folder>\/people\/<name>.json/],
    ["join-patient person-0.json --yes", 2, /where is this device/],
    ["join-patient person-0.json --person phone/people/x.json", 2, /without a terminal .* --yes/],
  ]
  before(() => {
    writeFileSync(
      at("wrong.json"),
      JSON.stringify({ name: { family: "A", given: [] }, birthDate: "1.1.1970" }),
    )
    writeFileSync(at("no-json.json"), "{")
    writeFileSync(at("long.json"), " ".repeat(70_000))
    writeFileSync(at("cut.txt"), `${APP}/#enrol=AAAA`)
  })
  for (const [line, status, says] of refused)
    it(`${line} -> ${status}`, async () => {
      const outcome = await cli.run(line)
      assert.equal(outcome.status, status, outcome.out + outcome.err)
      oneSentence(outcome, says)
      assert.equal(existsSync(at("phone", "people", "x.json")), false)
    })
})

describe("aceso enrol and aceso join-patient", () => {
  it("give a patient a key on the own device, by which the other commands work, at two hospitals", async () => {
    const alias = await registered("city")
    const first = await joined("city", { alias, person: "phone/people/mei.json" })
    assert.deepEqual([first.atDesk, first.atDevice], [0, 0], first.desk.err + first.device.err)
    assert.match(inWords(first.device.err), /about to join city \(city\), a custodian of the network north/)
    assert.match(inWords(first.device.err), /At city \(city\) you are Mei Family[a-z]+, born 1970-01-31/)
    assert.equal(await hasKey("city", alias), true)
    assert.equal(statSync(at(first.file)).mode & 0o777, 0o600)
    for (const file of filesBelow(at("phone"))) assert.equal(statSync(file).mode & 0o777, 0o600, file)
    const seed = readFileSync(at("phone/patients/mei/seed"), "utf8").trim()
    assert.match(seed, /^[0-9a-f]{64}$/)
    const requests = await cli.run("requests --as mei --folder phone")
    assert.equal(requests.status, 0, requests.err)
    assert.equal((await cli.run("audit --as mei --folder phone")).status, 0)

    const there = await registered("clinic")
    const second = await joined("clinic", { alias: there, person: "phone/people/mei.json" })
    assert.deepEqual([second.atDesk, second.atDevice], [0, 0], second.desk.err + second.device.err)
    const { places } = JSON.parse(readFileSync(at("phone/people/mei.json"), "utf8")) as { places: Joined[] }
    assert.deepEqual(
      places.map(({ custodian }) => custodian),
      ["city", "clinic"],
    )
    assert.equal(readFileSync(at("phone/patients/mei/seed"), "utf8").trim(), seed)
    assert.equal((await cli.run("audit --as mei --folder phone")).status, 0)
    // What the homes keep in the clear: neither handle of the other, nor the seed.
    for (const [home, other] of [
      ["city", places[1]],
      ["clinic", places[0]],
    ] as const)
      for (const file of filesBelow(at(home, "vault")))
        for (const word of [other.handle, seed]) {
          const content = readFileSync(file)
          assert.equal(content.includes(Buffer.from(word, "hex")), false, `${file} has ${word}`)
          assert.equal(content.includes(word), false, `${file} has ${word}`)
        }
    const again = await cli.run(`enrol ${alias} --out y.json --digits-from - --folder city --as desk`)
    assert.equal(again.status, 1)
    assert.match(again.err, /has a key already/)
  })

  it("replace a lost device's key after 72 hours, which the old one sees and takes back, and so does the desk", async () => {
    const alias = await registered("city")
    await joined("city", { alias, person: "old/people/ida.json" })
    const options = "--digits-from - --folder city --as desk"
    const none = await cli.run("rekey cancel --as ida --folder old")
    assert.equal(none.status, 1)
    oneSentence(none, /no other key waits/)
    // The device that is there is not lost.
    const there = await joined("city", { alias: `${alias} --lost`, person: "old/people/ida.json" }, 1)
    assert.equal(there.atDevice, 1)
    assert.match(inWords(there.device.err), /it is not lost; tell the desk/)
    for (const by of ["--as ida --folder old", `${alias} --folder city --as desk`]) {
      const person = `new${count}/people/ida.json`
      const second = await joined("city", { alias: `${alias} --lost`, person })
      assert.deepEqual([second.atDesk, second.atDevice], [0, 0], second.desk.err + second.device.err)
      assert.match(inWords(second.device.err), /takes the place of a lost one: in 72 hours/)
      assert.ok((JSON.parse(second.desk.out) as { countsFrom: number }).countsFrom > Date.now())
      const early = await cli.run(`requests --as ida --folder ${person.split("/")[0]}`)
      assert.equal(early.status, 1)
      assert.match(inWords(early.err), /this key counts from .* UTC on/)
      const again = await cli.run(`enrol ${alias} --lost --out z.json ${options}`)
      assert.match(inWords(again.err), /another key waits already/)
      const seen = await cli.run("requests --as ida --folder old")
      assert.match(
        inWords(seen.out),
        /desk of city puts another key in place of yours.*aceso rekey cancel --at city/,
      )
      const cancelled = await cli.run(`rekey cancel ${by}`)
      assert.equal(cancelled.status, 0, cancelled.err)
      assert.match(inWords(cancelled.out), /is taken back/)
      assert.doesNotMatch((await cli.run("requests --as ida --folder old")).out, /another key/)
    }
    // The node notes what it hears of the ledger.
    const isNoted = /desk at the desk of city.*another key was put in place of yours/
    let told = ""
    while (!isNoted.test(told)) told = inWords((await cli.run("audit --as ida --folder old")).out)
  })

  it("leave nothing where the digits are another's, or the patient is not who is told", async () => {
    const alias = await registered("city")
    const wrong = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")
    const { desk, device, atDesk, atDevice } = await joined("city", {
      ...{ alias, person: "other/people/ann.json", change: wrong },
    })
    assert.deepEqual([atDesk, atDevice], [1, 1])
    assert.match(desk.err, /not the digits of the device/)
    assert.match(device.err, /no such code here, or it has died/)
    assert.equal(existsSync(at("other")), false)
    assert.equal(await hasKey("city", alias), false)
  })

  it("show a link and its QR, and take the link by a pipe", async () => {
    const alias = await registered("city")
    const desk = cli.startPiped(`enrol ${alias} --app ${APP} --digits-from - --folder city --as desk`)
    await desk.says(/waiting for the device/)
    const [link] = /http:\/\/localhost:5173\/#enrol=\S+/.exec(desk.err) ?? []
    assert.ok(link, desk.err)
    const { invitation } = readEnrolmentLink(link)
    assert.equal(invitation.custodian, "city")
    assert.ok(desk.err.includes(String(qrOf(link))))
    for (const line of desk.err.split("\n")) assert.ok(line.length <= 80 || line.includes("#enrol="), line)
    const device = cli.startPiped("join-patient - --folder tablet --yes")
    device.typeAll(`${link}\n`)
    const [, digits] = await device.says(/to nobody else: (\d{3} \d{3})/)
    await desk.says(/a device has come/)
    desk.typeAll(`${digits}\n`)
    assert.deepEqual([await desk.ended, await device.ended], [0, 0], desk.err + device.err)
    assert.match(inWords(device.out), /key of your own at city .* aceso requests --as me --folder/)
    assert.equal((await cli.run("requests --as me --folder tablet")).status, 0)
    // Another device with the same link.
    const late = cli.startPiped("join-patient - --folder late --yes")
    late.typeAll(link)
    assert.equal(await late.ended, 1)
    assert.match(late.err, /code was used already/)
    assert.equal(existsSync(at("late")), false)
  })

  it("are only for the network that the device belongs to", async () => {
    const alias = await registered("city")
    const desk = cli.startPiped(`enrol ${alias} --out mine.json --digits-from - --folder city --as desk`)
    await desk.says(/waiting for the device/)
    const file = enrolmentFile.parse(JSON.parse(readFileSync(at("mine.json"), "utf8")), "file", "json")
    const genesis = new Uint8Array(32)
    writeFileSync(
      at("false.json"),
      JSON.stringify({ ...JSON.parse(readFileSync(at("mine.json"), "utf8")), genesis: toHex(genesis) }),
    )
    const refused = await cli.run("join-patient false.json --person phone/people/mei.json --yes")
    assert.equal(refused.status, 1)
    oneSentence(refused, /belongs to the network north/)
    assert.equal(file.network, "north")
    // Nothing was used up.
    desk.kill("SIGINT")
    assert.equal(await desk.ended, 130)
    assert.match(desk.err, /dies by itself/)
  })

  it("go on where the node is killed once the ledger has the key: the device asks again, and is answered", async () => {
    const alias = await registered("city")
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
    const hook = pathToFileURL(join(import.meta.dirname, "testing/kill-after-enrol.ts")).href
    await up({ NODE_OPTIONS: `--import ${hook}` })
    // The record has to be on the ledger, so that it is enrolKey that is signed.
    await cli.json(`import ${readyFile()} --folder city`)
    const file = "killed.json"
    const desk = cli.startPiped(`enrol ${alias} --out ${file} --digits-from - --folder city --as desk`)
    await desk.says(/waiting for the device/)
    const device = cli.start(`join-patient ${file} --person killed/people/kim.json --yes`)
    const [, digits] = await device.says(/to nobody else: (\d{3} \d{3})/)
    await desk.says(/a device has come/)
    desk.typeAll(`${digits}\n`)
    // By SIGKILL, which a shell calls so.
    assert.equal(await node.ended, 137, node.err)
    await up()
    assert.equal(await device.ended, 0, device.err)
    assert.equal(await hasKey("city", alias), true)
    assert.equal((await cli.run("requests --as kim --folder killed")).status, 0)
    assert.equal(await desk.ended, 0, desk.err)
  })
})

/** An import waits until the ledger has everything. */
function readyFile(): string {
  writeFileSync(at("ready.json"), JSON.stringify({ resourceType: "Patient", id: "ready" }))
  return "ready.json"
}

describe("at a terminal", { skip: noTerminal }, () => {
  const terminal = (line: string) =>
    new Terminal([process.execPath, program, ...line.split(" ")], cli.environment, cli.folder)

  it("digits are asked for until they are six, and the patient says no to a person who they are not", async () => {
    const alias = await registered("city")
    const desk = terminal(`enrol ${alias} --out told.json --folder city --as desk`)
    await desk.says(/waiting for the device/)
    const device = terminal("join-patient told.json --person shy/people/li.json")
    await device.says(/to nobody else: \d{3} \d{3}/)
    const [, digits] = /to nobody else: (\d{3} \d{3})/.exec(device.out) ?? []
    await desk.says(/The six digits:/)
    desk.type("12 34\n")
    await desk.says(/The six digits:[\s\S]*The six digits:/)
    desk.type(`${digits}\n`)
    await device.says(/you are Mei Family[a-z]+, born 1970-01-31[\s\S]*Type yes:/)
    device.type("no\n")
    assert.equal(await device.ended, 1, device.out)
    assert.match(device.out, /nothing was signed/)
    assert.equal(existsSync(at("shy")), false)
    await desk.says(/waiting for the patient to agree/)
    await desk.close()
    assert.equal(await hasKey("city", alias), false)
  })
})

describe("a QR on the screen", () => {
  it("is the code's modules, two rows in a line, and fits", () => {
    for (const length of [10, 60, 200, 300, 400]) {
      const text = `https://app.example/#enrol=${"Aa0".repeat(length).slice(0, length)}`
      const lines = qrOf(text, 80)?.split("\n") ?? []
      const { data, size } = encode(text, { ecc: "L", border: 2 })
      assert.equal(lines.length, Math.ceil(size / 2))
      const isLight = lines.flatMap((line) => [
        [...line].map((one) => one === "█" || one === "▀"),
        [...line].map((one) => one === "█" || one === "▄"),
      ])
      assert.deepEqual(
        isLight.slice(0, size),
        data.map((row) => row.map((isDark) => !isDark)),
      )
    }
    assert.equal(qrOf("x".repeat(1000), 80), undefined)
  })
})
