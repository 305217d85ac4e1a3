import { readFileSync } from "node:fs"
import { type Card, card, className, type FetchRequest, fhirDate, messageOf, purpose } from "@aceso/core"
import { isDay, momentOf } from "../moment.ts"
import { UsageError } from "../session.ts"

type Value = string | boolean | undefined

export function purposeOf(value: Value): FetchRequest["purpose"] {
  try {
    return purpose.parse(value ?? "TREAT", "--purpose")
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause })
  }
}

/** Comma-separated FHIR types; nothing: all. */
export function classesOf(value: Value): string[] {
  try {
    return typeof value === "string" && value !== ""
      ? value.split(",").map((name) => className.parse(name.trim(), "--classes"))
      : []
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause })
  }
}

/** A FHIR date or dateTime: a year, a month, a day, or a moment with its zone. */
export function dateOf(value: Value, option: string): string | undefined {
  if (value === undefined) return undefined
  const [date, ...time] = String(value).split("T")
  if (time.length > 0) momentOf(value, option)
  if (!/^\d{4}(-(0[1-9]|1[0-2]))?$/.test(date) && !isDay(date))
    throw new UsageError(`${option} ${value}: expected a date such as 2026-01-31, or a month or a year`)
  return fhirDate.parse(value, option)
}

/** How an end is written, in the words of every --help. */
export const UNTIL =
  "days such as 30d, a date such as 2027-01-31 (its beginning, UTC), or a moment with its zone"

/** ms */
export function untilOf(value: Value, fallbackDays: number): number {
  const text = String(value ?? `${fallbackDays}d`)
  const days = /^(\d{1,4})d$/.exec(text)
  const ms = days
    ? Date.now() + Number(days[1]) * 86_400_000
    : isDay(text)
      ? Date.parse(`${text}T00:00:00Z`)
      : text.includes("T")
        ? momentOf(text, "--until")
        : undefined
  if (ms === undefined || ms <= Date.now())
    throw new UsageError(`--until ${value}: expected what is in the future: ${UNTIL}`)
  return ms
}

export function readCard(path: Value): Card {
  if (typeof path !== "string") throw new UsageError("name the patient's card: --card <file>")
  try {
    return card.parse(JSON.parse(readFileSync(path, "utf8")), "card", "json")
  } catch (cause) {
    throw new UsageError(`${path} is no card: ${messageOf(cause)}`, { cause })
  }
}
