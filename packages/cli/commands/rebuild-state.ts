import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Chain, FolderLock } from "@aceso/ledger"
import { adoptSnapshot, ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { restoreSnapshot } from "@aceso/ledger/snapshot/restore.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { command } from "../command.ts"
import { ledgerIn } from "../ledger-folder.ts"

export const rebuildState = command({
  summary: "make the state of a stopped node anew from its log",
  ignores: ["node", "as"],
  changesHome: true,
  example: "aceso rebuild-state --folder /var/lib/aceso",
  async run(session) {
    const { folder } = session
    const engine = join(folder, "engine")
    const { signed, genesis } = ledgerIn(folder, "rebuild-state")
    const lock = FolderLock.take(engine)
    // The old state stays aside until the new one is whole.
    const [state, aside, fresh] = ["state", "state.old", "state.new"].map((name) => join(engine, name))
    try {
      for (const left of [aside, fresh]) rmSync(left, { recursive: true, force: true })
      // A network that goes on from another begins with that one's state.
      const origin = join(engine, ORIGIN)
      if (genesis.from) await adoptSnapshot(fresh, signed, rules(), origin)
      // So does a node that began with a snapshot of its own network.
      const isRestored = !genesis.from && isThere(origin)
      if (isRestored) {
        const chain = Chain.open(fresh, genesis, rules())
        await restoreSnapshot(origin, chain).finally(() => chain.close())
      }
      if (isThere(state)) renameSync(state, aside)
      if (genesis.from || isRestored) renameSync(join(fresh, "state"), state)
      const chain = Chain.open(engine, genesis, rules())
      const { height } = chain.tip
      await chain.close()
      for (const left of [aside, fresh]) rmSync(left, { recursive: true, force: true })
      return { height }
    } finally {
      lock.release()
    }
  },
  print: ({ height }) => `  the state was made anew from the log, up to block ${height}`,
})
