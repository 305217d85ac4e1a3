import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { layout, writeJsonFile } from "../home/layout.ts"
import { makeHome } from "../home/make.ts"
import { createNetwork } from "../home/network.ts"
import { RunningHomes } from "../home/open.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-settings-home-"))
const faults: unknown[] = []
let homes: RunningHomes
const open = async (environment: Record<string, string> = {}) => {
  homes = await RunningHomes.open(folder, [], { environment, onFault: (_, error) => faults.push(error) })
  await homes.organisations[0].start()
  return homes.organisations[0].node.services
}

before(async () => {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  await makeHome(folder, {
    ...{ member: "authority", name: "Authority", kind: "authority", url, host: "127.0.0.1", port },
    engine: "embedded",
  })
  createNetwork(folder, "north", [])
  const { config } = layout(folder)
  const given = JSON.parse(readFileSync(config, "utf8"))
  writeJsonFile(config, { ...given, commitWindowMs: 3_600_000 })
})
after(async () => {
  await homes.close()
  rmSync(folder, { recursive: true })
  assert.deepEqual(faults, [])
})

it("a setting that was changed counts in the windows that run, and after a restart", async () => {
  const { settings, committer, config } = await open()
  let rounds = 0
  Object.assign(committer, { flush: async () => ++rounds })
  const set = (name: string, value: string) =>
    settings.set({ base: settings.shown().base, name, value }, { name: "ann" })
  await set("commitWindowMs", "1000")
  while (rounds < 2) await delay(2)
  assert.equal(config.commitWindowMs, 1000)
  await set("commitWindowMs", "3600000")
  await set("dummyPercent", "7")
  await homes.close()
  const again = await open()
  assert.deepEqual([again.config.commitWindowMs, again.config.dummyPercent], [3_600_000, 7])
  const { changes } = await again.settingChanges.page(null, 10)
  assert.deepEqual(
    changes.map(({ by, name, from, to }) => [by, name, from, to]),
    [
      ["ann", "dummyPercent", "25", "7"],
      ["ann", "commitWindowMs", "1000", "3600000"],
      ["ann", "commitWindowMs", "3600000", "1000"],
    ],
  )
})

it("what the environment says is shown so, and changed there alone", async () => {
  await homes.close()
  const { settings } = await open({ ACESO_DUMMY_PERCENT: "9" })
  const { base, settings: all } = settings.shown()
  const shown = all.find(({ name }) => name === "dummyPercent")
  assert.deepEqual([shown?.value, shown?.inFile, shown?.change], ["9", "7", "environment"])
  const set = (name: string, value: string) => settings.set({ base, name, value }, { name: "ann" })
  await assert.rejects(set("dummyPercent", "1"), { code: "setting_not_here" })
  await set("moveSpreadMs", "700000")
  assert.equal(JSON.parse(readFileSync(layout(folder).config, "utf8")).dummyPercent, 7)
})
