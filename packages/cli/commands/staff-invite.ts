import type { StaffChanged, StaffPeople } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { askedLine, isAtTerminal } from "../asked.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { type Session, UsageError } from "../session.ts"
import { mustBeName, publishedWords, ROLE, rightsOf, roleOf, SECOND_WORDS } from "./staff-words.ts"

/** Between two looks whether a device has come, ms. */
const POLL_MS = 1000

/** @throws PlatformError `unknown_code`: nobody came */
async function untilDevice(people: StaffPeople, code: string): Promise<void> {
  for (;;) {
    const { hasDevice } = await people.pairing(code).catch((cause) => {
      if (!(cause instanceof PlatformError) || cause.code !== "unknown_code") throw cause
      throw new PlatformError(
        "unknown_code",
        "the code has died: no device came with it within ten minutes, or one that failed; nothing has changed, run the same line again",
        { cause },
      )
    })
    if (hasDevice) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Six digits, which people write in groups; what is none was not tried. */
async function digitsOf(session: Session): Promise<string> {
  for (;;) {
    const line = (await askedLine("  The six digits that the new device shows: ")).replace(/[\s-]/g, "")
    if (/^\d{6}$/.test(line)) return line
    const says = "expected six digits, as the new device shows them; nothing was tried yet"
    if (!isAtTerminal()) throw new UsageError(says)
    session.progress(`  ${says}`)
  }
}

export const invite = command({
  summary: "invites a person: their own device makes the key, and you type the six digits that it shows",
  arguments: [
    { name: "name", words: "small letters, digits and hyphens; of somebody who is there: a further device" },
  ],
  options: {
    role: ROLE,
    administrator: { type: "boolean", words: "administers the node" },
    device: {
      type: "string",
      words: "what the device is called, such as phone (default: device-1, ...)",
      value: "<label>",
    },
    "digits-from": { type: "string", words: "-: the digits come on stdin, not from a terminal", value: "-" },
  },
  example: "aceso staff invite dr-chen --role doctor --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    mustBeName(name)
    const { device, "digits-from": digitsFrom } = values
    const role = values.role === undefined ? undefined : roleOf(String(values.role))
    const isAdministrator = values.administrator === true
    if (device !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(String(device)))
      throw new UsageError(`--device ${device}: expected small letters, digits and hyphens, such as phone`)
    if (digitsFrom !== undefined && digitsFrom !== "-")
      throw new UsageError("--digits-from: expected -, for stdin; the digits never stand in a command line")
    if (digitsFrom === undefined && !isAtTerminal())
      throw new UsageError(
        "without a terminal nobody can be asked for the six digits: add --digits-from - and write them to stdin",
      )
    const { people, url } = session.staff().client
    const rights = { isAdministrator, ...(role !== undefined && { role }) }
    const label = device === undefined ? {} : { label: String(device) }
    const { code, expiresAt, isNew } = await people.invite({ name, ...rights, ...label })
    session.progress(`  ${isNew ? name : `a further device of ${name}`}: the code, for them alone`)
    session.progress(`  ${code}`)
    session.progress("  they open with it, on the device that is to be theirs:")
    session.progress(`  ${url}/portal/#join=${code}`)
    session.progress(`  waits for the device, until ${localTime(expiresAt)} ...`)
    await untilDevice(people, code)
    session.progress("  a device has come; let them read out to you what it shows")
    const changed: StaffChanged = await people.confirm(code, await digitsOf(session))
    return { ...changed, isNew, ...rights }
  },
  print: ({ name, isNew, isPublished, waitsForSecond, ...rights }) =>
    [
      isNew
        ? `  ${name} (${rightsOf(rights)}) ${waitsForSecond ? "has a device" : "works with this node from now on"}`
        : `  a further device of ${name} ${waitsForSecond ? "has come" : "acts from now on"}`,
      waitsForSecond ? SECOND_WORDS : publishedWords({ isPublished }),
    ].join("\n"),
})
