import type { ShownPatient } from "@aceso/client"
import { asText } from "@aceso/core"
import { personOf, recordNumberOf, shownName } from "@aceso/fhir"
import { newestPatient } from "../import/people-here.ts"
import type { NodeConfig } from "../node/config.ts"
import { configuredMeanings } from "../node/identifier-config.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { ListedPatient } from "../vault/vault-people.ts"

interface Shown {
  readonly config: NodeConfig
  readonly vault: SqliteVault
}

/** What staff sees of a patient, as the newest Patient resource says. */
export async function shownPatient({ config, vault }: Shown, listed: ListedPatient): Promise<ShownPatient> {
  const { number, alias, handle, fhirId, hasKey, records } = listed
  const base = { number, alias, handle, fhirId, hasKey, records }
  const resource = await newestPatient(vault, fhirId)
  if (!resource) return base
  const configured = configuredMeanings(config.identifiers)
  const person = personOf(resource, { configured, now: Date.now() })
  return {
    ...base,
    ...shown("name", shownName(resource), 200),
    ...shown("birthDate", person.birthDate, 20),
    ...shown("sex", asText(resource.gender), 20),
    ...shown("recordNumber", recordNumberOf(person), 100),
  }
}

/** As it is recorded; whoever shows it makes visible what could draw on a screen. */
function shown<N extends string>(
  name: N,
  value: string | undefined,
  max: number,
): Partial<Record<N, string>> {
  const text = [
    ...(value ?? "")
      .toWellFormed()
      .replace(/^\ufeff+/, "")
      .trim(),
  ]
  const cut = text.slice(0, max).join("").slice(0, max).toWellFormed()
  return cut === "" ? {} : ({ [name]: cut } as Partial<Record<N, string>>)
}
