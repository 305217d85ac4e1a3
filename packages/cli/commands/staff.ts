import { type StaffAnswer, staffAnswer } from "@aceso/client"
import { table } from "../columns.ts"
import { command, type Group } from "../command.ts"
import { localTime } from "../output.ts"
import { add } from "./staff-add.ts"
import { absent, change } from "./staff-change.ts"
import { end, endKey } from "./staff-end.ts"
import { invite } from "./staff-invite.ts"
import { join } from "./staff-join.ts"
import { second, waiting } from "./staff-second.ts"
import { rightsOf } from "./staff-words.ts"

type Person = StaffAnswer["people"][number]

const mayNow = ({ isInForce, absentUntil, devices }: Person): string => {
  if (isInForce) return "yes"
  if (absentUntil !== undefined) return `absent until ${localTime(absentUntil)}`
  return devices.some(({ to }) => to === undefined) ? "no" : "no (no device)"
}
const when = (ms: number | undefined): string => (ms === undefined || ms === 0 ? "" : localTime(ms))

const list = command({
  summary: "who works with the node, by which devices, and who of them may act now",
  example: "aceso staff list --folder /var/lib/aceso",
  async run(session) {
    const { people } = staffAnswer.toJson({
      people: await session.staff().client.people.all(),
    }) as StaffAnswer
    return { did: "list", people }
  },
  print: ({ people }) =>
    [
      table(
        ["name", "may do", "now", "from", "to"],
        people.map((one) => [one.name, rightsOf(one), mayNow(one), when(one.from), when(one.to)]),
      ),
      table(
        ["name", "device", "key", "now", "from", "to", "by"],
        people.flatMap(({ name, devices }) =>
          devices.map(({ label, key, isInForce, from, to, by, second }) => [
            ...[name, label, String(key).slice(0, 12), isInForce ? "yes" : "no", when(from), when(to)],
            [by, second].filter((one) => one !== undefined).join(", "),
          ]),
        ),
      ),
    ].join("\n\n"),
})

export const staff: Group = {
  summary: "who works with the node: invite people, change what they may do, end devices and people",
  parts: { list, invite, join, change, absent, end, "end-key": endKey, waiting, second, add },
}
