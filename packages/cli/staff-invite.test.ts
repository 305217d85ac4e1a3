import assert from "node:assert/strict"
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, inWords, oneSentence, program } from "./testing/aceso.ts"
import { noTerminal, Terminal } from "./testing/terminal.ts"

const cli = new Cli("staff-invite")
const home = join(cli.folder, "node")
/** Another machine's folder, of whoever is invited. */
const laptop = join(cli.folder, "laptop")
const credentials = (name: string) => join(laptop, "people", `${name}.json`)
let url: string
let node: Child

interface Person {
  readonly name: string
  readonly isInForce: boolean
  readonly isAdministrator: boolean
  readonly role?: string
  readonly absentUntil?: number
  readonly devices: readonly { readonly label: string; readonly key: string; readonly isInForce: boolean }[]
}
const people = async () => (await cli.json<{ people: Person[] }>("staff list --folder node")).people
const personCalled = async (name: string) => (await people()).find((one) => one.name === name)
const inForce = async () => (await people()).filter((one) => one.isInForce).map(({ name }) => name)
const start = async () => {
  node = cli.start("up --folder node")
  await node.says(/^ready in/m)
}
const stop = async () => assert.equal(await node.stop("SIGTERM"), 0, node.err)

before(async () => {
  const [port] = await freePorts(1)
  url = `http://127.0.0.1:${port}`
  await cli.json(`init --folder node --member authority --name Authority --kind authority --url ${url}`)
  await cli.json("network create --folder node --network north")
  mkdirSync(laptop)
  await start()
})
after(() => cli.end())

const CODE = /\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/
async function invites(line: string): Promise<{ child: Child; code: string }> {
  const child = cli.startTyped(`staff invite ${line} --folder node --digits-from -`)
  const [code] = await child.says(CODE)
  return { child, code }
}
/** A device at the command line that has the code. */
async function joins(name: string, code: string): Promise<{ child: Child; digits: string }> {
  const child = cli.startTyped(`staff join ${url} --out ${credentials(name)} --folder laptop`)
  child.type(code)
  const [, a, b] = await child.says(/this device shows: (\d{3}) (\d{3})/)
  return { child, digits: a + b }
}
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")

describe("aceso staff invite and join", () => {
  it("take somebody on whose key was made on another machine, and nobody before the digits", async () => {
    const { child: desk, code } = await invites("dr-li --role doctor --device phone")
    // The code stands in the fragment, which no server is sent.
    assert.ok(inWords(desk.err).includes(`${url}/portal/#join=${code}`), desk.err)
    // As people type it.
    const { child: device, digits } = await joins("dr-li", code.toLowerCase().replaceAll("-", " "))
    await device.says(/whoever invited you at authority \(north\)/)
    assert.equal(statSync(credentials("dr-li")).mode & 0o777, 0o600)
    await desk.says(/a device has come/)
    assert.equal(await personCalled("dr-li"), undefined)
    oneSentence(await cli.run("patients --folder laptop --as dr-li"), /nobody who works with this node now/)
    desk.type(`${digits.slice(0, 3)} ${digits.slice(3)}`)
    assert.deepEqual(await Promise.all([desk.ended, device.ended]), [0, 0], desk.err + device.err)
    assert.match(inWords(desk.out), /dr-li \(doctor\) works with this node from now on the ledger has/)
    assert.match(inWords(device.out), /you are dr-li \(doctor\) at authority by this device, phone/)
    assert.equal((await cli.run("patients --folder laptop --as dr-li")).status, 0)
    const seed = JSON.parse(readFileSync(credentials("dr-li"), "utf8")).seed
    for (const told of [desk, device, node]) assert.ok(!(told.out + told.err).includes(seed))
    assert.ok(!(node.out + node.err).includes(code))
  })

  it("give a further device, under the name that the person has", async () => {
    const { child: desk, code } = await invites("dr-li --json")
    const { child: device, digits } = await joins("tablet", code)
    desk.type(digits)
    assert.deepEqual(await Promise.all([desk.ended, device.ended]), [0, 0], desk.err + device.err)
    assert.deepEqual(JSON.parse(desk.out), {
      ...{ name: "dr-li", isPublished: true, waitsForSecond: false, isNew: false, isAdministrator: false },
    })
    assert.equal(JSON.parse(readFileSync(credentials("tablet"), "utf8")).name, "dr-li")
    assert.deepEqual(
      (await personCalled("dr-li"))?.devices.map(({ label }) => label),
      ["phone", "device-2"],
    )
    const { out } = await cli.run("staff list --folder node")
    assert.match(inWords(out), /dr-li doctor yes .* dr-li phone [0-9a-f]{12} yes .* dr-li device-2/)
    for (const line of out.split("\n")) assert.ok(line.length <= 80, line)
  })

  it("end with wrong digits: the code is dead, and the device counts for nobody", async () => {
    const { child: desk, code } = await invites("eve --administrator")
    const { child: device, digits } = await joins("eve", code)
    await desk.says(/a device has come/)
    desk.type(others(digits))
    assert.deepEqual(await Promise.all([desk.ended, device.ended]), [1, 1], desk.err + device.err)
    assert.match(inWords(desk.err), /not the digits of the device .*The code is dead/)
    assert.match(
      inWords(device.err),
      /no such code here.*if they say that your device was confirmed, .*eve\.json/,
    )
    assert.equal(await personCalled("eve"), undefined)
    rmSync(credentials("eve"))
  })

  it("leave nothing half done when the desk breaks off: the device counts for nobody", async () => {
    const { child: desk, code } = await invites("mia")
    const { child: device } = await joins("mia", code)
    await desk.says(/a device has come/)
    assert.equal(await desk.stop("SIGINT"), 130)
    assert.match(inWords(desk.err), /broken off; .*a code that nobody confirmed dies/)
    assert.equal(await device.stop("SIGINT"), 130)
    assert.equal(await personCalled("mia"), undefined)
  })

  it("leave nothing where the code is wrong", async () => {
    const child = cli.startTyped(`staff join ${url} --out ${credentials("nobody")} --folder laptop`)
    child.type("0000-0000-0000-0000")
    assert.equal(await child.ended, 1)
    oneSentence(child, /there is no such code here/)
    assert.equal(existsSync(credentials("nobody")), false)
  })

  let known: Person[] | undefined
  const wrong: readonly (readonly [line: string, typed: string, status: number, says: RegExp])[] = [
    ["staff invite Eve --digits-from -", "", 2, /Eve: expected small letters/],
    ["staff invite eve --role docter --digits-from -", "", 2, /did you mean doctor\?/],
    ["staff invite eve --device My --digits-from -", "", 2, /--device My: expected small letters/],
    ["staff invite eve --digits-from 123456", "", 2, /the digits never stand in a command line/],
    ["staff invite eve", "", 2, /without a terminal nobody can be asked .*--digits-from -/],
    ["staff invite dr-li --role nurse --digits-from -", "", 1, /somebody is called dr-li here already/],
    ["staff invite dr-li --device phone --digits-from - --as nobody", "", 2, /nobody is called nobody here/],
    [`staff join ${"URL"} --out ${"OUT"}`, "short", 2, /that is no code/],
    [`staff join ${"URL"}/portal#join=X --out ${"OUT"}`, "", 2, /expected a URL .*the code comes on stdin/],
    [`staff join ftp://x --out ${"OUT"}`, "", 2, /expected a URL/],
    ["staff change dr-li", "", 2, /change what\?/],
    ["staff change dr-li --role nurse --no-role", "", 2, /contradict each other/],
    ["staff change nobody --administrator", "", 1, /nobody is called nobody here/],
    ["staff absent dr-li", "", 2, /missing is --until/],
    ["staff absent dr-li --until yesterday", "", 2, /--until yesterday: expected what is in the future/],
    ["staff absent dr-li --until 3d --from 4d", "", 2, /expected what is before --until/],
    ["staff absent administrator --until 3d", "", 1, /without an administrator/],
    ["staff change administrator --no-administrator", "", 1, /without an administrator/],
    ["staff end-key administrator device-1", "", 1, /without an administrator/],
    ["staff end-key dr-li watch", "", 1, /dr-li has no device in force that is called watch/],
    ["staff end-key dr-li My_phone", "", 2, /expected a device's label/],
    ["staff second 5b", "", 2, /how\? --yes or --no/],
    ["staff second 5b --yes", "", 1, /nothing with the id 5b waits/],
    ["staff second Q --yes", "", 2, /which one\?/],
  ]
  for (const [line, typed, status, says] of wrong)
    it(`${line} -> ${status}`, async () => {
      known ??= await people()
      const given = line.replace("URL", url).replace("OUT", credentials("wrong"))
      const child = cli.startTyped(`${given} --folder ${line.includes("join") ? "laptop" : "node"}`)
      if (typed !== "") child.type(typed)
      assert.equal(await child.ended, status, child.out + child.err)
      oneSentence(child, says)
      assert.equal(existsSync(credentials("wrong")), false)
    })

  it("change nothing where they refuse", async () => {
    assert.deepEqual(await people(), known)
  })

  it("write over no file", async () => {
    const before = readFileSync(credentials("dr-li"), "utf8")
    const { status, err } = await cli.run(`staff join ${url} --out ${credentials("dr-li")} --folder laptop`)
    assert.equal(status, 2)
    assert.match(err, /is there already: name another file/)
    assert.equal(readFileSync(credentials("dr-li"), "utf8"), before)
  })

  it("ask at a terminal, and once more for what are no digits", { skip: noTerminal }, async () => {
    const line = [program, "staff", "invite", "tina", "--folder", "node"]
    const desk = new Terminal([process.execPath, ...line], cli.environment, cli.folder)
    await desk.says(CODE)
    const { child: device, digits } = await joins("tina", CODE.exec(desk.out)?.[0] ?? "")
    await desk.says(/The six digits that the new device shows:/)
    desk.type("12345\n")
    await desk.says(/expected six digits.*nothing was\s+tried yet/)
    desk.type(`${digits}\n`)
    assert.deepEqual(await Promise.all([desk.ended, device.ended]), [0, 0], desk.out + device.err)
    assert.match(inWords(desk.out), /tina \(staff\) works with this node from now on/)
  })
})

describe("aceso staff change, absent and end-key", () => {
  it("hold at the running node, each in words and as JSON", async () => {
    const changed = await cli.run("staff change dr-li --role nurse --administrator --folder node")
    assert.match(
      inWords(changed.out),
      /dr-li is administrator, nurse from now on the ledger has the directory/,
    )
    const json = await cli.json("staff change dr-li --no-administrator --folder node")
    assert.deepEqual(json, {
      ...{ name: "dr-li", isPublished: true, waitsForSecond: false, isAdministrator: false, role: "nurse" },
    })
    const ended = await cli.run("staff end-key dr-li phone --folder node")
    assert.match(
      inWords(ended.out),
      /phone \([0-9a-f]{12}\) of dr-li counts no more .*aceso staff invite dr-li/,
    )
    oneSentence(await cli.run("patients --folder laptop --as dr-li"), /nobody who works with this node now/)
    assert.equal((await cli.run("patients --folder laptop --as tablet")).status, 0)
    const absent = await cli.json<{ until: number }>("staff absent dr-li --until 3d --folder node")
    oneSentence(await cli.run("patients --folder laptop --as tablet"), /nobody who works with this node now/)
    assert.equal((await personCalled("dr-li"))?.absentUntil, absent.until)
    assert.ok(!(await inForce()).includes("dr-li"))
    const { out } = await cli.run("staff list --folder node")
    assert.match(inWords(out), /dr-li nurse absent until 20/)
  })

  it("stay over a restart", async () => {
    const before = await people()
    await stop()
    await start()
    assert.deepEqual(await people(), before)
  })
})

describe("a node.json with twoAdministrators", () => {
  before(async () => {
    await stop()
    // One is not enough any more, so the second one comes before.
    await cli.json("staff add second --administrator --folder node")
    const file = join(home, "node.json")
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), twoAdministrators: true }),
    )
    await start()
  })

  it("lets a third administrator wait for the second one's yes", async () => {
    const { child: desk, code } = await invites("third --administrator")
    const { child: device, digits } = await joins("third", code)
    desk.type(digits)
    assert.deepEqual(await Promise.all([desk.ended, device.ended]), [0, 0], desk.err + device.err)
    assert.match(
      inWords(desk.out),
      /third \(administrator\) has a device it waits for a second administrator/,
    )
    assert.match(inWords(device.out), /confirmed; you act at authority as soon as a second administrator/)
    const added = await cli.run("staff add fourth --administrator --folder node")
    assert.match(inWords(added.out), /fourth works with this node as soon as a second administrator agrees/)
    const { waiting } = await cli.json<{ waiting: { id: string; name: string }[] }>(
      "staff waiting --folder node",
    )
    assert.deepEqual(
      waiting.map(({ name }) => name),
      ["third", "fourth"],
    )
    const [third, fourth] = waiting.map(({ id }) => id)
    const shown = await cli.run("staff waiting --folder node --as second")
    assert.match(inWords(shown.out), /third comes as administrator/)
    for (const line of shown.out.split("\n")) assert.ok(line.length <= 80, line)
    oneSentence(
      await cli.run(`staff second ${third} --yes --folder node`),
      /you have asked for this yourself/,
    )
    assert.ok(!(await inForce()).includes("third"))
    const yes = await cli.run(`staff second ${third.slice(0, 8)} --yes --folder node --as second`)
    assert.match(inWords(yes.out), /agreed: third comes as administrator, from now on/)
    const no = await cli.run(`staff second ${fourth} --no --folder node --as second`)
    assert.match(inWords(no.out), /not agreed: fourth comes as administrator; nothing has changed/)
    assert.equal((await cli.run("staff list --folder laptop --as third")).status, 0)
    assert.deepEqual(await cli.json("staff waiting --folder node"), { waiting: [] })
    await stop()
  })
})
