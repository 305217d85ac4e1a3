import { randomUUID } from "node:crypto"
import { gunzipSync } from "node:zlib"
import {
  type Bytes,
  isObject,
  type JsonObject,
  type LargeObject,
  messageOf,
  OBJECT_EXTENSION,
  PlatformError,
  parseJson,
  sha256,
  withoutLargeData,
} from "@aceso/core"
import {
  type Asked,
  askedOf,
  type BundleContext,
  type Claims,
  type IdentifierRules,
  type Incoming,
  indexedIdentifiers,
  isTransaction,
  keyOfId,
  type OpenReferences,
  openReferencesOf,
  type PersonHere,
  patientReferences,
  personOf,
  type Refusal,
  type Taken,
  takeBundle,
  takeResource,
  termsOf,
  type Unstamped,
  unstamped,
} from "@aceso/fhir"
import { pack } from "../vault/packing.ts"
import type { Identifier } from "../vault/vault.ts"

/** An attachment of 64 MiB has 86 as base64. */
export const MAX_IMPORT_BYTES = 96 * 2 ** 20

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
}

/** A resource as the vault needs it to store it; plain data, so that it can cross threads. */
export interface ReadResource extends Omit<Incoming, "resource"> {
  readonly text: Unstamped
  /** What was taken out of it. */
  readonly objects: readonly LargeObject[]
  readonly identifiers: readonly Identifier[]
  /** Ids of the patients of this server in whose compartments it is, if they are known. */
  readonly patients: readonly string[]
  /** What a Patient is found by. */
  readonly terms: readonly string[]
}

export interface TakenApart extends Pick<Taken, "existing" | "unresolved" | "outside" | "doubts" | "claims"> {
  /** All or nothing: a transaction, or a resource on its own. */
  readonly isWhole: boolean
  readonly incoming: readonly ReadResource[]
  readonly refused: readonly Refusal[]
  /** The input as it is kept. */
  readonly packed: Bytes
}

/** An input that is being read. It knows no vault, so it can be read on any thread. */
export class Input {
  readonly opened: Opened
  private readonly received: Bytes
  private readonly resource: JsonObject
  private readonly open: readonly OpenReferences[]

  /** @throws PlatformError `too_large`, `bad_gzip`, `bad_utf8`, `bad_json`, `no_resource` */
  constructor(received: Bytes) {
    const bytes = unpacked(received)
    const parsed = parseJson(bytes)
    if (!isObject(parsed))
      throw new PlatformError("no_resource", "expected a FHIR resource or bundle (a JSON object)")
    this.received = received
    this.resource = parsed
    this.open = openReferencesOf(parsed)
    this.opened = { name: sha256(bytes), asked: askedOf(parsed, this.open) }
  }

  takeApart(answers: Answers): TakenApart {
    const { resource, open } = this
    const context = contextOf(this.opened.asked, answers)
    const take = isTransaction(resource) ? takeBundle : takeResource
    const taken = take(resource, context, open)
    const { existing, unresolved, outside, doubts, claims } = taken
    const incoming: ReadResource[] = []
    const refused = [...taken.refused]
    for (const one of taken.incoming) {
      const kept = storedForm(one)
      if ("reason" in kept) {
        refused.push(kept)
        continue
      }
      incoming.push({
        type: one.type,
        id: one.id,
        index: one.index,
        isNew: one.isNew,
        isRenamed: one.isRenamed,
        waitsFor: one.waitsFor,
        ...kept,
        identifiers: indexedIdentifiers(one.resource),
        patients: localPatients({ ...one.resource, id: one.id }),
        terms: one.type === "Patient" ? termsOf(personOf(one.resource, answers.rules)) : [],
      })
    }
    const isWhole = !isTransaction(resource) || resource.type === "transaction"
    const packed = pack(this.received)
    return { incoming, isWhole, existing, refused, unresolved, outside, doubts, claims, packed }
  }
}

/** What can be shown later: an answer, an audit and a history have room for it. */
export const MAX_RECORD_BYTES = 16 * 2 ** 20

/** A resource as it is stored, without its large data; or why it cannot be. */
function storedForm({
  type,
  id,
  index,
  resource,
}: Incoming): Pick<ReadResource, "text" | "objects"> | Refusal {
  const refusal = (reason: string, detail: string) => ({ index, reason, detail: `${type}/${id}: ${detail}` })
  try {
    const whole = unstamped(resource, id)
    // Most have no large data.
    if (whole.every((part) => part.length < SMALL_RECORD && !part.includes(OBJECT_EXTENSION)))
      return { text: whole, objects: [] }
    const { resource: kept, objects } = withoutLargeData(resource)
    const text = unstamped(kept, id)
    const bytes = text.reduce((sum, part) => sum + Buffer.byteLength(part), 0)
    if (bytes <= MAX_RECORD_BYTES - STAMP_BYTES) return { text, objects }
    const limit = `a record has at most ${MAX_RECORD_BYTES / 2 ** 20} MiB beside its attachments`
    return refusal("record_too_large", `${limit}; split it`)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return refusal(error.code, error.message)
  }
}

/** Characters; no large data is shorter. */
const SMALL_RECORD = 64 * 1024
/** Room for version and time. */
const STAMP_BYTES = 100

function contextOf(asked: Asked, { rules, known, claims, persons, former }: Answers): BundleContext {
  const nameOf = (type: string, system: string, value: string) => JSON.stringify([type, system, value])
  const ids = new Map(
    asked.identifiers.map(({ type, system, value }, i) => [nameOf(type, system, value), known[i]]),
  )
  const people = new Map(persons)
  const names = new Map(asked.sourceIds.map((name, i) => [keyOfId(name), claims[i]]))
  return {
    rules,
    find: (type, system, value) => ids.get(nameOf(type, system, value)) ?? [],
    person: (id) => people.get(id),
    claims: (name) => names.get(keyOfId(name)) ?? { own: undefined, isOurs: false, isTaken: true },
    formerId: (index) => former.get(index),
    newId: () => randomUUID(),
  }
}

/** Somebody else's Patient/1 is not ours: only references relative to this server count. */
export const localPatients = (resource: JsonObject): string[] =>
  patientReferences(resource).flatMap((reference) => /^Patient\/([^/]+)/.exec(reference)?.[1] ?? [])

/** @throws PlatformError `too_large`, `bad_gzip` */
function unpacked(input: Bytes): Bytes {
  const tooLarge = () =>
    new PlatformError("too_large", `an input has at most ${MAX_IMPORT_BYTES / 2 ** 20} MiB; split the bundle`)
  if (input.length > MAX_IMPORT_BYTES) throw tooLarge()
  if (input[0] !== 0x1f || input[1] !== 0x8b) return input
  try {
    return gunzipSync(input, { maxOutputLength: MAX_IMPORT_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge()
    throw new PlatformError("bad_gzip", `the file is no sound gzip: ${messageOf(cause)}`, { cause })
  }
}
