import { codings } from "../clinical.ts"
import type { Code } from "../elements/code.ts"
import { type Interval, Room, type Walked, walk } from "../elements/walk.ts"
import { asText, isObject, JsonNumber, type JsonObject } from "../json.ts"
import { type CodeIndex, indexCodes } from "./codes.ts"
import { isSensitivity } from "./hierarchies.ts"
import { foldedName, literalName, type SpelledIdentifiers, spelledIdentifiers } from "./identity.ts"
import { spelled } from "./spelling.ts"
import { systemName } from "./systems.ts"

/**
 * What of a record decides about it. A resource inside of another has, where it says nothing itself, what the outer
 * one says: its time, its main code, its labels.
 */
export interface RecordFacts {
  readonly resourceType: string
  /** In what it lies: what is said of that by name, identifier or reference is said of this too. */
  readonly outer: RecordFacts | undefined
  /** `type/id` */
  readonly name: string | undefined
  /** By value, their systems; undefined: none is said. */
  readonly identifiers: ReadonlyMap<string, ReadonlySet<string | undefined>>
  /** For a denial, as the folded ones below. */
  readonly spelledIdentifiers: SpelledIdentifiers
  readonly foldedName: string | undefined
  readonly foldedReferences: ReadonlySet<string>
  /** Of the main code. */
  readonly codings: readonly Code[]
  readonly mainCodes: CodeIndex
  readonly labels: readonly Code[]
  /** All that dates the matter, or else the paperwork; undefined: there is no time, or one that cannot be read. */
  readonly time: Interval | undefined
  /** When the record was written. */
  readonly paperwork: Interval | undefined
  /** Literal references by what they end with: `type/id`. */
  readonly references: ReadonlyMap<string, ReadonlySet<string>>
  /** Resources inside: contained ones and entries of a bundle. */
  readonly nested: readonly RecordFacts[]
  /** How many are inside, at any depth; Infinity: the record holds more than is looked at. */
  readonly insideCount: number
  /** Codes that stand anywhere in the resource. */
  readonly codes: readonly Code[]
  readonly allCodes: CodeIndex
}

/** A record's codes are mostly those of others too: whoever keeps many records keeps each code once. */
const shared = new Map<string, Code>()
const MAX_SHARED = 20_000

const MAX_SHARED_LENGTH = 200

function share(code: Code): Code {
  const name = `${code.system ?? ""} ${code.code}`
  if (name.length > MAX_SHARED_LENGTH) return code
  const known = shared.get(name)
  if (known && known.system === code.system) return known
  if (shared.size < MAX_SHARED) shared.set(name, code)
  return code
}

const NOTHING: ReadonlyMap<string, ReadonlySet<never>> = new Map<string, ReadonlySet<never>>()

/** By key, all values. */
function grouped<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, ReadonlySet<T>> {
  if (pairs.length === 0) return NOTHING
  const all = new Map<string, Set<T>>()
  for (const [key, value] of pairs) {
    const same = all.get(key)
    if (same) same.add(value)
    else all.set(key, new Set([value]))
  }
  return all
}

/** Computes what is asked for, when it is asked for; `settled` computes all and forgets the resource. */
class Facts implements RecordFacts {
  readonly resourceType: string
  readonly outer: RecordFacts | undefined
  private resource: JsonObject | undefined
  private readonly room: Room
  private readonly known: { -readonly [Name in keyof RecordFacts]?: { readonly value: RecordFacts[Name] } } =
    {}
  private walkedOnce: Walked | undefined

  constructor(resource: JsonObject, room: Room, outer?: RecordFacts) {
    this.resource = resource
    this.room = room
    this.outer = outer
    this.resourceType = asText(resource.resourceType) ?? (outer ? "?" : "")
  }

  get name(): string | undefined {
    return this.once("name", ({ id }) => (typeof id === "string" ? `${this.resourceType}/${id}` : undefined))
  }
  get identifiers() {
    return this.once("identifiers", ({ identifier }) =>
      grouped(
        (Array.isArray(identifier) ? identifier : [identifier]).flatMap((one) => {
          if (!isObject(one)) return []
          const { system, value } = one
          // A number is a value that lost its quotes: of which system is then not sure.
          if (value instanceof JsonNumber) return [[value.token, undefined] as const]
          return typeof value === "string" ? [[value, asText(system)] as const] : []
        }),
      ),
    )
  }
  get spelledIdentifiers(): SpelledIdentifiers {
    return this.once("spelledIdentifiers", () => spelledIdentifiers(this.identifiers))
  }
  get foldedName(): string | undefined {
    return this.once("foldedName", () => (this.name === undefined ? undefined : foldedName(this.name)))
  }
  get foldedReferences(): ReadonlySet<string> {
    return this.once("foldedReferences", () => {
      const all = [...this.references.values()].flatMap((alike) => [...alike])
      return new Set(all.flatMap((reference) => foldedName(reference) ?? []))
    })
  }
  get codings(): readonly Code[] {
    return this.once("codings", (resource) => {
      const own = codings(resource).map(share)
      // What is coded in words alone is not what the outer one is.
      return own.length > 0 || !this.outer || hasWords(resource) ? own : this.outer.codings
    })
  }
  get mainCodes(): CodeIndex {
    return this.once("mainCodes", () => indexCodes(this.codings))
  }
  get labels(): readonly Code[] {
    return this.once("labels", () => {
      // A label inside, as on a single element, is the whole's too.
      const own = [...this.walked.labels, ...this.codes.filter(isLabel)]
      return own.length > 0 || !this.outer ? own : this.outer.labels
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
  get references(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.once("references", () =>
      grouped(
        this.walked.references.map((reference) => [literalName(reference) ?? reference, reference] as const),
      ),
    )
  }
  get nested(): readonly RecordFacts[] {
    return this.once("nested", () => this.walked.nested.map((inside) => new Facts(inside, this.room, this)))
  }
  get insideCount(): number {
    return this.once("insideCount", () => {
      const count = this.nested.reduce((sum, inside) => sum + 1 + inside.insideCount, 0)
      return this.room.isOver ? Number.POSITIVE_INFINITY : count
    })
  }
  get codes(): readonly Code[] {
    return this.once("codes", () => this.walked.codes.map(share))
  }
  get allCodes(): CodeIndex {
    return this.once("allCodes", () => indexCodes(this.codes))
  }

  settled(): this {
    for (const name of NAMES) void this[name]
    for (const inside of this.nested) (inside as Facts).settled()
    this.resource = undefined
    this.walkedOnce = undefined
    return this
  }

  private get walked(): Walked {
    this.walkedOnce ??= walk(this.resource ?? {}, this.room)
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

/** All but the indexes and spellings, which are made from those when a criterion asks. */
const NAMES = [
  "insideCount",
  "name",
  "identifiers",
  "codings",
  "labels",
  "time",
  "paperwork",
  "references",
  "codes",
] as const

/** Of a resource's main code, whether it is said in words. */
const hasWords = (resource: JsonObject): boolean =>
  [resource.code, resource.type, resource.vaccineCode, resource.medicationCodeableConcept]
    .flatMap((concept) => (Array.isArray(concept) ? concept : [concept]))
    .some((concept) => isObject(concept))

/** A code of confidentiality or sensitivity, wherever it stands and however it is spelled. */
function isLabel({ system, code }: Code): boolean {
  if (system === undefined) return false
  const name = systemName(system)
  return (
    LABEL_SYSTEMS.some((part) => name.includes(part)) ||
    (name === "hl7/v3-actcode" && isSensitivity(spelled(code)?.toUpperCase() ?? ""))
  )
}
const LABEL_SYSTEMS = ["confidentiality", "sensitivitypolicy", "security-label"]

export const factsOf = (resource: JsonObject): RecordFacts => new Facts(resource, new Room())

/** Facts to be kept for long: the resource itself is not kept. */
export const settledFactsOf = (resource: JsonObject): RecordFacts => new Facts(resource, new Room()).settled()

/** A record about which nothing is known, as a dummy entry is: only a permit without criteria opens it. */
export const NO_FACTS: RecordFacts = settledFactsOf({})
