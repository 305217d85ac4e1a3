import { PlatformError } from "@aceso/core"
import type { StateDatabase } from "./database.ts"
import { encodeUndo, type Undo } from "./undo.ts"

const RECENT = 8

/** What the newest heights changed: in lmdb, on the way there, and the last few as they are. */
export class UndoLog {
  private readonly db: StateDatabase
  private readonly heights: number
  private pending: { height: number; bytes: Buffer }[] = []
  private recent: Undo[] = []

  constructor(db: StateDatabase, heights: number) {
    this.db = db
    this.heights = heights
  }

  keep(undo: Undo): void {
    this.pending.push({ height: undo.height, bytes: encodeUndo(undo) })
    this.recent.push(undo)
    if (this.recent.length > RECENT) this.recent.shift()
  }

  /** What the next flush writes. */
  takePending(): readonly { readonly height: number; readonly bytes: Buffer }[] {
    const { pending } = this
    this.pending = []
    return pending
  }

  clear(): void {
    this.pending = []
    this.recent = []
  }

  /**
   * Records of the heights after `height`, oldest first.
   * @throws PlatformError `height_pruned`, `height_unknown`
   */
  after(height: number, newest: number): Undo[] {
    if (height > newest)
      throw new PlatformError("height_unknown", `height ${height} is not there yet; the newest is ${newest}`)
    const pruned = () =>
      new PlatformError(
        "height_pruned",
        `height ${height} is pruned; the newest ${this.heights} heights are served`,
      )
    if (height <= newest - this.heights) throw pruned()
    const undos: Undo[] = []
    const recent = new Map(this.recent.map((undo) => [undo.height, undo]))
    const pending = new Map(this.pending.map((undo) => [undo.height, undo.bytes]))
    for (let h = height + 1; h <= newest; h++) {
      const known = recent.get(h)
      const bytes = known ? undefined : (pending.get(h) ?? this.db.undo.get(h))
      if (known) undos.push(known)
      else if (bytes) undos.push(encodeUndo.decode(h, bytes))
      else throw pruned()
    }
    return undos
  }
}
