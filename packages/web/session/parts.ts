import type { PatientClient, StaffClient } from "@aceso/client"
import type { Bytes, MemberId } from "@aceso/core"

/** What calls of a capability's pages are made of, in the session of a patient. `url`: the node that is asked first. */
export interface PatientParts {
  readonly client: PatientClient
  readonly url: string
}

/** The same, in the session of somebody who works with a node. */
export interface StaffParts {
  readonly client: StaffClient
  readonly member: MemberId
  readonly seed: Bytes
  readonly url: string
}
