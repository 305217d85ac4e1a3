/**
 * Memory for buckets, cut from large slabs. With a buffer of its own for each bucket the collector has to visit
 * hundreds of thousands of them; a slab is freed when the last bucket that lies in it is forgotten.
 */
export const SLAB_BYTES = 128 * 1024

export interface Cell {
  readonly slab: Buffer
  readonly at: number
}

let slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
let used = 0

/** The content is whatever lay there. */
export function takeCell(size: number): Cell {
  if (size > SLAB_BYTES) return { slab: Buffer.allocUnsafeSlow(size), at: 0 }
  if (used + size > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    used = 0
  }
  const at = used
  used += size
  return { slab, at }
}
