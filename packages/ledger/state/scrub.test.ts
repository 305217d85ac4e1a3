import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { members } from "@aceso/contracts"
import type { PlatformError } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { admit, makeGenesis, rules, seedOf, temporaryFolder } from "../testing/network.ts"
import { openDatabase } from "./database.ts"

describe("a row that was changed on the disk and that no transaction touches", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis()
  const open = () =>
    EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine"), scrubPauseMs: 5 })

  it("is found by the background check and when it is read; the others are still served", async () => {
    let engine = await open()
    await admit(engine, ["city", "custodian"], ["county", "custodian"])
    await engine.close()
    const database = openDatabase(join(folder, "state"), false)
    const changed = [...database.rows.getRange({})].find(
      ({ key }) => key.includes("members\0") && key.includes("city"),
    )
    assert.ok(changed)
    const bytes = Buffer.from(changed.value)
    bytes[bytes.length - 1] ^= 1
    await database.rows.put(changed.key, bytes)
    await database.root.close()
    engine = await open()
    const finding = await new Promise<PlatformError>((resolve) => {
      engine.onDamage = resolve
    })
    assert.equal(finding.code, "state_damaged")
    assert.match(finding.message, /rebuild-state/)
    assert.equal(finding.details.row, changed.key.toString("hex"))
    const { rows, findings } = engine.metrics().stateCheck
    assert.ok(rows > 0)
    assert.equal(findings, 1)
    await assert.rejects(engine.read(members, ["city"]), { code: "state_damaged" })
    assert.equal((await engine.read(members, ["county"]))?.kind, "custodian")
    await engine.close()
    rmSync(folder, { recursive: true })
  })
})
