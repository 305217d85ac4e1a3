import { codings, securityLabels } from "../clinical.ts"
import { type Code, type Interval, type Walked, walk } from "../elements/walk.ts"
import { asText, isObject, type JsonObject } from "../json.ts"
import { isSensitivity } from "./hierarchies.ts"
import { foldCode, isSystem, mayBeSameCode } from "./systems.ts"

/**
 * What of a record decides about it. A resource inside of another has, where it says nothing itself, what the outer
 * one says: its time, its main code, its labels.
 */
export interface RecordFacts {
  readonly resourceType: string
  /** `type/id`, its own and of what it lies in. */
  readonly names: readonly string[]
  /** Its own and of what it lies in. */
  readonly identifiers: readonly { readonly system?: string; readonly value: string }[]
  /** Of the main code. */
  readonly codings: readonly Code[]
  readonly labels: readonly Code[]
  /** All that dates the matter, or else the paperwork; undefined: there is no time, or one that cannot be read. */
  readonly time: Interval | undefined
  /** When the record was written. */
  readonly paperwork: Interval | undefined
  /** Literal references, its own and those of what it lies in, by what they end with: `type/id`. */
  readonly references: ReadonlyMap<string, readonly string[]>
  /** Resources inside: contained ones and entries of a bundle. */
  readonly nested: readonly RecordFacts[]
  /** Codes that stand anywhere in the resource. */
  readonly codes: readonly Code[]
  /** Whether one of them may be this one. */
  mayHaveCode(wanted: Code): boolean
}

/** A record's codes are mostly those of others too: whoever keeps many records keeps each code once. */
const shared = new Map<string, Code>()
const MAX_SHARED = 20_000

function share(code: Code): Code {
  const name = `${code.system ?? ""} ${code.code}`
  const known = shared.get(name)
  if (known && known.system === code.system) return known
  if (shared.size < MAX_SHARED) shared.set(name, code)
  return code
}

/** Of more codes than these an index is made. */
const FEW = 32

/** `type/id`, where it stands at the end of a relative or absolute reference; `#id` and urn:uuid: are local. */
const LITERAL = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
export const literalName = (reference: string): string | undefined => LITERAL.exec(reference)?.[1]

/** Computes what is asked for, when it is asked for; `settled` computes all and forgets the resource. */
class Facts implements RecordFacts {
  readonly resourceType: string
  private resource: JsonObject | undefined
  private readonly outer: RecordFacts | undefined
  private readonly known: { -readonly [Name in keyof RecordFacts]?: { readonly value: RecordFacts[Name] } } =
    {}
  private walkedOnce: Walked | undefined
  private codesByText: ReadonlyMap<string, readonly Code[]> | undefined

  constructor(resource: JsonObject, outer?: RecordFacts) {
    this.resource = resource
    this.outer = outer
    this.resourceType = asText(resource.resourceType) ?? (outer ? "?" : "")
  }

  get names(): readonly string[] {
    return this.once("names", ({ id }) => {
      const own = typeof id === "string" ? [`${this.resourceType}/${id}`] : []
      return [...own, ...(this.outer?.names ?? [])]
    })
  }
  get identifiers() {
    return this.once("identifiers", ({ identifier }) => {
      const own = (Array.isArray(identifier) ? identifier : [identifier]).flatMap((one) => {
        const value = isObject(one) ? asText(one.value) : undefined
        if (!isObject(one) || value === undefined) return []
        const system = asText(one.system)
        return [system === undefined ? { value } : { system, value }]
      })
      return [...own, ...(this.outer?.identifiers ?? [])]
    })
  }
  get codings(): readonly Code[] {
    return this.once("codings", (resource) => {
      const own = codings(resource).map(share)
      // What is coded in words alone is not what the outer one is.
      return own.length > 0 || !this.outer || hasWords(resource) ? own : this.outer.codings
    })
  }
  get labels(): readonly Code[] {
    return this.once("labels", (resource) => {
      const own = [...securityLabels(resource), ...this.walked.labels]
      // A label inside, as on a single element, is the whole's too.
      const inline = this.codes.filter(isLabel)
      return own.length + inline.length > 0 || !this.outer ? [...own, ...inline] : this.outer.labels
    })
  }
  get time(): Interval | undefined {
    return this.once("time", () => {
      const own = this.walked.matter() ?? this.walked.paperwork() ?? this.outer?.time
      return own === "unsure" ? undefined : own
    })
  }
  get paperwork(): Interval | undefined {
    return this.once("paperwork", () => {
      const paperwork = this.walked.paperwork()
      return typeof paperwork === "object" ? paperwork : undefined
    })
  }
  get references(): ReadonlyMap<string, readonly string[]> {
    return this.once("references", () => {
      if (this.outer && this.walked.references.length === 0) return this.outer.references
      const all = new Map(this.outer?.references)
      for (const reference of new Set(this.walked.references)) {
        const name = literalName(reference) ?? reference
        all.set(name, [...(all.get(name) ?? []), reference])
      }
      return all
    })
  }
  get nested(): readonly RecordFacts[] {
    return this.once("nested", () => this.walked.nested.map((inside) => new Facts(inside, this)))
  }
  get codes(): readonly Code[] {
    return this.once("codes", () => this.walked.codes.map(share))
  }

  mayHaveCode(wanted: Code): boolean {
    if (this.codes.length <= FEW) return this.codes.some((one) => mayBeSameCode(wanted, one))
    this.codesByText ??= byText(this.codes)
    return this.codesByText.get(foldCode(wanted.code))?.some((one) => mayBeSameCode(wanted, one)) ?? false
  }

  settled(): this {
    for (const name of NAMES) void this[name]
    for (const inside of this.nested) (inside as Facts).settled()
    this.resource = undefined
    this.walkedOnce = undefined
    return this
  }

  private get walked(): Walked {
    this.walkedOnce ??= walk(this.resource ?? {})
    return this.walkedOnce
  }

  private once<Name extends keyof RecordFacts>(
    name: Name,
    compute: (resource: JsonObject) => RecordFacts[Name],
  ): RecordFacts[Name] {
    const known = this.known as { [key in Name]?: { readonly value: RecordFacts[Name] } }
    const made = known[name] ?? { value: compute(this.resource ?? {}) }
    known[name] = made
    return made.value
  }
}

const NAMES = [
  "names",
  "identifiers",
  "codings",
  "labels",
  "time",
  "paperwork",
  "references",
  "codes",
] as const

function byText(codes: readonly Code[]): ReadonlyMap<string, readonly Code[]> {
  const all = new Map<string, Code[]>()
  for (const code of codes) {
    const text = foldCode(code.code)
    const same = all.get(text)
    if (same) same.push(code)
    else all.set(text, [code])
  }
  return all
}

/** Of a resource's main code, whether it is said in words. */
const hasWords = (resource: JsonObject): boolean =>
  [resource.code, resource.type, resource.vaccineCode, resource.medicationCodeableConcept]
    .flatMap((concept) => (Array.isArray(concept) ? concept : [concept]))
    .some((concept) => isObject(concept))

/** A code of confidentiality or sensitivity, wherever it stands. */
const isLabel = (code: Code): boolean =>
  code.system !== undefined &&
  (isSystem(code, "hl7/v3-confidentiality") || (isSystem(code, "hl7/v3-actcode") && isSensitivity(code.code)))

export const factsOf = (resource: JsonObject): RecordFacts => new Facts(resource)

/** Facts to be kept for long: the resource itself is not kept. */
export const settledFactsOf = (resource: JsonObject): RecordFacts => new Facts(resource).settled()

/** A record about which nothing is known, as a dummy entry is: only a permit without criteria opens it. */
export const NO_FACTS: RecordFacts = settledFactsOf({})
