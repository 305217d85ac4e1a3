import { capabilityAreas as areas } from "@aceso/capabilities/web.ts"
import type { Area } from "./kit/area.ts"

/** Here the pages of capabilities come to the pages of the platform. */
export const capabilityAreas: readonly Area[] = areas
