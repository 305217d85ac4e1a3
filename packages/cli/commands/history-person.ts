import type { Named } from "@aceso/client"
import { bold, red } from "../columns.ts"

/** Whose it is, before anything else; one line for all who say the same. */
export function personLines(persons: readonly Named[], heading = "Whose history"): string[] {
  const sayings = Map.groupBy(persons, ({ who }) => who)
  return [
    bold(`  ${heading}`),
    ...(sayings.size === 0 ? [red("    no Patient record among what was read")] : []),
    ...[...sayings].map(([who, all]) => {
      const at = new Set(all.map(({ custodian, numbers }) => [custodian, ...numbers].join(" ")))
      return `    ${who} (${[...at].join(", ")})`
    }),
    ...(sayings.size > 1 ? [red("    The Patient records do not say the same: make sure who it is.")] : []),
  ]
}
