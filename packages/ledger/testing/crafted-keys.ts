import { createHash } from "node:crypto"
import { bitOf, setBit } from "../state/tree.ts"

export const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Keys of which many share their first 20 to 250 bits, so that buckets split far down. */
export const craftedKeys: readonly Buffer[] = [0, 0, 20, 60, 131, 200, 250].flatMap((shared, group) => {
  const first = sha256(Buffer.of(group))
  return Array.from({ length: 40 }, (_, i) => {
    const key = sha256(Buffer.of(group, i))
    for (let bit = 0; bit < shared; bit++) setBit(key, bit, bitOf(first, bit) === 1)
    // Six free bits after 250: the number itself keeps keys apart.
    if (shared === 250) for (let bit = 250; bit < 256; bit++) setBit(key, bit, ((i >> (255 - bit)) & 1) === 1)
    return key
  })
})
