import { existsSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import type { EnrolState, StaffClient } from "@aceso/client"
import { enrolmentFile, enrolmentLink, PAIRING_MS, PlatformError } from "@aceso/core"
import { ask, pipedLine } from "../asking.ts"
import { type CommandInput, command } from "../command.ts"
import { localTime, writeNewOut } from "../output.ts"
import { oneSpace } from "../readable.ts"
import { type Session, UsageError } from "../session.ts"

/** Between two looks how far the device is, ms. */
const POLL_MS = 1000

export const enrol = command({
  summary: "at the desk: a patient gets a key on the own device; shows the code, asks for the digits, waits",
  arguments: [{ name: "patient", words: "an alias, as aceso patients shows it" }],
  options: {
    lost: {
      type: "boolean",
      words:
        "the patient has a key, and the device with it is lost for good: the new one counts after 72 hours",
    },
    out: {
      type: "string",
      words: "also as a file for aceso join-patient; whoever has it comes first",
      value: "<file>",
    },
    app: {
      type: "string",
      words: "the patients' app: shows a link to it and its QR (default: the one that the genesis names)",
      value: "<origin>",
    },
    "digits-from": {
      type: "string",
      words: "-: the digits come by a pipe, once it says that a device has come",
      value: "<->",
    },
    "no-qr": { type: "boolean", words: "the link alone" },
  },
  example: "aceso enrol person-7 --as reception",
  fails:
    "the patient has a key already (or, with --lost, none, or one waits), or the digits are not the device's",
  async run(session, input) {
    const [alias] = input.positionals
    const app = await appOf(session, input)
    mustBeAskable(input)
    const { client, person } = session.staff()
    const found = await client.patient(alias)
    if (!found)
      throw new PlatformError(
        "unknown_patient",
        `no patient of this organisation is called ${alias}; see aceso patients, or aceso register`,
      )
    const isLost = input.values.lost === true
    const { invitation, expiresAt } = await client.desk.invite(alias, { isLost })
    const born = found.birthDate === undefined ? "" : `, born ${found.birthDate}`
    session.progress(`  ${alias}: ${oneSpace(found.name ?? "(no name is recorded)")}${born}`)
    const { out } = input.values
    if (out !== undefined) {
      const file = enrolmentFile.toJson({ format: "aceso/enrolment/v1", ...invitation })
      writeNewOut(String(out), `${JSON.stringify(file, null, 2)}\n`)
      session.progress(
        `  ${String(out)} is for the patient's device alone: aceso join-patient ${String(out)}`,
      )
    }
    if (app !== undefined) await show(session, enrolmentLink(app, invitation), input)
    session.progress(`  the code is good until ${localTime(expiresAt)}; waiting for the device`)
    const { code } = invitation
    await until(client, code, ({ hasDevice }) => hasDevice)
    session.progress("  a device has come: type the six digits that it shows, one try")
    await client.desk.confirm(code, await digitsFrom(input))
    session.progress("  these are its digits; waiting for the patient to agree on the device")
    const { countsFrom = null } = await until(client, code, ({ isEnrolled }) => isEnrolled)
    return { patient: alias, custodian: person.member, isEnrolled: true, countsFrom }
  },
  print: ({ patient, custodian, countsFrom }) =>
    countsFrom !== null
      ? [
          `  the device that came has the next key of ${patient} at ${custodian}: it counts from ${localTime(countsFrom)} on`,
          `  until then whoever has the old one can object, and only revocations pass: aceso rekey cancel ${patient} takes it back here`,
        ].join("\n")
      : `  ${patient} has a key of their own at ${custodian}, on the device that came; nobody else here gets one`,
})

function mustBeAskable({ values }: CommandInput): void {
  const { out, app, "digits-from": from } = values
  if (out !== undefined && existsSync(String(out)))
    throw new UsageError(`${String(out)} is there already: name another file, nothing is written over`)
  if (app !== undefined && URL.parse(String(app))?.origin !== app)
    throw new UsageError(`--app ${String(app)}: expected an origin such as https://app.example`)
  if (from !== undefined && from !== "-")
    throw new UsageError(`--digits-from ${String(from)}: expected -, which is a pipe`)
  if (from === undefined && !process.stdin.isTTY)
    throw new UsageError(
      "without a terminal nobody can be asked for the digits: pipe them in, --digits-from -",
    )
}

/** The patients' app: as given, else as the genesis names it where nothing else is asked for. @throws UsageError */
async function appOf(session: Session, { values }: CommandInput): Promise<string | undefined> {
  if (values.app !== undefined) return String(values.app)
  const { document } = await session.publicClient().genesis()
  const [origin] = document.app?.origins ?? []
  if (origin === undefined && values.out === undefined)
    throw new UsageError(
      "how does the code get to the device? the genesis names no app: --app <origin> shows a link and its QR, --out <file> writes a file",
    )
  return origin
}

async function show(session: Session, link: string, { values }: CommandInput): Promise<void> {
  session.progress(`  ${link}`)
  if (values["no-qr"] === true) return
  // What few commands need is not read by all.
  const { qrOf } = await import("../qr.ts")
  const qr = qrOf(link)
  session.progress(qr ?? "  as a QR the link has no room on this screen; widen it, or use --out")
}

/** A node that is started again meanwhile still knows whose digits were typed. */
async function until(
  client: StaffClient,
  code: string,
  holds: (state: EnrolState) => boolean,
): Promise<EnrolState> {
  for (const since = Date.now(); ; await delay(POLL_MS))
    try {
      const state = await client.desk.state(code)
      if (holds(state)) return state
    } catch (error) {
      const isAway = error instanceof PlatformError && AWAY.some((one) => one === error.code)
      if (!isAway || Date.now() >= since + PAIRING_MS) throw error
    }
}
const AWAY = ["node_unreachable", "not_started", "engine_unreachable"] as const

const DIGITS = /^(\d{3}) ?(\d{3})$/
async function digitsFrom({ values }: CommandInput): Promise<string> {
  const isPiped = values["digits-from"] !== undefined
  for (;;) {
    const typed = isPiped
      ? await pipedLine("digits")
      : await ask("  The six digits: ", "the code is still good")
    const [, first, second] = DIGITS.exec(typed) ?? []
    if (second !== undefined) return first + second
    // Nothing was tried.
    if (isPiped || typed === "")
      throw new UsageError(`${typed || "nothing"}: expected six digits, such as 123 456`)
  }
}
