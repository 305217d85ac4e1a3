import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import type { SettingChange } from "@aceso/client"
import { PlatformError, randomBytes } from "@aceso/core"
import { parseConfig } from "../node/config.ts"
import { Settings } from "./settings.ts"

/** As an operator wrote it; `later` is of a build to come, and has a number that no double holds. */
const TEXT = `{
  "member": "city", "url": "http://127.0.0.1:1",
  "commitWindowMs":   60000,
  "later": {"rate": 12345678901234567890.10, "x": "\\u0041"}
}
`

/** Kills itself where the new file is whole and not yet in the old one's place. */
const KILLED = `
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
fs.renameSync = () => process.kill(process.pid, "SIGKILL")
syncBuiltinESMExports()
const { Settings } = await import(process.env.SETTINGS)
const { parseConfig } = await import(process.env.CONFIG)
const folder = process.env.FOLDER
const config = parseConfig({ member: "city", url: "http://127.0.0.1:1", folder }, "test")
const settings = new Settings(config, [], { moving: {} }, {
  changes: { note: async () => 1, withdraw: async () => {} },
  staff: { administrators: () => 1 },
})
await settings.set({ base: settings.shown().base, name: "commitWindowMs", value: "5000" }, { name: "ann" })
`

/** Beside what keeps other processes off. */
const filesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== ".changing")
    .sort()

describe("a node's settings", () => {
  let folder: string
  const file = () => join(folder, "node.json")
  const text = () => readFileSync(file(), "utf8")
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aceso-settings-"))
    writeFileSync(file(), TEXT)
  })
  afterEach(() => {
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true })
  })

  function made({
    environment = [],
    administrators = 2,
    ...more
  }: {
    environment?: string[]
    administrators?: number
    [setting: string]: unknown
  } = {}) {
    const given = { member: "city", url: "http://127.0.0.1:1", folder, ...more }
    const config = parseConfig(given, "test")
    const told = { timed: 0, delay: 0, gap: 0 }
    const parts = {
      bell: { setDelay: (ms: number) => void Object.assign(told, { delay: ms }) },
      checkpoints: { everyMs: 0 },
      committer: { dummyRate: 0 },
      decisions: { spreadMs: 0 },
      disclosures: { includeWithinMs: 0 },
      moving: { spreadMs: 0, windowMs: 0 },
      pushes: undefined,
    }
    const noted: Omit<SettingChange, "n" | "at">[] = []
    const changes = {
      note: async ({ at: _, ...change }: Omit<SettingChange, "n">) => noted.push(change),
      withdraw: async (n: number) => void noted.splice(n - 1, 1),
    }
    const staff = { administrators: () => administrators }
    const settings = new Settings(config, environment, parts, { changes, staff })
    settings.onChanged = () => {
      told.timed++
    }
    const set = (name: string, value: string, base = settings.shown().base) =>
      settings.set({ base, name, value }, { name: "ann" })
    return { settings, config, parts, told, changes, noted, set }
  }
  const refused = (code: string, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof PlatformError && error.code === code, String(error))
    assert.match(error.message, words)
    assert.ok(!error.message.includes("\n") || code === "bad_config", "one sentence")
    return true
  }

  it("are written with every other character of the file as it was, and count at once", async () => {
    const { config, parts, told, noted, set } = made()
    await set("commitWindowMs", "5000")
    assert.equal(text(), TEXT.replace("60000", "5000"))
    await set("dummyPercent", "40")
    assert.equal(text(), TEXT.replace("60000", "5000").replace('0041"}\n', '0041"},\n  "dummyPercent": 40\n'))
    await set("noticeDelayMs", "10001")
    await set("moveSpreadMs", "600002")
    await set("checkpointEveryMs", "1000")
    await set("includeWithinMs", "30000")
    await set("twoAdministrators", "true")
    assert.deepEqual(parts, {
      ...{ bell: parts.bell, pushes: undefined },
      checkpoints: { everyMs: 1000 },
      committer: { dummyRate: 0.4 },
      decisions: { spreadMs: 600_002 },
      disclosures: { includeWithinMs: 30_000 },
      moving: { spreadMs: 600_002, windowMs: 5000 },
    })
    assert.deepEqual(told, { timed: 7, delay: 10_001, gap: 0 })
    assert.deepEqual([config.commitWindowMs, config.twoAdministrators], [5000, true])
    assert.equal(noted.length, 7)
    assert.deepEqual(
      [noted[0], noted[6]],
      [
        { by: "ann", name: "commitWindowMs", from: "60000", to: "5000" },
        { by: "ann", name: "twoAdministrators", from: "false", to: "true" },
      ],
    )
    const { later: _, ...kept } = JSON.parse(text()) as Record<string, unknown>
    assert.deepEqual(parseConfig({ ...kept, folder }, "test"), config)
    assert.deepEqual(filesIn(folder), ["node.json"])
  })

  it("say what holds, what the file says, what is usual and what is allowed", () => {
    const { settings } = made({ commitWindowMs: 7, environment: ["port"], watchApp: false })
    const named = (name: string) => settings.shown().settings.find((one) => one.name === name)
    assert.deepEqual(named("commitWindowMs"), {
      ...{ name: "commitWindowMs", kind: "whole number", value: "7", inFile: "60000", default: "60000" },
      ...{ change: "now", least: 1000, most: 3_600_000 },
    })
    assert.deepEqual(named("checkpointEveryMs")?.least, 1000)
    const bounds = (name: string) => [named(name)?.least, named(name)?.most]
    assert.deepEqual(bounds("includeWithinMs"), [13_000, 600_000])
    assert.deepEqual(bounds("disclosureWindowMs"), [1000, 57_000])
    assert.equal(named("port")?.change, "environment")
    assert.equal(named("watchAppEveryMs")?.change, "restart", "nothing is watched")
    assert.equal(named("readingsDayMs")?.change, "restart")
    assert.equal(named("cometbft")?.kind, "object")
    assert.equal(named("folder"), undefined)
  })

  for (const [what, name, value, code, words] of [
    ["an unknown name", "later", "1", "bad_setting", /no setting "later"/],
    ["a name of every object", "__proto__", "1", "bad_setting", /no setting/],
    ["the folder", "folder", "1", "bad_setting", /no setting/],
    ["too much", "dummyPercent", "101", "bad_setting", /from 0 to 100$/],
    ["too little", "checkpointEveryMs", "999", "bad_setting", /from 1000 to 86400000$/],
    ["a block with each moment", "commitWindowMs", "999", "bad_setting", /from 1000 to 3600000$/],
    ["disclosures at each moment", "disclosureWindowMs", "0", "bad_setting", /from 1000 to 600000$/],
    ["no spread of moves", "moveSpreadMs", "599999", "bad_setting", /from 600000 to 604800000$/],
    ["no delay of notices", "noticeDelayMs", "9999", "bad_setting", /from 10000 to 600000$/],
    [
      "fewer dummy entries by one alone",
      "dummyPercent",
      "24",
      "setting_needs_second",
      /less than 25 in node/,
    ],
    ["a shorter window by one alone", "commitWindowMs", "59999", "setting_needs_second", /less than 60000/],
    ["a shorter spread by one alone", "moveSpreadMs", "600000", "setting_needs_second", /hide less$/],
    ["a fraction", "commitWindowMs", "1.5", "bad_setting", /whole number/],
    ["less than nothing", "commitWindowMs", "-1", "bad_setting", /whole number/],
    ["another notation", "commitWindowMs", "1e3", "bad_setting", /whole number/],
    ["JSON of another kind", "commitWindowMs", "true", "bad_setting", /whole number/],
    ["more than one value", "commitWindowMs", '1,"port":2', "bad_setting", /whole number/],
    ["no yes and no no", "twoAdministrators", "1", "bad_setting", /true or false/],
    ["promises that cannot be kept", "includeWithinMs", "12999", "bad_setting", /would break promises/],
    ["a window as long as the promise", "disclosureWindowMs", "60000", "bad_setting", /would break promises/],
    ["what needs a restart", "port", "80", "setting_not_here", /needs a restart/],
    ["an object", "tls", "null", "setting_not_here", /needs a restart/],
    ["what the environment says", "policyDelayMs", "1", "setting_not_here", /environment/],
    [
      "the second administrator away",
      "twoAdministrators",
      "false",
      "setting_not_here",
      /one administrator alone/,
    ],
  ] as const)
    it(`refuse ${what}, and nothing is changed`, async () => {
      const { config, told, noted, set } = made({ environment: ["policyDelayMs"], twoAdministrators: true })
      const before = { ...config }
      await assert.rejects(set(name, value), refused(code, words))
      assert.deepEqual({ ...config }, before)
      assert.equal(text(), TEXT)
      assert.equal(told.timed, 0)
      assert.deepEqual(noted, [])
    })

  it("refuse permissions that arrive by the moment", async () => {
    const { config, set } = made()
    await assert.rejects(
      set("policyDelayMs", "3599999"),
      refused("bad_setting", /from 3600000 to 1209600000$/),
    )
    await set("policyDelayMs", "3600000")
    assert.equal(config.policyDelayMs, 3_600_000)
  })

  it("hide more by the word of one alone", async () => {
    const { config, set } = made({ twoAdministrators: true })
    await set("dummyPercent", "26")
    await set("commitWindowMs", "60000")
    await assert.rejects(set("dummyPercent", "25"), refused("setting_needs_second", /./))
    assert.equal(config.dummyPercent, 26)
  })

  it("ask for a second administrator only where there is one", async () => {
    const alone = made({ administrators: 1 })
    await assert.rejects(
      alone.set("twoAdministrators", "true"),
      refused("only_administrator", /once two people administer this node/),
    )
    assert.equal(alone.config.twoAdministrators, false)
    assert.deepEqual(alone.noted, [])
  })

  it("are compared with what counts before the file", async () => {
    // By itself the file's promise would not hold.
    writeFileSync(file(), TEXT.replace('"member"', '"includeWithinMs": 5000, "member"'))
    const { set } = made({
      environment: ["disclosureWindowMs"],
      disclosureWindowMs: 1000,
      includeWithinMs: 5000,
    })
    await set("dummyPercent", "30")
    assert.match(text(), /"dummyPercent": 30/)
  })

  it("one change waits for the other, and the second one sees what the first one did", async () => {
    const { settings, noted, set } = made()
    const { base } = settings.shown()
    const both = await Promise.allSettled([set("dummyPercent", "30", base), set("dummyPercent", "31", base)])
    assert.deepEqual(
      both.map(({ status }) => status),
      ["fulfilled", "rejected"],
    )
    assert.deepEqual(noted, [{ by: "ann", name: "dummyPercent", from: "25", to: "30" }])
  })

  it("are not written where the file becomes another one while who changes it is noted", async () => {
    const { changes, noted, set } = made()
    const { note } = changes
    changes.note = async (change) => {
      writeFileSync(file(), `${TEXT} `)
      return note(change)
    }
    await assert.rejects(set("dummyPercent", "30"), refused("settings_changed_meanwhile", /./))
    assert.equal(text(), `${TEXT} `)
    assert.deepEqual(noted, [])
  })

  it("refuse a change of an older state, by another tab or by hand", async () => {
    const { settings, set } = made()
    const { base } = settings.shown()
    await set("dummyPercent", "1", base)
    const after = text()
    await assert.rejects(
      set("commitWindowMs", "5000", base),
      refused("settings_changed_meanwhile", /changed meanwhile/),
    )
    await assert.rejects(
      set("commitWindowMs", "5000", randomBytes(32)),
      refused("settings_changed_meanwhile", /./),
    )
    assert.equal(text(), after)
    const seen = settings.shown().base
    writeFileSync(file(), `${after} `)
    await assert.rejects(set("commitWindowMs", "5000", seen), refused("settings_changed_meanwhile", /./))
    assert.equal(text(), `${after} `)
  })

  for (const [what, broken, code] of [
    ["is no JSON", "{", "bad_file"],
    ["is no object", "[]", "bad_file"],
    ["has bytes that are no text", Buffer.from([0x7b, 0xff, 0x7d]), "bad_file"],
    ["has a mistake elsewhere", TEXT.replace('"city"', '"no member"'), "bad_config"],
  ] as const)
    it(`refuse a change where the file ${what}`, async () => {
      const { settings, config, set } = made()
      const { base } = settings.shown()
      writeFileSync(file(), broken)
      const at = code === "bad_config" ? settings.shown().base : base
      await assert.rejects(set("dummyPercent", "1", at), refused(code, /./))
      assert.equal(config.dummyPercent, 25)
      assert.deepEqual(readFileSync(file()), Buffer.from(broken))
    })

  it("leave the old file whole where the process is killed before the new one takes its place", async () => {
    const url = (path: string) => new URL(path, import.meta.url).href
    const { signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", KILLED], {
      env: { FOLDER: folder, SETTINGS: url("./settings.ts"), CONFIG: url("../node/config.ts") },
      encoding: "utf8",
    })
    assert.equal(signal, "SIGKILL", stderr)
    assert.deepEqual(filesIn(folder), ["node.json", "node.json.part"])
    assert.equal(text(), TEXT)
    const { set } = made()
    await set("commitWindowMs", "6000")
    assert.equal(text(), TEXT.replace("60000", "6000"))
    assert.deepEqual(filesIn(folder), ["node.json"])
  })

  it("stay what they were where the disk takes nothing", async () => {
    const { config, told, noted, set } = made()
    const before = { ...config }
    // A folder stands where the new file is to be written.
    symlinkSync(folder, `${file()}.part`)
    await assert.rejects(
      set("commitWindowMs", "5000"),
      refused("settings_not_written", /nothing was changed/),
    )
    assert.deepEqual(noted, [])
    assert.deepEqual({ ...config }, before)
    assert.equal(told.timed, 0)
    assert.equal(text(), TEXT)
  })

  it("are written where a link leads", async () => {
    const real = join(folder, "managed.json")
    writeFileSync(real, TEXT)
    rmSync(file())
    symlinkSync(real, file())
    await made().set("commitWindowMs", "5000")
    assert.equal(readFileSync(real, "utf8"), TEXT.replace("60000", "5000"))
    assert.deepEqual(filesIn(folder), ["managed.json", "node.json"])
  })
})
