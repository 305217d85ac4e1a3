import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { acceptInvitation, delegateCode, type PatientPlace, PublicClient } from "@aceso/client"
import {
  type Bytes,
  type DelegateInvitation,
  type DelegateScope,
  delegateAbility,
  delegateAcceptance,
  delegateInvitation,
  delegateName,
  fromHex,
  PlatformError,
  randomBytes,
  relation,
  toHex,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { readJsonFile, writeFile, writeNewJsonFile } from "@aceso/server/home/layout.ts"
import { isStaff } from "../cases/party.ts"
import { type CommandInput, command } from "../command.ts"
import { UNTIL } from "../moment.ts"
import { writeNewOut } from "../output.ts"
import { placeNamed } from "../place-named.ts"
import { type Session, UsageError } from "../session.ts"
import { mustAgree, mustBeAskable, YES } from "./consent-words.ts"
import { aliasOf, PATIENT, sentence, untilWords } from "./delegates-words.ts"
import { untilOf } from "./wishes.ts"

export const AT = {
  type: "string",
  words: "which custodian, where there are several",
  value: "<organisation>",
} as const

const mayOf = (value: string): DelegateScope["may"] => {
  const words = value.split(",").map((one) => one.trim())
  try {
    return [...new Set(words)].map((one) => delegateAbility.parse(one, "--may"))
  } catch {
    throw new UsageError(
      `--may ${value}: expected read, decide, write, one or several of them, comma-separated`,
    )
  }
}

function scopeOf({ values }: CommandInput): DelegateScope {
  const { name, relation: as, may, until } = values
  let named: string
  try {
    named = delegateName.parse(name, "--name")
  } catch {
    throw new UsageError(
      `--name ${String(name)}: expected a name such as "Lin Mei": a letter first, 64 characters at most, and of signs those of names alone`,
    )
  }
  try {
    relation.parse(as, "--relation")
  } catch {
    throw new UsageError(`--relation ${String(as)}: expected parent, guardian, carer or relative`)
  }
  return {
    ...{ name: named, relation: as as DelegateScope["relation"], may: mayOf(String(may)) },
    until: until === "of-age" ? null : untilOf(until, 365),
  }
}

async function placeAt(session: Session, at: string | boolean | undefined): Promise<PatientPlace> {
  const { client } = await session.patient()
  return placeNamed(client.places, at === undefined ? undefined : String(at), "--at")
}

export const invite = command({
  summary: "an invitation for somebody who is to act for you, or at a desk for a patient without a key",
  options: {
    name: { type: "string", words: "as your audit will call them", value: "<name>", isNeeded: true },
    relation: {
      type: "string",
      words: "parent, guardian, carer or relative",
      value: "<relation>",
      isNeeded: true,
    },
    may: { type: "string", words: "read, decide, write: one or several", value: "<list>", isNeeded: true },
    until: {
      type: "string",
      words: `${UNTIL}; of-age: until a minor is of age (default 365d)`,
      value: "<until>",
    },
    out: { type: "string", words: "where the invitation goes", value: "<file>", isNeeded: true },
    at: AT,
    patient: PATIENT,
  },
  example:
    'aceso delegates invite --name "Lin Mei" --relation carer --may read,decide --at city-hospital --out mei.json --as patient-1',
  async run(session, input) {
    const scope = scopeOf(input)
    const { out, at } = input.values
    const invitation = await invitationFor(session, input, scope, at)
    writeNewOut(String(out), `${JSON.stringify(delegateInvitation.toJson(invitation), null, 2)}\n`)
    return { file: String(out), custodian: invitation.custodian, person: invitation.person, scope }
  },
  print: ({ file, custodian, person, scope }) =>
    [
      `  ${file}: ${scope.name} (${scope.relation}) is invited to act for ${person}`,
      `  may ${scope.may.join(", ")} at ${custodian}, ${untilWords(scope)}, once you enter what comes back`,
      `  give it to them alone; they run: aceso delegates accept ${file}`,
    ].join("\n"),
})

async function invitationFor(
  session: Session,
  input: CommandInput,
  scope: DelegateScope,
  at: string | boolean | undefined,
): Promise<DelegateInvitation> {
  if (!isStaff(session)) {
    if (input.values.patient !== undefined)
      throw new UsageError("--patient is for a desk; a patient invites for the own handle")
    const { client, person } = await session.patient()
    if (person.kind === "delegate")
      throw new UsageError(`${person.name} acts for somebody else: the person alone invites`)
    const place = await placeAt(session, at)
    return client.delegates.invite(place, person.nameEn || person.name, scope)
  }
  return session.staff().client.delegates.invite(aliasOf(input), scope)
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/

export const accept = command({
  summary: "takes an invitation: makes a key for that one person, and the file by which you act (--as)",
  arguments: [{ name: "invitation", words: "the file that you were given" }],
  options: {
    "known-as": {
      type: "string",
      words: "how you act for them, as --as: small letters",
      value: "<name>",
      isNeeded: true,
    },
    out: { type: "string", words: "what you give back", value: "<file>", isNeeded: true },
    number: {
      type: "string",
      words: "of the key, where an earlier one was used (default: the next)",
      value: "<n>",
    },
  },
  example: "aceso delegates accept mei.json --known-as for-bao --out mei-accepted.json --as patient-2",
  async run(session, { positionals: [file], values }) {
    const name = String(values["known-as"])
    if (!NAME.test(name))
      throw new UsageError(`--known-as ${name}: expected small letters, digits and hyphens`)
    const invitation = readJsonFile(file, delegateInvitation, "invitation")
    const { seedFile, seed } = seedOf(session, name)
    const out = String(values.out)
    if (isThere(out))
      throw new UsageError(`${out} is there already: name another file, nothing is written over`)
    const number = numberOf(values.number) ?? nextNumber(session, invitation, seedFile)
    const accepted = acceptInvitation(invitation, seed, number)
    const { network } = await new PublicClient(invitation.url).status()
    if (network !== invitation.network)
      throw new PlatformError(
        "wrong_network",
        `${invitation.url} is a node of ${network}, not of ${invitation.network}`,
      )
    const { custodian, handle, url } = invitation
    const person = {
      ...{ kind: "delegate", name, person: invitation.person, node: url, seedFile },
      places: [{ custodian, handle: toHex(handle), keyNumber: number, url }],
    }
    const own = join(session.folder, "people", `${name}.json`)
    const isKnown = () =>
      new UsageError(`somebody is called ${name} here already: take another name (--known-as)`)
    if (isThere(own)) throw isKnown()
    // What is given back first: without it nobody is entered, and the same line begins anew.
    writeNewOut(out, `${JSON.stringify(delegateAcceptance.toJson(accepted), null, 2)}\n`)
    if (!writeNewJsonFile(own, person)) throw isKnown()
    return {
      ...{ file: out, name, custodian, person: invitation.person },
      ...{ scope: invitation.opening.scope, code: delegateCode(accepted.key) },
    }
  },
  print: ({ file, name, custodian, person, scope, code }) =>
    [
      `  you are ${scope.name} (${scope.relation}), and act for ${person}`,
      `  you may ${scope.may.join(", ")} at ${custodian}, ${untilWords(scope)}, once they enter ${file}`,
      `  the code of your key, which they have to see as well: ${code}`,
      `  then act for them with --as ${name}`,
    ].join("\n"),
})

export const enter = command({
  summary:
    "enters somebody who accepted: from then on they act for you; at a desk for a patient without a key",
  arguments: [{ name: "acceptance", words: "the file that came back" }],
  options: { patient: PATIENT, yes: YES },
  example: "aceso delegates enter mei-accepted.json --as patient-1",
  async run(session, input) {
    const isYes = input.values.yes === true
    const acceptance = readJsonFile(input.positionals[0], delegateAcceptance, "acceptance")
    const alias = isStaff(session) ? aliasOf(input) : undefined
    if (alias === undefined && input.values.patient !== undefined)
      throw new UsageError("--patient is for a desk; a patient enters for the own handle")
    const { custodian, opening, key } = acceptance
    // Before anybody is asked: what was never invited for is not shown as if it had been.
    if (!isStaff(session)) await (await session.patient()).client.delegates.mustBeInvited(acceptance)
    mustBeAskable(isYes)
    const code = delegateCode(key)
    const whom = alias === undefined ? "you" : (await session.staff().client.delegates.of(alias)).person
    const said = [sentence(custodian, opening.scope, whom), `Their own screen has to show the code ${code}.`]
    await mustAgree(session, said, isYes)
    if (alias !== undefined) await session.staff().client.delegates.enter(alias, acceptance)
    else await (await session.patient()).client.delegates.enter(acceptance)
    return { key: toHex(key), custodian, scope: opening.scope, code }
  },
  print: ({ key, custodian, scope }) =>
    `  ${scope.name} (${key.slice(0, 12)}) acts at ${custodian} from now on, ${untilWords(scope)}; aceso delegates end takes it back`,
})

function numberOf(value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(String(value)))
    throw new UsageError(`--number ${value}: expected a number from 1 on`)
  return Number(value)
}

/** Of whoever acts; without --as a new one is made, for somebody who is no patient here. */
function seedOf(session: Session, name: string): { seedFile: string; seed: Bytes } {
  const person = session.namedDevice()
  if (person) {
    if (!isThere(person.seedFile))
      throw new PlatformError("patient_has_no_key", `${person.name} has no seed here (${person.seedFile})`)
    return { seedFile: person.seedFile, seed: fromHex(readFileSync(person.seedFile, "utf8").trim()) }
  }
  // In a folder of its own: what the device remembers lies beside it.
  const folder = join(session.folder, "people", name)
  const seedFile = join(folder, "seed")
  if (isThere(seedFile)) return { seedFile, seed: fromHex(readFileSync(seedFile, "utf8").trim()) }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const seed = randomBytes(32)
  writeFile(seedFile, `${toHex(seed)}\n`)
  return { seedFile, seed }
}

/** After those that this seed used for the same handle. */
function nextNumber(session: Session, { custodian, handle }: DelegateInvitation, seedFile: string): number {
  const used = session
    .delegations()
    .filter((one) => one.seedFile === seedFile)
    .flatMap(({ places }) => places)
    .filter((place) => place.custodian === custodian && toHex(place.handle) === toHex(handle))
    .map(({ keyNumber }) => keyNumber)
  return Math.max(0, ...used) + 1
}
