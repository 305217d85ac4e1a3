import { dateRange } from "../clinical.ts"
import type { Interval } from "../elements/walk.ts"
import { asText, isObject, type Json } from "../json.ts"

/** Whether criteria fit; `unsure`: something is not understood, so a permit does not apply and a denial does. */
export type Fit = "yes" | "no" | "unsure"

/** One of several suffices. */
export function anyOf<T>(all: readonly T[], test: (one: T) => Fit): Fit {
  let fit: Fit = "no"
  for (const one of all) {
    const own = test(one)
    if (own === "yes") return "yes"
    if (own === "unsure") fit = "unsure"
  }
  return fit
}

/** As anyOf; what is no list, or an empty one, leaves it unsure. */
export const anyInList = (list: Json, test: (one: Json) => Fit): Fit =>
  Array.isArray(list) && list.length > 0 ? anyOf(list, test) : "unsure"

/** All have to fit. */
export function allOf(fits: readonly Fit[]): Fit {
  if (fits.includes("no")) return "no"
  return fits.includes("unsure") ? "unsure" : "yes"
}

/** What a criterion's Coding or CodeableConcept may say; anything else is not understood. */
export const CODED: ReadonlySet<string> = new Set([
  "id",
  "system",
  "version",
  "code",
  "display",
  "userSelected",
  "coding",
  "text",
])

/** Criteria are Codings, or CodeableConcepts, of whose codings one suffices. */
export const anyCoding = (
  criteria: Json,
  test: (coding: { readonly system?: string; readonly code: string }) => Fit,
): Fit =>
  anyInList(criteria, (one) => {
    if (!isObject(one) || !Object.keys(one).every((name) => CODED.has(name))) return "unsure"
    if (one.coding !== undefined) return anyCoding(one.coding, test)
    const { system, code } = one
    if (typeof code !== "string" || (system !== undefined && typeof system !== "string")) return "unsure"
    // The policy's own object: what is read of it is read once for all records.
    return test(one as { readonly system?: string; readonly code: string })
  })

/**
 * A permit wants the whole interval inside, a denial any part of it. Bounds that cannot be read, and members
 * that a period does not have, leave it unsure.
 */
export function isInside(period: Json, time: Interval, isPermit: boolean): Fit {
  const bounds = boundsOf(period, time)
  if (!bounds) return "unsure"
  if (isPermit) return bounds.isWhole ? "yes" : "no"
  // Only partly inside: an exception for that part cannot speak for all of it.
  return bounds.isWhole ? "yes" : bounds.isPart ? "unsure" : "no"
}

/** A point in time. */
export const at = (ms: number): Interval => {
  const span = { fromMs: ms, toMs: ms + 1 }
  return { ...span, written: span }
}

/**
 * How a time lies in a period; undefined: the period cannot be read. A bound without a zone is a day somewhere: the
 * record's time has to be on the right side of it in UTC and as it is written.
 */
export function boundsOf(
  period: Json,
  { written, ...utc }: Interval,
): { readonly isWhole: boolean; readonly isPart: boolean } | undefined {
  if (!isObject(period) || !Object.keys(period).every((name) => name === "start" || name === "end"))
    return undefined
  const start = bound(period.start)
  const end = bound(period.end)
  if (start === null || end === null) return undefined
  const low = start?.fromMs ?? Number.NEGATIVE_INFINITY
  const high = end?.toMs ?? Number.POSITIVE_INFINITY
  const left = hasZone(period.start) ? [utc] : [utc, written]
  const right = hasZone(period.end) ? [utc] : [utc, written]
  return {
    isWhole: left.every((one) => one.fromMs >= low) && right.every((one) => one.toMs <= high),
    isPart: left.some((one) => one.toMs > low) && right.some((one) => one.fromMs < high),
  }
}

/** Whether a date that can be read is a dateTime or instant with a time of day: these have a zone. */
const hasZone = (value: Json | undefined): boolean => typeof value === "string" && value.includes("T")

/** undefined: open; null: unreadable */
export function bound(value: Json | undefined) {
  if (value === undefined) return undefined
  const text = asText(value)
  if (text === undefined) return null
  try {
    return dateRange(text)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
