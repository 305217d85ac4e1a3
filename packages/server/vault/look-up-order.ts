import { type Bytes, type TimeInterval, toHex } from "@aceso/core"

/** FHIR's years have four digits: nothing is before 0001 or after 9999. */
const FIRST_MS = -62_135_596_800_000
const LAST_MS = 253_402_300_799_999
/** Of hexadecimal digits: a moment counted backwards, then what tells equal moments apart. */
const MOMENT_DIGITS = 13
const TIE_BYTES = 8
export const ORDER_DIGITS = MOMENT_DIGITS + 2 * TIE_BYTES
const UNTIMED = "f".repeat(MOMENT_DIGITS)
const ORDER = /^[0-9a-f]{29}$/
const DAY_MS = 86_400_000

/** Lists of times that are about equally long: what lies in a range begins at most so long before it. The last is of none. */
export const LONGEST_MS: readonly number[] = [1_000, DAY_MS, 31 * DAY_MS, 366 * DAY_MS]
export const WITHOUT_TIME = LONGEST_MS.length

export const listOf = (time: TimeInterval | undefined): number =>
  time === undefined ? WITHOUT_TIME : LONGEST_MS.findIndex((most) => time.toMs - time.fromMs <= most)

/** A text that sorts the newest first, and what has no time last. */
export const orderOf = (time: TimeInterval | undefined, tie: Bytes): string =>
  (time === undefined ? UNTIMED : momentOf(time.fromMs)) + toHex(tie)

const momentOf = (ms: number): string =>
  (LAST_MS - Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toString(16).padStart(MOMENT_DIGITS, "0")

export const isOrder = (text: string): boolean => ORDER.test(text)

/** Half-open, of orders. */
export interface OrderRange {
  readonly low: string
  readonly high: string
}

/** Where in a list all stands that may lie in a range of time. @param after of the page before */
export function rangeIn(
  list: number,
  { from, to, after }: { readonly from?: number; readonly to?: number; readonly after?: string },
): OrderRange | undefined {
  if (list === WITHOUT_TIME && (from !== undefined || to !== undefined)) return undefined
  const begin = to === undefined || list === WITHOUT_TIME ? "" : momentOf(to - 1)
  const low = after !== undefined && after + BEHIND > begin ? after + BEHIND : begin
  const high = from === undefined ? BEHIND : momentOf(from - LONGEST_MS[list]) + BEHIND
  return low < high ? { low, high } : undefined
}

/** Sorts behind every digit. */
const BEHIND = "g"

export const isInRange = (order: string, { low, high }: OrderRange): boolean => order >= low && order < high

/** Whether anything that begins so may lie in the range. */
export const mayHold = (beginning: string, { low, high }: OrderRange): boolean =>
  beginning < high && beginning + BEHIND > low

/** Whether what was so then can have been so in the range. */
export const lies = (
  time: TimeInterval | undefined,
  { from, to }: { readonly from?: number; readonly to?: number },
): boolean =>
  time === undefined
    ? from === undefined && to === undefined
    : (to === undefined || time.fromMs < to) && (from === undefined || time.toMs > from)
