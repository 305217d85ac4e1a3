import { equalBytes, type Handle, PlatformError, toHex } from "@aceso/core"
import type { StoredRecord, Vault } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"

/** @throws PlatformError `unknown_patient`: visitors, whose records lie elsewhere, are none of our patients */
export async function ownPatient(vault: Vault, alias: string): Promise<Patient> {
  const found = await vault.patient({ alias })
  if (!found)
    throw new PlatformError(
      "unknown_patient",
      `no patient of this organisation is called ${alias}; see aceso patients`,
    )
  return found
}

/** @throws PlatformError `unknown_patient` */
export async function patientAt(vault: Vault, handle: Handle): Promise<Patient> {
  const found = await vault.patient({ handle })
  if (!found) throw new PlatformError("unknown_patient", "no patient has this handle here")
  return found
}

/**
 * The newest version of one of the patient's records, by `Type/id` or the beginning of its record id in hexadecimal.
 * @throws PlatformError `unknown_record`, `bad_input`
 */
export async function findRecord(
  vault: Vault,
  { handle, alias }: Patient,
  name: string,
): Promise<StoredRecord> {
  const versions = await versionsNamed(vault, handle, name)
  const newest = versions.at(-1)
  if (!newest || newest.operation === "delete")
    throw new PlatformError(
      "unknown_record",
      `${alias} has no record ${name}; name it as Type/id, or by its id from aceso history ${alias} --ids`,
    )
  if (versions.some(({ recordId }) => !equalBytes(recordId, newest.recordId)))
    throw new PlatformError("bad_input", "several records begin so; write more digits")
  return newest
}

async function versionsNamed(vault: Vault, handle: Handle, name: string): Promise<readonly StoredRecord[]> {
  const [type, id] = name.split("/")
  if (id !== undefined)
    return (await vault.newestPlaces(type, id)).filter(({ log }) => equalBytes(log, handle))
  if (!/^[0-9a-f]{8,64}$/.test(name)) return []
  const log = await vault.log(handle)
  // Dummies have no type.
  return log.filter((one) => one.type !== "" && toHex(one.recordId).startsWith(name))
}
