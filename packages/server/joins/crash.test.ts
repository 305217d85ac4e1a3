import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync } from "node:fs"
import { join } from "node:path"
import { after, before, it } from "node:test"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { admin, MisfiledWorld } from "../testing/misfiled.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

const child = join(import.meta.dirname, "../testing/move-child.ts")
let world: MisfiledWorld
let record: string
let id: Uint8Array
before(async () => {
  world = await MisfiledWorld.start()
  record = await world.observe("ann")
  const question = { alias: "ann", record, belongsTo: "bob", reason: "two Anns" }
  id = (await world.moves.misfiled(admin("first"), question)).move.id
  await world.agree("ann", id)
  await world.agree("bob", id)
})
after(() => world.end())

function run(folder: string, killAt: number) {
  const time = String(world.clock.time + 3600_000)
  const argv = ["--disable-warning=ExperimentalWarning", child, folder, time, String(killAt)]
  return spawnSync(process.execPath, argv, { encoding: "utf8" })
}

it("a move that is killed at any of its writes ends as one that was not: one delete here, one record there", async () => {
  const vaultFolder = join(world.ledger.folder, "city")
  // Readers of the same files see what is committed; the copy is made while nothing writes.
  const whole = join(world.ledger.folder, "whole")
  cpSync(vaultFolder, whole, { recursive: true })
  const { stdout, stderr } = run(whole, 0)
  const writes = Number(/done after (\d+) writes/.exec(stdout)?.[1])
  assert.ok(writes >= 8, stdout + stderr)
  for (let killAt = 1; killAt <= writes; killAt++) {
    const folder = join(world.ledger.folder, `killed-${killAt}`)
    cpSync(vaultFolder, folder, { recursive: true })
    assert.equal(run(folder, killAt).signal, "SIGKILL")
    assert.match(run(folder, 0).stdout, /done/)
    const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("vault of city") })
    const inLog = async (alias: string) =>
      (await vault.log(await world.handleOf(alias)))
        .filter((one) => `${one.type}/${one.fhirId}` === record)
        .map(({ operation }) => operation)
    assert.equal((await vault.misfiling(id))?.state, "moved", `killed at write ${killAt}`)
    assert.deepEqual([await inLog("ann"), await inLog("bob")], [["create", "delete"], ["create"]])
    for (const one of await vault.log(await world.handleOf("bob"))) await vault.content(one)
    await vault.close()
  }
})
