import { type Named, personSayings } from "@aceso/client"
import { bold, red } from "../columns.ts"

/** Whose it is, before anything else; one line for all who say the same. */
export function personLines(persons: readonly Named[], heading = "Whose history"): string[] {
  const sayings = personSayings(persons)
  return [
    bold(`  ${heading}`),
    ...(sayings.length === 0 ? [red("    no Patient record among what was read")] : []),
    ...sayings.map(
      ({ who, by }) =>
        `    ${who} (${by.map(({ custodian, numbers }) => [custodian, ...numbers].join(" ")).join(", ")})`,
    ),
    ...(sayings.length > 1 ? [red("    The Patient records do not say the same: make sure who it is.")] : []),
  ]
}
