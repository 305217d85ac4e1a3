import { capabilityAreas } from "../capabilities.ts"
import type { Area } from "../kit/area.ts"
import { accessArea } from "./patient/access/area.ts"
import { grantArea } from "./patient/access/grant-area.ts"
import { auditArea } from "./patient/audit/area.ts"
import { cardArea } from "./patient/card/area.ts"
import { delegatesArea } from "./patient/delegates/area.ts"
import { patientInboxArea } from "./patient/inbox/area.ts"
import { recordsArea } from "./patient/records/area.ts"
import { requestsArea } from "./patient/requests/area.ts"
import { historyArea } from "./staff/history/area.ts"
import { staffInboxArea } from "./staff/inbox/area.ts"
import { patientsArea } from "./staff/patients/area.ts"
import { visitorsArea } from "./staff/visitors/area.ts"
import { writeArea } from "./staff/write/area.ts"

/** Every subject that pages are about, in the order of the navigation. */
export const areas: readonly Area[] = [
  recordsArea,
  requestsArea,
  accessArea,
  grantArea,
  auditArea,
  cardArea,
  delegatesArea,
  patientsArea,
  historyArea,
  visitorsArea,
  writeArea,
  patientInboxArea,
  staffInboxArea,
  ...capabilityAreas,
]
