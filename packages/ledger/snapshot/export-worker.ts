import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parentPort, workerData } from "node:worker_threads"
import { openDatabase } from "../state/database.ts"
import { ChunkWriter, type SeenMinute } from "./format.ts"

export interface ExportRequest {
  readonly stateFolder: string
  readonly target: string
  readonly seen: readonly SeenMinute[]
}

export interface ExportAnswer {
  readonly rows: number
  readonly chunks: readonly Uint8Array[]
}

/** Reads the state in slices, each in a read transaction of its own: none may grow old (LEDGER.md, Versions). */
const SLICE = 20_000
const { stateFolder, target, seen } = workerData as ExportRequest
mkdirSync(target, { recursive: true, mode: 0o700 })
const chunks: Uint8Array[] = []
const writer = new ChunkWriter((data) => {
  writeFileSync(join(target, String(chunks.length)), data, { mode: 0o600 })
  chunks.push(createHash("sha256").update(data).digest())
})
const database = openDatabase(stateFolder, true)
let rows = 0
let after: Buffer | undefined
for (;;) {
  let taken = 0
  const range = after ? { start: after, exclusiveStart: true, limit: SLICE } : { limit: SLICE }
  for (const { key, value } of database.rows.getRange(range)) {
    writer.row(Uint8Array.from(key), Uint8Array.from(value))
    after = Buffer.from(key)
    taken++
  }
  rows += taken
  if (taken < SLICE) break
  // A new turn: the next slice takes a new read transaction.
  await new Promise((resolve) => setTimeout(resolve, 0))
}
for (const [minute, blocks] of seen) for (const block of blocks) writer.ids(minute, block)
writer.end()
await database.root.close()
parentPort?.postMessage({ rows, chunks } satisfies ExportAnswer)
