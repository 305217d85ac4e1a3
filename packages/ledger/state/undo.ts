/** What a height changed, so that reads and proofs can go back before it. */
export interface UndoEntry {
  readonly keyHash: Buffer
  readonly dbKey: Buffer
  /** The row before; null: there was none. */
  readonly row: Uint8Array | null
}

export interface Undo {
  readonly height: number
  readonly entries: readonly UndoEntry[]
  /** Buckets touched, with the root of their leaves before; null: empty. */
  readonly buckets: readonly { readonly storeKey: Buffer; readonly root: Buffer | null }[]
}

const ABSENT = 0xffffffff

/** Compact form for lmdb; encodeUndo.decode reads it back. */
export function encodeUndo({ entries, buckets }: Undo): Buffer {
  let size = 8
  for (const { dbKey, row } of entries) size += 40 + dbKey.length + (row?.length ?? 0)
  for (const { storeKey } of buckets) size += 4 + storeKey.length + 32
  const out = Buffer.allocUnsafe(size)
  let at = out.writeUInt32BE(entries.length, 0)
  for (const { keyHash, dbKey, row } of entries) {
    at += keyHash.copy(out, at)
    at = out.writeUInt32BE(dbKey.length, at)
    at += dbKey.copy(out, at)
    at = out.writeUInt32BE(row ? row.length : ABSENT, at)
    if (row) out.set(row, at)
    at += row?.length ?? 0
  }
  at = out.writeUInt32BE(buckets.length, at)
  for (const { storeKey, root } of buckets) {
    at = out.writeUInt16BE(storeKey.length, at)
    at = out.writeUInt16BE(root ? 1 : 0, at)
    at += storeKey.copy(out, at)
    if (root) root.copy(out, at)
    else out.fill(0, at, at + 32)
    at += 32
  }
  return out.subarray(0, at)
}

encodeUndo.decode = (height: number, bytes: Buffer): Undo => {
  let at = 0
  const uint32 = () => {
    at += 4
    return bytes.readUInt32BE(at - 4)
  }
  const take = (size: number) => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const entries: UndoEntry[] = []
  for (let left = uint32(); left > 0; left--) {
    const keyHash = take(32)
    const dbKey = take(uint32())
    const size = uint32()
    entries.push({ keyHash, dbKey, row: size === ABSENT ? null : take(size) })
  }
  const buckets: { storeKey: Buffer; root: Buffer | null }[] = []
  for (let left = uint32(); left > 0; left--) {
    const size = take(2).readUInt16BE()
    const isPresent = take(2).readUInt16BE() === 1
    const storeKey = take(size)
    const root = take(32)
    buckets.push({ storeKey, root: isPresent ? root : null })
  }
  return { height, entries, buckets }
}

/** The oldest record of the key among undos (oldest first): what stood before all of them. */
export function undoOf(undos: readonly Undo[], keyHash: Buffer): UndoEntry | undefined {
  for (const undo of undos) for (const entry of undo.entries) if (entry.keyHash.equals(keyHash)) return entry
  return undefined
}
