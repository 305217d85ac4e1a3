import type { Process } from "@aceso/core"
import { joined } from "@aceso/web/session/parts.ts"
import * as library from "./library/web/session.ts"
import * as messages from "./messages/web/session.ts"

/** Processes of capabilities that have pages, each in every version that a case may be of. */
export const processes: readonly Process[] = [...messages.processes]

/** What pages of capabilities may ask of a patient's session. */
export const patientCalls = joined([messages.patientCalls, library.patientCalls])

/** The same, of the session of somebody who works with a node. */
export const staffCalls = joined([messages.staffCalls, library.staffCalls])

/** The same, of the session of whoever looks at a node without any right. */
export const openCalls = joined([library.openCalls])
