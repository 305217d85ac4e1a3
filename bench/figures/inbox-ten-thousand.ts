import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { post } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { type Cbor, domainHash, fromHex, inboxAnswer, STAFF_TAG } from "@aceso/core"
import { DEFAULT_ROLE } from "@aceso/server/cases/turns.ts"
import { MAX_INBOX_PAGE } from "@aceso/server/inbox/inbox.ts"
import { percentile, report } from "../report.ts"

/**
 * The first page of an inbox with 10,000 open cases, over HTTP on loopback: at one organisation with 100,000 closed ones
 * besides, at another with none, asked in turn. The items are put there and done as the turns of cases do it.
 */
const ROUNDS = 100
/** Fewer for a look at whether it works. */
const CLOSED = Number(process.env.ACESO_BENCH_CASES ?? 100_000)
const OPEN = CLOSED / 10
/** Items that are written in one transaction. */
const TOGETHER = 2_000
const DAY_MS = 86_400_000
const DUE_MS = 14 * DAY_MS

/** The statements that are really run. */
const prepared = new Set<string>()
const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (sql, ...rest) {
  prepared.add(sql)
  return prepare.call(this, sql, ...rest)
}

const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0 })
const now = Date.now()

let state = 12345
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return state / 2 ** 32
}

/** Cases of the last 15 days, so that some are late, or of the year before. */
async function fill(member: string, closed: number): Promise<void> {
  const { inbox, vault } = network.node(member).services
  for (let from = 0; from < closed + OPEN; from += TOGETHER)
    await vault.atomically(async () => {
      for (let i = from; i < Math.min(closed + OPEN, from + TOGETHER); i++) {
        const isClosed = i < closed
        const id = domainHash("bench-case", i)
        const since = Math.floor(now - (isClosed ? 365 : 15) * DAY_MS * random())
        const what = { state: "asked", steps: 1, keys: [] }
        const dueAt = since + DUE_MS
        await inbox.put({ id, capability: "messages", role: DEFAULT_ROLE, what, since, dueAt })
        // What is due already is looked at as soon as the node runs: here that has been done.
        const at = isClosed || dueAt <= now ? null : dueAt
        await inbox.lookAgain({ id, capability: "messages", at, isOfStranger: false })
        if (isClosed) await inbox.done(id, since + DAY_MS)
      }
    })
}

const inboxOf = (person: string) => {
  const { node, seed: hex } = readJson(layout(folder).person(person)) as { node: string; seed: string }
  const caller = { seed: fromHex(hex), tag: STAFF_TAG }
  const question: Cbor = { limit: MAX_INBOX_PAGE, waitMs: 0 }
  return async () => {
    const began = performance.now()
    const { items } = await post(`${node}/staff/inbox`, question, caller, inboxAnswer)
    if (items.length !== Math.min(OPEN, MAX_INBOX_PAGE)) throw new Error(`a page of ${items.length}`)
    return performance.now() - began
  }
}

/** @throws unless the statement that begins so goes by the index, in its order */
function mustGoBy(index: string, beginning: string): void {
  const vault = new DatabaseSync(join(layout(folder).node("city-hospital"), "vault", "vault.db"), {
    readOnly: true,
  })
  const found = [...prepared].filter((sql) => sql.startsWith(beginning))
  const plans = found.map((sql) => JSON.stringify(vault.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()))
  vault.close()
  const isGood = (plan: string) => / USING (COVERING )?INDEX (\w+)/.exec(plan)?.[2] === index
  if (plans.length === 0 || !plans.every((plan) => isGood(plan) && !plan.includes("TEMP B-TREE")))
    throw new Error(`${index} is not what finds the items: ${plans}`)
}

await fill("city-hospital", CLOSED)
await fill("county-hospital", 0)
const [many, none] = [inboxOf("city-admin"), inboxOf("county-admin")]
const times = { many: [] as number[], none: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  times.many.push(await many())
  times.none.push(await none())
}
const median = (values: readonly number[]) => percentile(values.slice(ROUNDS / 10), 0.5)
report(
  "inbox.ten.thousand",
  median(times.many),
  `ms with ${OPEN} open and ${CLOSED} closed`,
  "ms with none closed",
  median(times.none),
)

const { inbox } = network.node("city-hospital").services
const began = performance.now()
for (let i = 0; i < ROUNDS; i++) await inbox.open({ roles: [DEFAULT_ROLE], limit: MAX_INBOX_PAGE })
report("inbox.ten.thousand.query", (performance.now() - began) / ROUNDS, "ms of them for the query")
await inbox.toLookAt(now, 1, ["messages"])
mustGoBy("inbox_items_open", 'select * from "inbox_items"')
mustGoBy("inbox_looks_due", 'select "id" from "inbox_looks"')
await network.close()
rmSync(folder, { recursive: true, force: true })
