import { asList, isObject, isResourceType, type Json, type JsonObject } from "@aceso/core"
import { r4Parts } from "./r4.table.ts"

/** What a publication may be, hold inside or refer to: what defines something, and who offers it. Records are none. */
const KINDS = new Set([
  ...["ActivityDefinition", "CodeSystem", "DeviceDefinition", "Endpoint", "HealthcareService", "Library"],
  ...["Location", "Medication", "MedicationKnowledge", "ObservationDefinition", "Organization"],
  ...["PlanDefinition", "Questionnaire", "SpecimenDefinition", "Substance", "ValueSet"],
])
/** What addresses may lead to besides: definitions by which systems work. */
const DEFINITIONS = new Set([
  ...["CapabilityStatement", "ChargeItemDefinition", "CompartmentDefinition", "ConceptMap"],
  ...["EventDefinition", "GraphDefinition", "ImplementationGuide", "Measure", "MessageDefinition"],
  ...["NamingSystem", "OperationDefinition", "SearchParameter", "StructureDefinition", "StructureMap"],
  "TerminologyCapabilities",
])

const ADDRESSES = new Set(["uri", "url", "canonical", "oid"])
/** Not base64Binary, in which anything lies unread, nor uuid. */
const PRIMITIVES = new Set([
  ...["boolean", "code", "date", "dateTime", "decimal", "id", "instant", "integer", "markdown"],
  ...["positiveInt", "string", "time", "unsignedInt", "xhtml", ...ADDRESSES],
])
/** Data types that say nothing of a person wherever they stand. */
const IMPERSONAL = [
  ...["Age", "Attachment", "CodeableConcept", "Coding", "Count", "DataRequirement", "Distance", "Dosage"],
  ...["Duration", "Expression", "Money", "ParameterDefinition", "Period", "Quantity", "Range", "Ratio"],
  ...["RelatedArtifact", "Timing", "TriggerDefinition", "UsageContext"],
]
const IN_EXTENSIONS = new Set([...PRIMITIVES, ...IMPERSONAL])
/** And those that say it of the publication or its publisher where R4 has them, and only there. */
const AT_THEIR_PLACE = new Set([
  ...[...PRIMITIVES, ...IMPERSONAL, "Address", "ContactDetail", "ContactPoint", "Extension", "Identifier"],
  ...["Meta", "Narrative", "ProdCharacteristic", "ProductShelfLife", "Resource"],
])

interface Part {
  readonly type: string
  /** What R4 lets a reference be to; none: anything. */
  readonly targets: readonly string[]
}
type Parts = ReadonlyMap<string, Part>
/** The kinds of what a resource holds inside, and its own, by how it refers to them. */
type Fragments = ReadonlyMap<string, string>
interface Place extends Part {
  readonly at: string
  readonly value: Json
}

const OF_ALL = "id:id extension:Extension modifierExtension:Extension"
const OF_RESOURCES = `${OF_ALL} meta:Meta implicitRules:uri language:code text:Narrative`
/** What a resource holds inside holds nothing itself. */
const CONTAINED: Part = { type: "Resource", targets: [] }
const ABOUT_PRIMITIVE: Part = { type: "Element", targets: [] }
const known = new Map<string, Parts>()

/** Where a resource holds what may not stand in a publication, in words; undefined: nowhere. One rule for all nodes. */
export function mayNotStand(resource: JsonObject): string | undefined {
  const open: Place[] = [{ at: "", value: resource, type: "Resource", targets: [] }]
  const fragments = fragmentsOf(resource)
  for (let next = open.pop(); next; next = open.pop()) {
    const { at, value, type, targets } = next
    if (Array.isArray(value)) {
      if (value.some(Array.isArray)) return at
      // Beside a list of texts, one of what is said about them has gaps.
      for (const [i, one] of value.entries())
        if (one !== null) open.push({ at: `${at}[${i}]`, value: one, type, targets })
    } else if (PRIMITIVES.has(type)) {
      if (value === null || isObject(value) || !mayBe(type, value)) return at
    } else {
      if (!isObject(value)) return at
      const fault = partsInto(open, next, value, fragments)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

/** Looks at an object, and lays what it holds on the pile. */
function partsInto(open: Place[], place: Place, value: JsonObject, fragments: Fragments): string | undefined {
  const { at, type } = place
  if (type === "Reference" && !mayRefer(place, value, fragments)) return at
  const kind = type === "Resource" ? String(value.resourceType) : undefined
  if (kind !== undefined && !KINDS.has(kind)) return `${at}, a ${kind.slice(0, 64)},`
  const parts = partsAt(kind ?? type)
  for (const [name, inner] of Object.entries(value)) {
    if (name === "resourceType" && kind !== undefined) continue
    const where = `${at === "" ? "" : `${at}.`}${name.slice(0, 64)}`
    const part = partOf(parts, name) ?? (at === "" && name === "contained" ? CONTAINED : undefined)
    if (part === undefined) return where
    open.push({ at: where, value: inner, ...part })
  }
  return undefined
}

/** `_name` is what is said about a primitive. */
function partOf(parts: Parts, name: string): Part | undefined {
  if (!name.startsWith("_")) return parts.get(name)
  return PRIMITIVES.has(parts.get(name.slice(1))?.type ?? "") ? ABOUT_PRIMITIVE : undefined
}

/** What may stand at a path of R4's table, by name. */
function partsAt(path: string): Parts {
  const found = known.get(path)
  if (found !== undefined) return found
  const parts = new Map<string, Part>()
  for (const one of `${KINDS.has(path) ? OF_RESOURCES : OF_ALL} ${r4Parts[path] ?? ""}`.trim().split(" ")) {
    const [name, types] = one.split(":")
    for (const typed of types.split("|")) {
      const [type, targets] = typed.replace(")", "").split("(")
      const part = { type, targets: targets?.split(",") ?? [] }
      const may =
        one.startsWith("value[x]") && path === "Extension" ? IN_EXTENSIONS.has(type) : mayStandAt(part)
      if (may) parts.set(name.replace("[x]", type[0].toUpperCase() + type.slice(1)), part)
    }
  }
  // A number beside a reference names whom it is to, whatever the reference says.
  if (path === "Reference") parts.delete("identifier")
  known.set(path, parts)
  return parts
}

function mayStandAt({ type, targets }: Part): boolean {
  if (type === "Reference") return targets.length === 0 || targets.some((kind) => KINDS.has(kind))
  return AT_THEIR_PLACE.has(type) || type.includes(".")
}

const LITERAL =
  /^(?:https?:\/\/[^\s?#]+\/)?([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/

/** A reference says literally what it is to; where R4 has it be to what may stand and nothing else, words do. */
function mayRefer({ targets }: Place, value: JsonObject, fragments: Fragments): boolean {
  const { reference, type } = value
  const isMeant = (kind: string) => KINDS.has(kind) && (targets.length === 0 || targets.includes(kind))
  if (type !== undefined && !(typeof type === "string" && isMeant(type))) return false
  if (reference === undefined) return targets.length > 0 && targets.every(isMeant)
  if (typeof reference !== "string") return false
  if (reference.startsWith("#")) return isMeant(fragments.get(reference) ?? "")
  return isMeant(LITERAL.exec(reference)?.[1] ?? "") && leadsToNoRecord(reference)
}

function fragmentsOf({ resourceType, contained }: JsonObject): Fragments {
  const found = new Map([["#", String(resourceType)]])
  for (const { id, resourceType } of asList(contained).filter(isObject)) {
    const fragment = `#${String(id)}`
    // Two that are called the same are none: nobody can say which of them is meant.
    found.set(fragment, found.has(fragment) ? "" : String(resourceType))
  }
  return found
}

function mayBe(type: string, value: Json): boolean {
  if (type !== "xhtml" && !ADDRESSES.has(type)) return true
  if (typeof value !== "string") return false
  return type === "xhtml" ? isPlainNarrative(value) : leadsToNoRecord(value)
}

const SCHEMES = /^(?:https?:\/\/|urn:(?!uuid:)|[^:]*$)/i
const NAMED = /(?<![A-Za-z])([A-Z][A-Za-z]+)[/?](?=[^/])/g

/** An address on the web, of a system or of a definition; `.../Patient/77` and `urn:uuid:...` are of a record. */
function leadsToNoRecord(address: string): boolean {
  const plain = withoutEscapes(address)
  if (plain === undefined || /\s/.test(address) || /\\|urn:uuid:/i.test(plain) || !SCHEMES.test(plain))
    return false
  return Array.from(plain.matchAll(NAMED), ([, name]) => name).every(
    (name) => !isResourceType(name) || KINDS.has(name) || DEFINITIONS.has(name),
  )
}

/** `undefined`: escaped twice, or wrongly. */
function withoutEscapes(address: string): string | undefined {
  try {
    const plain = decodeURIComponent(address)
    return /%[0-9a-f]{2}/i.test(plain) ? undefined : plain
  } catch {
    // No address is written so.
    return undefined
  }
}

const TAGS = [
  "a|abbr|b|big|blockquote|br|caption|cite|code|col|colgroup|dd|dfn|div|dl|dt|em|h[1-6]|hr|i|li|ol|p|pre|q|samp",
  "small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var",
].join("|")
const ATTRIBUTES =
  "xmlns|id|class|style|lang|xml:lang|dir|title|name|scope|align|valign|border|colspan|rowspan|cellpadding|cellspacing|href"
const TAG = new RegExp(
  `^</?(?:${TAGS})(?:\\s+(?:${ATTRIBUTES})\\s*=\\s*(?:"(?:[^"<(&]|&amp;)*"|'(?:[^'<(&]|&amp;)*'))*\\s*/?>$`,
  "i",
)
const LINK = /\shref\s*=\s*["']([^"']*)/gi

/** Words in the narrative's tags, and links that lead to no record: no pictures, comments or programs. */
function isPlainNarrative(narrative: string): boolean {
  const links = (tag: string) => Array.from(tag.matchAll(LINK), ([, link]) => link.replaceAll("&amp;", "&"))
  const tags = narrative.match(/<[^>]*>?/g) ?? []
  return tags.every((tag) => TAG.test(tag) && links(tag).every(leadsToNoRecord))
}
