import { capabilities } from "@aceso/capabilities/index.ts"
import { knowCapabilities } from "@aceso/server/node/processes.ts"

/** Here the capabilities come to the platform: with this file imported, the program knows what they bring to a node. */
knowCapabilities(capabilities)

const named = capabilities.flatMap(({ commands }) => Object.entries(commands))

/** What they bring to the command line, by the name that is typed. */
export const capabilityCommands = Object.fromEntries(named.map(([name, { command }]) => [name, command]))

/** What holds of each of these commands when it is broken off. */
export const capabilityHolds = Object.fromEntries(named.map(([name, { holds }]) => [name, holds]))

export const capabilityTours = capabilities.flatMap(({ tours }) => tours)

export const processWords = capabilities.flatMap(({ words }) => words)
