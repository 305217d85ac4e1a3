import { dateRange } from "./clinical.ts"
import { type AccessQuery, documentsFor, type Policy } from "./consent.ts"
import { isObject, type Json } from "./json.ts"

/**
 * How many of the dates that stand anywhere in a policy's documents have begun or ended by a time. Between two times
 * with the same number a policy decides alike: nothing else in it depends on when it is asked.
 */
export function momentOf(policy: Policy, query: AccessQuery): number {
  const timeMs = query.time
  let passed = 0
  const walk = (value: Json): void => {
    if (typeof value === "string") {
      const range = value.length <= MAX_DATE_LENGTH ? rangeOf(value) : undefined
      if (range) passed += (range.fromMs <= timeMs ? 1 : 0) + (range.toMs <= timeMs ? 1 : 0)
    } else if (Array.isArray(value)) value.forEach(walk)
    else if (isObject(value)) Object.values(value).forEach(walk)
  }
  for (const document of documentsFor(policy, query)) walk(document)
  return passed
}

const MAX_DATE_LENGTH = 40

function rangeOf(text: string) {
  try {
    return dateRange(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
