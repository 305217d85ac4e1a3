import type { ClaimContext } from "./claim.ts"
import { claim, coverage } from "./claim.ts"
import type { JsonObject } from "./json.ts"
import { emitJson } from "./json.ts"
import type { OrganisationId } from "./organisations.ts"
import { localSystem, organisations } from "./organisations.ts"
import type { Party } from "./parties.ts"
import * as parties from "./parties.ts"
import type { Identifier, Person } from "./people.ts"
import { dayMs, medicalRecordNumber } from "./people.ts"
import type { Randomness } from "./random.ts"
import type { FactContext, Resource } from "./resources.ts"
import { concept, toResource } from "./resources.ts"
import type { Fact, Story, Visit, When } from "./vocabulary.ts"

/** The engine: a story, a person and a source of randomness become one transaction bundle per visit. */

export interface BuiltVisit {
  readonly organisation: OrganisationId
  readonly start: string
  readonly title: string
  readonly bundle: string
  readonly resources: number
}

export interface Telling {
  readonly story: Story
  readonly person: Person
  readonly now: number
  readonly random: Randomness
}

const minuteMs = 60 * 1000
const usualDelayMinutes = 15
/** 08:00 to 16:00 in China. */
const officeMinutes = [0, 480] as const

export function buildVisits(telling: Telling): BuiltVisit[] {
  return telling.story.visits.map((visit, index) => buildVisit(telling, visit, index))
}

function buildVisit(telling: Telling, visit: Visit, index: number): BuiltVisit {
  const { person } = telling
  const random = telling.random.at("visit", index)
  const bundle = new Transaction(random)
  const startMs = timeOf(telling, visit.when)
  const endMs = startMs + visit.lastsMinutes * minuteMs
  const period = { start: instant(startMs), end: instant(endMs) }
  const business = (kind: "encounter" | "claim"): Identifier => ({
    system: localSystem(visit.organisation, kind),
    value: `${kind.charAt(0).toUpperCase()}${String(person.number).padStart(5, "0")}-${random.at(kind).digits(8)}`,
  })

  const staff = random.at("staff").pick(organisations[visit.organisation].staff)
  const mrn = medicalRecordNumber(person, visit.organisation, telling.random)
  const organisation = bundle.addParty(parties.organization(visit.organisation))
  const practitioner = bundle.addParty(parties.practitioner(visit.organisation, staff))
  const patient = bundle.addParty(parties.patient(person, { mrn, custodian: organisation }))
  const covered = bundle.addParty({ knownBy: person.insured, resource: coverage(person, patient) })
  const encounter = bundle.add("encounter", {
    resourceType: "Encounter",
    identifier: [{ ...business("encounter") }],
    status: "finished",
    class: settings[visit.setting],
    type: [concept(visit.type)],
    subject: patient,
    participant: [{ individual: practitioner }],
    period,
    reasonCode: [concept(visit.reason)],
    serviceProvider: organisation,
  })

  const own: Fact[] = []
  for (const [position, fact] of visit.facts.entries()) {
    const factMs = timeOfFact(telling, visit, fact)
    if (factMs >= startMs && factMs <= endMs) own.push(fact)
    const drawn = fact.key === undefined ? random.at("fact", position) : telling.random.at("key", fact.key)
    const context: FactContext = {
      patient,
      encounter,
      practitioner,
      at: instant(factMs),
      draw: (amount, part = "") => (typeof amount === "string" ? amount : drawn.at(part).decimal(...amount)),
      lotNumber: () => `L${drawn.at("lot").digits(6)}`,
    }
    const { resourceType, ...content } = toResource(fact, context)
    const identifier = fact.national ? { identifier: [nationalIdentifier(fact, drawn)] } : {}
    bundle.add(`fact-${position}`, { resourceType, ...identifier, ...content })
  }

  const context: ClaimContext = {
    identifier: { ...business("claim") },
    patient,
    encounter,
    organisation,
    coverage: covered,
    period,
    facts: own,
  }
  bundle.add("claim", claim(visit, context))
  return {
    organisation: visit.organisation,
    start: period.start,
    title: visit.title,
    bundle: bundle.text(),
    resources: bundle.size,
  }
}

/** Entries in the order given, each named once; what several bundles share is created only where it is missing. */
class Transaction {
  readonly #random: Randomness
  readonly #entries: JsonObject[] = []

  constructor(random: Randomness) {
    this.#random = random
  }

  get size(): number {
    return this.#entries.length
  }

  add(name: string, resource: Resource, condition: { readonly ifNoneExist?: string } = {}): JsonObject {
    const fullUrl = `urn:uuid:${this.#random.at("entry", name).uuid()}`
    const request = { method: "POST", url: resource.resourceType, ...condition }
    this.#entries.push({ fullUrl, resource, request })
    return { reference: fullUrl }
  }

  addParty({ knownBy: { system, value }, resource }: Party): JsonObject {
    return this.add(resource.resourceType, resource, { ifNoneExist: `identifier=${system}|${value}` })
  }

  text(): string {
    return emitJson({ resourceType: "Bundle", type: "transaction", entry: this.#entries })
  }
}

const settings: Readonly<Record<Visit["setting"], JsonObject>> = {
  ambulatory: actCode("AMB", "ambulatory"),
  emergency: actCode("EMER", "emergency"),
  inpatient: actCode("IMP", "inpatient encounter"),
}

function actCode(code: string, display: string): JsonObject {
  return { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code, display }
}

function nationalIdentifier({ kind, key }: Fact, drawn: Randomness): JsonObject {
  if (key === undefined) throw new TypeError(`a national ${kind} needs a key to draw its identifier from`)
  return { system: `https://national.example/${kind}`, value: drawn.at("national").digits(12) }
}

function timeOfFact(telling: Telling, visit: Visit, { when, afterMinutes }: Fact): number {
  const exact = when !== undefined && "hoursAgo" in when
  return timeOf(telling, when ?? visit.when) + (afterMinutes ?? (exact ? 0 : usualDelayMinutes)) * minuteMs
}

function timeOf({ now, person, random, story }: Telling, when: When): number {
  if ("hoursAgo" in when) return now - when.hoursAgo * 60 * minuteMs
  if ("ageDays" in when) {
    const minutes = random.at("age", when.ageDays).integer(...officeMinutes)
    return Date.parse(person.birthDate) + when.ageDays * dayMs + minutes * minuteMs
  }
  const shiftDays = random.at("shift").integer(0, story.spreadDays)
  const minutes = random.at("day", when.daysAgo).integer(...officeMinutes)
  return now - (now % dayMs) - (when.daysAgo + shiftDays) * dayMs + minutes * minuteMs
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")
}
