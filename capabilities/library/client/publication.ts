import {
  type Bytes,
  canonicalJson,
  decodeCbor,
  encodeCbor,
  equalBytes,
  fromUtf8,
  type Infer,
  isObject,
  type Json,
  MAX_PUBLICATION_BYTES,
  messageOf,
  object,
  oneOf,
  PlatformError,
  type PublicationKind,
  parseJson,
  text,
} from "@aceso/core"
import { type PlainFault, plainFault, plainFaultWords } from "@aceso/core/display/index.ts"
import { mayNotStand } from "./may-stand.ts"

/**
 * What an organisation publishes for everybody, as it is hashed: deterministic CBOR of title, language, type and content.
 * It is plain text, or a FHIR R4 resource that says what is offered, never anything about a person.
 */
export interface Publication {
  readonly title: string
  /** BCP 47: language, and where they matter script and region, such as en or zh-CN. */
  readonly language: string
  readonly contentType: "text/plain" | "application/fhir+json"
  readonly content: string
}

export const MAX_TITLE = 200
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?$/

export const isLanguage = (written: string): boolean => LANGUAGE.test(written)

const publication = object({
  title: text(MAX_TITLE),
  language: text(16, LANGUAGE),
  contentType: oneOf("text/plain", "application/fhir+json"),
  content: text(MAX_PUBLICATION_BYTES),
})

/** The resources in which each kind is written, where it is no plain text. */
const RESOURCES: Readonly<Record<PublicationKind, readonly string[]>> = {
  medicine: ["MedicationKnowledge"],
  procedure: ["ActivityDefinition", "PlanDefinition"],
  plan: ["PlanDefinition", "HealthcareService"],
  form: ["Questionnaire"],
}

/**
 * @throws PlatformError `publication_refused`, `publication_too_long`, `publication_empty`, `publication_has_markup`,
 * `publication_not_plain`, `publication_of_another_kind`, `publication_names_a_person`
 */
export function writePublication(given: Publication, kind: PublicationKind): Bytes {
  const { title, language, contentType, content } = parsed(given)
  mustBePlain("the title", title)
  if (title.includes("\n") || title.includes("\t")) throw refused("its title is not one line")
  if (contentType === "text/plain") mustBePlain("the text", content)
  const written = contentType === "text/plain" ? content : writtenResource(content, kind)
  const bytes = encodeCbor({ title, language, contentType, content: written })
  mustFit(bytes.length)
  return bytes
}

/** @throws PlatformError as `writePublication` */
export function readPublication(bytes: Bytes, kind: PublicationKind): Publication {
  mustFit(bytes.length)
  const read = parsed(decoded(bytes))
  // Whoever reads it elsewhere reads the same: there is one way to write it.
  if (!equalBytes(writePublication(read, kind), bytes)) throw refused("it is not written in the one way")
  return read
}

function writtenResource(content: string, kind: PublicationKind): string {
  const resource = resourceOf(content)
  const type = isObject(resource) ? resource.resourceType : undefined
  if (!isObject(resource) || typeof type !== "string") throw refused("its content is no FHIR resource")
  const permitted = RESOURCES[kind]
  if (!permitted.includes(type))
    throw new PlatformError(
      "publication_of_another_kind",
      `a ${kind} is plain text or ${permitted.join(" or ")}, not ${type.slice(0, 64)}`,
    )
  const strange = mayNotStand(resource)
  if (strange !== undefined)
    throw new PlatformError(
      "publication_names_a_person",
      `what is published can say nothing about a person, and has only what may stand there; take ${strange} out`,
    )
  return fromUtf8(canonicalJson(resource))
}

function resourceOf(content: string): Json {
  try {
    return parseJson(content)
  } catch (cause) {
    throw refused(`its content is no FHIR resource: ${messageOf(cause)}`, cause)
  }
}

function mustBePlain(what: string, words: string): void {
  const fault = plainFault(words)
  if (fault) throw new PlatformError(plainFaultCode(fault), plainFaultWords(what, fault))
}
export const plainFaultCode = ({ kind }: PlainFault) => FAULTS[kind]

const FAULTS = {
  empty: "publication_empty",
  markup: "publication_has_markup",
  unseen: "publication_not_plain",
} as const

function mustFit(sizeBytes: number): void {
  if (sizeBytes > MAX_PUBLICATION_BYTES)
    throw new PlatformError(
      "publication_too_long",
      `it has ${sizeBytes} bytes; write ${MAX_PUBLICATION_BYTES} at most, and publish the rest by itself`,
    )
}

function decoded(bytes: Bytes): unknown {
  try {
    return decodeCbor(bytes)
  } catch (cause) {
    throw refused(messageOf(cause), cause)
  }
}

function parsed(value: unknown): Infer<typeof publication> {
  try {
    return publication.parse(value, "publication")
  } catch (cause) {
    throw refused(messageOf(cause), cause)
  }
}

const refused = (why: string, cause?: unknown) =>
  new PlatformError("publication_refused", `this is no publication: ${why}`, { cause })
