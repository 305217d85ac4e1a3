import { type JsonObject, PlatformError, parseJson } from "@aceso/core"
import { type IdentifierRules, NOBODY, type PersonHere, personOf } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { Answers, Opened } from "./reading.ts"

/** Answers what an input asks about who is here. @param source where it comes from, as far as it is known */
export async function answersOf(
  vault: SqliteVault,
  { name, asked }: Opened,
  source: string,
  rules: IdentifierRules,
): Promise<Answers> {
  const known = asked.identifiers.map(({ type, ...identifier }) => vault.findNow(type, identifier))
  const claims = await Promise.all(
    asked.patients.map(async (id) => [id, await vault.sourcesOf(source, id)] as const),
  )
  const ids = new Set(asked.patients)
  asked.identifiers.forEach(({ type }, i) => {
    if (type === "Patient") for (const id of known[i]) ids.add(id)
  })
  for (const [, { own, others }] of claims)
    for (const id of own === undefined ? others : [own, ...others]) ids.add(id)
  for (const id of vault.formerIds(name, "Patient").values()) ids.add(id)
  const persons: [string, PersonHere][] = []
  for (const id of ids) {
    const person = await personHere(vault, id, rules)
    if (person) persons.push([id, person])
  }
  return { rules, known, claims, persons, former: vault.formerIds(name) }
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
  for (const handle of await vault.sameAs(patient.handle)) {
    const other = await vault.patient({ handle })
    if (other) sameAs.push(other.fhirId)
  }
  return {
    ...(resource ? personOf(resource, rules) : NOBODY),
    ...(wasSetApart && { wasSetApart }),
    ...(sameAs.length > 0 && { sameAs }),
  }
}

/** The newest version of a Patient here; undefined: there is none, or it is damaged or erased. */
export async function newestPatient(vault: SqliteVault, fhirId: string): Promise<JsonObject | undefined> {
  const record = vault.newest("Patient", fhirId)
  if (!record) return undefined
  try {
    return parseJson((await vault.content(record)).content) as JsonObject
  } catch (error) {
    // The list and the match go on without what is damaged or erased; verify tells of it.
    if (error instanceof PlatformError) return undefined
    throw error
  }
}
