import { type Handle, nameOf } from "@aceso/core"
import type { Vault } from "../vault/vault.ts"

/** Handles that one person may have here by mistake; a view of more would be no view. */
export const MAX_JOINED = 10

/** The handles that are one person with this one, directly or through others; itself comes first. */
export async function joinedWith(vault: Vault, handle: Handle): Promise<readonly Handle[]> {
  const found = new Map([[nameOf(handle), handle]])
  // A map's values grow while they are walked.
  for (const one of found.values())
    for (const { a, b, ended } of await vault.joins(one))
      if (ended === null) for (const next of [a, b]) found.set(nameOf(next), next)
  return [...found.values()]
}
