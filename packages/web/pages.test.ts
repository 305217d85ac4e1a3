// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const demo = demoInBrowser("pages")

const nodeAt = (member: string) =>
  demo.network.node(member).services.config.url.replace("127.0.0.1", "localhost")
const appAt = () => (demo.network.start ?? "").replace(/demo\/$/, "")

describe("somebody of the demo", () => {
  it("is chosen on the start page, and sees their records, each checked against the ledger in this browser", async () => {
    const { page, context, faults } = await openPage(demo.browser, demo.network.start ?? "")
    assert.deepEqual(await violations(page), [])
    await page.getByRole("link", { name: "patient-1", exact: false }).first().click()
    await page.getByRole("heading", { name: "My records" }).waitFor()
    await page
      .getByText(/Complete and unchanged: all \d+ records of 2 organisations match the ledger/)
      .first()
      .waitFor()
    await page.locator(".entry").nth(10).waitFor({ state: "attached" })
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("who works at a hospital sees its patients", async () => {
    const { page, context, faults } = await openPage(
      demo.browser,
      `${nodeAt("city-hospital")}/portal/#demo=city-doctor`,
    )
    await page.getByText("patient-1 ·", { exact: false }).waitFor()
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("signs in nowhere but at the own organisation, and at no other page's wish", async () => {
    const county = nodeAt("county-hospital")
    const refused = await fetch(`${county}/demo/person?name=city-doctor`)
    assert.equal(refused.status, 404)
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site }
      assert.equal((await fetch(`${county}/demo/person?name=county-doctor`, { headers })).status, 403)
      assert.equal((await fetch(`${county}/demo/app`, { headers })).status, 403)
    }
    assert.deepEqual(await (await fetch(`${county}/demo/app`)).json(), { app: appAt().replace(/\/$/, "") })
    assert.equal((await fetch(`${county}/demo/person?name=patient-1`)).status, 404)
    assert.equal((await fetch(`${appAt()}demo/person?name=county-doctor`)).status, 404)
    assert.equal((await fetch(`${appAt()}demo/person?name=..%2fgenesis`)).status, 404)
  })
})

describe("what a page may do", () => {
  it("is what its policy says, which pages of others cannot widen", async () => {
    const answer = await fetch(`${nodeAt("city-hospital")}/portal/`)
    const policy = answer.headers.get("content-security-policy") ?? ""
    for (const rule of ["default-src 'none'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(rule), rule)
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/)
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:\d+;/)
  })
})
