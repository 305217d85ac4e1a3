import type { Guide } from "@aceso/cli/tours/guide.ts"
import { capabilityGuides } from "../capabilities.ts"
import { sharing } from "./sharing.ts"
import { visa } from "./visa.ts"

/** Every tour as the start page tells it, the platform's own first. */
export const guides: readonly Guide[] = [sharing, visa, ...capabilityGuides]
