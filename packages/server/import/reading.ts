import { randomUUID } from "node:crypto"
import { type Bytes, isObject, type JsonObject, PlatformError, parseJson, sha256 } from "@aceso/core"
import {
  type Asked,
  askedOf,
  atPlace,
  type BundleContext,
  type Claims,
  comparable,
  type FhirInput,
  type IdentifierRules,
  type Incoming,
  type InputLine,
  indexedIdentifiers,
  inputOf,
  keyOfId,
  linesInput,
  MAX_ENTRIES,
  nobodysReason,
  type Overtaken,
  type Person,
  type PersonHere,
  patientReferences,
  personOf,
  type Refusal,
  type SaidHere,
  type Standing,
  type StandingContent,
  type Taken,
  takeInput,
  termsOf,
  type Wrong,
} from "@aceso/fhir"
import { pack } from "../vault/packing.ts"
import type { Identifier } from "../vault/vault-people.ts"
import { textOf } from "./encoding.ts"
import { type StoredForm, storedForm } from "./stored-form.ts"

/** What the vault is asked about an input before it can be taken apart. */
export interface Opened {
  /** SHA-256 of the unpacked bytes. */
  readonly name: Bytes
  readonly asked: Asked
}

export interface Answers {
  readonly rules: IdentifierRules
  /** The FHIR ids of all that have an identifier that was asked for, in the same order. */
  readonly known: readonly (readonly string[])[]
  /** What is known of the source's ids that were asked for, in the same order. */
  readonly claims: readonly Claims[]
  /** What is known of the patients here whom this may be about, by their ids here. */
  readonly persons: readonly (readonly [string, PersonHere])[]
  /** What the creates of the very same input made before, by their places. */
  readonly former: ReadonlyMap<number, string>
  /** What other inputs of the source called by the urns that were asked for. */
  readonly urns: readonly (readonly [string, Standing])[]
  /** What the source has sent without an address, by the names (`keyOfId`) that have one now. */
  readonly bare: readonly (readonly [string, StandingContent])[]
  /** What the source has said when of what the input says it of, by their names (`keyOfId`). */
  readonly said: readonly (readonly [string, SaidHere])[]
}

/** A resource as the vault needs it to store it; plain data, so that it can cross threads. */
export interface ReadResource extends Omit<Incoming, "resource">, StoredForm {
  readonly identifiers: readonly Identifier[]
  /** Ids of the patients of this server in whose compartments it is, if they are known. */
  readonly patients: readonly string[]
  /** What it names, where none of `patients` is here; undefined: it is none that belongs to a patient. */
  readonly nobodys: string | undefined
  /** What a Patient is found by. */
  readonly terms: readonly string[]
  /** Of a Patient: the trusted numbers. */
  readonly numbers: readonly Identifier[]
  /** Of a Patient: what it says of who it is. */
  readonly person: Person | undefined
}

/** What a condition found to be here already. */
export interface ReadExisting extends Pick<ReadResource, "type" | "id" | "index" | "patients" | "urn"> {}

/** A version that its source has changed since. */
export interface ReadOlder extends Omit<Overtaken, "resource">, Pick<StoredForm, "text"> {}

export interface TakenApart extends Pick<Taken, "unresolved" | "outside" | "doubts" | "claims"> {
  /** All or nothing: a transaction, a document, or a resource on its own. */
  readonly isWhole: boolean
  readonly isHistory: boolean
  /** How messages name a place in it. */
  readonly place: FhirInput["place"]
  readonly firstPlace: number
  readonly incoming: readonly ReadResource[]
  readonly existing: readonly ReadExisting[]
  readonly older: readonly ReadOlder[]
  readonly refused: readonly Refusal[]
  /** The input as it is kept. */
  readonly packed: Bytes
}

/** An input as it came. */
export interface Received {
  readonly bytes: Bytes
  /** Set where it is lines of one resource each (NDJSON): the number of the first of them in its file. */
  readonly firstLine?: number
}

/** An input that is being read. It knows no vault, so it can be read on any thread. */
export class Input {
  readonly opened: Opened
  private readonly received: Bytes
  private readonly input: FhirInput

  /** @throws PlatformError `too_large`, `bad_gzip`, `zip_archive`, `not_utf8`, `bad_utf8`, `bad_json`, `no_resource` */
  constructor({ bytes: received, firstLine }: Received) {
    const bytes = textOf(received)
    this.received = received
    this.input = firstLine === undefined ? inputOf(oneIn(bytes)) : linesInput(linesIn(bytes), firstLine)
    this.opened = { name: sha256(bytes), asked: askedOf(this.input) }
  }

  takeApart(answers: Answers): TakenApart {
    const { isWhole, isHistory, place, firstPlace } = this.input
    const context = contextOf(this.opened.asked, answers)
    const { existing, refused, unresolved, outside, doubts, claims, older, ...taken } = takeInput(
      this.input,
      context,
    )
    const incoming: ReadResource[] = []
    const unstorable: Refusal[] = []
    const refuse = (form: Wrong, index: number) =>
      unstorable.push({ ...form, index, detail: atPlace(this.input, index, form.detail) })
    for (const { resource, ...one } of taken.incoming) {
      const form = storedForm({ resource, ...one })
      if ("reason" in form) {
        refuse(form, one.index)
        continue
      }
      const person = one.type === "Patient" ? personOf(resource, answers.rules) : undefined
      incoming.push({
        ...one,
        ...whoseIs(one.patients, { ...resource, id: one.id }),
        ...form,
        identifiers: one.isEnd ? [] : indexedIdentifiers(resource),
        terms: person ? termsOf(person) : [],
        numbers: person ? trustedNumbers(person) : [],
        person,
      })
    }
    const storable: ReadOlder[] = []
    for (const { resource, ...one } of older) {
      const form = storedForm({ resource, ...one })
      if ("reason" in form) refuse(form, one.index)
      else storable.push({ ...one, text: form.text })
    }
    return {
      incoming,
      isWhole,
      isHistory,
      place,
      firstPlace,
      existing: existing.map(({ resource, ...one }) => ({ ...one, patients: localPatients(resource) })),
      refused: [...refused, ...unstorable],
      older: storable,
      unresolved,
      outside,
      doubts,
      claims,
      packed: pack(this.received),
    }
  }
}

/** @param said who it is said to be of, where it does not say so itself */
function whoseIs(said: readonly string[], resource: JsonObject): Pick<ReadResource, "patients" | "nobodys"> {
  const patients = said.length > 0 ? said : localPatients(resource)
  return { patients, nobodys: patients.length > 0 ? `Patient/${patients[0]}` : nobodysReason(resource) }
}

function oneIn(bytes: Bytes): JsonObject {
  const parsed = parseJson(bytes)
  if (isObject(parsed)) return parsed
  throw new PlatformError("no_resource", "expected a FHIR resource or bundle (a JSON object)")
}

const LINE_FEED = 10

/** The lines that are not empty, each read on its own. @throws PlatformError `too_many_entries` */
function linesIn(bytes: Bytes): InputLine[] {
  const lines: InputLine[] = []
  let index = 0
  for (let start = 0; start < bytes.length; index++) {
    const at = bytes.indexOf(LINE_FEED, start)
    const end = at < 0 ? bytes.length : at
    const line = bytes.subarray(start, end)
    start = end + 1
    if (line.every((byte) => byte === 32 || byte === 9 || byte === 13)) continue
    if (lines.length === MAX_ENTRIES)
      throw new PlatformError(
        "too_many_entries",
        `an input has at most ${MAX_ENTRIES} lines; send it in parts`,
      )
    lines.push({ index, line: lineOf(line) })
  }
  return lines
}

function lineOf(line: Bytes): InputLine["line"] {
  try {
    return { resource: parseJson(line) }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return { reason: error.code, detail: error.message.replace(/^line 1, /, "") }
  }
}

const trustedNumbers = ({ identifiers }: Person): Identifier[] =>
  identifiers
    .filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent)
    .map((one) => ({ system: one.system, value: comparable(one) }))

const NO_CLAIMS: Claims = {
  own: undefined,
  isOfServer: false,
  bare: undefined,
  isTemporary: false,
  isAmbiguous: false,
  isOurs: false,
  isTaken: true,
}

function contextOf(
  asked: Asked,
  { rules, known, claims, persons, former, urns, bare, said }: Answers,
): BundleContext {
  const nameOf = (type: string, system: string, value: string) => JSON.stringify([type, system, value])
  const ids = new Map(
    asked.identifiers.map(({ type, system, value }, i) => [nameOf(type, system, value), known[i]]),
  )
  const people = new Map(persons)
  const byUrn = new Map(urns)
  const withoutServer = new Map(bare)
  const times = new Map(said)
  const names = new Map(asked.sourceIds.map((name, i) => [keyOfId(name), claims[i]]))
  return {
    rules,
    find: (type, system, value) => ids.get(nameOf(type, system, value)) ?? [],
    person: (id) => people.get(id),
    claims: (name) => names.get(keyOfId(name)) ?? NO_CLAIMS,
    formerId: (index) => former.get(index),
    byUrn: (urn) => byUrn.get(urn),
    withoutServer: (name) => (withoutServer.size === 0 ? undefined : withoutServer.get(keyOfId(name))),
    said: (name) => (times.size === 0 ? undefined : times.get(keyOfId(name))),
    newId: () => randomUUID(),
  }
}

/** Somebody else's Patient/1 is not ours: only references relative to this server count. */
export const localPatients = (resource: JsonObject): string[] =>
  patientReferences(resource).flatMap((reference) => /^Patient\/([^/]+)/.exec(reference)?.[1] ?? [])
