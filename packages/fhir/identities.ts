import type { JsonObject } from "@aceso/core"
import { comparable, type IdentifierRules, type KnownIdentifier, loose } from "./identifiers.ts"
import { type Comparison, compare, NOBODY, type Person, personOf, type Trait, wholeOf } from "./person.ts"
import { type ClaimsHere, keyOfId, type SourceId, type SourceIds } from "./source-ids.ts"

/** Who is here, as far as one input needs to know. */
export interface PeopleHere extends ClaimsHere {
  readonly rules: IdentifierRules
  /** Ids of the resources of this type whose newest version has the identifier (see indexedIdentifiers). */
  find(type: string, system: string, value: string): readonly string[]
  /** What the newest version says of a patient here; undefined: no patient has this id. */
  person(id: string): PersonHere | undefined
}

export interface PersonHere extends Person {
  /** Made because several patients fitted: who fits them all again is this one. */
  readonly wasSetApart?: boolean
  /** Ids of patients that somebody has said are the same person. */
  readonly sameAs?: readonly string[]
}

export const REASONS = [
  "same_identifier",
  "shared_identifier",
  "same_id",
  "other_identifier",
  "other_birth_date",
  "other_sex",
  "other_name",
  "several_matches",
  "linked",
] as const
export type DoubtReason = (typeof REASONS)[number]

/** Two patients that may be one. */
export interface Doubt {
  readonly id: string
  readonly other: string
  readonly reasons: readonly DoubtReason[]
  /** `id` was made because of this doubt. */
  readonly isSetApart: boolean
}

export interface Identity {
  readonly id: string
  readonly isNew: boolean
}

/** More people than this share a number that is nobody's own: it says nothing of any two of them. */
const MAX_SHARERS = 3
/** More patients than this with one trusted number: it tells nobody apart any more but who is the very same. */
export const MAX_CARRIERS = 8

type Verdict = "same" | "unsure" | "other"

interface Candidate {
  readonly id: string
  readonly comparison: Comparison
  /** Known by the id that the source gives, not by an identifier. */
  readonly verdict?: Verdict
  /** The trusted numbers in common are of too many patients to tell who it is. */
  readonly isWorn?: boolean
}

/** Decides who the Patients of one input are: patients that are here, or new ones. docs/decisions/0019. */
export class Identities {
  readonly doubts: Doubt[] = []
  private readonly here: PeopleHere
  private readonly sourceIds: SourceIds
  /** What this input says of patients, by their ids here. */
  private readonly said = new Map<string, Person>()
  private readonly byIdentifier = new Map<string, Set<string>>()
  /** Ids here by the ids that this input gives to its own. */
  private readonly bySourceId = new Map<string, string>()
  /** Patients of whom entries before were: each entry is somebody else. */
  private readonly taken = new Set<string>()

  constructor(here: PeopleHere, sourceIds: SourceIds) {
    this.here = here
    this.sourceIds = sourceIds
  }

  /**
   * A Patient that its source names by an id.
   * @param former who the same place of the very same input was before
   * @returns undefined: the input says it of somebody else already
   */
  named(patient: JsonObject, sourceId: SourceId, former?: string): Identity | undefined {
    const person = personOf(patient, this.here.rules)
    const key = keyOfId(sourceId)
    const said = this.bySourceId.get(key)
    if (said !== undefined) {
      const before = this.said.get(said) as Person
      if (verdictOf(compare(person, before)) === "other") return undefined
      return this.keep(person, { id: said, isNew: false }, key)
    }
    const { id, isKnown, isOfServer } = this.sourceIds.of(sourceId)
    // What the source sent before without an address, or with one, may be this one, where it says that it is the same
    // person: the id alone may be another server's.
    const bare = isKnown || sourceId.base === "" ? undefined : this.sourceIds.of({ ...sourceId, base: "" })
    const isElsewhere = isOfServer && this.personHere(id) !== undefined
    const elsewhere = isElsewhere ? id : bare?.isKnown ? bare.id : undefined
    const others = [
      ...this.sameAs(person, former, (found) => verdictOf(found) === "same"),
      ...this.sameAs(person, elsewhere, isToldSame),
    ]
    const identity = this.decide(person, isElsewhere ? undefined : id, others)
    return this.keep(person, { ...identity, isNew: false }, key)
  }

  /** Somebody here whom the source means besides, where the person is the same. */
  private sameAs(
    person: Person,
    id: string | undefined,
    isSame: (comparison: Comparison) => boolean,
  ): Candidate[] {
    const other = id === undefined ? undefined : this.personHere(id)
    if (id === undefined || !other) return []
    const comparison = compare(person, other)
    return isSame(comparison) ? [{ id, comparison, verdict: "same" }] : []
  }

  /** A Patient without an id that counts. @param former who the same place of the very same input was before */
  unnamed(patient: JsonObject, former: string | undefined): Identity {
    const person = personOf(patient, this.here.rules)
    return this.keep(person, this.decide(person, former))
  }

  /**
   * A Patient that its sender found by a condition: somebody else where it contradicts the one found, and also where
   * it does not say that it is the same person, if the number is not trusted or an entry before was that one.
   * @param mayCorrect the sender changes the one found: one thing may then be other than before
   */
  found(
    patient: JsonObject,
    id: string,
    { mayCorrect, isTrusted }: { readonly mayCorrect: boolean; readonly isTrusted: boolean },
  ): Identity {
    const person = personOf(patient, this.here.rules)
    const comparison = compare(person, this.personHere(id) ?? NOBODY)
    const { agree } = comparison
    const mayBe = mayCorrect ? verdictOf(comparison) !== "other" : contradictions(comparison).length === 0
    const isSaid = agree.has("name") && agree.has("birth_date") && contradictions(comparison).length === 0
    if (isTrusted && !this.taken.has(id) ? mayBe : isSaid) {
      this.taken.add(id)
      return mayCorrect ? this.keep(person, { id, isNew: false }) : { id, isNew: false }
    }
    const apart = { id: this.here.newId(), isNew: true }
    this.doubts.push({ id: apart.id, other: id, reasons: reasonsOf(comparison), isSetApart: false })
    return this.keep(person, apart)
  }

  private keep(person: Person, identity: Identity, key?: string): Identity {
    const { id } = identity
    this.said.set(id, person)
    for (const one of person.identifiers) {
      const name = nameOf(one)
      const ids = this.byIdentifier.get(name) ?? new Set()
      this.byIdentifier.set(name, ids.add(id))
    }
    this.taken.add(id)
    if (key !== undefined) this.bySourceId.set(key, id)
    return identity
  }

  private personHere(id: string): PersonHere | undefined {
    return this.said.get(id) ?? this.here.person(id)
  }

  /**
   * @param given the id here of what the source calls so; free, if it is nobody's yet
   * @param others who it is as well by what the source said
   */
  private decide(person: Person, given: string | undefined, others: readonly Candidate[] = []): Identity {
    const known = given === undefined ? undefined : this.personHere(given)
    const freeId = known ? undefined : given
    const comparison = known && compare(person, known)
    const claims: Candidate[] =
      given !== undefined && comparison ? [{ id: given, comparison, verdict: verdictOf(comparison) }] : []
    claims.push(...others.filter(({ id }) => id !== given))
    const candidates = this.candidates(person).filter(({ id }) => !claims.some((one) => one.id === id))
    // Who sends two Patients in one input tells two people apart.
    const isFree = ({ id }: Candidate) => !this.taken.has(id)
    const isTold = (one: Candidate) =>
      one.isWorn !== true || isEqual(person, this.personHere(one.id) ?? NOBODY)
    const fitting = candidates.filter((one) => isMatch(one.comparison) && isFree(one) && isTold(one))
    const matches = joined(this.here, fitting, ({ id }) => id)
    const is = (verdict: Verdict) => (one: Candidate) => one.verdict === verdict && isFree(one)
    const chosen =
      claims.find((one) => is("same")(one) && one.comparison.agree.has("identifier")) ??
      this.onlyOne(person, matches) ??
      claims.find(is("same")) ??
      claims.find(is("unsure"))
    const id = chosen?.id ?? freeId ?? this.here.newId()
    this.note(id, chosen === undefined, matches.length > 1, [...claims, ...candidates])
    return { id, isNew: chosen === undefined && freeId === undefined }
  }

  /** Patients with whom the person has an identifier in common; of a number that many have, some. */
  private candidates(person: Person): Candidate[] {
    const worn = new Set<string>()
    const whole = wholeOf(person)
    const ids = new Set(this.here.find("Patient", whole.system, whole.value))
    for (const one of person.identifiers) {
      const name = nameOf(one)
      const said = this.byIdentifier.get(name) ?? []
      const all = new Set([...this.here.find("Patient", one.system, comparable(one)), ...said])
      const isTrusted = one.meaning === "unique"
      const isWorn = all.size > (isTrusted ? MAX_CARRIERS : MAX_SHARERS)
      if (isWorn) worn.add(name)
      for (const id of [...all].slice(0, isWorn ? (isTrusted ? MAX_SHARERS : 0) : undefined)) ids.add(id)
      const bare = this.here.find("Patient", one.system, loose(one.value))
      if (bare.length <= MAX_SHARERS) for (const id of bare) ids.add(id)
    }
    const found: Candidate[] = []
    for (const id of ids) {
      const known = this.personHere(id)
      if (!known) continue
      const comparison = compare(person, known)
      // What this input has changed no longer counts as it stood.
      if (!comparison.agree.has("identifier") && !comparison.shares) continue
      found.push({ id, comparison, isWorn: worn.size > 0 && !hasOther(person, known, worn) })
    }
    return found
  }

  /** Of a joined person's handles the one whose data it is. */
  closest(patient: JsonObject, group: readonly string[]): string {
    const person = personOf(patient, this.here.rules)
    return group.find((id) => isEqual(person, this.personHere(id) ?? NOBODY)) ?? group[0]
  }

  /** Of several people that fit, the one that is the very same; of several of those, the one that was set apart. */
  private onlyOne(person: Person, groups: readonly Candidate[][]): Candidate | undefined {
    const equal = groups.flatMap((group) => {
      const same = group.find(({ id }) => isEqual(person, this.personHere(id) ?? NOBODY))
      return same ? [same] : []
    })
    if (groups.length === 1) return equal[0] ?? groups[0][0]
    if (equal.length < 2) return equal[0]
    return equal.find(({ id }) => this.here.person(id)?.wasSetApart)
  }

  private note(id: string, isApart: boolean, isSeveral: boolean, all: readonly Candidate[]): void {
    for (const { id: other, comparison, verdict } of all) {
      if (other === id || this.here.person(id)?.sameAs?.includes(other)) continue
      // A source's own numbering is no doubt, once it is known who this is.
      if (verdict !== undefined && verdict !== "same" && !isApart) continue
      const reasons = [
        ...(verdict !== undefined ? (["same_id"] as const) : []),
        ...reasonsOf(comparison),
        ...(isSeveral && isMatch(comparison) ? (["several_matches"] as const) : []),
      ]
      this.doubts.push({ id, other, reasons, isSetApart: isApart && isSeveral })
    }
  }
}

const nameOf = (one: KnownIdentifier) => JSON.stringify([one.system, comparable(one)])

/** Whether the two have a trusted number in common besides those that too many have. */
function hasOther(a: Person, b: Person, worn: ReadonlySet<string>): boolean {
  const namesOf = ({ identifiers }: Person) =>
    identifiers.filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent).map(nameOf)
  const theirs = new Set(namesOf(b))
  return namesOf(a).some((name) => theirs.has(name) && !worn.has(name))
}

/** Those of whom somebody has said that they are one person, together. */
export function joined<T>(here: PeopleHere, all: readonly T[], idOf: (one: T) => string): T[][] {
  const groups: T[][] = []
  for (const one of all) {
    const same = here.person(idOf(one))?.sameAs ?? []
    const group = groups.find(([first]) => same.includes(idOf(first)))
    if (group) group.push(one)
    else groups.push([one])
  }
  return groups
}

/** Whether more than a name says that two are one person, and nothing speaks against it. */
function isToldSame(comparison: Comparison): boolean {
  const { agree, differ, shares } = comparison
  if (agree.has("identifier")) return verdictOf(comparison) === "same"
  if (differ.size > 0) return false
  return agree.has("birth_date") && (agree.has("name") || shares)
}

/** A trusted identifier in common and nothing against it: enough to be one person. */
export function isMatch(comparison: Comparison): boolean {
  const { agree, differ } = comparison
  if (!agree.has("identifier") || contradictions(comparison).length > 0) return false
  return !differ.has("name") || agree.has("birth_date")
}

const contradictions = ({ differ }: Comparison): Trait[] =>
  (["identifier", "birth_date", "sex"] as const).filter((trait) => differ.has(trait))

/**
 * Whether what its source calls by the id of a patient is that patient. One thing may be corrected at a time, where
 * another says that it is the same person.
 */
function verdictOf({ agree, differ, bothNumbered }: Comparison): Verdict {
  const hasIdentifier = agree.has("identifier")
  if (agree.size === 0 && bothNumbered) return "other"
  if (differ.size === 0) return hasIdentifier || agree.has("name") ? "same" : "unsure"
  if (differ.size > 1) return "other"
  if (hasIdentifier) return "same"
  if (differ.has("identifier")) return agree.has("name") ? "same" : "other"
  if (differ.has("sex")) return agree.has("name") && agree.has("birth_date") ? "same" : "other"
  if (differ.has("name")) {
    return agree.has("birth_date") && agree.has("sex") ? "same" : "unsure"
  }
  return "other"
}

function isEqual(a: Person, b: Person): boolean {
  const { agree, differ } = compare(a, b)
  const numbers = ({ identifiers }: Person) =>
    identifiers
      .filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent)
      .map(nameOf)
      .sort()
      .join()
  return (
    differ.size === 0 &&
    (agree.has("name") || (a.names.length === 0 && b.names.length === 0)) &&
    a.birthDate === b.birthDate &&
    numbers(a) === numbers(b)
  )
}

function reasonsOf({ agree, differ, shares }: Comparison): DoubtReason[] {
  return [
    ...(agree.has("identifier") ? (["same_identifier"] as const) : []),
    ...(shares ? (["shared_identifier"] as const) : []),
    ...(["identifier", "birth_date", "sex", "name"] as const)
      .filter((trait) => differ.has(trait))
      .map((trait) => `other_${trait}` as const),
  ]
}
