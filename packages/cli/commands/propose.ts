import { type Cbor, fromHex } from "@aceso/core"
import { readApplication } from "@aceso/server/home/network.ts"
import { addApplicant } from "@aceso/server/home/peers.ts"
import { knownProcesses } from "@aceso/server/node/processes.ts"
import { hashOf } from "@aceso/server/node/sources.ts"
import { type Argument, type Command, type CommandInput, command, type Group } from "../command.ts"
import { MOMENT, momentOf } from "../moment.ts"
import { UsageError } from "../session.ts"
import { SIGNED_NOW, untilBlock } from "../waiting.ts"
import { type Decision, decisionOf, sayDecision } from "./proposals.ts"

interface Kind {
  readonly summary: string
  /** What stands behind the kind's name; nothing: nothing. */
  readonly takes?: Argument
  readonly options?: Command["options"]
  readonly example: string
  change(argument: string, input: CommandInput): Cbor
}

const APPLICATION = { name: "application.json", words: "what the organisation's aceso init made" }
const MEMBER = { name: "member", words: "the organisation's short name, such as city-hospital" }
const ROOT = "5d".repeat(32)
const BUILD = {
  name: "root",
  words: "of the build, as npm run build and aceso verify say it: 64 hexadecimal digits",
}
const ACTION = { name: "contract.action", words: "such as records.commit" }

function member(argument: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(argument))
    throw new UsageError(`${argument} is no organisation's short name, such as city-hospital`)
  return argument
}

function hashIn(argument: string, what: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(argument))
    throw new UsageError(`${argument} is no ${what}: 64 hexadecimal digits`)
  return fromHex(argument)
}

const ABILITIES = ["keepsRecords", "votes", "validates"]
const LICENCES = ["treat", "contribute", "review", "handleDrugs", "runDesk", "emergency"]

/** Words of a list, each of those that there are; none at all is a list as well. */
function listOf(value: CommandInput["values"][string], known: readonly string[], what: string): string[] {
  const words = String(value ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)
  const unknown = words.find((one) => !known.includes(one))
  if (unknown !== undefined) throw new UsageError(`${unknown} is no ${what}; known: ${known.join(", ")}`)
  return words
}

/** `records.commit` */
function actionOf(argument: string): { contract: string; action: string } {
  const [, contract, action] = /^([a-z][A-Za-z0-9]{0,31})\.([a-z][A-Za-z0-9]{0,31})$/.exec(argument) ?? []
  if (!contract || !action)
    throw new UsageError(`${argument} is no action of a contract, such as records.commit`)
  return { contract, action }
}

/** `records@2`, and of a process `cases.<process>@1` */
const VERSION = /^([a-z][A-Za-z0-9]{0,31}(?:\.[a-z][A-Za-z0-9]{0,31})?)@([1-9]\d{0,3})$/

/** A version of a contract of this release, or of a process of `cases`, with the hash of it as it lies here. */
function activation(argument: string, { values }: CommandInput): Cbor {
  const [, contract, digits] = VERSION.exec(argument) ?? []
  if (!contract)
    throw new UsageError(
      `${argument} is no version of a contract or process, such as records@2 or cases.<process>@1`,
    )
  if (!/^[1-9]\d{0,14}$/.test(String(values.height)))
    throw new UsageError("from which block on? --height <n>, far enough ahead that every node is updated")
  const version = Number(digits)
  const sources = hashOf(contract, version, knownProcesses())
  if (!sources)
    throw new UsageError(`this release has no ${argument}; install the release that brings it, then propose`)
  return { do: "activate", contract, version, sources, height: Number(values.height) }
}

/** One kind of change, one entry: the governance contract's own form of it. */
const KINDS: Readonly<Record<string, Kind>> = {
  admit: {
    summary: "a new organisation; its node may connect to this one from the ballot on",
    takes: APPLICATION,
    example: "aceso propose admit application.json",
    change(file) {
      const { member, name, kind, url, key } = readApplication(file)
      return { do: "admit", member, name, kind, url, key }
    },
  },
  suspend: {
    summary: "an organisation can do nothing any more until it is reinstated",
    takes: MEMBER,
    example: "aceso propose suspend city-hospital",
    change: (name) => ({ do: "suspend", member: member(name) }),
  },
  reinstate: {
    summary: "end a suspension",
    takes: MEMBER,
    example: "aceso propose reinstate city-hospital",
    change: (name) => ({ do: "reinstate", member: member(name) }),
  },
  abilities: {
    summary: "what an organisation is to be on the ledger: all that it has from then on",
    takes: MEMBER,
    options: {
      abilities: {
        type: "string",
        words: "of keepsRecords, votes, validates; votes and validates are for authorities and custodians",
        value: "<list>",
        isNeeded: true,
      },
    },
    example: "aceso propose abilities mutual-insurance --abilities keepsRecords",
    change: (name, { values }) => ({
      do: "setAbilities",
      member: member(name),
      abilities: listOf(values.abilities, ABILITIES, "ability"),
    }),
  },
  licence: {
    summary: "an organisation may treat patients, review, handle drugs, ...",
    takes: MEMBER,
    options: {
      licence: { type: "string", words: LICENCES.join(", "), value: "<licence>", isNeeded: true },
      until: { type: "string", words: `when it ends, if ever: ${MOMENT}`, value: "<moment>" },
    },
    example: "aceso propose licence city-hospital --licence treat",
    change(name, { values }) {
      const [licence] = listOf(values.licence, LICENCES, "licence")
      const until = momentOf(values.until, "--until")
      return { do: "grantLicence", member: member(name), licence, ...(until !== undefined && { until }) }
    },
  },
  "end-licence": {
    summary: "a licence ends with the ballot",
    takes: MEMBER,
    options: {
      licence: { type: "string", words: LICENCES.join(", "), value: "<licence>", isNeeded: true },
    },
    example: "aceso propose end-licence city-hospital --licence treat",
    change(name, { values }) {
      const [licence] = listOf(values.licence, LICENCES, "licence")
      return { do: "endLicence", member: member(name), licence }
    },
  },
  validator: {
    summary: "an authority or a custodian is to validate",
    takes: APPLICATION,
    example: "aceso propose validator application.json",
    change(file) {
      const { member, validator } = readApplication(file)
      return { do: "addValidator", member, ...validator }
    },
  },
  "remove-validator": {
    summary: "a validator is to validate no more",
    takes: MEMBER,
    example: "aceso propose remove-validator city-hospital",
    change: (name) => ({ do: "removeValidator", member: member(name) }),
  },
  "replace-validator": {
    summary: "a validator has another key",
    takes: APPLICATION,
    example: "aceso propose replace-validator application.json",
    change(file) {
      const { member, validator } = readApplication(file)
      return { do: "replaceValidator", member, ...validator }
    },
  },
  "replace-key": {
    summary: "an organisation whose keys are lost has another one",
    takes: APPLICATION,
    options: {
      "compromised-at": {
        type: "string",
        words: `since when others may have had the old keys: ${MOMENT}`,
        value: "<moment>",
      },
    },
    example: "aceso propose replace-key application.json",
    change(file, { values }) {
      const { member, key } = readApplication(file)
      const compromisedAt = momentOf(values["compromised-at"], "--compromised-at")
      return { do: "replaceKey", member, key, ...(compromisedAt !== undefined && { compromisedAt }) }
    },
  },
  "close-case": {
    summary: "a case of misbehaviour was dealt with",
    takes: { name: "id", words: "of the case: 64 hexadecimal digits" },
    example: `aceso propose close-case ${"9a".repeat(32)}`,
    change: (id) => ({ do: "closeCase", case: hashIn(id, "case") }),
  },
  activate: {
    summary: "another version of a contract, or of a process, from a block on",
    takes: {
      name: "contract@version",
      words: "a version that this release has, such as records@2; of a process cases.<process>@<version>",
    },
    options: {
      height: {
        type: "string",
        words: "from which block on: far enough ahead that every node is updated",
        value: "<n>",
        isNeeded: true,
      },
    },
    example: "aceso propose activate records@2 --height 120000",
    change: activation,
  },
  disable: {
    summary: "switch an action of a contract off",
    takes: ACTION,
    example: "aceso propose disable records.commit",
    change: (name) => ({ do: "disableAction", ...actionOf(name) }),
  },
  enable: {
    summary: "switch an action of a contract on again",
    takes: ACTION,
    example: "aceso propose enable records.commit",
    change: (name) => ({ do: "enableAction", ...actionOf(name) }),
  },
  "release-app": {
    summary: "let patients be served a build of the pages, by its root",
    takes: BUILD,
    example: `aceso propose release-app ${ROOT}`,
    change: (build) => ({ do: "releaseApp", build: hashIn(build, "root of a build") }),
  },
  "withdraw-app": {
    summary: "let a build of the pages be served no more",
    takes: BUILD,
    example: `aceso propose withdraw-app ${ROOT}`,
    change: (build) => ({ do: "withdrawApp", build: hashIn(build, "root of a build") }),
  },
  finish: {
    summary: "end this network, so that it can go on in another (aceso network migrate)",
    example: "aceso propose finish",
    change: () => ({ do: "finish" }),
  },
}

interface Proposed extends Decision {
  /** The id of the applicant's node, which may connect to this one as soon as it is a member. */
  readonly peer?: string
}

const proposing = ([name, { takes, change, ...kind }]: [string, Kind]) =>
  command<Proposed>({
    ...kind,
    ...(takes && { arguments: [takes] }),
    // The applicant's node is let in by node.json.
    ...(name === "admit" && { changesHome: true as const }),
    async run(session, input) {
      const [argument = ""] = input.positionals
      const changes = [change(argument, input)]
      const { nodeFolder } = session
      // First: an application that takes another node's id is none to vote on.
      const isHere = name === "admit" && nodeFolder !== undefined
      const peer = isHere ? addApplicant(nodeFolder, readApplication(argument)) : undefined
      const proposed = session.staff().client.propose(changes)
      const decision = decisionOf(await untilBlock(session, SIGNED_NOW, proposed))
      return { ...decision, ...(peer && { peer: peer.nodeId }) }
    },
    print: ({ peer, ...decision }) =>
      [
        sayDecision(decision),
        ...(peer === undefined
          ? []
          : [`  its node (${peer}) may connect to this one as soon as the ledger shows it as a member`]),
      ].join("\n"),
  })

export const propose: Group = {
  summary: "propose a change of the network, as the organisation",
  parts: Object.fromEntries(Object.entries(KINDS).map((one) => [one[0], proposing(one)])),
}
