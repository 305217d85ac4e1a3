import { capabilityTours } from "../capabilities.ts"
import { sharing } from "./sharing.ts"
import type { Tour } from "./tour.ts"
import { visa } from "./visa.ts"

/** The first one is meant where none is named. */
export const tours: readonly Tour[] = [sharing, visa, ...capabilityTours]
