import { decodeTrusted, messageOf, toHex } from "@aceso/core"
import type { Transaction } from "lmdb"
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

/** A database; `at`: as it was when this read transaction began, whatever its node has written since. */
interface View {
  readonly db: StateDatabase
  readonly at?: Transaction
}

const metaOf = ({ db, at }: View, name: string) => db.meta.get(name, at && { transaction: at })
const rowsOf = ({ db, at }: View) => db.rows.getRange(at ? { transaction: at } : {})
const bucketsOf = ({ db, at }: View) => db.buckets.getRange(at ? { transaction: at } : {})

function heightOf(view: View): number {
  const meta = metaOf(view, "state") as { height?: unknown } | undefined
  if (meta === undefined) return 0
  if (typeof meta.height === "number") return meta.height
  find("state_unreadable", "state", "its height cannot be read")
  return 0
}

type Rows = Map<string, Buffer>
const readAll = (view: View): Rows => {
  const all: Rows = new Map()
  for (const { key, value } of rowsOf(view)) all.set(key.toString("latin1"), Buffer.from(value))
  return all
}

function compareRows(view: View, want: View): number {
  const wanted = readAll(want)
  let rows = 0
  for (const [key, value] of readAll(view)) {
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
function leavesIn(view: View): Rows {
  const leaves: Rows = new Map()
  for (const { value } of bucketsOf(view))
    for (let at = 0; at + SLOT <= value.length; at += SLOT)
      leaves.set(value.toString("latin1", at, at + 32), Buffer.from(value.subarray(at + 32, at + 64)))
  return leaves
}

/** Where the leaves are cut into buckets may differ; leaves and hashes may not. */
function compareTree(view: View, want: View): number {
  const wanted = leavesIn(want)
  let nodes = 0
  for (const { key, value } of bucketsOf(view)) {
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
 * A state folder at the height that it has when it is opened, also while its node goes on writing. Damaged lmdb pages
 * may kill the process that reads them: open it in a child.
 */
export class OpenedState {
  readonly height: number = -1
  readonly base: BaseRecord | undefined
  private readonly view: View | undefined

  constructor(live: string) {
    findings = []
    ;[repair, told] = [REBUILD, "re-execution gives"]
    const db = open(live)
    if (!db) return
    try {
      this.view = { db, at: db.root.useReadTransaction() }
      this.height = heightOf(this.view)
      this.base = baseOf(this.view)
    } catch (error) {
      find("state_unreadable", "state", messageOf(error))
      this.height = -1
    }
  }

  /** What was found when it was opened. */
  get opened(): StateCheck {
    return { height: this.height, rows: 0, nodes: 0, findings, ...(this.base && { base: this.base }) }
  }

  /** Compares every row and every node with a state that was executed again, or with the root that its block names. */
  async compare(expected: Expected): Promise<StateCheck> {
    if ("root" in expected) [repair, told] = [JOIN_AGAIN, "its rows give"]
    if (!this.view || this.height < 0) return this.opened
    try {
      const counts =
        "root" in expected
          ? await compareAlone(this.view, expected)
          : await compare(this.view, expected.folder)
      return { ...this.opened, ...counts }
    } catch (error) {
      find("state_unreadable", "state", messageOf(error))
      return { ...this.opened, height: -1 }
    }
  }

  async close(): Promise<void> {
    this.view?.at?.done()
    await this.view?.db.root.close()
  }
}

/** All at once; see OpenedState. */
export async function checkState(live: string, expected: Expected): Promise<StateCheck> {
  const state = new OpenedState(live)
  const result = await state.compare(expected)
  await state.close()
  return result
}

function baseOf(view: View): BaseRecord | undefined {
  const bytes = metaOf(view, "base") as Buffer | undefined
  if (bytes === undefined) return undefined
  const { height, tip } = decodeTrusted(Uint8Array.from(bytes)) as unknown as Base
  return { height, historyHash: toHex(tip.historyHash), stateRoot: toHex(tip.stateRoot) }
}

/** The state against itself: the tree that its rows give has to be the one on the disk, with the block's root. */
async function compareAlone(
  view: View,
  { root, scratch }: { readonly root: string; readonly scratch: string },
): Promise<{ rows: number; nodes: number }> {
  const store = StateStore.open({ folder: scratch })
  const all = readAll(view)
  const own = await store.replace([...all].map(([key, row]) => [Buffer.from(key, "latin1"), row] as const))
  const recorded = (metaOf(view, "state") as { root?: Buffer } | undefined)?.root
  if (own.toString("hex") !== root || recorded?.toString("hex") !== root)
    find("state_differs", "state", "its rows, or its recorded root, do not give the state root of its block")
  const leaves = leavesIn(view)
  const value = Buffer.alloc(32)
  for (const [key, row] of all) {
    sha256Into(row, value, 0)
    if (!leaves.get(keyHashOf(Buffer.from(key, "latin1")).toString("latin1"))?.equals(value))
      find("row_differs", rowName(key), "the row is not what its leaf in the tree says")
  }
  const nodes = compareTree(view, { db: store.db })
  await store.close()
  return { rows: all.size, nodes }
}

async function compare(view: View, expected: string): Promise<{ rows: number; nodes: number }> {
  const want: View = { db: openDatabase(expected, true) }
  const roots = [view, want].map((one) => (metaOf(one, "state") as { root?: Buffer } | undefined)?.root)
  if (!roots[0] || !roots[1] || Buffer.compare(roots[0], roots[1]) !== 0)
    find("state_differs", "state", "its recorded root is not what re-execution gives")
  const counts = { rows: compareRows(view, want), nodes: compareTree(view, want) }
  await want.db.root.close()
  return counts
}
