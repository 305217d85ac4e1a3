import type { Area } from "../kit/area.ts"
import { recordsArea } from "./patient/records/area.ts"
import { historyArea } from "./staff/history/area.ts"
import { patientsArea } from "./staff/patients/area.ts"
import { visitorsArea } from "./staff/visitors/area.ts"
import { writeArea } from "./staff/write/area.ts"

/** Every subject that pages are about, in the order of the navigation. */
export const areas: readonly Area[] = [recordsArea, patientsArea, historyArea, visitorsArea, writeArea]
