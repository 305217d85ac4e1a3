import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { after, describe, it } from "node:test"
import { SETUP_TOKEN } from "@aceso/client/setup-schemas.ts"
import { Gate, MAX_WRONG } from "./gate.ts"
import { MAX_BODY } from "./routes.ts"
import { ask, codeOf, end, enter, entered, open, type Said, send } from "./testing/pages.ts"

after(end)

describe("the code of the first start", () => {
  it("lets one tab in, once; the next one ends the tab before", async () => {
    const one = await open()
    assert.equal(await codeOf(send(one, "/setup/state", "{}")), "setup_elsewhere")
    const token = await enter(one, one.code.toLowerCase().replaceAll("-", " "))
    assert.equal((await ask(one, token, "state", {})).home, null)
    assert.equal(await codeOf(send(one, "/setup/enter", JSON.stringify({ code: one.code }))), "code_used")
    const other = await enter(one, one.page.newCode())
    assert.equal((await ask(one, token, "state", {})).code, "setup_elsewhere")
    assert.equal((await ask(one, other, "state", {})).home, null)
  })

  it("ends the process when it is guessed, and what comes after is not tried", async () => {
    const one = await open()
    const guess = (code: string) => codeOf(send(one, "/setup/enter", JSON.stringify({ code })))
    for (let n = 1; n < MAX_WRONG; n++)
      assert.equal(await guess(n === 1 ? "x" : "0000-0000-0000-0000"), "unknown_code")
    assert.equal(await guess("0000-0000-0000-0001"), "code_guessed")
    assert.equal(await one.page.guessed, "guessed")
    assert.equal(await guess(one.code), "code_guessed")
    assert.ok(!existsSync(one.folder), "nothing was made")
  })

  it("has 80 bits, another one each time, and tries begin anew with it", () => {
    const gate = new Gate()
    const codes = new Set(Array.from({ length: 100 }, () => gate.newCode()))
    assert.equal(codes.size, 100)
    for (const code of codes) assert.match(code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
    for (let n = 1; n < MAX_WRONG; n++) assert.throws(() => gate.enter("none"), { code: "unknown_code" })
    const code = gate.newCode()
    assert.throws(() => gate.enter("none"), { code: "unknown_code" })
    assert.equal(gate.enter(code).length, 64)
  })
})

describe("whoever is not the page of this process", () => {
  const strangers: readonly [comment: string, headers: (url: string) => Readonly<Record<string, string>>][] =
    [
      ["another name for this machine", () => ({ host: "evil.example" })],
      [
        "the name localhost, where another process may listen",
        (url) => ({ host: url.replace("http://127.0.0.1", "localhost") }),
      ],
      ["another port", () => ({ host: "127.0.0.1:1" })],
      ["another origin", () => ({ origin: "https://evil.example" })],
      ["another page of this machine", () => ({ origin: "http://127.0.0.1:1" })],
      ["an origin that is hidden", () => ({ origin: "null" })],
    ]
  for (const [comment, headers] of strangers)
    it(`is refused, code or not: ${comment}`, async () => {
      const one = await open()
      const body = JSON.stringify({ code: one.code })
      const { status, headers: said, text } = await send(one, "/setup/enter", body, headers(one.page.url))
      assert.equal(status, 403)
      assert.equal((JSON.parse(text) as Said).code, "not_permitted")
      assert.equal(said["access-control-allow-origin"], undefined)
      assert.equal((await enter(one)).length, 64, "the code was not used up")
    })

  it("gets the page and its files alone, with a policy that lets nothing else in", async () => {
    const one = await open()
    const { text, headers } = await send(one, "/")
    assert.equal(text, "<p>setup</p>")
    const policy = String(headers["content-security-policy"])
    assert.match(policy, /default-src 'none'.*script-src 'self'.*connect-src 'self'.*frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /\*|unsafe-inline|'unsafe-eval'/)
    assert.equal((await send(one, "/assets/a-1.js")).text, "1")
    for (const path of [
      "/portal.html",
      "/portal/",
      "/setup.html",
      "/assets/..%2fsetup.html",
      "/setup/state",
      "/status",
    ])
      assert.equal((await send(one, path)).status, 404, path)
    const { status, headers: answered } = await send(one, "/setup/enter", JSON.stringify({ code: one.code }))
    assert.deepEqual([status, answered["cache-control"]], [200, "no-store"])
  })

  const bodies: readonly [comment: string, body: string, code: string][] = [
    ["no JSON", "{", "bad_json"],
    ["another form", "[]", "bad_input"],
    ["more than is asked", '{"seed":"00"}', "bad_input"],
    ["more than is held", `{"x":"${"x".repeat(MAX_BODY)}"}`, "too_large"],
  ]
  for (const [comment, body, code] of bodies)
    it(`is told in one sentence what is wrong with a body: ${comment}`, async () => {
      const one = await entered()
      assert.equal(await codeOf(send(one, "/setup/state", body, { [SETUP_TOKEN]: one.token })), code)
    })
})
