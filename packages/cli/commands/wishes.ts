import { readFileSync } from "node:fs"
import { isDay, latestEnd, MAX_GRANT_YEARS, readCard as readCardIn } from "@aceso/client"
import {
  type Card,
  dateRange,
  type FetchRequest,
  fhirDate,
  isResourceType,
  messageOf,
  PURPOSES,
  purpose,
  resourceTypes,
} from "@aceso/core"
import { meant } from "../meant.ts"
import { aheadOf, momentOf } from "../moment.ts"
import { UsageError } from "../session.ts"
import { howLong } from "./consent-words.ts"

type Value = string | boolean | undefined

const perhaps = (given: string, known: readonly string[]): string => {
  const close = meant(given, known)
  return close === undefined ? "." : `; did you mean ${close}?`
}

export const PURPOSE = {
  type: "string",
  words: "TREAT (default), HPAYMT, ...",
  value: "<code>",
} as const

export function purposeOf(value: Value): FetchRequest["purpose"] {
  try {
    return purpose.parse(value ?? "TREAT", "--purpose")
  } catch (cause) {
    throw new UsageError(
      `--purpose ${value} is no purpose${perhaps(String(value), PURPOSES)} There are ${PURPOSES.join(", ")}`,
      { cause },
    )
  }
}

/** As many as a request or a consent may name. */
const MAX_CLASSES = 50

/**
 * What stands between commas; without the option: nothing. An empty list would mean everything, and nobody asks for
 * everything with an option that narrows.
 * @param of what is listed, such as "FHIR types such as Observation,Condition" @throws UsageError
 */
export function listOf(value: Value, option: string, of: string): string[] {
  if (value === undefined) return []
  const all = String(value)
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
  if (all.length === 0) throw new UsageError(`${option}: name ${of}, or leave it away for all`)
  return all
}

/** Comma-separated resource types of FHIR R4; without the option: all. */
export function classesOf(value: Value): string[] {
  const names = listOf(value, "--classes", "FHIR types such as Observation,Condition")
  for (const name of names)
    if (!isResourceType(name))
      throw new UsageError(`--classes ${name} is no FHIR R4 type${perhaps(name, resourceTypes())}`)
  const classes = [...new Set(names)]
  if (classes.length > MAX_CLASSES)
    throw new UsageError(
      `--classes: at most ${MAX_CLASSES} types, not ${classes.length}; leave it away for all`,
    )
  return classes
}

/** A FHIR date or dateTime: a year, a month, a day, or a moment with its zone. */
export function dateOf(value: Value, option: string): string | undefined {
  if (value === undefined) return undefined
  const text = String(value)
  const ms = text.includes("T") ? momentOf(text, option) : undefined
  // FHIR wants the seconds too; without them no custodian could read it.
  const date = ms === undefined || /T\d\d:\d\d:/.test(text) ? text : new Date(ms).toISOString()
  if (ms === undefined && !/^\d{4}(-(0[1-9]|1[0-2]))?$/.test(text) && !isDay(text))
    throw new UsageError(`${option} ${value}: expected a date such as 2026-01-31, or a month or a year`)
  try {
    dateRange(date)
  } catch (cause) {
    throw new UsageError(`${option} ${value}: ${messageOf(cause)}`, { cause })
  }
  return fhirDate.parse(date, option)
}

/** The bounds of the records' own time. */
export function datesOf(from: Value, to: Value): { readonly from?: string; readonly to?: string } {
  const [first, last] = [dateOf(from, "--from"), dateOf(to, "--to")]
  if (first && last && dateRange(first).fromMs >= dateRange(last).toMs)
    throw new UsageError(`--from ${from} is after --to ${to}: nothing lies between`)
  return { ...(first && { from: first }), ...(last && { to: last }) }
}

/** ms */
export function untilOf(value: Value, fallbackDays: number): number {
  const ms = aheadOf(value ?? `${fallbackDays}d`, "--until")
  if (ms > latestEnd(Date.now()))
    throw new UsageError(
      `--until ${value} is ${howLong(ms - Date.now())}; a consent ends within ${MAX_GRANT_YEARS} years, and a new one can be signed then`,
    )
  return ms
}

export function readCard(path: Value): Card {
  if (typeof path !== "string") throw new UsageError("name the patient's card: --card <file>")
  try {
    return readCardIn(readFileSync(path))
  } catch (cause) {
    throw new UsageError(`${path} is no card: ${messageOf(cause)}`, { cause })
  }
}
