import { capabilityAreas } from "../../capabilities.ts"
import type { Area } from "../../kit/area.ts"
import { wordsAreas } from "../../kit/words-areas.ts"
import { aboutArea } from "./about/area.ts"
import { accessArea } from "./access/area.ts"
import { grantArea } from "./access/grant-area.ts"
import { auditArea } from "./audit/area.ts"
import { cardArea } from "./card/area.ts"
import { delegatesArea } from "./delegates/area.ts"
import { devicesArea } from "./devices/area.ts"
import { patientInboxArea } from "./inbox/area.ts"
import { noticesArea } from "./notices/area.ts"
import { recordsArea } from "./records/area.ts"
import { rekeysArea } from "./rekeys/area.ts"
import { requestsArea } from "./requests/area.ts"

/** Every subject that a patient's pages are about, in the order of the navigation. */
export const patientAreas: readonly Area[] = [
  recordsArea,
  requestsArea,
  rekeysArea,
  accessArea,
  grantArea,
  auditArea,
  cardArea,
  delegatesArea,
  noticesArea,
  patientInboxArea,
  ...capabilityAreas,
  devicesArea,
  aboutArea,
  ...wordsAreas,
]
