import { existsSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readGenesis, signedGenesis } from "@aceso/core"
import { Chain, FolderLock } from "@aceso/ledger"
import { rules } from "@aceso/server/node/rules.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"

export const rebuildState = command({
  summary: "make the state of a stopped node anew from its log",
  async run(session) {
    const { folder } = session
    const engine = join(folder, "engine")
    if (!existsSync(join(folder, "genesis.json")))
      throw new UsageError(`${folder} holds no genesis.json; name a data folder with --data`)
    const genesis = readGenesis(
      signedGenesis.parse(JSON.parse(readFileSync(join(folder, "genesis.json"), "utf8")), "genesis", "json"),
    )
    const lock = FolderLock.take(engine)
    try {
      // The old state stays aside until the new one is whole.
      const aside = join(engine, "state.old")
      rmSync(aside, { recursive: true, force: true })
      if (existsSync(join(engine, "state"))) renameSync(join(engine, "state"), aside)
      const chain = Chain.open(engine, genesis, rules)
      const { height } = chain.tip
      await chain.close()
      rmSync(aside, { recursive: true, force: true })
      return { height }
    } finally {
      lock.release()
    }
  },
  print: ({ height }) => `  the state was made anew from the log, up to block ${height}`,
})
