import { maySearch } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"

/** Who sees only what people show looks nobody up, by no name of theirs. @throws PlatformError `not_permitted` */
export function mustSearch({ role }: Pick<StaffMember, "role">): void {
  if (maySearch(role)) return
  throw new PlatformError(
    "not_permitted",
    `a ${role} looks nobody up; what people show to this organisation stands among its visitors`,
  )
}
