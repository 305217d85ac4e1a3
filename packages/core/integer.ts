import { assert } from "./errors.ts"

/** The whole quotient of two safe integers, rounded down; contracts must not use `/`, which makes fractions. */
export function divide(dividend: number, divisor: number): number {
  assert(
    Number.isSafeInteger(dividend) && Number.isSafeInteger(divisor) && divisor > 0,
    "divide takes integers",
  )
  return Math.floor(dividend / divisor)
}
