import { capabilities } from "@aceso/capabilities/index.ts"
import { knowProcesses } from "@aceso/server/node/processes.ts"

/** Here the capabilities come to the platform: with this file imported, the program knows their processes. */
knowProcesses(capabilities.flatMap(({ processes }) => processes))
