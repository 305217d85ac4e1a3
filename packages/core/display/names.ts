import { asList, asText, isObject, type Json } from "../json.ts"
import { listed } from "./datatypes.ts"

const CJK = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u
/** HL7 name-use, the best for showing first; what has another use comes before those of the past. */
const USES = ["official", "usual", "nickname", "anonymous", "temp", "maiden", "old"]

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

/** The name by which somebody goes, of several. */
export function nameText(names: Json | undefined): string | undefined {
  const all = listed(names).filter(isObject)
  const rank = (use: string | undefined) =>
    use === undefined ? 1.5 : USES.includes(use) ? USES.indexOf(use) : 2.5
  const best = [...all].sort((a, b) => rank(asText(a.use)) - rank(asText(b.use)))
  return best.map(personName).find((name) => name !== undefined) ?? (asText(names) || undefined)
}
