import type { Process } from "@aceso/core"

/**
 * Processes that this program knows besides the contracts. Which they are is as fixed as its code; the files that compose
 * capabilities say it once, before anything is opened (packages/cli/capabilities.ts, packages/consortium/capabilities.ts).
 */
let known: readonly Process[] = []

export function knowProcesses(processes: readonly Process[]): void {
  known = processes
}
export const knownProcesses = (): readonly Process[] => known
