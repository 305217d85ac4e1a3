import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { ASIDE, ASIDE_OF } from "./aside.table.ts"
import { ALWAYS, DETAILS, FALLBACK, SITES } from "./details.table.ts"
import { membersOf } from "./details.ts"
import { labelOf } from "./value.ts"
import { entryOf, english as words } from "./words.ts"

const MAX_NAMES = 10
const MAX_NAME = 40

/**
 * How many elements of a resource a statement leaves out that may say something of the patient's health, and which.
 * @param title where the title stands @returns undefined: none
 */
export function restText(resource: JsonObject, title: readonly string[]): string | undefined {
  const names = unshown(resource, title)
  if (names.length === 0) return undefined
  const said = names.slice(0, MAX_NAMES).map((name) => labelOf(name).slice(0, MAX_NAME).toWellFormed())
  const which = `${said.join(", ")}${names.length > MAX_NAMES ? ", …" : ""}`
  const more = names.length === 1 ? words.restOne : words.restSeveral
  return `${words.and} ${names.length} ${more} ${words.rest} (${which})`
}

function unshown(resource: JsonObject, title: readonly string[]): string[] {
  const type = asText(resource.resourceType) ?? ""
  const shown = [...(entryOf(DETAILS, type) ?? FALLBACK), ...ALWAYS, ...SITES, ...title]
  const aside = entryOf(ASIDE_OF, type) ?? new Set<string>()
  const whole = new Set<string>()
  const inside = new Map<string, Set<string>>()
  for (const path of [...shown, ...aside]) {
    const [holder, name] = path.split(".")
    if (name === undefined) for (const member of membersOf(resource, holder)) whole.add(member)
    else inside.set(holder, (inside.get(holder) ?? new Set()).add(name))
  }
  return Object.keys(resource).flatMap((key) => {
    const name = key[0] === "_" ? key.slice(1) : key
    const parts = inside.get(name)
    if (whole.has(name) || (!parts && isAside(name)) || isEmpty(resource[key])) return []
    // Beside a primitive stands at most why it is absent, or a form of what it says.
    if (key !== name && resource[name] !== undefined) return []
    const holder = resource[key]
    if (!parts || !isObject(holder)) return [name]
    const said = new Set([...parts].flatMap((part) => membersOf(holder, part)))
    return Object.keys(holder)
      .filter((part) => !said.has(part) && part !== "id" && !isEmpty(holder[part]))
      .map((part) => `${name} ${part}`)
  })
}

const CHOICE_END = /(DateTime|Period|Date|Instant|String|Reference|Quantity|CodeableConcept)$/
const isAside = (name: string): boolean => ASIDE.has(name) || ASIDE.has(name.replace(CHOICE_END, ""))

const isEmpty = (value: Json): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)
