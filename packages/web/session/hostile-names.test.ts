import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import type { PublicClient } from "@aceso/client/public-client.ts"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { fromHex, PlatformError, utf8 } from "@aceso/core"
import { application, makeApplication } from "@aceso/server/home/application.ts"
import { openSession } from "./open/index.ts"
import { nodeCalls } from "./open/node-shown.ts"
import { valueShown } from "./shown-value.ts"
import { readApplication } from "./staff/ballots.ts"
import { staffSession } from "./staff/index.ts"
import { together } from "./together.ts"

/** Read aloud: "City Hospital", from right to left, with something that has no width. */
const HOSTILE = "\u202Elatipsoh ytiC\u202C \u200B"
const SHOWN = "\\u{202E}latipsoh ytiC\\u{202C} \\u{200B}"
const RAW = /[\u202a-\u202e\u2066-\u2069\u200b]/u

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const application1 = (name: string) =>
  makeApplication(
    { member: "evil", name, kind: "authority", url: "http://127.0.0.1:7999" },
    { member: seed(21), validator: seed(22), node: seed(23) },
  )

function mustBeVisible(what: string, answer: unknown): string {
  const json = JSON.stringify(answer)
  assert.doesNotMatch(json, RAW, what)
  return json
}

describe("a name that turns and hides text, as pages get it", () => {
  let folder: string
  let network: DemoNetwork
  let staff: Awaited<ReturnType<typeof sessionOf>>
  const sessionOf = async (member: string, who: string) => {
    const { seed: own } = readJson(layout(folder).person(who)) as { seed: string }
    const node = network.node(member).services.config.url
    const session = await staffSession({ node, member, seed: fromHex(own), name: who } as never)
    const rest = await (session as unknown as { rest(): Promise<object> }).rest()
    return together(rest) as unknown as typeof session
  }
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "aceso-hostile-"))
    network = await DemoNetwork.open({ folder, port: 0 })
    await populate(network)
    const { member, kind, url, key } = application1("Evil")
    const change = { do: "admit", name: HOSTILE, member, kind, url, key }
    const at = (who: string) => network.node(who).services.ledger
    await at("authority").call("governance", "propose", { changes: [change] } as never)
    staff = await sessionOf("city-hospital", "city-admin")
    const { ballots } = await staff.ballots(false)
    const [{ id }] = ballots
    assert.equal(ballots[0].changes[0].name, SHOWN)
    for (const who of ["city-hospital", "county-hospital"])
      await at(who).call("governance", "vote", { proposal: fromHex(id), yes: true } as never)
  })
  after(async () => {
    await network.close()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const [what, args] of [
    ["ballots", [true]],
    ["members", []],
    ["oversightMembers", []],
    ["nodeStatus", []],
    ["recoveryState", []],
  ] as const)
    it(`of a portal's ${what}`, async () => {
      const call = staff[what] as (...args: readonly unknown[]) => Promise<unknown>
      assert.ok(mustBeVisible(what, await call(...args)).includes(JSON.stringify(SHOWN).slice(1, -1)))
    })
  it("of whoever opens the portal after it", async () => {
    const { me } = await sessionOf("county-hospital", "county-admin")
    assert.equal((await me()).names.evil, SHOWN)
  })
  it("of the public pages", async () => {
    const open = openSession(network.node("authority").services.config.url)
    for (const what of ["members", "nodeShown"] as const)
      assert.ok(mustBeVisible(what, await open[what]()).includes(JSON.stringify(SHOWN).slice(1, -1)))
    const named = nodeCalls({
      status: async () => ({ member: "evil" }),
      members: async () => [{ member: "evil", name: HOSTILE }],
    } as unknown as PublicClient)
    assert.equal(await named.nodeName(), SHOWN)
  })
  it("of a value of the ledger, whose lines stay", () => {
    assert.equal(valueShown({ name: HOSTILE }), `{\n "name": ${JSON.stringify(SHOWN)}\n}`)
  })
  it("is not proposed from a page, because it would be another than is read", () => {
    const file = (name: string) => utf8(JSON.stringify(application.toJson(application1(name))))
    assert.throws(
      () => readApplication(file(HOSTILE)),
      (error) =>
        error instanceof PlatformError && error.code === "bad_application" && /U\+202E/.test(error.message),
    )
    assert.equal(readApplication(file("\u0645\u0634\u0641\u0649\u200f 1")).member, "evil")
  })
})
