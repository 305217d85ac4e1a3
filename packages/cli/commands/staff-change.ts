import type { StaffAnswer, StaffChanged } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { command } from "../command.ts"
import { aheadOf, UNTIL } from "../moment.ts"
import { localTime } from "../output.ts"
import { type Session, UsageError } from "../session.ts"
import { NAME, publishedWords, ROLE, rightsOf, roleOf, SECOND_WORDS } from "./staff-words.ts"

async function personCalled(session: Session, name: string): Promise<StaffAnswer["people"][number]> {
  const found = (await session.staff().client.people.all()).find((one) => one.name === name)
  if (!found) throw new PlatformError("unknown_person", `nobody is called ${name} here; see aceso staff list`)
  return found
}

export const change = command({
  summary: "another role, or administrator or no more: what is not named stays; at once",
  arguments: [NAME],
  options: {
    role: ROLE,
    "no-role": { type: "boolean", words: "is no practitioner any more" },
    administrator: { type: "boolean", words: "administers the node" },
    "no-administrator": { type: "boolean", words: "administers it no more" },
  },
  example: "aceso staff change dr-chen --role nurse --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    const { role: given, "no-role": isNoRole, administrator, "no-administrator": isNone } = values
    if (given !== undefined && isNoRole) throw new UsageError("--role and --no-role contradict each other")
    if (administrator && isNone)
      throw new UsageError("--administrator and --no-administrator contradict each other")
    if (given === undefined && !isNoRole && !administrator && !isNone)
      throw new UsageError("change what? --role, --no-role, --administrator, --no-administrator")
    const named = given === undefined ? undefined : roleOf(String(given))
    const now = await personCalled(session, name)
    const role = isNoRole ? undefined : (named ?? now.role)
    const isAdministrator = administrator === true || (now.isAdministrator && !isNone)
    const { people } = session.staff().client
    const changed: StaffChanged = await people.change(name, role ?? null, isAdministrator)
    return { ...changed, isAdministrator, ...(role !== undefined && { role }) }
  },
  print: ({ name, isPublished, waitsForSecond, ...rights }) =>
    waitsForSecond
      ? `  ${name} is to be ${rightsOf(rights)}\n${SECOND_WORDS}`
      : `  ${name} is ${rightsOf(rights)} from now on\n${publishedWords({ isPublished })}`,
})

export const absent = command({
  summary: "somebody is absent: can do nothing and is in no directory until they are back, by themselves",
  arguments: [NAME],
  options: {
    until: {
      type: "string",
      words: `back then, sooner than was said before too: ${UNTIL}`,
      value: "<until>",
      isNeeded: true,
    },
    from: { type: "string", words: "absent from then on (default: now)", value: "<from>" },
  },
  example: "aceso staff absent dr-chen --until 2027-03-01 --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    const until = aheadOf(values.until, "--until")
    const from = values.from === undefined ? undefined : aheadOf(values.from, "--from")
    if (from !== undefined && from >= until) throw new UsageError("--from: expected what is before --until")
    const { isPublished }: StaffChanged = await session.staff().client.people.absent(name, until, from)
    return { name, until, isPublished, ...(from !== undefined && { from }) }
  },
  print: ({ name, from, until, isPublished }) =>
    [
      `  ${name} is absent from ${from === undefined ? "now" : localTime(from)} on, and back ${localTime(until)}`,
      publishedWords({ isPublished }),
    ].join("\n"),
})
