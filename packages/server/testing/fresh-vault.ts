import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { randomBytes } from "@aceso/core"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/** A vault of its own for the tests of a suite; it is closed and gone after them. @param name of its folder */
export function freshVault(name: string): SqliteVault {
  const folder = mkdtempSync(join(tmpdir(), `aceso-${name}-`))
  const vault = new SqliteVault({ folder, organisation: "city", masterKey: randomBytes(32) })
  after(async () => {
    await vault.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return vault
}
