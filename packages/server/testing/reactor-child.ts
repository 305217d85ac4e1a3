import { writeSync } from "node:fs"
import { type LedgerEvent, sha256, utf8 } from "@aceso/core"
import { Subscriptions } from "@aceso/ledger/subscriptions.ts"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Inbox, inboxMigrations } from "../inbox/inbox.ts"
import { Reactors, reactorMigrations } from "../reactors/reactors.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/**
 * Reacts to ten events of a ledger, each by an item in the inbox, and kills itself at one of them. Arguments: the vault's
 * folder; `before` or `after` the effect, or `never`; the number of the event. Prints the events that it was told of,
 * and in the end the items.
 */
const [folder, when, at] = process.argv.slice(2)
const LAST = 10
const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("vault of city") })
const inbox = new Inbox(vault.moduleDatabase("inbox", inboxMigrations))
const kill = (here: string, height: number) => {
  if (when === here && height === Number(at)) process.kill(process.pid, "SIGKILL")
}
const events = (height: number): LedgerEvent[] => [
  { height, transaction: 0, index: 0, contract: "cases", name: "opened", data: {} },
]
const subscriptions = new Subscriptions({ height: LAST, prunedUpTo: 0, eventsOf: events })
const reactors = new Reactors({
  engine: { subscribe: (after, onEvent) => subscriptions.subscribe(after, onEvent) },
  database: vault.moduleDatabase("reactors", reactorMigrations),
  onFault: (fault) => writeSync(2, `${fault}\n`),
})
const all = Promise.withResolvers<void>()
reactors.use([
  {
    ...{ name: "items", contract: "cases", events: ["opened"] },
    async react({ height }) {
      writeSync(1, `event ${height}\n`)
      kill("before", height)
      await inbox.put({
        ...{ id: sha256(utf8(`item ${height}`)), capability: "messages", role: "doctor" },
        ...{ what: height, since: height, dueAt: null },
      })
      kill("after", height)
      if (height === LAST) all.resolve()
    },
  },
])
await reactors.start()
// Where the last one was done before, none comes.
const isOver = (await inbox.open({ roles: ["doctor"], limit: 200 })).length === LAST
if (!isOver) await all.promise
await reactors.stop()
const items = await inbox.open({ roles: ["doctor"], limit: 200 })
writeSync(1, `items ${items.map(({ what }) => what).join(" ")}\n`)
await vault.close()
