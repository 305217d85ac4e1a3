import { type Infer, list, object, oneOf, text } from "@aceso/core"
import type { IdentifierRules, Meaning } from "@aceso/fhir"

/** Whose the numbers of identifier systems are; what is not named has the default (decision 0019). */
export const identifierSystems = list(
  object({ system: text(1000), meaning: oneOf("unique", "shared", "unknown") }),
  1000,
)

/** One system cannot mean two things. */
export function wrongIdentifiers({ identifiers }: Record<string, unknown>): string[] {
  if (!Array.isArray(identifiers)) return []
  const systems = identifiers.map((one: { system?: unknown } | null) => one?.system)
  return systems.flatMap((system, i) =>
    typeof system === "string" && systems.indexOf(system) < i
      ? [`identifiers[${i}].system: ${system} stands in the list before; say it once`]
      : [],
  )
}

/** What a configuration says of identifier systems, as matching takes it. */
export const configuredMeanings = (
  systems: Infer<typeof identifierSystems> = [],
): IdentifierRules["configured"] =>
  Object.fromEntries(systems.map(({ system, meaning }): [string, Meaning] => [system, meaning]))
