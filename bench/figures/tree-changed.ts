import { hash } from "node:crypto"
import { rmSync } from "node:fs"
import { object, put, table, uint } from "@aceso/core"
import { StateStore } from "@aceso/ledger"
import { temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { report, seconds } from "../report.ts"

/**
 * Changed keys per second at one million keys in batches of 1,000: rows, tree, undo records and the durable
 * background flush included. Reference: one SHA-256 of 65 bytes for each of the 20 levels of such a tree.
 */
const KEYS = 1_000_000
const BATCH = 1_000
const rows = table({
  name: "rows",
  key: [uint()],
  row: object({ value: uint() }),
  version: 1,
  readers: "members",
})
const folder = temporaryFolder()
const store = StateStore.open({ folder })
const write = (key: number, value: number) => {
  const { table, key: parts, row } = put(rows, [key], { value })
  return { row: store.row(table, parts), table, decoded: row }
}

let height = 0
for (let from = 0; from < KEYS; from += 20_000) {
  store.apply(
    ++height,
    Array.from({ length: 20_000 }, (_, i) => write(from + i, 0)),
  )
  await store.flush()
}

let state = 12345
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return state % KEYS
}

async function changes(forSeconds: number): Promise<number> {
  const start = performance.now()
  let changed = 0
  while (seconds(start) < forSeconds) {
    const keys = new Set<number>()
    while (keys.size < BATCH) keys.add(random())
    store.apply(
      ++height,
      [...keys].map((key) => write(key, height)),
    )
    changed += BATCH
    store.flushIfDue()
    if (store.isBehind) await store.flush()
    else await new Promise((resolve) => setImmediate(resolve))
  }
  await store.flush()
  return changed / seconds(start)
}

function hashesPerSecond(): number {
  const input = Buffer.alloc(65, 7)
  const start = performance.now()
  let count = 0
  while (seconds(start) < 2) for (let i = 0; i < 1000; i++, count++) hash("sha256", input, "binary")
  return count / seconds(start)
}

await changes(5)
const value = await changes(20)
const reference = hashesPerSecond() / 20
report("tree.changed", value, "keys/s", "SHA-256 of 65 bytes, 20 for each key, one thread", reference)
await store.close()
rmSync(folder, { recursive: true })
