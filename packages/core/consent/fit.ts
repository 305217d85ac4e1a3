import { dateRange } from "../clinical.ts"
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
    return test(system === undefined ? { code } : { system, code })
  })

/**
 * A permit wants the whole interval inside, a denial any part of it. Bounds that cannot be read, and members
 * that a period does not have, leave it unsure.
 */
export function isInside(period: Json, fromMs: number, toMs: number, isPermit: boolean): Fit {
  const bounds = boundsOf(period)
  if (!bounds) return "unsure"
  const isWhole = fromMs >= bounds.low && toMs <= bounds.high
  const isPart = toMs > bounds.low && fromMs < bounds.high
  if (isPermit) return isWhole ? "yes" : "no"
  // Only partly inside: an exception for that part cannot speak for all of it.
  return isWhole ? "yes" : isPart ? "unsure" : "no"
}

/** undefined: cannot be read */
export function boundsOf(period: Json): { readonly low: number; readonly high: number } | undefined {
  if (!isObject(period) || !Object.keys(period).every((name) => name === "start" || name === "end"))
    return undefined
  const start = bound(period.start)
  const end = bound(period.end)
  if (start === null || end === null) return undefined
  return { low: start?.fromMs ?? Number.NEGATIVE_INFINITY, high: end?.toMs ?? Number.POSITIVE_INFINITY }
}

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
