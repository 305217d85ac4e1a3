import { PlatformError } from "@aceso/core"
import type { NodeConfig } from "../node/config.ts"
import { LEAST, LEDGER_MS } from "../node/config-values.ts"
import type { LiveName } from "./applied.ts"

/**
 * What the page takes at least while the node runs. The file may say less (`LEAST`): a demo, or whoever owns the machine
 * and the node with it. By a page one administrator, or a thief of their device, could else make a block with each
 * moment, or let strangers see by the time which handles are one person's.
 */
const LEAST_HERE: Readonly<Partial<Record<LiveName, number>>> = {
  commitWindowMs: 1000,
  disclosureWindowMs: 1000,
  policyDelayMs: 3_600_000,
  moveSpreadMs: 600_000,
  noticeDelayMs: 10_000,
}

/** What hides better the greater it is. */
const HIDES: ReadonlySet<LiveName> = new Set([
  "commitWindowMs",
  "disclosureWindowMs",
  "policyDelayMs",
  "moveSpreadMs",
  "noticeDelayMs",
  "dummyPercent",
])

/** @param minimum of the schema */
export const leastHere = (name: string, minimum = 0): number =>
  Math.max(LEAST_HERE[name as LiveName] ?? 0, LEAST[name] ?? 0, minimum)

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
}

/** What the page shows as allowed; of promise and window each by what the other one is now. */
export function boundsHere(
  name: string,
  { minimum, maximum }: Bounds,
  { disclosureWindowMs, includeWithinMs }: NodeConfig,
): { readonly least: number; readonly most: number | undefined } {
  const least = leastHere(name, minimum)
  if (name === "includeWithinMs")
    return { least: Math.max(least, disclosureWindowMs + LEDGER_MS), most: maximum }
  if (name === "disclosureWindowMs")
    return { least, most: Math.min(maximum ?? includeWithinMs, includeWithinMs - LEDGER_MS) }
  return { least, most: maximum }
}

/**
 * What one administrator does not decide alone.
 * @param administrators so many people administer the node now
 * @throws PlatformError `setting_not_here`, `setting_needs_second`, `only_administrator`
 */
export function mustBeForOne(
  name: LiveName,
  value: number | boolean,
  config: NodeConfig,
  administrators: number,
): void {
  if (name === "twoAdministrators") {
    // Whoever administers alone could else let somebody in without a second one.
    if (value === false && config.twoAdministrators)
      throw new PlatformError(
        "setting_not_here",
        "twoAdministrators is switched off in node.json where the node runs, with a restart: here one administrator alone could do it",
      )
    if (value === true && !config.twoAdministrators && administrators < 2)
      throw new PlatformError(
        "only_administrator",
        "twoAdministrators is switched on once two people administer this node: nobody could agree to a second one after that (aceso staff invite <name> --administrator)",
      )
    return
  }
  if (config.twoAdministrators && HIDES.has(name) && Number(value) < Number(config[name]))
    throw new PlatformError(
      "setting_needs_second",
      `with twoAdministrators ${name} is made less than ${config[name]} in node.json where the node runs, with a restart: here one administrator alone could make it hide less`,
    )
}
