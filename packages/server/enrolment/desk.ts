import { PlatformError } from "@aceso/core"
import { isInOffice, type StaffMember } from "../node/staff.ts"

/** Roles whose work is the desk. */
const DESK_ROLES = ["clerk", "patient-relations"]

/** Who registers people and lets devices join. @throws PlatformError `not_permitted` */
export function mustServeDesk(who: StaffMember, now = Date.now()): void {
  const isClerk = who.practitioner !== undefined && DESK_ROLES.includes(who.practitioner.role)
  if ((who.isAdministrator || isClerk) && isInOffice(who, now)) return
  throw new PlatformError(
    "not_permitted",
    `this is done at the desk: by somebody in office whose role is ${DESK_ROLES.join(" or ")}, or by an administrator`,
  )
}
