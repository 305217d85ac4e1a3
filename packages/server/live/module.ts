import { serverModule } from "../modules/module.ts"
import { liveRoute } from "../modules/route.ts"
import { LedgerFeed } from "./feed.ts"

/** How often it is tried to hear the ledger, while that cannot be reached, ms. */
const RETRY_MS = 5_000

/** Tells pages that there is something new to look at. */
export const liveModule = serverModule({
  name: "live",
  needs: [
    "askers",
    "committer",
    "config",
    "custodian",
    "disclosures",
    "engine",
    "inbox",
    "live",
    "onFault",
    "pairings",
    "readings",
    "staff",
    "stocks",
  ],
  setup: (services) => {
    const { askers, config, engine, live, onFault, stocks } = services
    const { member } = config
    let feed: LedgerFeed | undefined
    const ends: (() => void)[] = []
    return {
      routes: [
        liveRoute({
          by: "listening staff",
          path: "/staff/live",
          summary: "events that there is something new to look at for the caller",
        }),
        liveRoute({
          by: "listening patient",
          path: "/patient/live",
          summary: "events that there is something new to look at for a patient",
        }),
      ],
      windows: [{ name: "live", everyMs: RETRY_MS, run: async () => feed?.begin() }],
      async start() {
        const { committer, custodian, disclosures, inbox, pairings, readings, staff } = services
        feed = new LedgerFeed({ engine, stocks, live, askers, member, onFault })
        disclosures.onNoted.push((handle) => live.toPatient(handle, "audit"))
        readings.onNoted.push((handle) => live.toPatient(handle, "audit"))
        custodian.onWaiting.push((handle) => live.toPatient(handle, "requests"))
        pairings.onMoved = (by) => live.toStaff("desk", [by])
        committer.onCommitted = (logs) => {
          for (const handle of logs) {
            live.toPatient(handle, "records")
            live.toStaff("patient", askers.of({ custodian: member, handle }))
          }
        }
        ends.push(
          inbox.listen(() => live.toStaff("inbox")),
          staff.changes.listen(() => live.checkStaff()),
        )
        // Where the ledger is away just now, the window tries again.
        await feed.begin().catch(onFault)
      },
      async stop() {
        feed?.close()
        for (const end of ends) end()
        live.close()
      },
    }
  },
})
