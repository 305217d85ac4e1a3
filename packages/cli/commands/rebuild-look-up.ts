import { join } from "node:path"
import { FolderLock } from "@aceso/ledger"
import { isThere } from "@aceso/ledger/there.ts"
import { readHome } from "@aceso/server/home/read.ts"
import { command } from "../command.ts"

export const rebuildLookUp = command({
  summary: "make the look-up index of a stopped node's vault anew from its records",
  ignores: ["node", "as"],
  changesHome: true,
  example: "aceso rebuild-look-up --folder /var/lib/aceso",
  async run(session) {
    const { config, secrets } = readHome(session.folder, "edit")
    const engine = join(session.folder, "engine")
    // One that is attached to another's engine has none.
    const lock = isThere(engine) ? FolderLock.take(engine) : undefined
    try {
      const { SqliteVault } = await import("@aceso/server/vault/sqlite-vault.ts")
      const folder = join(session.folder, "vault")
      const vault = new SqliteVault({ folder, organisation: config.member, masterKey: secrets.vault })
      try {
        await vault.forgetLookUp()
        let looked = 0
        await vault.completeLookUp(({ done }) => {
          looked = done
          session.progress(`  ${done} record versions looked at`)
        })
        return { looked }
      } finally {
        await vault.close()
      }
    } finally {
      lock?.release()
    }
  },
  print: ({ looked }) => `  the look-up index was made anew from ${looked} record versions`,
})
