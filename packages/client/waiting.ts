import type { ImportAnswer } from "./schemas.ts"

const nameOf = ({ resource, reference }: ImportAnswer["filed"][number]) =>
  `${resource} ${reference.replace(/\/_history\/.*$/, "")}`

/** What of one import still waits for its patients after a later one. */
export function stillWaiting(
  waiting: ImportAnswer["waiting"],
  { filed }: Pick<ImportAnswer, "filed">,
): ImportAnswer["waiting"] {
  if (filed.length === 0) return waiting
  const names = new Set(filed.map(nameOf))
  return waiting.filter((one) => !names.has(nameOf(one)))
}
