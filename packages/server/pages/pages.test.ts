import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { gunzipSync } from "node:zlib"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { BuiltPages } from "./built.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-built-"))
const built = join(folder, "dist")
const SCRIPT = `console.log(${JSON.stringify("x".repeat(5000))})`
mkdirSync(join(built, "assets"), { recursive: true })
for (const name of ["app", "portal", "start", "open"])
  writeFileSync(join(built, `${name}.html`), `<p>${name}</p>`)
writeFileSync(join(built, "assets", "a-1.js"), SCRIPT)
writeFileSync(join(built, "assets", "secret.key"), "no page")
writeFileSync(join(folder, "outside.html"), "outside")

let network: DemoNetwork
before(async () => {
  network = await DemoNetwork.open({ folder: join(folder, "demo"), port: 0, pages: built })
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})
const node = () => network.node("city-hospital").services.config.url
const app = () => (network.start ?? "").replace("/demo/", "")

describe("the pages at a node", () => {
  it("are found from the front page", async () => {
    const answer = await fetch(`${node()}/`, { headers: { accept: "text/html" }, redirect: "manual" })
    assert.deepEqual([answer.status, answer.headers.get("location")], [302, "/portal/"])
    assert.equal(await (await fetch(`${node()}/portal/`)).text(), "<p>portal</p>")
    assert.equal(await (await fetch(`${node()}/open/`)).text(), "<p>open</p>")
    assert.equal(
      (await fetch(`${node()}/`)).status,
      404,
      "whoever asks for no page is told that there is nothing",
    )
  })

  it("are of the portal at a node, and of the app at its origin, and of nothing else", async () => {
    assert.equal(await (await fetch(`${app()}/`)).text(), "<p>app</p>")
    for (const path of [
      "/app.html",
      "/portal",
      "/assets/secret.key",
      "/assets/..%2f..%2foutside.html",
      "/assets/none.js",
    ])
      assert.notEqual((await fetch(`${app()}${path}`)).status, 200, path)
    for (const path of ["/assets/secret.key", "/assets/%2e%2e/%2e%2e/outside.html"])
      assert.equal((await fetch(`${node()}${path}`)).status, 404, path)
    // Nothing of a node's own API is at the app's origin, but what is open to all and needed first.
    for (const path of ["/staff/list", "/patient/records", "/exchange/fetch"])
      assert.equal((await fetch(`${app()}${path}`, { method: "POST" })).status, 404, path)
    assert.equal((await fetch(`${app()}/genesis`)).status, 200)
  })

  it("come packed, are kept by their hash, and are asked for again only where they changed", async () => {
    const url = `${node()}/assets/a-1.js`
    const answer = await fetch(url, { headers: { "accept-encoding": "gzip" } })
    assert.equal(answer.headers.get("content-encoding"), "gzip")
    assert.match(answer.headers.get("cache-control") ?? "", /immutable/)
    assert.equal(await answer.text(), SCRIPT)
    const etag = answer.headers.get("etag") ?? ""
    assert.equal((await fetch(url, { headers: { "if-none-match": etag } })).status, 304)
    const pages = BuiltPages.read(built)
    const packed = pages.answer("assets/a-1.js", { encodings: "gzip" }, {})
    assert.equal(gunzipSync(await (packed as Response).arrayBuffer()).toString(), SCRIPT)
    assert.equal(pages.answer("assets/a-1.js", {}, {})?.headers.get("content-encoding"), null)
    assert.equal(pages.answer("../outside.html", {}, {}), undefined)
    assert.match((await fetch(`${node()}/portal/`)).headers.get("cache-control") ?? "", /no-cache/)
  })

  it("may talk to their own node alone; the app to every member", async () => {
    const policyAt = async (url: string) => (await fetch(url)).headers.get("content-security-policy") ?? ""
    const portal = await policyAt(`${node()}/portal/`)
    assert.match(portal, new RegExp(`connect-src 'self' ${node()};`))
    const ofApp = await policyAt(`${app()}/`)
    for (const { services } of network.nodes.values()) assert.ok(ofApp.includes(services.config.url))
    for (const policy of [portal, ofApp]) assert.doesNotMatch(policy, /\*|unsafe-inline|'unsafe-eval'/)
  })
})

describe("pages of other origins", () => {
  const ask = (origin: string, method = "OPTIONS") =>
    fetch(`${node()}/staff/list`, {
      method,
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "signature",
      },
    })

  it("may call from this machine, on a network that is on it", async () => {
    const answer = await ask("http://localhost:7445")
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.get("access-control-allow-origin"), "http://localhost:7445")
    assert.equal(
      answer.headers.get("access-control-allow-headers"),
      "content-type, content-digest, signature-input, signature, aceso-handle",
    )
    assert.equal(answer.headers.get("access-control-allow-credentials"), null)
  })

  for (const origin of [
    "https://evil.example",
    "http://localhost.evil.example",
    "null",
    "http://127.0.0.1.evil.example",
  ])
    it(`learn nothing: ${origin}`, async () => {
      for (const method of ["OPTIONS", "POST"])
        assert.equal((await ask(origin, method)).headers.get("access-control-allow-origin"), null)
    })
})
