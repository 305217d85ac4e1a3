import { decodeTrusted, messageOf, toHex } from "@aceso/core"
import type { Base } from "../base.ts"
import { Bucket, SLOT, sha256Into } from "../state/bucket.ts"
import { openDatabase, type StateDatabase } from "../state/database.ts"
import { keyHashOf } from "../state/keys.ts"
import { StateStore } from "../state/store.ts"
import { bitOf, depthOf } from "../state/tree.ts"
import type { Expected, Finding } from "./block-checks.ts"
import type { BaseRecord } from "./linked-blocks.ts"

const REBUILD = "run `aceso rebuild-state`"
const JOIN_AGAIN = "the snapshot that it began with is gone: let the node join the network again"
const MAX_FINDINGS = 1000
let repair = REBUILD
/** What the live state is held against. */
let told = "re-execution gives"
let findings: Finding[] = []

function find(kind: string, where: string, detail: string): void {
  if (findings.length < MAX_FINDINGS) findings.push({ kind, where, detail: `${detail}; ${repair}` })
}

function open(folder: string): StateDatabase | undefined {
  try {
    return openDatabase(folder, true)
  } catch (error) {
    find("state_unreadable", "state", `lmdb cannot open it: ${messageOf(error)}`)
    return undefined
  }
}

function heightOf(db: StateDatabase): number {
  const meta = db.meta.get("state") as { height?: unknown } | undefined
  if (meta === undefined) return 0
  if (typeof meta.height === "number") return meta.height
  find("state_unreadable", "state", "its height cannot be read")
  return 0
}

type Rows = Map<string, Buffer>
const readAll = (db: StateDatabase["rows"]): Rows => {
  const all: Rows = new Map()
  for (const { key, value } of db.getRange({})) all.set(key.toString("latin1"), Buffer.from(value))
  return all
}

function compareRows(db: StateDatabase, want: StateDatabase): number {
  const wanted = readAll(want.rows)
  let rows = 0
  for (const [key, value] of readAll(db.rows)) {
    rows++
    const where = rowName(key)
    const right = wanted.get(key)
    if (!right) find("row_unknown", where, "re-execution gives no such row")
    else if (!right.equals(value)) find("row_differs", where, "the row is not what re-execution gives")
    wanted.delete(key)
  }
  for (const key of wanted.keys())
    find("row_missing", rowName(key), "re-execution gives a row that is not there")
  return rows
}

const rowName = (key: string) => {
  const bytes = Buffer.from(key, "latin1")
  const end = bytes.indexOf(0)
  return `row ${bytes.subarray(0, Math.max(0, end)).toString()} ${bytes.subarray(end + 1).toString("hex")}`
}

/** Each leaf of the tree: its key's hash and its value. */
function leavesIn(db: StateDatabase): Rows {
  const leaves: Rows = new Map()
  for (const { value } of db.buckets.getRange({}))
    for (let at = 0; at + SLOT <= value.length; at += SLOT)
      leaves.set(value.toString("latin1", at, at + 32), Buffer.from(value.subarray(at + 32, at + 64)))
  return leaves
}

/** Where the leaves are cut into buckets may differ; leaves and hashes may not. */
function compareTree(db: StateDatabase, want: StateDatabase): number {
  const wanted = leavesIn(want)
  let nodes = 0
  for (const { key, value } of db.buckets.getRange({})) {
    const where = `node ${key.toString("hex")}`
    if (key.length < 2 || value.length === 0 || value.length % SLOT !== 0 || value.length / SLOT > 16) {
      find("node_damaged", where, "it has an impossible size")
      continue
    }
    nodes += checkBucket(where, key, value, wanted)
  }
  for (const key of wanted.keys())
    find(
      "leaf_missing",
      `leaf ${Buffer.from(key, "latin1").toString("hex")}`,
      `${told} a leaf that is not there`,
    )
  return nodes
}

function checkBucket(where: string, key: Buffer, value: Buffer, wanted: Rows): number {
  const count = value.length / SLOT
  const again = Bucket.empty(key, count)
  for (let i = 0; i < count; i++) {
    const leaf = value.subarray(i * SLOT, i * SLOT + 32)
    const id = leaf.toString("latin1")
    const right = wanted.get(id)
    wanted.delete(id)
    if (!right) find("leaf_unknown", where, `leaf ${leaf.toString("hex")} is not what ${told}`)
    else if (!right.equals(value.subarray(i * SLOT + 32, i * SLOT + 64)))
      find("leaf_differs", where, `leaf ${leaf.toString("hex")} has another value than ${told}`)
    if (!isBelow(leaf, key)) find("node_damaged", where, `leaf ${leaf.toString("hex")} does not belong here`)
    again.set(leaf, value.subarray(i * SLOT + 32, i * SLOT + 64))
  }
  again.rootInto(Buffer.alloc(32), 0)
  for (let i = 0; i < count; i++) {
    // The last slot has no gap after it: its inner hash is unused.
    const end = i === count - 1 ? i * SLOT + 96 : (i + 1) * SLOT
    if (
      again.count !== count ||
      !again
        .slots()
        .subarray(i * SLOT, end)
        .equals(value.subarray(i * SLOT, end))
    )
      find("node_differs", where, `hashes of slot ${i} are not those of its leaves`)
  }
  return 2 * count - 1
}

function isBelow(leaf: Buffer, storeKey: Buffer): boolean {
  const depth = depthOf(storeKey)
  if (depth > 256 || (depth + 7) >> 3 !== storeKey.length - 2) return false
  for (let bit = 0; bit < depth; bit++) if (bitOf(leaf, bit) !== bitOf(storeKey, bit)) return false
  return true
}

export interface StateCheck {
  /** The height that the state stands at; -1: it cannot be read. */
  readonly height: number
  readonly rows: number
  readonly nodes: number
  readonly findings: readonly Finding[]
  /** The snapshot that the state began with. */
  readonly base?: BaseRecord
}

/**
 * Compares every row and every node of a state folder with those of a state that was executed again, or with the root
 * that its block names; without either it only reads the height. Damaged lmdb pages may kill the process: run it in
 * a child.
 */
export async function checkState(live: string, expected?: Expected): Promise<StateCheck> {
  findings = []
  ;[repair, told] =
    expected && "root" in expected ? [JOIN_AGAIN, "its rows give"] : [REBUILD, "re-execution gives"]
  let height = -1
  let counts = { rows: 0, nodes: 0 }
  let base: BaseRecord | undefined
  const db = open(live)
  try {
    if (db) height = heightOf(db)
    if (db) base = baseOf(db)
    if (db && expected)
      counts = "root" in expected ? await compareAlone(db, expected) : await compare(db, expected.folder)
    if (db) height = heightOf(db)
  } catch (error) {
    find("state_unreadable", "state", messageOf(error))
    height = -1
  }
  await db?.root.close()
  return { height, ...counts, findings, ...(base && { base }) }
}

function baseOf(db: StateDatabase): BaseRecord | undefined {
  const bytes = db.meta.get("base") as Buffer | undefined
  if (bytes === undefined) return undefined
  const { height, tip } = decodeTrusted(Uint8Array.from(bytes)) as unknown as Base
  return { height, historyHash: toHex(tip.historyHash), stateRoot: toHex(tip.stateRoot) }
}

/** The state against itself: the tree that its rows give has to be the one on the disk, with the block's root. */
async function compareAlone(
  db: StateDatabase,
  { root, scratch }: { readonly root: string; readonly scratch: string },
): Promise<{ rows: number; nodes: number }> {
  const store = StateStore.open({ folder: scratch })
  const all = readAll(db.rows)
  const own = await store.replace([...all].map(([key, row]) => [Buffer.from(key, "latin1"), row] as const))
  const recorded = (db.meta.get("state") as { root?: Buffer } | undefined)?.root
  if (own.toString("hex") !== root || recorded?.toString("hex") !== root)
    find("state_differs", "state", "its rows, or its recorded root, do not give the state root of its block")
  const leaves = leavesIn(db)
  const value = Buffer.alloc(32)
  for (const [key, row] of all) {
    sha256Into(row, value, 0)
    if (!leaves.get(keyHashOf(Buffer.from(key, "latin1")).toString("latin1"))?.equals(value))
      find("row_differs", rowName(key), "the row is not what its leaf in the tree says")
  }
  const nodes = compareTree(db, store.db)
  await store.close()
  return { rows: all.size, nodes }
}

async function compare(db: StateDatabase, expected: string): Promise<{ rows: number; nodes: number }> {
  const want = openDatabase(expected, true)
  const roots = [db, want].map(({ meta }) => (meta.get("state") as { root?: Buffer } | undefined)?.root)
  if (!roots[0] || !roots[1] || Buffer.compare(roots[0], roots[1]) !== 0)
    find("state_differs", "state", "its recorded root is not what re-execution gives")
  const counts = { rows: compareRows(db, want), nodes: compareTree(db, want) }
  await want.root.close()
  return counts
}
