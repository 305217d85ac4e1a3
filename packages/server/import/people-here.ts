import { canonicalText, type Handle, type JsonObject, PlatformError, parseJson } from "@aceso/core"
import {
  type Claims,
  type IdentifierRules,
  type KnownIdentifier,
  keyOfId,
  NOBODY,
  type Person,
  type PersonHere,
  personOf,
  type Standing,
  type StandingContent,
} from "@aceso/fhir"
import { joinedWith } from "../joins/group.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { BundlePlace, StoredRecord } from "../vault/vault.ts"
import { claimsHere, HERE } from "./here.ts"
import type { Answers, Opened } from "./reading.ts"
import { SourceTimes } from "./source-times.ts"

interface Asking {
  /** Where the input comes from, as far as it is known. */
  readonly source: string
  /** What the creates of the very same input made before, by their places. */
  readonly former: readonly BundlePlace[]
  readonly rules: IdentifierRules
}

/** Answers what an input asks about what is here. */
export async function answersOf(
  vault: SqliteVault,
  { asked }: Opened,
  { source, former, rules }: Asking,
): Promise<Answers> {
  const known = asked.identifiers.map(({ type, ...identifier }) => vault.findNow(type, identifier))
  const claims: Claims[] = []
  const times = new SourceTimes(vault, rules.now)
  const bare: [string, StandingContent][] = []
  const ids = new Set<string>()
  const owns = new Map<string, string>()
  for (const name of asked.sourceIds) {
    const found = source === HERE ? await claimsHere(vault, name) : await vault.sourcesOf(source, name)
    claims.push(found)
    owns.set(keyOfId(name), found.own ?? name.id)
    if (name.type === "Patient") ids.add(found.own ?? name.id)
    else if (found.bare !== undefined) {
      const standing = await standingOf(vault, name.type, found.bare)
      if (standing) bare.push([keyOfId(name), standing])
    }
  }
  asked.identifiers.forEach(({ type }, i) => {
    if (type === "Patient") for (const id of known[i]) ids.add(id)
  })
  for (const { type, fhirId } of former) if (type === "Patient") ids.add(fhirId)
  const persons: [string, PersonHere][] = []
  for (const id of ids) {
    const person = await personHere(vault, id, rules)
    if (person) persons.push([id, person])
  }
  return {
    rules,
    known,
    claims,
    persons,
    former: new Map(former.map(({ place, fhirId }) => [place, fhirId])),
    urns: await urnsHere(vault, source, asked.urns),
    bare,
    said: asked.dated.flatMap((name) => {
      const key = keyOfId(name)
      const said = times.of(name, owns.get(key) ?? name.id, source)
      return said ? [[key, said] as const] : []
    }),
  }
}

/** What stands here, as it is now; undefined: nothing that can be read. */
async function standingOf(
  vault: SqliteVault,
  type: string,
  id: string,
): Promise<StandingContent | undefined> {
  const record = vault.newest(type, id)
  const resource = record && record.operation !== "delete" ? await readable(vault, record) : undefined
  if (!resource) return undefined
  return { type, id, patients: await patientsOf(vault, { type, fhirId: id }), text: canonicalText(resource) }
}

/** What a source has called by urns, and with whom that stands. */
async function urnsHere(
  vault: SqliteVault,
  source: string,
  urns: readonly string[],
): Promise<[string, Standing][]> {
  const found: [string, Standing][] = []
  for (const urn of urns) {
    const named = vault.byUrn(source, urn)
    if (named)
      found.push([urn, { type: named.type, id: named.fhirId, patients: await patientsOf(vault, named) }])
  }
  return found
}

async function patientsOf(
  vault: SqliteVault,
  { type, fhirId }: { readonly type: string; readonly fhirId: string },
): Promise<string[]> {
  const ids: string[] = []
  for (const { log, operation } of await vault.newestPlaces(type, fhirId)) {
    const patient =
      log.length > 0 && operation !== "delete" ? await vault.patient({ handle: log }) : undefined
    if (patient) ids.push(patient.fhirId)
  }
  return ids
}

/** What the newest version says of a patient here; nothing where it cannot be read any more. */
export async function personHere(
  vault: SqliteVault,
  fhirId: string,
  rules: IdentifierRules,
): Promise<PersonHere | undefined> {
  const patient = await vault.patient({ fhirId })
  if (!patient) return undefined
  const resource = await newestPatient(vault, fhirId)
  const wasSetApart = vault.wasSetApart(patient.handle)
  const sameAs: string[] = []
  // Of a patient of whom decisions are lost, a join may have been parted since.
  const isReviewed = !(await vault.isUnreviewed(patient.handle))
  for (const handle of isReviewed ? (await joinedWith(vault, patient.handle)).slice(1) : []) {
    if (await vault.isUnreviewed(handle)) continue
    const other = await vault.patient({ handle })
    if (other) sameAs.push(other.fhirId)
  }
  return {
    ...(resource ? await asKnown(vault, fhirId, personOf(resource, rules), rules) : NOBODY),
    ...(wasSetApart && { wasSetApart }),
    ...(sameAs.length > 0 && { sameAs }),
  }
}

/** Older versions that are looked at for what the newest one leaves out. */
const MAX_OLDER = 8

/**
 * What the newest version does not say at all was said before, perhaps by another source: it speaks against somebody
 * else still. Numbers match by the newest version alone.
 */
async function asKnown(
  vault: SqliteVault,
  fhirId: string,
  newest: Person,
  rules: IdentifierRules,
): Promise<Person> {
  let { names, birthDate, sex } = newest
  const former: KnownIdentifier[] = []
  const last = await vault.newestVersion("Patient", fhirId)
  for (let version = last - 1; version > Math.max(0, last - 1 - MAX_OLDER); version--) {
    const record = vault.ofVersion("Patient", fhirId, version)
    const resource = record && (await readable(vault, record))
    if (!resource) continue
    const older = personOf(resource, rules)
    if (names.length === 0) names = older.names
    birthDate ??= older.birthDate
    sex ??= older.sex
    former.push(...older.identifiers.filter(({ meaning }) => meaning === "unique"))
  }
  return { ...newest, names, birthDate, sex, ...(former.length > 0 && { former }) }
}

/**
 * Birth dates by which somebody is known here, as FHIR writes them: of the handle and of those that are joined with it,
 * where a newest version says none of the one before.
 */
export async function birthDatesOf(vault: SqliteVault, handle: Handle): Promise<readonly string[]> {
  const rules = { configured: {}, now: 0 }
  const found: string[] = []
  for (const one of await joinedWith(vault, handle)) {
    const patient = await vault.patient({ handle: one })
    const resource = patient && (await newestPatient(vault, patient.fhirId))
    if (!resource) continue
    const { birthDate } = await asKnown(vault, patient.fhirId, personOf(resource, rules), rules)
    if (birthDate !== undefined) found.push(birthDate)
  }
  return found
}

/** The newest version of a Patient here; undefined: there is none, or it is damaged or erased. */
export async function newestPatient(vault: SqliteVault, fhirId: string): Promise<JsonObject | undefined> {
  const record = vault.newest("Patient", fhirId)
  return record && readable(vault, record)
}

/** What a record says; undefined: it is damaged or erased. */
export async function readable(vault: SqliteVault, record: StoredRecord): Promise<JsonObject | undefined> {
  try {
    return parseJson((await vault.content(record)).content) as JsonObject
  } catch (error) {
    // The list, the match and what waits go on without it; verify tells of it.
    if (error instanceof PlatformError) return undefined
    throw error
  }
}
