import type { Hash } from "./hash.ts"

/** What two screens show of one hash, for people to compare. */
export function sixDigitsOf([a, b, c, d, e, f]: Hash): string {
  const number = ((a * 256 + b) * 256 + c) * 2 ** 24 + (d * 256 + e) * 256 + f
  return String(number % 1_000_000).padStart(6, "0")
}
