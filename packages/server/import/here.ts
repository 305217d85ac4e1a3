import type { Claims, SourceId } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** The source of what people write at the node itself. No other can be called so: theirs are hexadecimal. */
export const HERE = "here"

/** Whoever writes here names resources by the ids that they have here, whichever source brought them. */
export async function claimsHere(vault: SqliteVault, { type, id, base }: SourceId): Promise<Claims> {
  const isOurs =
    base === "" &&
    (type === "Patient" ? (await vault.patient({ fhirId: id })) !== undefined : vault.has(type, id))
  return {
    own: undefined,
    isOfServer: false,
    bare: undefined,
    isTemporary: false,
    isAmbiguous: false,
    isOurs,
    isTaken: isOurs,
  }
}
