import { capabilityTours } from "../capabilities.ts"
import { sharing } from "./sharing.ts"
import type { Tour } from "./tour.ts"

/** The first one is meant where none is named. */
export const tours: readonly Tour[] = [sharing, ...capabilityTours]
