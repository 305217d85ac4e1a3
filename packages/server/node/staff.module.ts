import { addAnswer, addQuestion, endAnswer, endQuestion, staffAnswer } from "@aceso/client"
import { practitionerProof } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { isInForce, mustBeAdministrator, type StaffMember } from "./staff.ts"

/** Who works with the node, and how they are proven to others. */
export const staffModule = serverModule({
  name: "staff",
  needs: ["directory", "personnel", "staff"],
  setup: ({ directory, personnel, staff }) => ({
    routes: [
      staffRoute({
        path: "/staff/list",
        summary: "who works with the node, for its administrators",
        check: mustBeAdministrator,
        whileRecovering: true,
        answer: staffAnswer,
        handle: () => ({ people: staff.all.map((one) => shown(one, Date.now())) }),
      }),
      staffRoute({
        path: "/staff/add",
        summary: "takes somebody on, at once",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: addQuestion,
        answer: addAnswer,
        handle: (person, { name }) => personnel.add(person, name),
      }),
      staffRoute({
        path: "/staff/end",
        summary: "ends a person's time, at once",
        check: mustBeAdministrator,
        whileRecovering: true,
        endsCaller: true,
        question: endQuestion,
        answer: endAnswer,
        handle: ({ name, asOf }) => personnel.end(name, asOf ?? Date.now()),
      }),
      staffRoute({
        path: "/staff/proof",
        summary: "the caller's proof of standing in the directory",
        answer: practitionerProof,
        handle: (_, { key }) => personnel.proofOf(key),
      }),
    ],
    start: () => directory.publish(),
    stop: async () => directory.stop(),
  }),
})

function shown(one: StaffMember, now: number) {
  const { name, key, isAdministrator, practitioner, addedBy } = one
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
    ...(addedBy !== undefined && { addedBy }),
  }
}
