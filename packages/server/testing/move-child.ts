import { writeSync } from "node:fs"
import { plainFetch } from "@aceso/client"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Decisions } from "../joins/decisions.ts"
import { Moving } from "../joins/moving.ts"
import { Notices } from "../joins/notices.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/**
 * Does what is due of a vault's moves, and kills itself at a write of the vault. Arguments: the vault's folder, the
 * time, at which write (0: never).
 */
const [folder, time, killAt] = process.argv.slice(2)
const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("vault of city") })
let writes = 0
const write = () => {
  writes++
  if (writes === Number(killAt)) process.kill(process.pid, "SIGKILL")
}
for (const name of ["append", "setMisfiling"] as const) {
  const original = vault[name].bind(vault) as (value: never) => Promise<void>
  vault[name] = async (value: never) => {
    write()
    await original(value)
    write()
  }
}
const clock = { time: Number(time), now: () => clock.time }
const decisions = new Decisions(
  vault,
  new Notices(vault, undefined as never, { fetch: plainFetch }, clock),
  () => undefined,
  0,
  clock,
)
const moving = new Moving(vault, decisions, 0, 0)
moving.onFault = (fault) => writeSync(2, `${fault}\n`)
for (let round = 0; round < 3; round++) {
  clock.time++
  await moving.run()
  // As the committer would; each round is a block of its own.
  for (const { log, index } of await vault.uncommitted(100))
    await vault.markCommitted(log, index, 1000 + round)
}
await vault.close()
writeSync(1, `done after ${writes} writes\n`)
