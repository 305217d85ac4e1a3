import { capabilities } from "@aceso/capabilities/index.ts"
import type { Guide } from "@aceso/cli/tours/guide.ts"
import { knowCapabilities } from "@aceso/server/node/processes.ts"

/** Here the capabilities come to the platform: with this file imported, the program knows what they bring to a node. */
knowCapabilities(capabilities)

/** Their tours, as the start page tells them. */
export const capabilityGuides: readonly Guide[] = capabilities.flatMap(({ guides = [] }) => guides)
