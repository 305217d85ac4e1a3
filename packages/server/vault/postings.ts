import { createSecretKey, type KeyObject } from "node:crypto"
import type { StatementSync } from "node:sqlite"
import { type Bytes, type Cbor, equalBytes, randomBytes, sha256, type TimeInterval, toHex } from "@aceso/core"
import { blindTag, decrypt, encrypt } from "./encryption.ts"
import { lookUpDamaged } from "./look-up.ts"
import { isInRange, mayHold, ORDER_DIGITS, type OrderRange, orderOf } from "./look-up-order.ts"

export const POSTINGS = `
CREATE TABLE postings (label BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;`

/** Entries of one node. */
export const SLOTS = 32
const KEY_BYTES = 32
const LIST_BYTES = 16
const LABEL_BYTES = 16
const MAX_SIZES = 100_000
const MAX_LISTS = 10_000
const DIGITS = [..."0123456789abcdef"]

/** An entry of a list. */
export interface Posting {
  readonly label: Bytes
  readonly time: TimeInterval | undefined
  readonly tie: Bytes
  /** Where the keyring says which record version it is; erased with that version's key. */
  readonly pointer: Bytes
  readonly order: string
}
export type NewPosting = Omit<Posting, "label" | "order">

/**
 * Sorted lists in one table of rows that look alike: a random-looking label, and as many sealed bytes each. Which rows
 * are one list's, and how many, only the vault's keys tell.
 *
 * A list is a tree over the digits of its entries' orders. The first 32 entries stand in its root, each later one in the
 * first node with room on the way down to its place. A row is only ever changed for the record that it was made for, and
 * never taken away, so that copies of the file from several days show no more than one does.
 */
export class Postings {
  private readonly prepare: (sql: string) => StatementSync
  private readonly organisation: string
  private readonly tagKey: KeyObject
  /** The key, and room for what is hashed behind it. */
  private readonly labelInput = new Uint8Array(KEY_BYTES + LIST_BYTES + 1 + ORDER_DIGITS)
  private readonly entryKey: KeyObject
  /** Entries of nodes that were looked at for a place, so that an import does not look again and again. */
  private readonly sizes = new Map<string, number>()
  /** Names of lists: most records have codes that others have too. */
  private readonly lists = new Map<string, Bytes>()

  /** @param key a key of the vault by its name */
  constructor(prepare: (sql: string) => StatementSync, organisation: string, key: (name: string) => Bytes) {
    this.prepare = prepare
    this.organisation = organisation
    this.tagKey = createSecretKey(key("look-up lists"))
    this.labelInput.set(key("look-up labels"))
    this.entryKey = createSecretKey(key("look-up entries"))
  }

  /** The name of the list of a code of a type, of times of one length. */
  list(type: string, time: number, code: readonly string[]): Bytes {
    const name = [type, String(time), ...code].join("\0")
    const known = this.lists.get(name)
    if (known) return known
    const list = blindTag(this.tagKey, "list", type, String(time), ...code)
    if (this.lists.size >= MAX_LISTS) this.lists.clear()
    this.lists.set(name, list)
    return list
  }

  /** @returns the label of the new row */
  place(list: Bytes, entry: NewPosting): Bytes {
    const order = orderOf(entry.time, entry.tie)
    const insert = this.prepare("INSERT INTO postings VALUES (?, ?)")
    const name = toHex(list)
    for (let depth = 0; depth <= ORDER_DIGITS; depth++) {
      const beginning = order.slice(0, depth)
      const node = `${name}${beginning}`
      const known = this.sizes.get(node)
      if (known === SLOTS) continue
      const size = known ?? this.firstFree(list, beginning)
      if (this.sizes.size >= MAX_SIZES) this.sizes.clear()
      this.sizes.set(node, Math.min(size + 1, SLOTS))
      if (size === SLOTS) continue
      const label = this.labelOf(list, beginning, size)
      insert.run(label, this.seal(label, entry))
      return label
    }
    throw new Error("33 entries of one list have the same random tie")
  }

  /** What was placed may be gone: a transaction was taken back, or the index is made anew. */
  forgetPlaces(): void {
    this.sizes.clear()
  }

  /** @param entry of the same record, time and tie; undefined: it ends, and its row says nothing any more */
  replace(label: Bytes, entry: NewPosting | undefined): void {
    this.prepare("UPDATE postings SET sealed = ? WHERE label = ?").run(this.seal(label, entry), label)
  }

  /** The entries in a range in their order, read as far as they are asked for. @throws PlatformError `look_up_damaged` */
  *read(list: Bytes, range: OrderRange, beginning = ""): Generator<Posting> {
    const { entries, isFull } = this.node(list, beginning)
    const own = entries.filter(({ order }) => isInRange(order, range))
    own.sort(byOrder)
    if (!isFull) {
      yield* own
      return
    }
    for (const digit of DIGITS) {
      const child = beginning + digit
      if (!mayHold(child, range)) continue
      const here = own.filter(({ order }) => order.startsWith(child))
      yield* inOrder([here.values(), this.read(list, range, child)])
    }
  }

  /** Whether a row is where readers of the list look for an entry. */
  isReached(list: Bytes, { label, order }: Posting): boolean {
    for (let depth = 0; depth <= ORDER_DIGITS; depth++) {
      const beginning = order.slice(0, depth)
      const size = this.firstFree(list, beginning)
      for (let slot = 0; slot < size; slot++)
        if (equalBytes(this.labelOf(list, beginning, slot), label)) return true
      if (size < SLOTS) return false
    }
    return false
  }

  /** What a row says; undefined: there is none, or its entry has ended. @throws PlatformError `look_up_damaged` */
  entry(label: Bytes): Posting | undefined {
    const row = this.prepare("SELECT sealed FROM postings WHERE label = ?").get(label)
    return row && this.open(label, row.sealed as Bytes)
  }

  /** All labels, to be compared with what the records say. */
  *labels(): Generator<Bytes> {
    const rows = this.prepare("SELECT label FROM postings WHERE label > ? ORDER BY label LIMIT 1000")
    for (let after = new Uint8Array(0); ; ) {
      const page = rows.all(after) as { label: Uint8Array<ArrayBuffer> }[]
      if (page.length === 0) return
      for (const { label } of page) yield label
      after = page[page.length - 1].label
    }
  }

  private node(list: Bytes, beginning: string) {
    const get = this.prepare("SELECT sealed FROM postings WHERE label = ?")
    const entries: Posting[] = []
    for (let slot = 0; slot < SLOTS; slot++) {
      const label = this.labelOf(list, beginning, slot)
      const row = get.get(label)
      if (!row) return { entries, isFull: false }
      const entry = this.open(label, row.sealed as Bytes)
      if (entry) entries.push(entry)
    }
    return { entries, isFull: beginning.length < ORDER_DIGITS }
  }

  /**
   * The label of a row of a node: a keyed hash. What is hashed always has the same length, so that the key may stand
   * first (no length extension), which costs a third of an HMAC.
   */
  private labelOf(list: Bytes, beginning: string, slot: number): Bytes {
    const bytes = this.labelInput
    bytes.set(list, KEY_BYTES)
    bytes.fill(0, KEY_BYTES + LIST_BYTES)
    bytes[KEY_BYTES + LIST_BYTES] = slot
    for (let i = 0; i < beginning.length; i++) bytes[KEY_BYTES + LIST_BYTES + 1 + i] = beginning.charCodeAt(i)
    return sha256(bytes).slice(0, LABEL_BYTES)
  }

  /** The rows of a node are made one after the other. */
  private firstFree(list: Bytes, beginning: string): number {
    let [low, high] = [0, SLOTS]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.has(this.labelOf(list, beginning, middle))) low = middle + 1
      else high = middle
    }
    return low
  }

  private has(label: Bytes): boolean {
    return this.prepare("SELECT 1 FROM postings WHERE label = ?").get(label) !== undefined
  }

  private seal(label: Bytes, entry: NewPosting | undefined): Bytes {
    const plain = new Uint8Array(ENTRY_BYTES)
    const view = new DataView(plain.buffer)
    if (entry) {
      plain[0] = 1
      view.setFloat64(1, entry.time?.fromMs ?? Number.NaN)
      view.setFloat64(9, entry.time?.toMs ?? Number.NaN)
      plain.set(entry.tie, 17)
      plain.set(entry.pointer, 25)
    } else plain.set(randomBytes(ENTRY_BYTES - 1), 1)
    return encrypt(this.entryKey, this.belongsTo(label), plain)
  }

  /** In the form of which the beginning is encoded once (encryption.ts). */
  private belongsTo(label: Bytes): Cbor {
    const id = new Uint8Array(32)
    id.set(label)
    return [`posting ${this.organisation}`, id, 0]
  }

  private open(label: Bytes, sealed: Bytes): Posting | undefined {
    let plain: Bytes
    try {
      plain = decrypt(this.entryKey, this.belongsTo(label), sealed)
    } catch (cause) {
      throw lookUpDamaged(`an entry of the look-up index cannot be decrypted (row ${toHex(label)})`, cause)
    }
    if (plain[0] === 0) return undefined
    const view = new DataView(plain.buffer, plain.byteOffset, plain.length)
    const fromMs = view.getFloat64(1)
    const time = Number.isNaN(fromMs) ? undefined : { fromMs, toMs: view.getFloat64(9) }
    const tie = plain.slice(17, 25)
    return { label, time, tie, pointer: plain.slice(25), order: orderOf(time, tie) }
  }
}

/** Whether there is one, two moments, a tie, a pointer. */
const ENTRY_BYTES = 1 + 8 + 8 + 8 + 16

const byOrder = (a: Posting, b: Posting): number => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)

/** Sorted entries of several sources as one sorted source. */
export function* inOrder(sources: readonly Iterator<Posting>[]): Generator<Posting> {
  const heads = sources.map((source) => ({ source, head: source.next() }))
  for (;;) {
    const left = heads.filter(({ head }) => !head.done)
    if (left.length === 0) return
    const first = left.reduce((a, b) => (byOrder(a.head.value, b.head.value) <= 0 ? a : b))
    yield first.head.value
    first.head = first.source.next()
  }
}
