import { dateRange } from "../clinical.ts"
import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import { joined, listed, present } from "./datatypes.ts"
import { words } from "./spoken.ts"
import { entryOf } from "./words.ts"

const CJK = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u
/** HL7 name-use, the best for showing first; what has another use comes behind. */
const USES = ["official", "usual", "nickname", "anonymous"]

/** One HumanName: its text, else its parts; Chinese, Japanese and Korean ones family first and without spaces. */
export function personName(name: Json | undefined): string | undefined {
  if (!isObject(name)) return asText(name)
  const text = asText(name.text)
  if (text) return text
  const all = (part: Json | undefined) => asList(part).flatMap((one) => asText(one) ?? [])
  const family = asText(name.family) ?? ""
  const own = [...all(name.given), family].filter((part) => part !== "")
  if (own.length === 0) return undefined
  const isJoined = own.some((part) => CJK.test(part))
  const whole = isJoined ? [family, ...all(name.given)].join("") : own.join(" ")
  return [...all(name.prefix), whole, ...all(name.suffix)].join(" ")
}

/** Whether it holds no more: what has an end that can be read and is past. */
export function isEnded(period: Json | undefined, nowMs: number): boolean {
  const end = isObject(period) ? asText(period.end) : undefined
  if (end === undefined) return false
  try {
    return dateRange(end).toMs <= nowMs
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** HL7 name-use: by these nobody goes, or not for long. */
const FORMER: Readonly<Record<string, "formerly" | "temporarily">> = {
  old: "formerly",
  maiden: "formerly",
  temp: "temporarily",
}

/** What stands before a name by which nobody goes any more, or not for long. @returns undefined: it is in use */
function formerly(name: JsonObject, nowMs: number): string | undefined {
  const ended = isEnded(name.period, nowMs) ? words.formerly : undefined
  const former = entryOf(FORMER, asText(name.use) ?? "")
  return ended ?? (former && words[former])
}

/** One HumanName as it stands, with a word before it where nobody goes by it. */
export function usedName(name: JsonObject, nowMs = Date.now()): string | undefined {
  return joined([formerly(name, nowMs), personName(name)], " ")
}

/** The name by which somebody goes, of several; where there is none in use a former one, which says so. */
export function nameText(names: Json | undefined, nowMs = Date.now()): string | undefined {
  return goingBy(names, nowMs) ?? formerNames(names, nowMs)[0] ?? (asText(names) || undefined)
}

/** The best of the names in use. */
export const goingBy = (names: Json | undefined, nowMs: number): string | undefined => inUse(names, nowMs)[0]

/** All in use, the best first. */
function inUse(names: Json | undefined, nowMs: number): string[] {
  const all = listed(names)
    .filter(isObject)
    .filter((name) => formerly(name, nowMs) === undefined)
  const rank = (use: string | undefined) =>
    use === undefined ? 1.5 : USES.includes(use) ? USES.indexOf(use) : USES.length
  const best = [...all].sort((a, b) => rank(asText(a.use)) - rank(asText(b.use)))
  return present(best.map(personName))
}

/** Those that are not, each with the word that says so. */
export const formerNames = (names: Json | undefined, nowMs: number): string[] =>
  listed(names)
    .filter(isObject)
    .filter((name) => formerly(name, nowMs) !== undefined && personName(name) !== undefined)
    .flatMap((name) => usedName(name, nowMs) ?? [])

/** All but the one that `nameText` says. */
export function otherNames(names: Json | undefined, nowMs = Date.now()): string | undefined {
  const [best, ...more] = inUse(names, nowMs)
  const former = formerNames(names, nowMs)
  const also = [...new Set(more)].filter((name) => name !== best).map((name) => `${words.also} ${name}`)
  return joined([...also, ...(best === undefined ? former.slice(1) : former)])
}
