import { writeSync } from "node:fs"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/** Makes a vault's look-up index, to be killed: prints a line for each durable step. Argument: folder. */
const [folder] = process.argv.slice(2)
const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("master") })
await vault.completeLookUp(({ done }) => writeSync(1, `done ${done}\n`))
await vault.close()
