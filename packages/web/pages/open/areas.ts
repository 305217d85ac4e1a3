import { capabilityAreas } from "../../capabilities.ts"
import type { Area } from "../../kit/area.ts"
import { wordsAreas } from "../../kit/words-areas.ts"
import { ledgerArea } from "../ledger/area.ts"
import { networkArea } from "../network/area.ts"
import { verifyArea } from "../verify/area.ts"

/** Every subject that anybody may look at, in the order of the navigation. */
export const openAreas: readonly Area[] = [
  networkArea,
  ...capabilityAreas.filter(({ open }) => open !== undefined),
  ledgerArea,
  verifyArea,
  ...wordsAreas,
]
