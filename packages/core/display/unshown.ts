import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { ASIDE, ASIDE_OF } from "./aside.table.ts"
import { joined } from "./datatypes.ts"
import { ALWAYS, DETAILS, FALLBACK, SITES } from "./details.table.ts"
import { isSaidAs } from "./details.ts"
import { elementNames, memberOf } from "./members.ts"
import { words } from "./spoken.ts"
import { labelOf } from "./value.ts"
import { entryOf, perType } from "./words.ts"

const MAX_NAMES = 10
const MAX_NAME = 40

/**
 * How many elements of a resource a statement leaves out that may say something of the patient's health, and which.
 * @param title where the title stands @returns undefined: none
 */
export function unshownText(resource: JsonObject, title: readonly string[]): string | undefined {
  const names = unshown(resource, title)
  if (names.length === 0) return undefined
  const said = names.slice(0, MAX_NAMES).map((name) => labelOf(name).slice(0, MAX_NAME).toWellFormed())
  const which = joined([...said, ...(names.length > MAX_NAMES ? ["…"] : [])])
  const more = names.length === 1 ? words.restOne : words.restSeveral
  return joined([words.and, String(names.length), more, words.rest, `(${which})`], " ")
}

function unshown(resource: JsonObject, title: readonly string[]): string[] {
  const { whole, inside } = saidOf(asText(resource.resourceType) ?? "")
  const titles = title.filter((path) => !path.includes("."))
  const isWhole = (key: string) =>
    elementNames(key).some((one) => (whole.has(one) || titles.includes(one)) && isSaidAs(key, one))
  return Object.keys(resource).flatMap((key) => {
    const name = memberOf(key)
    const ofTitle = title.flatMap((path) =>
      path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : [],
    )
    const shown = inside.get(name)
    const parts = shown || ofTitle.length > 0 ? [...(shown ?? []), ...ofTitle] : undefined
    if (isWhole(key) || (!parts && isAside(name)) || isEmpty(resource[key])) return []
    // Beside a primitive stands at most why it is absent, or a form of what it says.
    if (key !== name && resource[name] !== undefined) return []
    const holder = resource[key]
    if (!parts || !isObject(holder)) return [name]
    return Object.keys(holder)
      .filter(
        (part) =>
          part !== "id" && !isEmpty(holder[part]) && !elementNames(part).some((one) => parts.includes(one)),
      )
      .map((part) => `${name} ${part}`)
  })
}

/** Of a type, the elements that are shown or say nothing of a patient's health: whole ones, and parts by their holder. */
interface Said {
  readonly whole: ReadonlySet<string>
  readonly inside: ReadonlyMap<string, ReadonlySet<string>>
}

const saidOf = perType([DETAILS, ASIDE_OF], (type): Said => {
  const whole = new Set<string>()
  const inside = new Map<string, Set<string>>()
  const shown = [
    ...(entryOf(DETAILS, type) ?? FALLBACK),
    ...ALWAYS,
    ...SITES,
    ...(entryOf(ASIDE_OF, type) ?? []),
  ]
  for (const path of shown) {
    const [holder, part] = path.split(".")
    if (part === undefined) whole.add(holder)
    else inside.set(holder, (inside.get(holder) ?? new Set()).add(part))
  }
  return { whole, inside }
})

const CHOICE_END = /(DateTime|Period|Date|Instant|String|Reference|Quantity|CodeableConcept)$/
const isAside = (name: string): boolean => ASIDE.has(name) || ASIDE.has(name.replace(CHOICE_END, ""))

const isEmpty = (value: Json): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)
