import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { PublicClient, StaffClient, StaffNode } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { fromHex, publicKey, randomBytes } from "@aceso/core"

const folder = mkdtempSync(join(tmpdir(), "aceso-settings-routes-"))
let network: DemoNetwork
let url: string
let clerk: StaffNode
before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  ;({ url } = network.node("city-hospital").services.config)
  const seed = randomBytes(32)
  await new StaffClient(url, seedOf("city-admin")).people.add({
    name: "clerk",
    key: publicKey(seed),
    isAdministrator: false,
    role: "clerk",
  })
  clerk = new StaffNode(url, seed)
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})
const seedOf = (name: string) =>
  fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)
const as = (name: string) => new StaffNode(url, seedOf(name))

describe("/staff/settings, /staff/metrics and /staff/backups", () => {
  for (const [who, client] of [
    ["a doctor", () => as("city-doctor")],
    ["a clerk", () => clerk],
    ["another organisation's administrator", () => as("county-admin")],
    ["nobody", () => new StaffNode(url, randomBytes(32))],
  ] as const)
    it(`is nothing for ${who}`, async () => {
      const before = { ...network.node("city-hospital").services.config }
      await assert.rejects(client().settings(), { code: "not_permitted" })
      await assert.rejects(client().setSetting(randomBytes(32), "dummyPercent", 1), { code: "not_permitted" })
      await assert.rejects(client().settingChanges(null, 10), { code: "not_permitted" })
      await assert.rejects(client().metrics(), { code: "not_permitted" })
      await assert.rejects(client().backups(), { code: "not_permitted" })
      assert.deepEqual({ ...network.node("city-hospital").services.config }, before)
    })

  it("shows an administrator what holds, and a change counts in the running node", async () => {
    const { services } = network.node("city-hospital")
    const admin = as("city-admin")
    const { base, settings } = await admin.settings()
    assert.equal(settings.find(({ name }) => name === "policyDelayMs")?.value, "1000")
    const changed = await admin.setSetting(base, "policyDelayMs", 5_000_000)
    assert.equal(changed.settings.find(({ name }) => name === "policyDelayMs")?.value, "5000000")
    assert.equal((await new PublicClient(url).status()).policyDelayMs, 5_000_000)
    await admin.setSetting(changed.base, "dummyPercent", 3)
    assert.equal(services.committer.dummyRate, 0.03)
    await assert.rejects(admin.setSetting(changed.base, "dummyPercent", 4), {
      code: "settings_changed_meanwhile",
    })
    await assert.rejects(admin.setSetting((await admin.settings()).base, "url", 1), {
      code: "setting_not_here",
    })
    const kept = JSON.parse(readFileSync(join(services.config.folder, "node.json"), "utf8"))
    assert.deepEqual([kept.policyDelayMs, kept.dummyPercent], [5_000_000, 3])
  })

  it("tells every administrator who changed what, and in any case who set it back", async () => {
    const admin = as("city-admin")
    const set = async (value: number) =>
      admin.setSetting((await admin.settings()).base, "moveSpreadMs", value)
    await set(700_000)
    await set(3_600_000)
    const { changes, next } = await as("city-registrar").settingChanges(null, 2)
    assert.deepEqual(
      changes.map(({ by, name, from, to }) => [by, name, from, to]),
      [
        ["city-admin", "moveSpreadMs", "700000", "3600000"],
        ["city-admin", "moveSpreadMs", "1000", "700000"],
      ],
    )
    assert.ok(changes.every(({ at }) => at <= Date.now() && at > Date.now() - 600_000))
    const rest = await admin.settingChanges(next as number, 100)
    assert.deepEqual(
      rest.changes.map(({ name, to }) => [name, to]),
      [
        ["dummyPercent", "3"],
        ["policyDelayMs", "5000000"],
      ],
    )
    await assert.rejects(admin.settingChanges(null, 0), { code: "bad_input" })
  })

  it("does not ask for a second administrator where only one is", async () => {
    const { services } = network.node("insurer")
    const person = services.staff.all.find((one) => services.staff.byKey(one.devices[0].key)?.isAdministrator)
    assert.equal(services.staff.administrators(), 1)
    const sole = new StaffNode(services.config.url, seedOf(person?.name ?? ""))
    await assert.rejects(sole.setSetting((await sole.settings()).base, "twoAdministrators", true), {
      code: "only_administrator",
    })
  })

  it("count for an administrator what the node does", async () => {
    const admin = as("city-admin")
    const first = await admin.metrics()
    const { checkpoint } = await new PublicClient(url).status()
    assert.ok(first.height > 0 && first.height <= checkpoint.height)
    assert.ok(first.accepted > 0 && first.requests.refused > 0)
    let later = first
    // The same figures are told for a second.
    while (later.time === first.time) later = await admin.metrics()
    assert.equal(later.began, first.began)
    assert.ok(later.requests.answered > first.requests.answered)
  })
})
