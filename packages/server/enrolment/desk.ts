import { DESK_ROLES, isDeskRole } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"

/** Who registers people and lets devices join: whoever may act now. @throws PlatformError `not_permitted` */
export function mustServeDesk({ role, isAdministrator }: StaffMember): void {
  if (isAdministrator || (role !== undefined && isDeskRole(role))) return
  throw new PlatformError(
    "not_permitted",
    `this is done at the desk: by somebody whose role is ${DESK_ROLES.join(" or ")}, or by an administrator`,
  )
}
