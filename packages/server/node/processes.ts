import type { Process } from "@aceso/core"
import type { ServerModule } from "../modules/module.ts"

interface Known {
  readonly processes: readonly Process[]
  readonly modules: readonly ServerModule[]
}

/**
 * What this program knows besides the platform. Which capabilities these are is as fixed as its code; the files that
 * compose them say it once, before anything is opened (packages/cli/capabilities.ts, packages/consortium/capabilities.ts).
 */
let known: Known = { processes: [], modules: [] }

export function knowCapabilities(all: readonly Known[]): void {
  known = {
    processes: all.flatMap(({ processes }) => processes),
    modules: all.flatMap(({ modules }) => modules),
  }
}
export const knownProcesses = (): readonly Process[] => known.processes
export const knownModules = (): readonly ServerModule[] => known.modules
