import { join } from "node:path"
import { PatientEnrolment, type PersonTold } from "@aceso/client"
import {
  type EnrolmentInvitation,
  enrolmentFile,
  isSamePlace,
  messageOf,
  nodeUrlFault,
  PlatformError,
  readEnrolmentLink,
  toHex,
} from "@aceso/core"
import { ask, textFrom } from "../asking.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { inThrees, PatientDevice } from "../patient-device.ts"
import { oneSpace } from "../readable.ts"
import { type Session, UsageError } from "../session.ts"
import { mustAgree, mustBeAskable, YES } from "./consent-words.ts"

const MAX_BYTES = 16 * 1024

export const joinPatient = command({
  summary: "a patient's device: joins a custodian by the code from its desk, by a seed that stays here",
  arguments: [
    {
      name: "file|-",
      words: "what aceso enrol wrote, or the link that it showed; -: a pipe, or is asked for",
    },
  ],
  options: {
    person: {
      type: "string",
      words:
        "the person's file, <folder>/people/<name>.json; one that is there joins another place by the same seed (default: me.json in --folder)",
      value: "<file>",
    },
    yes: YES,
  },
  ignores: ["node", "as"],
  example: "aceso join-patient code.json --person phone/people/mei.json",
  fails: "the code is used or dead, the desk did not type these digits, or it was not agreed to",
  async run(session, { positionals: [from], values }) {
    const device = deviceOf(session, values.person)
    mustBeAskable(values.yes === true)
    device.read()
    const enrolment = await PatientEnrolment.meet(await invitationFrom(from), device.genesis())
    const { custodian, kind, url, network } = enrolment.joining
    const organisation = `${oneSpace(enrolment.joining.name)} (${custodian})`
    session.progress(
      `  you are about to join ${organisation}, a ${kind} of the network ${network}, at ${url}`,
    )
    const digits = await enrolment.begin()
    session.progress(`  read these digits out at the desk, to nobody else: ${inThrees(digits)}`)
    await enrolment.confirmed()
    const told = await enrolment.person()
    const isRekey = told.action === "rekey"
    if (isRekey) mustNotBeTheLost(device, enrolment, told)
    const who = `At ${organisation} you are ${whoIs(told)}.`
    const acts = isRekey
      ? "This device takes the place of a lost one: in 72 hours, unless whoever has that one objects, it acts for that person there, and the lost one does not any more."
      : "Whoever has this device acts for that person there."
    await mustAgree(session, [`${who} ${acts}`], values.yes === true)
    const place = await enrolled(session, device, enrolment, told)
    const { handle, keyNumber } = place
    const { name, birthDate } = told
    return {
      ...{ person: device.name, folder: device.folder, custodian, organisation: enrolment.joining.name },
      ...{ handle: toHex(handle), keyNumber, name: name ?? null, birthDate: birthDate ?? null },
      places: device.read()?.places.length ?? 0,
      countsFrom: enrolment.countsFrom,
    }
  },
  print: ({ person, folder, custodian, places, countsFrom }) =>
    [
      `  you have a key of your own at ${custodian}${countsFrom === null ? "" : `, which counts from ${localTime(countsFrom)} on`}${places > 1 ? `, your ${places}th place; none of them learns of the others` : ""}`,
      `  the seed in ${folder} is what signs for you: keep it, and show it to nobody`,
      `  aceso requests --as ${person} --folder ${folder}`,
    ].join("\n"),
})

function deviceOf({ named }: Session, file: string | boolean | undefined): PatientDevice {
  if (file !== undefined) return new PatientDevice(String(file))
  if (named !== undefined) return new PatientDevice(join(named, "people", "me.json"))
  throw new UsageError(
    "where is this device? --person <folder>/people/<name>.json, such as phone/people/mei.json, or --folder <folder>",
  )
}

/** A device that has the key which is to be replaced is not lost. @throws PlatformError `key_exists` */
function mustNotBeTheLost(device: PatientDevice, enrolment: PatientEnrolment, told: PersonTold): void {
  const place = enrolment.placeOf(told)
  if (!device.read()?.places.some((one) => isSamePlace(one, place) && one.keyNumber < place.keyNumber)) return
  throw new PlatformError(
    "key_exists",
    "this device has the key that the desk wants to replace, so it is not lost; tell the desk, nothing was signed",
  )
}

const whoIs = ({ name, birthDate }: PersonTold): string =>
  [oneSpace(name ?? "somebody whose name is not recorded"), birthDate && `born ${birthDate}`]
    .filter((part) => part !== undefined)
    .join(", ")

async function enrolled(
  session: Session,
  device: PatientDevice,
  enrolment: PatientEnrolment,
  told: PersonTold,
) {
  // The seed first, then where it counts, then the ledger: what is lost in between is asked for at the desk again.
  const seed = device.seed()
  const takeBack = device.remember(enrolment.placeOf(told), told, enrolment.genesis)
  try {
    return await enrolment.enrol(seed)
  } catch (error) {
    if (enrolment.mayBeThere)
      session.progress(
        "  whether the ledger has your key is not known: ask for another code at the desk; if it says that you have a key, it is this device's",
      )
    else takeBack()
    throw error
  }
}

/** @throws PlatformError `bad_link` */
async function invitationFrom(from: string): Promise<EnrolmentInvitation> {
  const isAsked = from === "-" && process.stdin.isTTY
  const text = isAsked ? await ask("  Paste the link: ", "nothing was sent") : await textFrom(from, MAX_BYTES)
  if (!text.trimStart().startsWith("{")) return readEnrolmentLink(text.trim()).invitation
  let invitation: EnrolmentInvitation
  try {
    const { format: _, ...rest } = enrolmentFile.parse(JSON.parse(text), "code", "json")
    invitation = rest
  } catch (cause) {
    throw new PlatformError("bad_link", `${from} is no file of an enrolment: ${messageOf(cause)}`, { cause })
  }
  const fault = nodeUrlFault(invitation.url, { mayBeLoopback: true })
  if (fault !== undefined) throw new UsageError(`${from}: the node at ${invitation.url}: ${fault}`)
  return invitation
}
