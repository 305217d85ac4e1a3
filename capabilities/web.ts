import type { Area } from "@aceso/web/kit/area.ts"
import { libraryArea } from "./library/web/area.ts"
import { messagesArea } from "./messages/web/area.ts"

/** Pages of all capabilities, in the order of the navigation. */
export const capabilityAreas: readonly Area[] = [messagesArea, libraryArea]
