import { asText, isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"
import { isAside } from "./datatype.ts"
import { joined, present, scalarText, systemName } from "./datatypes.ts"
import { words } from "./spoken.ts"

/** A datatype in one line that says all of some of its members. */
export interface Whole {
  readonly text: string
  /** Those that are said. */
  readonly covered: ReadonlySet<string>
}

interface Form {
  /** All that it may hold. */
  readonly members: ReadonlySet<string>
  /** Those that its text says. */
  readonly said: readonly string[]
  readonly text: (value: JsonObject) => string | undefined
}
const form = (members: string, said: string, text: Form["text"]): Form => ({
  members: new Set(members.split(" ")),
  said: said.split(" "),
  text,
})

const CODING = "system version code display userSelected"
const AMOUNT = "value comparator unit system code currency"
const [CODING_MEMBERS, AMOUNT_MEMBERS] = [CODING, AMOUNT].map((members) => new Set(members.split(" ")))

const FORMS: readonly Form[] = [
  form(CODING, CODING, codingText),
  form(AMOUNT, AMOUNT, amountText),
  form("reference type identifier display", "reference type display", referenceText),
  form("use type system value period assigner rank", "use system value rank", numberText),
  form("text time authorString authorReference", "text", ({ text }) => asText(text) || undefined),
  form("start end", "start end", periodText),
  form("low high", "low high", ({ low, high }) => amounts(low, high, rangeOf)),
  form("numerator denominator", "numerator denominator", ({ numerator, denominator }) =>
    amounts(numerator, denominator, (a, b) => `${a ?? "?"} : ${b ?? "?"}`),
  ),
  form("coding text", "coding text", conceptText),
]

/** @returns undefined: no form of one line says all that its members say */
export function wholeOf(value: JsonObject): Whole | undefined {
  const names = Object.keys(value).filter((name) => !isAside(name))
  if (names.length === 0) return undefined
  for (const { members, said, text } of FORMS) {
    if (!names.every((name) => members.has(name))) continue
    const line = text(value)
    if (line !== undefined) return { text: line, covered: new Set(said) }
  }
  return undefined
}

/** Of members that have to be plain values; undefined: one of them is none, or empty. */
function plain(value: JsonObject, names: readonly string[]): (string | undefined)[] | undefined {
  const texts = names.map((name) => scalarText(value[name]))
  const isSaid = (text: string | undefined, i: number) =>
    text === undefined ? value[names[i]] === undefined : text !== ""
  return texts.every(isSaid) ? texts : undefined
}

const withMore = (text: string, more: readonly (string | undefined)[]): string =>
  present(more).length > 0 ? `${text} (${joined(more)})` : text

function codingText(value: JsonObject): string | undefined {
  const all = plain(value, ["display", "code", "system", "version", "userSelected"])
  if (!all) return undefined
  const [display, code, system, version, selected] = all
  const first = display ?? code ?? (system === undefined ? undefined : words.noCode)
  if (first === undefined) return undefined
  return withMore(first, [
    display === undefined || display === code ? undefined : code,
    system === undefined ? undefined : systemName(system),
    version === undefined ? undefined : `${words.version} ${version}`,
    selected === undefined ? undefined : `${words.selected}${words.colon}${selected}`,
  ])
}

/** A Quantity or Money. */
function amountText(value: JsonObject): string | undefined {
  const all = plain(value, ["value", "comparator", "unit", "code", "system", "currency"])
  if (!all || !(value.value instanceof JsonNumber)) return undefined
  const [number, comparator, unit, code, system, currency] = all
  const units = unit ?? code ?? currency
  return withMore(`${comparator ?? ""}${joined([number, units], " ")}`, [
    code === units ? undefined : code,
    currency === units ? undefined : currency,
    system === undefined ? undefined : systemName(system),
  ])
}

function periodText(value: JsonObject): string | undefined {
  const all = plain(value, ["start", "end"])
  return all && (all[0] === undefined ? all[1] && `${words.until} ${all[1]}` : rangeOf(all[0], all[1]))
}

const hasOnly = (value: JsonObject, members: ReadonlySet<string>): boolean =>
  Object.keys(value).every((name) => members.has(name))

/** Of two amounts, where each of them is said by its line alone. */
function amounts(
  a: Json | undefined,
  b: Json | undefined,
  text: (a: string | undefined, b: string | undefined) => string | undefined,
): string | undefined {
  const [first, second] = [a, b].map((one) =>
    isObject(one) && hasOnly(one, AMOUNT_MEMBERS) ? amountText(one) : undefined,
  )
  const isSaid = (first !== undefined || a === undefined) && (second !== undefined || b === undefined)
  return isSaid ? text(first, second) : undefined
}

function rangeOf(low: string | undefined, high: string | undefined): string | undefined {
  if (low !== undefined && high !== undefined) return `${low} ${words.to} ${high}`
  return low !== undefined ? `${words.atLeast} ${low}` : high && `${words.upTo} ${high}`
}

function referenceText(value: JsonObject): string | undefined {
  const all = plain(value, ["display", "reference", "type"])
  if (!all) return undefined
  const [display, reference, type] = all
  const first = display ?? reference
  if (first === undefined) return undefined
  return withMore(first, [display === undefined ? undefined : reference, type])
}

/** An Identifier or a ContactPoint. */
function numberText(value: JsonObject): string | undefined {
  const all = plain(value, ["value", "system", "use", "rank"])
  if (!all || typeof value.value !== "string") return undefined
  const [number, system, use, rank] = all
  return withMore(number as string, [system, use, rank === undefined ? undefined : `${words.rank} ${rank}`])
}

/** A text alone, or one coding with a text that is its display; else codings stand one by one. */
function conceptText({ coding, text }: JsonObject): string | undefined {
  if (coding === undefined) return asText(text) || undefined
  const [one, ...others] = Array.isArray(coding) ? coding : []
  if (!isObject(one) || others.length > 0 || !hasOnly(one, CODING_MEMBERS)) return undefined
  if (text !== undefined && text !== one.display) return undefined
  return codingText(one)
}
