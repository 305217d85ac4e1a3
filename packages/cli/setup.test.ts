import assert from "node:assert/strict"
import { globSync, readFileSync, statSync } from "node:fs"
import { request } from "node:http"
import { createServer } from "node:net"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { SETUP_TOKEN } from "@aceso/client/setup-schemas.ts"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { builtPages } from "@aceso/web/build.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("setup")
const at = (...names: string[]) => join(cli.folder, ...names)
const CODE = /the code: ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\n/g
type Said = Record<string, unknown> & { readonly code?: string }

/** A process of `aceso setup`, and a tab of its page that was let in. */
class Tab {
  readonly child: Child
  private readonly url: string
  private token = ""

  private constructor(child: Child, url: string) {
    this.child = child
    this.url = url
  }

  static async open(line: string): Promise<Tab> {
    const child = cli.startTyped(`setup ${line} --port 0`)
    const [, url] = await child.says(/open in a browser on this machine: (http:\/\/127\.0\.0\.1:\d+)\//)
    await child.says(/press Enter/)
    const tab = new Tab(child, url)
    await tab.enter(tab.codes().at(-1) ?? "")
    return tab
  }
  codes(): string[] {
    return [...this.child.err.matchAll(CODE)].map(([, code]) => code)
  }
  async enter(code: string): Promise<Said> {
    const said = await this.ask("enter", { code })
    if (typeof said.token === "string") this.token = said.token
    return said
  }
  ask(path: string, body: unknown): Promise<Said> {
    return new Promise((resolve, reject) => {
      const headers = { origin: this.url, [SETUP_TOKEN]: this.token }
      const asked = request(`${this.url}/setup/${path}`, { method: "POST", headers }, (answer) => {
        let text = ""
        answer.on("data", (chunk: Buffer) => {
          text += chunk
        })
        answer.on("end", () => resolve(JSON.parse(text) as Said))
      })
      asked.on("error", reject)
      asked.end(JSON.stringify(body))
    })
  }
  async kill(): Promise<void> {
    this.child.kill("SIGKILL")
    await this.child.ended
  }
  /** Asks until the node is so far. */
  async untilNode(runs: string, waitsFor?: string): Promise<Said> {
    for (;;) {
      const state = await this.ask("state", {})
      const node = state.node as { runs: string; waitsFor?: string }
      if (node.runs === runs && (waitsFor === undefined || node.waitsFor === waitsFor)) return state
      assert.equal(this.child.process.exitCode, null, this.child.err)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

let ports: number[]
before(async () => {
  await builtPages(() => {})
  ports = await freePorts(3)
})
after(() => cli.end())

const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), "utf8"))
const organisation = (member: string, kind: string, port: number, more: object = {}) => ({
  ...{ member, name: member, kind, url: `http://127.0.0.1:${port}` },
  ...more,
})
async function joinBy(tab: Tab, invitation: unknown): Promise<Said> {
  const { genesisHash, asked } = (await tab.ask("look", { invitation })) as {
    genesisHash: string
    asked: number[]
  } & Said
  const groups = asked.map((n) => genesisHash.slice(4 * (n - 1), 4 * n))
  return tab.ask("join", { invitation, groups })
}

describe("aceso setup", () => {
  it("ends with one sentence after five wrong codes, and has made nothing", async () => {
    const child = cli.startTyped("setup --folder guessed --port 0")
    const [, url] = await child.says(/open in a browser on this machine: (http:\/\/127\.0\.0\.1:\d+)\//)
    const guess = () =>
      fetch(`${url}/setup/enter`, {
        method: "POST",
        headers: { origin: url },
        body: JSON.stringify({ code: "0000-0000-0000-0000" }),
      })
    for (let n = 0; n < 5; n++) assert.ok(!(await guess()).ok)
    assert.equal(await child.ended, 1)
    assert.match(inWords(child.err), /too many wrong codes were typed .* nothing was changed/)
    assert.deepEqual(globSync("guessed/**", { cwd: cli.folder }), [])
  })

  it("makes another code at Enter, which ends the tab before", async () => {
    const tab = await Tab.open("--folder codes")
    assert.equal((await tab.ask("state", {})).home, null)
    tab.child.type("")
    await tab.child.says(/the code: [\s\S]*the code: /)
    assert.equal((await tab.ask("state", {})).home, null, "the tab before stays until the code is used")
    const [first, second] = tab.codes()
    assert.equal((await tab.enter(first)).code, "unknown_code")
    await tab.enter(second)
    assert.equal((await tab.ask("state", {})).home, null)
    assert.equal(await tab.child.stop("SIGTERM"), 0, tab.child.err)
    assert.match(inWords(tab.child.out), /run the same line again to go on/)
  })

  it("says in one sentence what is wrong with how it was called", async () => {
    assert.equal((await cli.run("setup --folder x --port 99999")).status, 2)
    assert.equal((await cli.run("setup")).status, 2)
    const busy = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => busy.once("listening", resolve))
    const { port } = busy.address() as { port: number }
    oneSentence(await cli.run(`setup --folder x --port ${port}`), /cannot be used for the page.*--port/)
    await new Promise((resolve) => busy.close(resolve))
  })
})

describe("aceso setup, killed between all steps", () => {
  let authority: Tab
  let shop: Tab

  it("goes on with the same keys, the same network, the same hash", async () => {
    const killed = async () => {
      await authority.kill()
      authority = await Tab.open("--folder authority")
      return authority.ask("state", {})
    }
    authority = await Tab.open("--folder authority")
    await killed()
    shop = await Tab.open("--folder shop")
    await shop.ask("organisation", organisation("shop", "pharmacy", ports[1], { engine: "remote" }))
    const own = await authority.ask("organisation", organisation("authority", "authority", ports[0]))
    const key = json("authority", "application.json").key
    assert.deepEqual((await killed()).home, own.home)
    assert.equal(json("authority", "application.json").key, key)
    // Whoever is admitted later.
    const founded = await authority.ask("found", { network: "north", applications: [], appOrigins: [] })
    assert.deepEqual((await killed()).network, founded.network)
    for (const path of globSync("authority/**", { cwd: cli.folder })) {
      const file = statSync(at(path))
      assert.equal(file.mode & 0o077, 0, path)
    }
    await shop.kill()
    shop = await Tab.open("--folder shop")
    const joined = await joinBy(shop, json("authority", "invitation.json"))
    assert.deepEqual((joined.network as { sources: string[] }).sources, ["authority"])
    await shop.kill()
    shop = await Tab.open("--folder shop")
    assert.deepEqual((await shop.ask("state", {})).network, joined.network)
  })

  it("starts the node once its port is free, and says what a member waits for", async () => {
    const start = { areSecretsCopied: true }
    const busy = createServer().listen(ports[0], "127.0.0.1")
    await new Promise((resolve) => busy.once("listening", resolve))
    assert.equal((await authority.ask("start", start)).code, "port_in_use")
    await new Promise((resolve) => busy.close(resolve))
    await shop.ask("start", start)
    await shop.untilNode("waiting", "sources")
    await authority.ask("start", start)
    await authority.untilNode("ready")
    await shop.untilNode("waiting", "admission")
    await cli.json("propose admit shop/application.json --folder authority")
    await shop.untilNode("ready")
    await shop.child.says(new RegExp(`ready in \\d+ ms http://127.0.0.1:${ports[1]}`))
  })

  it("invites an administrator by the node that runs, and is told who has the name", async () => {
    assert.equal((await shop.ask("invite", { name: "administrator" })).code, "person_exists")
    const { code, link } = await shop.ask("invite", { name: "head" })
    assert.equal(link, `http://127.0.0.1:${ports[1]}/portal/#join=${code}`)
    assert.deepEqual(await shop.ask("pairing", { code }), { hasDevice: false })
    assert.equal((await shop.ask("confirm", { code, digits: "000000" })).code, "no_device_yet")
    await cli.json(`status --folder shop`)
  })

  it("is closed, and its node goes on in the terminal until it is told to end", async () => {
    assert.deepEqual(await shop.ask("end", {}), {})
    await shop.child.says(/the page has ended; the node goes on here/)
    await assert.rejects(shop.ask("state", {}), /ECONNREFUSED/)
    const { isStarted } = await cli.json<{ isStarted: boolean }>("status --folder shop")
    assert.equal(isStarted, true)
    assert.equal(await shop.child.stop("SIGTERM"), 0, shop.child.err)
    assert.match(shop.child.out, /shop on north: stopped at block \d+/)
  })

  it("starts again where its process was killed with the node in it", async () => {
    await authority.kill()
    authority = await Tab.open("--folder authority")
    assert.deepEqual((await authority.ask("state", {})).node, {
      ...{ runs: "off", isHere: true },
      line: `aceso up --folder ${at("authority")}`,
    })
    await authority.ask("start", { areSecretsCopied: true })
    await authority.untilNode("ready")
    assert.equal(await authority.child.stop("SIGINT"), 0, authority.child.err)
    assert.equal(authority.child.isGroupAlive, false)
  })

  it("has its codes in no file, and a secret nowhere", () => {
    const said = authority.child.out + authority.child.err + shop.child.out + shop.child.err
    for (const path of globSync("{authority,shop}/**/*", { cwd: cli.folder })) {
      if (!statSync(at(path)).isFile()) continue
      const content = readFileSync(at(path), "latin1")
      for (const code of [...authority.codes(), ...shop.codes()]) assert.ok(!content.includes(code), path)
      if (path.includes("/secrets/")) assert.ok(!said.includes(content.trim()), path)
    }
  })
})
