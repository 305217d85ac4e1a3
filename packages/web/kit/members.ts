import { shallowRef } from "vue"
import type { OpenSession } from "../session/open/index.ts"
import type { PatientSession } from "../session/patient/index.ts"
import type { Session } from "../session/session.ts"
import type { StaffSession } from "../session/staff/index.ts"
import { useRoleText } from "./role-text.ts"

export interface Organisation {
  readonly member: string
  readonly name: string
  readonly kind: string
  readonly status: string
}

/** What the node says of organisations, such as their names: without it they are called as on the ledger. */
export function useMembers(session: Session<PatientSession> | Session<StaffSession> | Session<OpenSession>) {
  const all = shallowRef<readonly Organisation[]>([])
  ;(session as Session<StaffSession>).call("members", []).then(
    (found) => {
      all.value = found
    },
    // Then they are called by what stands on the ledger.
    () => {},
  )
  return {
    all,
    nameOf: (member: string): string => all.value.find((one) => one.member === member)?.name ?? member,
    roleOf: useRoleText(),
  }
}
