import { type InjectionKey, inject } from "vue"
import type { OpenSession } from "../session/open/index.ts"
import type { PatientSession } from "../session/patient/index.ts"
import type { Session } from "../session/session.ts"
import type { StaffSession } from "../session/staff/index.ts"

export const PATIENT: InjectionKey<Session<PatientSession>> = Symbol("patient")
export const STAFF: InjectionKey<Session<StaffSession>> = Symbol("staff")
export const OPEN: InjectionKey<Session<OpenSession>> = Symbol("open")

function given<T>(key: InjectionKey<T>): T {
  const found = inject(key)
  if (found === undefined) throw new Error("this page is only shown to somebody who has unlocked it")
  return found
}
/** Who uses the page. */
export const usePatient = () => given(PATIENT)
export const useStaff = () => given(STAFF)
export const useOpen = () => given(OPEN)
/** What staff and whoever looks without a right of their own have in common. */
export const useLooking = () => (inject(STAFF, undefined) as Session<OpenSession> | undefined) ?? given(OPEN)
