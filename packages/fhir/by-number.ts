import type { JsonObject } from "@aceso/core"
import {
  type Condition,
  conditionOf,
  havingNumber,
  isTrustedMatch,
  isTrustedNumber,
  matchesOf,
  notTrusted,
  severalMatches,
  type Wrong,
} from "./conditions.ts"
import type { BundleContext, TakenEntry } from "./entries.ts"
import { comparable, knownIdentifiers } from "./identifiers.ts"
import { isMatch } from "./identities.ts"
import { contradicts, othersThan, saidNumber, whoHas } from "./named-twice.ts"
import { compare, personOf } from "./person.ts"
import type { NumberBeside, NumberedPatient } from "./references.ts"

/** What numbers in one entry lead to. */
export interface FoundByNumber {
  /** By system and value in JSON. */
  readonly numbered: Map<string, string>
  readonly contained: Map<JsonObject, string>
  readonly waitsForNumbers: NumberedPatient[]
}

/** What references by identifiers mean, of what is here and of what the input brings. */
export class ByNumber {
  private readonly context: BundleContext
  private readonly taken: readonly TakenEntry[]
  private readonly isTransaction: boolean
  private sets: ReturnType<typeof identifiersSet> | undefined

  /** @param isTransaction see `Resolver` */
  constructor(taken: readonly TakenEntry[], context: BundleContext, isTransaction: boolean) {
    this.taken = taken
    this.context = context
    this.isTransaction = isTransaction
  }

  /** A patient whom a number alone names: by a trusted one, one match (docs/decisions/0019). */
  resolveNumber(number: NumberedPatient, found: FoundByNumber): Wrong | undefined {
    const key = JSON.stringify([number.system, number.value])
    const condition = { type: "Patient", ...number }
    const { names, byIdentifier } = this.identifiersOfInput()
    const here = havingNumber(this.context, condition)
      .map(([id]) => id)
      .filter((id) => !names.has(`Patient/${id}`))
    const inside = byIdentifier.get(nameOfNumber(number)) ?? []
    const ids = [...here, ...inside]
    const [id] = ids
    const isOne = ids.length === 1
    if (isOne && (here.length === 0 || isTrustedNumber(this.context, condition, id)))
      found.numbered.set(key, id)
    else if (!this.isTransaction) found.waitsForNumbers.push(number)
    else if (isOne) return notTrusted(condition, id)
    else if (ids.length > 1) return severalMatches(condition, ids, "a reference by a number alone")
    else
      return {
        reason: "no_match",
        detail: `no patient here has ${number.system}|${number.value}; import the Patient first, or with it`,
      }
    return undefined
  }

  /** Who stands in the resource itself: of all who have one of the trusted numbers the only one, as a match without an id. */
  resolveContained(patient: JsonObject, found: FoundByNumber): void {
    const { rules, person } = this.context
    const said = personOf(patient, rules)
    const { names, byIdentifier } = this.identifiersOfInput()
    const trusted = said.identifiers.filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent)
    const ids = new Set<string>()
    for (const { system, value } of trusted) {
      for (const [id] of havingNumber(this.context, { type: "Patient", system, value }))
        if (!names.has(`Patient/${id}`)) ids.add(id)
      for (const id of byIdentifier.get(nameOfNumber({ system, value })) ?? []) ids.add(id)
    }
    const [id, ...others] = ids
    const sent = this.taken.find((one) => one.type === "Patient" && one.id === id && !one.isExisting)
    const known = sent ? personOf(sent.resource, rules) : id === undefined ? undefined : person(id)
    if (known && others.length === 0 && isMatch(compare(said, known))) found.contained.set(patient, id)
    else found.waitsForNumbers.push(...trusted.map(({ system, value }) => ({ system, value })))
  }

  /** Why a reference to this patient and the number beside it cannot both be right. */
  contradiction({ literal, identifier }: NumberBeside, id: string): Wrong | undefined {
    const number = saidNumber(identifier, this.context.rules)
    if (!number) return undefined
    const { names, byIdentifier, trusted } = this.identifiersOfInput()
    const name = nameOfNumber(number)
    const inside = [...(byIdentifier.get(name) ?? [])]
    const here = whoHas(this.context, number).filter((one) => !names.has(`Patient/${one.id}`))
    const all = [...here, ...inside.map((one) => ({ id: one, isTrusted: trusted.has(name) }))]
    const others = othersThan(id, all, this.context.person(id))
    return others && contradicts(literal, id, number, others)
  }

  /** What a conditional reference finds. */
  matchOf(reference: string): string | Wrong {
    const [type, ...rest] = reference.split("?")
    const condition = conditionOf(type, rest.join("?"), `the reference ${reference}`)
    if ("reason" in condition) return condition
    const { here, inside } = this.find(condition)
    const ids = [...here, ...inside]
    if (type === "Patient" && ids.length === 1 && here.length === 1)
      if (!isTrustedMatch(this.context, condition, ids[0])) return notTrusted(condition, ids[0])
    if (ids.length === 1) return `${type}/${ids[0]}`
    if (ids.length > 1) return severalMatches(condition, ids, "a conditional reference")
    return {
      reason: "no_match",
      detail: `the reference ${reference} finds nothing here; import what it means first`,
    }
  }

  private identifiersOfInput() {
    this.sets ??= identifiersSet(this.taken, this.context)
    return this.sets
  }

  private find(condition: Condition) {
    const { type, system, value } = condition
    const { names, byIdentifier } = this.identifiersOfInput()
    const here = matchesOf(this.context, condition)
      .map(([id]) => id)
      .filter((id) => !names.has(`${type}/${id}`))
    return { here, inside: [...(byIdentifier.get(JSON.stringify([type, system, value])) ?? [])] }
  }
}

/** A number as it is compared. */
const nameOfNumber = (number: NumberedPatient) =>
  JSON.stringify(["number", number.system, comparable(number)])

/** What an input sets counts instead of what is here of the same resources. */
function identifiersSet(taken: readonly TakenEntry[], { rules }: BundleContext) {
  const names = new Set<string>()
  const byIdentifier = new Map<string, Set<string>>()
  /** Numbers of patients that tell by themselves who one is. */
  const trusted = new Set<string>()
  for (const { type, id, resource, isExisting } of taken) {
    if (isExisting) continue
    names.add(`${type}/${id}`)
    for (const { system, value, isCurrent, meaning } of knownIdentifiers(resource, rules)) {
      if (!isCurrent && type === "Patient") continue
      if (meaning === "unique" && type === "Patient") trusted.add(nameOfNumber({ system, value }))
      const written = JSON.stringify([type, system, value])
      for (const name of type === "Patient" ? [written, nameOfNumber({ system, value })] : [written])
        byIdentifier.set(name, (byIdentifier.get(name) ?? new Set<string>()).add(id))
    }
  }
  return { names, byIdentifier, trusted }
}
