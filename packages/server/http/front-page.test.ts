import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { escapeHtml, languagesOf, pageOf } from "./front-page.ts"

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

describe("a node's front page", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-front-"))
  let network: DemoNetwork
  before(async () => {
    network = await DemoNetwork.open({ folder, port: 0 })
  })
  after(async () => {
    await network.close()
    rmSync(folder, { recursive: true })
  })
  const get = (accept: string | undefined, more: Record<string, string> = {}) =>
    fetch(`${network.node("city-hospital").services.config.url}/`, {
      headers: { ...(accept !== undefined && { accept }), ...more },
    })

  it("tells a browser what this is, whose, at which height, and where to go", async () => {
    const { status, headers, text } = await get(BROWSER).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }))
    assert.equal(status, 200)
    assert.equal(headers.get("content-type"), "text/html; charset=utf-8")
    assert.equal(headers.get("cache-control"), "no-store")
    assert.equal(headers.get("x-content-type-options"), "nosniff")
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? ""
    const hash = createHash("sha256").update(style).digest("base64")
    assert.equal(
      headers.get("content-security-policy"),
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    assert.doesNotMatch(text, /<script|\son\w+=|style="/)
    assert.match(text, /name="viewport"/)
    assert.match(text, /color-scheme:light dark/)
    assert.doesNotMatch(text, new RegExp(folder), "where it lies")
    const { port } = new URL(network.node("city-hospital").services.config.url)
    const { height } = (await network.engine.status()).checkpoint
    for (const part of [
      "City Hospital",
      "city-hospital",
      "aceso-demo",
      `${height}`,
      "/openapi.json",
      `aceso tour --demo ${port}<`,
      `aceso requests --as patient-1 --demo ${port}<`,
      `aceso status --node http://127.0.0.1:${port}<`,
    ])
      assert.ok(text.includes(part), part)
    for (const language of ["en", "zh"]) assert.ok(text.includes(`<section lang="${language}">`))
  })

  for (const accept of [undefined, "*/*", "application/json", "application/cbor"])
    it(`tells ${accept ?? "whoever asks for nothing in particular"} what it told before`, async () => {
      const response = await get(accept)
      assert.equal(response.status, 404)
      assert.doesNotMatch(response.headers.get("content-type") ?? "", /html/)
    })

  it("puts the browser's language first", async () => {
    const text = await get(BROWSER, { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" }).then((one) =>
      one.text(),
    )
    assert.match(text, /<html lang="zh">/)
    assert.ok(text.indexOf('lang="zh">\n<h1>') < text.indexOf('lang="en">\n<h1>'))
  })
})

describe("languagesOf", () => {
  const rows: [header: string | undefined, first: string][] = [
    [undefined, "en"],
    ["zh", "zh"],
    ["zh-Hant-TW;q=0.5, en;q=0.4", "zh"],
    ["en-GB, zh;q=0.9", "en"],
    ["de, zh;q=0.1", "zh"],
    ["zh;q=0, en;q=0.1", "en"],
    ["*", "en"],
    ["zh;q=x", "en"],
  ]
  for (const [header, first] of rows)
    it(`${header}: ${first}`, () => assert.equal(languagesOf(header)[0], first))
})

it("markup and turning characters in a name do nothing", () => {
  const name = `<img src=x onerror=alert(1)>"'&\u202eevil\u0007`
  assert.equal(escapeHtml(name), "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\ufffdevil\ufffd")
  const checkpoint = { height: 1, time: 0 }
  const status = { member: "m", network: "n", checkpoint, isStarted: true }
  const page = pageOf({ status: status as never, name, url: "https://a.example" }, ["en", "zh"])
  assert.doesNotMatch(page, /<img|\u202e/)
  assert.doesNotMatch(page, /aceso tour|--as|--demo/, "what only a demo has")
})
