import { remarkAt } from "@aceso/client"
import {
  asList,
  asText,
  canonicalText,
  isObject,
  type Json,
  type JsonObject,
  PlatformError,
} from "@aceso/core"
import { authorOf, instantOf, type Writing } from "./resource.ts"

/** What a form replaces, leaves and contradicts in a resource that it corrects. */
interface Laid {
  readonly resource: Record<string, Json>
  /** Members whose words changed. */
  readonly changed: Set<string>
  /** What would say something of words that stand there no more. */
  readonly against: Set<string>
}

/** What each form fills in; every other member is somebody else's. */
const FORM: Readonly<Record<string, readonly string[]>> = {
  Observation: ["status", "subject", "effectiveDateTime", "issued", "valueQuantity", "valueString"],
  Composition: ["status", "subject", "date"],
  AllergyIntolerance: ["verificationStatus", "criticality", "patient", "onsetDateTime"],
  Condition: ["clinicalStatus", "verificationStatus", "subject", "onsetDateTime"],
}
/** What a form says the first time, and a correction leaves: R4's recordedDate and recorder are of the first recording. */
const FIRST = "category clinicalStatus title custodian recordedDate recorder".split(" ")
/** Who stands behind it, and what says that it was corrected. */
const NO_WORDS = new Set(["status", "issued", "subject", "patient"])

/** What says nothing of the value or the text, whatever it is; a member that is not known here may. */
const ASIDE: Readonly<Record<string, ReadonlySet<string>>> = {
  Observation: new Set(
    `resourceType id meta implicitRules language contained extension identifier basedOn partOf status category code
    subject focus encounter effectiveDateTime issued performer valueQuantity valueString note bodySite method specimen
    device`.split(/\s+/),
  ),
  Composition: new Set(
    `resourceType id meta implicitRules language contained extension identifier status type category subject encounter
    date author title confidentiality custodian relatesTo event section`.split(/\s+/),
  ),
}
const SECTION_ASIDE = new Set(["id", "extension", "title", "code", "author", "focus", "text"])

/**
 * The version before with the form's words laid over it: what the form does not know stays.
 * @param now the form's own resource, about the same (`mustBeOfSame`)
 * @throws PlatformError `bad_input`: something that the form does not know speaks of what it changes
 */
export function correctedOf(before: JsonObject, now: JsonObject, writing: Writing): JsonObject {
  if (isMistaken(before))
    throw new PlatformError(
      "bad_input",
      "this one is marked as entered in error, which is not corrected: write a new one",
    )
  const type = String(before.resourceType)
  const laid: Laid = { resource: { ...before }, changed: new Set(), against: new Set() }
  for (const name of FORM[type]) lay(laid, name, before[name], now[name])
  for (const name of FIRST) if (!(name in before) && name in now) laid.resource[name] = now[name]
  if (isObject(before.code) && isObject(now.code)) {
    laid.resource.code = codeOver(before.code, now.code)
    if (textOf(laid.resource.code) !== textOf(before.code)) laid.changed.add("code")
  }
  switch (type) {
    case "Observation":
      layRemark(laid, before, now)
      laid.resource.performer = withAuthor(before.performer, writing)
      break
    case "Composition":
      laySection(laid, before, now)
      laid.resource.author = withAuthor(before.author, writing)
      break
    case "AllergyIntolerance":
      layKind(laid, before, now)
      layReaction(laid, before, now)
      laid.resource.note = withCorrector(before.note, writing)
      break
    default:
      laid.resource.note = withCorrector(before.note, writing)
  }
  findContradictions(laid, before, now)
  const names = [...laid.against].sort()
  if (names.length > 0)
    throw new PlatformError(
      "bad_input",
      `this record also has ${namesOf(names)}, which the form does not show and which may say something of what it changes: mark this one as entered in error and write a new one`,
    )
  return laid.resource
}

function namesOf(names: readonly string[]): string {
  const [last, ...rest] = names.slice(0, 20).reverse()
  return rest.length === 0 ? last : `${rest.reverse().join(", ")} and ${last}`
}

function lay({ resource, changed, against }: Laid, name: string, was?: Json, is?: Json): void {
  if (isSame(was, is)) return
  changed.add(name)
  if (`_${name}` in resource) against.add(`_${name}`)
  for (const more of moreThanSaid(was)) if (!NO_WORDS.has(name)) against.add(`${name}.${more}`)
  if (is === undefined) delete resource[name]
  else resource[name] = is
}

const QUANTITY = ["value", "comparator", "system", "code"]
/** In what a form says: a quantity by its number and unit, a concept by its code, a reference by whom it names. */
function isSame(was: Json | undefined, is: Json | undefined): boolean {
  if (was === undefined || is === undefined) return was === is
  if (!isObject(was) || !isObject(is)) return textOf(was) === textOf(is)
  if ("reference" in is) return was.reference === is.reference
  if ("coding" in is) return codingOf(was) === codingOf(is)
  return QUANTITY.every((name) => textOf(was[name]) === textOf(is[name]))
}
const textOf = (value: Json | undefined): string => (value === undefined ? "" : canonicalText(value))
function codingOf({ coding }: JsonObject): string {
  const [first] = asList(coding)
  return isObject(first) ? `${textOf(first.system)} ${textOf(first.code)}` : ""
}

/** Of a quantity or a concept that goes: what is neither. */
function moreThanSaid(was: Json | undefined): string[] {
  if (!isObject(was)) return []
  const known = [...QUANTITY, "unit", "coding", "text", "reference"]
  return Object.keys(was).filter((name) => !known.includes(name))
}

/** The same thing, called as it is called now; codes of others stay. */
function codeOver(was: JsonObject, is: JsonObject): JsonObject {
  const coding = asList(was.coding).length > 0 ? was.coding : is.coding
  return { ...was, ...is, ...(coding !== undefined && { coding }) }
}

const isBy = (one: Json, author: string): boolean =>
  isObject(one) && isObject(one.identifier) && one.identifier.value === author
function withAuthor(was: Json | undefined, writing: Writing): Json {
  const author = authorOf(writing)
  const all = asList(was)
  return all.some((one) => isBy(one, author.identifier.value)) ? [...all] : [...all, author]
}
/** Who recorded it stays who did first. */
const withCorrector = (was: Json | undefined, writing: Writing): Json => [
  ...asList(was),
  { authorReference: authorOf(writing), time: instantOf(writing), text: "Corrected" },
]

function layRemark({ resource, changed }: Laid, before: JsonObject, now: JsonObject): void {
  const notes = [...asList(before.note)]
  const [remark] = asList(now.note)
  const at = remarkAt(notes)
  if (textOf(notes[at]) === textOf(remark)) return
  changed.add("note")
  if (remark === undefined) notes.splice(at, 1)
  else notes.splice(at === -1 ? notes.length : at, 1, remark)
  if (notes.length > 0) resource.note = notes
  else delete resource.note
}

function laySection({ resource, changed, against }: Laid, before: JsonObject, now: JsonObject): void {
  const [was, ...rest] = asList(before.section)
  const [is] = asList(now.section)
  if (!isObject(was) || !isObject(is)) {
    changed.add("section")
    resource.section = [is, ...rest]
    return
  }
  if (divOf(was) === divOf(is)) return
  changed.add("section")
  for (const name of Object.keys(was)) if (!SECTION_ASIDE.has(name)) against.add(`section.${name}`)
  resource.section = [{ ...was, text: is.text }, ...rest]
}
const divOf = ({ text }: JsonObject): string => textOf(isObject(text) ? text.div : undefined)

function layKind({ resource, changed }: Laid, before: JsonObject, now: JsonObject): void {
  const [was, ...rest] = asList(before.category)
  const [is] = asList(now.category)
  if (was === is) return
  changed.add("category")
  resource.category = [is, ...rest.filter((one) => one !== is)]
}

function layReaction({ resource, changed, against }: Laid, before: JsonObject, now: JsonObject): void {
  const [was, ...rest] = asList(before.reaction)
  const [is] = asList(now.reaction)
  if (manifestationOf(was) === manifestationOf(is)) return
  changed.add("reaction")
  const reactions = is === undefined ? rest : [is, ...rest]
  if (isObject(was))
    for (const name of Object.keys(was)) if (name !== "manifestation") against.add(`reaction.${name}`)
  if (isObject(was) && textOf(was.manifestation) !== textOf([{ text: manifestationOf(was) ?? "" }]))
    against.add("reaction.manifestation")
  if (reactions.length > 0) resource.reaction = reactions
  else delete resource.reaction
}
function manifestationOf(reaction: Json | undefined): string | undefined {
  const [first] = isObject(reaction) ? asList(reaction.manifestation) : []
  return isObject(first) ? asText(first.text) : undefined
}

function findContradictions({ resource, changed, against }: Laid, before: JsonObject, now: JsonObject): void {
  const names = Object.keys(before)
  const isAny = (...all: string[]) => all.some((name) => changed.has(name))
  const add = (is: (name: string) => boolean) => {
    for (const name of names) if (is(name.replace(/^_/, ""))) against.add(name)
  }
  const aside = ASIDE[String(before.resourceType)]
  if (aside && isAny("valueQuantity", "valueString", "section")) add((name) => !aside.has(name))
  // Two times of one kind: R4 has room for one.
  if (now.effectiveDateTime !== undefined)
    add((name) => name.startsWith("effective") && name !== "effectiveDateTime")
  if (now.onsetDateTime !== undefined) add((name) => name.startsWith("onset") && name !== "onsetDateTime")
  // R4 con-4: what goes on has not ended.
  if (before.resourceType === "Condition" && changed.has("clinicalStatus") && goesOn(resource.clinicalStatus))
    add((name) => name.startsWith("abatement"))
  if ([...changed].some((name) => !NO_WORDS.has(name)))
    add((name) => name === "text" || name === "modifierExtension")
}

const goesOn = (state: Json | undefined): boolean =>
  isObject(state) && /"(active|recurrence|relapse)"$/.test(codingOf(state))

function isMistaken({ status, verificationStatus }: JsonObject): boolean {
  const codes = isObject(verificationStatus) ? asList(verificationStatus.coding) : []
  return [status, ...codes.map((one) => (isObject(one) ? one.code : undefined))].includes("entered-in-error")
}
