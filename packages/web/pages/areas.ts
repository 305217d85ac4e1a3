import { capabilityAreas } from "../capabilities.ts"
import type { Area } from "../kit/area.ts"
import { patientInboxArea } from "./patient/inbox/area.ts"
import { recordsArea } from "./patient/records/area.ts"
import { staffInboxArea } from "./staff/inbox/area.ts"
import { patientsArea } from "./staff/patients/area.ts"

/** Every subject that pages are about, in the order of the navigation. */
export const areas: readonly Area[] = [
  recordsArea,
  patientsArea,
  patientInboxArea,
  staffInboxArea,
  ...capabilityAreas,
]
