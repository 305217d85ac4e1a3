import type { DemoVisit } from "./index.ts"

/** How the tests read bundles. */

// biome-ignore lint/suspicious/noExplicitAny: parsed FHIR is walked, not typed
export type Parsed = any

export function parse(visit: DemoVisit): Parsed {
  return JSON.parse(visit.bundle)
}

export function resourcesOf(visit: DemoVisit): Parsed[] {
  return parse(visit).entry.map(({ resource }: Parsed) => resource)
}

/** Every value under one of the names, anywhere in the visits; lists by their members. */
export function* named(names: readonly string[], visits: readonly DemoVisit[]): Generator<Parsed> {
  for (const visit of visits) {
    for (const { name, value } of walk(parse(visit), "")) {
      if (names.includes(name) && !Array.isArray(value)) yield value
    }
  }
}

function* walk(value: Parsed, name: string): Generator<{ name: string; value: Parsed }> {
  yield { name, value }
  if (value === null || typeof value !== "object") return
  for (const [key, member] of Object.entries(value)) yield* walk(member, Array.isArray(value) ? name : key)
}
