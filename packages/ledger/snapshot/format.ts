import {
  type Bytes,
  bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  hash32,
  type Infer,
  list,
  networkId,
  object,
  PlatformError,
  uint,
} from "@aceso/core"

/** Snapshots (LEDGER.md; issue: the consortium engine): the same bytes on every node that makes one. */
export const SNAPSHOT_FORMAT = 1
export const CHUNK_BYTES = 8 * 2 ** 20
const MAX_CHUNKS = 65_536

/** What a snapshot holds; its SHA-256 is the snapshot's hash, and it travels as the offer's metadata. */
export const manifest = object({
  format: uint(1000),
  network: networkId,
  height: uint(),
  stateRoot: hash32,
  historyHash: hash32,
  rows: uint(),
  /** SHA-256 of each chunk. */
  chunks: list(hash32, MAX_CHUNKS, 1),
  /** Heights whose blocks changed the validators, so that receipts can be made. */
  validatorHeights: list(uint(), 100_000),
})
export type Manifest = Infer<typeof manifest>

export const encodeManifest = (value: Manifest): Bytes => encodeCbor(value as unknown as Cbor)

/** @throws PlatformError `bad_snapshot` */
export function readManifest(data: Bytes): Manifest {
  try {
    return manifest.parse(decodeCbor(data), "snapshot")
  } catch (cause) {
    throw new PlatformError("bad_snapshot", "the snapshot's manifest is malformed", { cause })
  }
}

/** A row as it lies in the store: its key (table, zero byte, key in CBOR) and its bytes. */
export type SnapshotRow = readonly [key: Bytes, row: Bytes]
/** Payload ids of included transactions that expire in a minute: per block the ids in order, 32 bytes each. */
export type SeenMinute = readonly [minute: number, blocks: readonly Bytes[]]

const row = list(bytes(0, 300_000), 2, 2)
const rows = list(row, 1_000_000)
const seenMinute = object({ minute: uint(), blocks: list(bytes(0, CHUNK_BYTES), 1_000_000) })
const chunk = object({ rows, seen: list(seenMinute, 10_000) })

export interface Chunk {
  readonly rows: readonly SnapshotRow[]
  readonly seen: readonly SeenMinute[]
}

export const encodeChunk = ({ rows, seen }: Chunk): Bytes =>
  encodeCbor({
    rows: rows.map((one) => [...one]),
    seen: seen.map(([minute, blocks]) => ({ minute, blocks: [...blocks] })),
  })

/** @throws PlatformError `bad_snapshot` */
export function readChunk(data: Bytes): Chunk {
  try {
    const value = chunk.parse(decodeCbor(data), "chunk")
    return {
      rows: value.rows as unknown as SnapshotRow[],
      seen: value.seen.map(({ minute, blocks }) => [minute, blocks] as const),
    }
  } catch (cause) {
    throw new PlatformError("bad_snapshot", "a chunk of the snapshot is malformed", { cause })
  }
}

/** Cuts rows and seen ids into chunks of at most CHUNK_BYTES. */
export class ChunkWriter {
  private rows: SnapshotRow[] = []
  private seen: SeenMinute[] = []
  private sizeBytes = 0
  private readonly onChunk: (data: Bytes) => void

  constructor(onChunk: (data: Bytes) => void) {
    this.onChunk = onChunk
  }

  row(key: Bytes, row: Bytes): void {
    this.room(key.length + row.length + 16)
    this.rows.push([key, row])
  }

  ids(minute: number, block: Bytes): void {
    this.room(block.length + 64)
    const last = this.seen.at(-1)
    if (last?.[0] === minute) this.seen[this.seen.length - 1] = [minute, [...last[1], block]]
    else this.seen.push([minute, [block]])
  }

  /** The last chunk; there is one even of nothing. */
  end(): void {
    this.onChunk(encodeChunk({ rows: this.rows, seen: this.seen }))
    this.rows = []
    this.seen = []
  }

  private room(bytes: number): void {
    if (this.sizeBytes + bytes > CHUNK_BYTES - 1024) {
      this.end()
      this.sizeBytes = 0
    }
    this.sizeBytes += bytes
  }
}
