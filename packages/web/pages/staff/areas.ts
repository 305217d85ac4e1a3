import { capabilityAreas } from "../../capabilities.ts"
import type { Area } from "../../kit/area.ts"
import { wordsAreas } from "../../kit/words-areas.ts"
import { ledgerArea } from "../ledger/area.ts"
import { authorityArea } from "./authority/area.ts"
import { ballotsArea } from "./ballots/area.ts"
import { deskArea } from "./desk/area.ts"
import { doublesArea } from "./doubles/area.ts"
import { historyArea } from "./history/area.ts"
import { staffInboxArea } from "./inbox/area.ts"
import { intakeArea } from "./intake/area.ts"
import { looksArea } from "./looks/area.ts"
import { nodeArea } from "./node/area.ts"
import { pairingArea } from "./pairing/area.ts"
import { patientsArea } from "./patients/area.ts"
import { peopleArea } from "./people/area.ts"
import { recoveryArea } from "./recovery/area.ts"
import { visitorsArea } from "./visitors/area.ts"
import { writeArea } from "./write/area.ts"

/** Every subject that the portal's pages are about, in the order of the navigation. */
export const staffAreas: readonly Area[] = [
  patientsArea,
  historyArea,
  visitorsArea,
  writeArea,
  deskArea,
  staffInboxArea,
  ...capabilityAreas,
  ledgerArea,
  peopleArea,
  intakeArea,
  doublesArea,
  looksArea,
  nodeArea,
  recoveryArea,
  ballotsArea,
  authorityArea,
  pairingArea,
  ...wordsAreas,
]
