import assert from "node:assert/strict"
import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { readAppBuild } from "@aceso/core/app-build.ts"
import { builtPages, rootOf } from "@aceso/web/build.ts"
import { Cli, inWords } from "./testing/aceso.ts"

interface Verified {
  readonly ok: boolean
  readonly checked: Readonly<Record<string, number>>
  readonly findings: readonly { readonly kind: string; readonly where: string; readonly detail: string }[]
  readonly notes: readonly string[]
}

let cli: Cli
let network: DemoNetwork
let pages: string
before(async () => {
  cli = new Cli("verify-app")
  pages = join(cli.folder, "dist")
  cpSync(await builtPages(() => {}), pages, { recursive: true })
  network = await DemoNetwork.open({ folder: demo(), port: 0, pages })
})
after(async () => {
  await network.close()
  await cli.end()
})
const demo = () => join(cli.folder, "demo")
const again = async () => {
  await network.close()
  network = await DemoNetwork.open({ folder: demo(), port: 0, pages })
}
const portalAt = (member: string) => network.node(member).services.config.url

const watcher = () => network.node("county-hospital").services.appWatch

describe("aceso verify --app", () => {
  it("of a demo: everything that is served is what was released", async () => {
    const { ok, checked, findings, notes } = await cli.json<Verified>(`verify --app --folder ${demo()}`)
    assert.deepEqual([ok, findings], [true, []])
    const build = readAppBuild(readFileSync(join(pages, "build.json")))
    // What belongs to the portal, the pages for anybody, the first start and the start page is served elsewhere.
    const elsewhere = [
      "open.html",
      "portal.html",
      "setup.html",
      "start.html",
      "portal-sw.js",
      "portal.webmanifest",
    ]
    assert.equal(checked.files, build.files.length - elsewhere.length)
    for (const one of elsewhere)
      assert.ok(
        build.files.some(({ path }) => path === one),
        one,
      )
    const app = (network.start ?? "").replace("/demo/", "")
    assert.ok(notes.includes(`${app} serves the build ${rootOf(pages)}`), notes.join("\n"))
    assert.ok(notes.includes("members that prove it, beside whoever serves it: 3 of 3 that were asked"))
    const { status, out } = await cli.run(`verify --app --folder ${demo()}`)
    assert.equal(status, 0, out)
    assert.match(inWords(out), /verified checked: 1 origins, \d+ files/)
  })

  it("is what a node that watches shows in its status", async () => {
    await watcher().look()
    const { out } = await cli.run(`status --folder ${demo()} --node ${portalAt("county-hospital")}`)
    assert.match(out, /app {9}http:\/\/localhost:\d+: as released, \d+ files, looked at/)
  })

  it("also of a portal, by its address, and by a genesis that somebody trusts", async () => {
    const line = `verify --app --portal --url ${portalAt("city-hospital")} --folder ${demo()} --anchor ${join(demo(), "genesis.json")}`
    const { ok, notes } = await cli.json<Verified>(line)
    assert.ok(ok)
    assert.ok(notes.includes("the anchor is the file that you named"))
  })

  it("is red, with status 1, where one byte is another one", async () => {
    const { files } = readAppBuild(readFileSync(join(pages, "build.json")))
    const script = files.find(({ path }) => /^assets\/app-.*\.js$/.test(path))?.path as string
    const bytes = readFileSync(join(pages, script))
    bytes[100] ^= 1
    writeFileSync(join(pages, script), bytes)
    await again()
    const { status, out } = await cli.run(`verify --app --json --folder ${demo()}`)
    assert.equal(status, 1)
    const { ok, findings } = JSON.parse(out) as Verified
    assert.equal(ok, false)
    assert.deepEqual(
      findings.map(({ kind, where }) => [kind, where.replace(/^.*: /, "")]),
      [["file_differs", script]],
    )
    const shown = await cli.run(`verify --app --folder ${demo()}`)
    assert.equal(shown.status, 1)
    assert.match(inWords(shown.out), /NOT VERIFIED .* file_differs/)
    await watcher().look()
    const watched = await cli.run(`status --folder ${demo()} --node ${portalAt("county-hospital")}`)
    assert.match(watched.out, /app {9}http:\/\/localhost:\d+: file_differs, assets\/app-/)
    bytes[100] ^= 1
    writeFileSync(join(pages, script), bytes)
  })

  for (const [line, says] of [
    ["verify --url http://127.0.0.1:1", "--url and --portal come with --app"],
    ["verify --app genesis.json", "--app checks the patient's app alone"],
    ["verify --app --portal", "--portal comes with --url"],
    ["verify --app --url https://app.example/page", "--url https://app.example/page: write it as"],
  ] as const)
    it(`says what is wrong with ${line}`, async () => {
      const { status, err } = await cli.run(`${line} --folder ${demo()}`)
      assert.equal(status, 2)
      assert.ok(inWords(err).includes(says), err)
    })

  it("of an origin that nobody answers at is red and says so", async () => {
    const { status, out } = await cli.run(`verify --app --url http://127.0.0.1:9 --folder ${demo()}`)
    assert.equal(status, 1)
    assert.match(inWords(out), /unreachable/)
  })
})
