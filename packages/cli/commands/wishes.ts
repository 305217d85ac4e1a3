import { readFileSync } from "node:fs"
import { type Card, card, className, type FetchRequest, fhirDate, messageOf, purpose } from "@aceso/core"
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

export function dateOf(value: Value, option: string): string | undefined {
  if (value === undefined) return undefined
  try {
    return fhirDate.parse(value, option)
  } catch (cause) {
    throw new UsageError(`${messageOf(cause)}, such as 2026-01-31`, { cause })
  }
}

/** A date, or a number of days from now such as `30d`; ms. */
export function untilOf(value: Value, fallbackDays: number): number {
  const days = /^(\d{1,4})d$/.exec(String(value ?? `${fallbackDays}d`))
  const ms = days ? Date.now() + Number(days[1]) * 86_400_000 : Date.parse(String(value))
  if (Number.isNaN(ms) || ms <= Date.now())
    throw new UsageError(`--until ${value}: expected a future date such as 2027-01-31, or days such as 30d`)
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
