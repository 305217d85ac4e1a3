import { endAnswer, endQuestion, staffAnswer } from "@aceso/client"
import type { Cbor } from "@aceso/core"
import { isInForce } from "../node/staff.ts"
import type { StaffHandler } from "./handlers.ts"
import { parseBody } from "./signed.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

/** Answers also the administrator who ended the own time by it. */
export const END = "/staff/end"

/** Who works with the node, for its administrators. */
export const peopleRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/list": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const now = Date.now()
    const people = node.services.staff.all.map((one) => {
      const { name, key, isAdministrator, practitioner } = one
      const from = Math.max(one.from ?? 0, practitioner?.from ?? 0)
      const to = one.to ?? (isAdministrator ? undefined : practitioner?.to)
      return {
        name,
        key,
        isAdministrator,
        isInForce: isInForce(one, now),
        ...(practitioner && { role: practitioner.role }),
        ...(from > 0 && { from }),
        ...(to !== undefined && { to }),
      }
    })
    return staffAnswer.parse({ people }) as Cbor
  },

  [END]: async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { name, asOf } = parseBody(endQuestion, body)
    return endAnswer.parse(await node.services.personnel.end(name, asOf ?? Date.now())) as Cbor
  },
}
