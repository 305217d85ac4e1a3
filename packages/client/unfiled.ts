import type { ImportAnswer } from "./schemas.ts"

/** What of one import still belongs to nobody after a later one; what that one names itself is its own to tell. */
export function stillUnfiled(
  before: ImportAnswer["unfiled"],
  { filed, unfiled }: Pick<ImportAnswer, "filed" | "unfiled">,
): ImportAnswer["unfiled"] {
  if (filed.length + unfiled.length === 0) return before
  const names = new Set([...filed, ...unfiled].map(({ resource }) => resource))
  return before.filter(({ resource }) => !names.has(resource))
}
