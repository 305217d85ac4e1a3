import {
  absentQuestion,
  addQuestion,
  changeQuestion,
  digitsQuestion,
  endAnswer,
  endKeyAnswer,
  endKeyQuestion,
  endQuestion,
  inviteAnswer,
  inviteQuestion,
  meAnswer,
  pairingAnswer,
  pairingQuestion,
  secondQuestion,
  staffAnswer,
  staffChanged,
  waitingAnswer,
} from "@aceso/client"
import { PlatformError, practitionerProof } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { SECOND_MS } from "./seconds.ts"
import { mustBeAdministrator } from "./staff.ts"
import { shownPerson } from "./staff-shown.ts"

/** Also during a recovery: the people are as the older backup has them, and it takes some to lead out of it. */
const byAdministrator = { check: mustBeAdministrator, whileRecovering: true } as const

/** Who works with the node, and how they are proven to others. */
export const staffModule = serverModule({
  name: "staff",
  needs: ["directory", "pairings", "personnel", "staff"],
  setup: ({ directory, pairings, personnel, staff }) => ({
    routes: [
      staffRoute({
        path: "/staff/list",
        summary: "who works with the node, with devices and times, for its administrators",
        ...byAdministrator,
        answer: staffAnswer,
        handle: () => ({ people: staff.all.map((one) => shownPerson(one, Date.now())) }),
      }),
      staffRoute({
        path: "/staff/me",
        summary: "what the caller may do, by the device that calls",
        whileRecovering: true,
        answer: meAnswer,
        handle: (_, { key }) => {
          const who = staff.byKey(key)
          if (!who) throw new PlatformError("not_permitted", "your time here has just ended")
          const { key: _key, ...shown } = who
          return shown
        },
      }),
      staffRoute({
        path: "/staff/proof",
        summary: "the caller's proof of standing in the directory",
        answer: practitionerProof,
        handle: (_, { key }) => personnel.proofOf(key),
      }),
      staffRoute({
        path: "/staff/add",
        summary: "takes somebody on whose key is known, at once",
        ...byAdministrator,
        question: addQuestion,
        answer: staffChanged,
        handle: (person, who) => personnel.change({ what: "person", ...person }, who),
      }),
      staffRoute({
        path: "/staff/invite",
        summary: "a one-time code for the device of somebody new, or for a further device",
        check: mustBeAdministrator,
        question: inviteQuestion,
        answer: inviteAnswer,
        handle: (invited, who) => {
          const what = personnel.invited(invited)
          const take = (key: typeof who.key) => personnel.change({ what, ...invited, key }, who)
          const opened = pairings.open({ kind: "staff", by: who.name, take })
          return { ...opened, isNew: what === "person" }
        },
      }),
      staffRoute({
        path: "/staff/pairing",
        summary: "whether a device has come with a code",
        check: mustBeAdministrator,
        question: pairingQuestion,
        answer: pairingAnswer,
        handle: ({ code }) => pairings.state(code),
      }),
      staffRoute({
        path: "/staff/confirm",
        summary: "the digits that the new device shows, from who invited it: one try",
        check: mustBeAdministrator,
        question: digitsQuestion,
        answer: staffChanged,
        handle: async ({ code, digits }, { name }) =>
          staffChanged.parse(await pairings.confirm(code, digits, "staff", name)),
      }),
      staffRoute({
        path: "/staff/change",
        summary: "all that somebody may do from now on",
        ...byAdministrator,
        endsCaller: true,
        question: changeQuestion,
        answer: staffChanged,
        handle: ({ name, role, isAdministrator }, who) => {
          const rights = { isAdministrator, ...(role !== null && { role }) }
          return personnel.change({ what: "rights", name, ...rights }, who)
        },
      }),
      staffRoute({
        path: "/staff/absent",
        summary: "somebody is absent, and back at a moment",
        ...byAdministrator,
        endsCaller: true,
        question: absentQuestion,
        answer: staffChanged,
        handle: ({ name, from, until }, who) => personnel.absent(name, from, until, who.name),
      }),
      staffRoute({
        path: "/staff/end",
        summary: "ends a person's time with all devices, at once",
        ...byAdministrator,
        endsCaller: true,
        question: endQuestion,
        answer: endAnswer,
        handle: ({ name, asOf }) => personnel.end(name, asOf ?? Date.now()),
      }),
      staffRoute({
        path: "/staff/end-key",
        summary: "ends one device of a person, at once",
        ...byAdministrator,
        endsCaller: true,
        question: endKeyQuestion,
        answer: endKeyAnswer,
        handle: async ({ name, device, asOf }) => {
          const ended = await personnel.endKey(name, device, asOf ?? Date.now())
          const { label, key, to = 0 } = ended.device
          return { name, label, key, to, isPublished: ended.isPublished }
        },
      }),
      staffRoute({
        path: "/staff/waiting",
        summary: "changes that wait for a second administrator",
        ...byAdministrator,
        answer: waitingAnswer,
        handle: async () => ({
          waiting: (await personnel.waiting()).map(({ id, change, by, at }) => ({
            ...{ id, ...change, by: by.name, at, lapsesAt: at + SECOND_MS },
          })),
        }),
      }),
      staffRoute({
        path: "/staff/second",
        summary: "a second administrator's yes or no",
        ...byAdministrator,
        question: secondQuestion,
        answer: staffChanged,
        handle: ({ id, yes }, who) => personnel.decide(id, yes, who),
      }),
    ],
    start: () => directory.publish(),
    stop: async () => directory.stop(),
  }),
})
