import { UsageError } from "./session.ts"

/** ms; a moment needs its zone, so that it means the same everywhere. */
export function momentOf(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(String(text))
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(String(text)) || Number.isNaN(ms) || ms < 0)
    throw new UsageError(`${text} is no moment with its zone, such as 2026-05-01T08:00:00Z`)
  return ms
}
