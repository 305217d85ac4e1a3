import { isObject, messageOf, PlatformError, parseJson } from "@aceso/core"
import { patientReferences, relocated, stamped, unstamped } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"

export const notMovable = (why: string, cause?: unknown) =>
  new PlatformError("not_movable", `this record cannot be moved to another patient: ${why}`, { cause })

/**
 * The newest content of a record as it is about another patient.
 * @param versions of the record in its log, oldest first
 * @returns undefined: nothing stands there any more
 * @throws PlatformError `not_movable`
 */
export async function contentFor(
  vault: SqliteVault,
  versions: readonly StoredRecord[],
  { from, to }: { readonly from: Patient; readonly to: Patient },
): Promise<((version: number, lastUpdated: string) => Uint8Array) | undefined> {
  const newest = versions.at(-1)
  const source = versions.findLast(({ operation }) => operation !== "delete")
  if (!newest || !source) return undefined
  if (source.type === "Patient")
    throw notMovable("it says who the patient is; correct it by an import (aceso import)")
  let content: Uint8Array
  try {
    content = (await vault.content(source)).content
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause
    throw notMovable(`it cannot be read (${messageOf(cause)})`, cause)
  }
  const resource = parseJson(content)
  const moved = isObject(resource) ? relocated(resource, from.fhirId, to.fhirId) : undefined
  if (!moved || !patientReferences(moved).includes(`Patient/${to.fhirId}`))
    throw notMovable("it does not name its patient by id; correct it at its source")
  const text = unstamped(moved, source.fhirId)
  return (version, lastUpdated) => stamped(text, version, lastUpdated)
}
