import {
  type PublicClient,
  type ShownCase,
  type ShownDocument,
  shownToPerson,
  shownToStaff,
  type Written,
  wordOf,
} from "@aceso/client"
import {
  fromHex,
  PlatformError,
  type Process,
  partyOf,
  pictureOf,
  type StepRule,
  stateOf,
  taskOf,
  toHex,
} from "@aceso/core"
import { quoted, table } from "../columns.ts"
import { type CommandInput, command, type Group, type Option } from "../command.ts"
import { endOf, localTime } from "../output.ts"
import { type Session, UsageError } from "../session.ts"
import { isStaff, mustBeFor, ownCase, ownCases, patientWords, staffCase, standingOf } from "./party.ts"
import { type ProcessWords, stateWords } from "./words.ts"

const ID = { name: "id", words: "which; the beginning of its id will do" } as const

/** passOn -> pass-on */
const typed = (step: string): string => step.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** What follows at the command line from a process: all cases, one of them, and a command for each step. */
export function partsOf(words: ProcessWords): Group["parts"] {
  const { name } = words.process
  return {
    list: listOf(words),
    show: showOf(words, name),
    states: statesOf(words),
    ...Object.fromEntries(words.process.steps.map((step) => [typed(step.name), stepOf(words, step)])),
  }
}

const listOf = (words: ProcessWords) =>
  command({
    summary: "all of a person's, or what waits for an organisation",
    example: `aceso ${words.process.name} list --as patient-1`,
    async run(session) {
      if (isStaff(session)) {
        const items = await session.staff().client.cases.inbox()
        const own = items.filter(({ capability }) => capability === words.process.name)
        return {
          cases: own.map(({ id, state, since, dueAt, patient, delegate }) => ({
            ...{ id: toHex(id), state, since, dueAt, isEnded: false },
            ...{ with: patient ?? "", delegate },
          })),
        }
      }
      const { client, cases } = await ownCases(session, words.process)
      const all = await standingOf(session, client, cases)
      return {
        cases: all.map(({ id, standing, row }) => ({
          ...{ id: toHex(id), state: standing.state.name, since: standing.since, dueAt: standing.dueAt },
          isEnded: standing.isEnded,
          with: row.parties.flatMap(({ member }) => member ?? []).join(", "),
          delegate: null,
        })),
      }
    },
    print: ({ cases }) =>
      table(
        ["id", "with", "state", "since", "due"],
        cases
          .toSorted((a, b) => b.since - a.since)
          .map((one) => [
            one.id.slice(0, 12),
            one.delegate === null ? one.with : `${one.with}, by ${one.delegate}`,
            stateWords(words, one.state),
            localTime(one.since),
            one.dueAt === null ? "" : endOf(one.dueAt),
          ]),
      ),
  })

const showOf = (words: ProcessWords, name: string) =>
  command({
    summary: "one of them, with all that was written",
    arguments: [ID],
    example: `aceso ${name} show 3fa9c2 --as patient-1`,
    fails: "a document is not here, or is not what was committed",
    async run(session, { positionals: [beginning] }): Promise<Told> {
      if (isStaff(session)) {
        const { client } = session.staff()
        return told(words, await shownToStaff(client, await staffCase(client, words.process, beginning)))
      }
      const { client, found } = await ownCase(session, words.process, beginning)
      return told(words, await shownToPerson(client, words.person, found))
    },
    print: (shown) => linesOf(words, shown).join("\n"),
    texts: ["steps.documents.lines"],
    status: ({ steps }) =>
      steps.every(({ documents }) => documents.every(({ lacking }) => lacking === null)) ? 0 : 1,
  })

const statesOf = ({ process }: ProcessWords) =>
  command({
    summary: "its states and what leads from one to the next, as a Mermaid diagram",
    ignores: ["node", "as"],
    example: `aceso ${process.name} states`,
    run: async () => ({ picture: pictureOf(process).split("\n") }),
    print: ({ picture }) => picture.join("\n"),
    keeps: ["picture"],
  })

type Told = Omit<ShownCase, "steps"> & {
  readonly task: ReturnType<typeof taskOf>
  readonly steps: readonly (Omit<ShownCase["steps"][number], "documents"> & {
    readonly documents: readonly ReturnType<typeof toldDocument>[]
  })[]
}

/** Contents as lines for a reader; the case as FHIR Task beside it. */
const told = (words: ProcessWords, shown: ShownCase): Told => ({
  ...shown,
  task: taskOf({
    ...{ id: fromHex(shown.id), process: words.process, parties: shown.members },
    openedAt: shown.steps[0].at,
    standing: {
      state: stateOf(words.process, shown.state) ?? words.process.states[0],
      ...{ since: shown.since, dueAt: shown.dueAt, isLate: shown.isLate, isEnded: shown.isEnded },
    },
  }),
  steps: shown.steps.map((step) => ({
    ...step,
    documents: step.documents.map((document) => toldDocument(words, document)),
  })),
})

/** What cannot be read is lacking like what is not here: the others are shown all the same. */
function toldDocument({ forms }: ProcessWords, { name, content, lacking }: ShownDocument) {
  try {
    return { name, lacking, lines: content === null ? [] : forms[name].lines(content) }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return { name, lacking: error.code, lines: [] }
  }
}

function linesOf(words: ProcessWords, shown: Told): string[] {
  const { id, state, dueAt, isLate, members, patient, delegate, steps } = shown
  const due = dueAt === null ? "" : `, due ${endOf(dueAt)}${isLate ? ", late" : ""}`
  return [
    `  ${id}`,
    `  ${stateWords(words, state)}${due}`,
    `  ${[...(patient === null ? [] : [patientWords(patient, delegate)]), ...members.map(({ party, member }) => `${party} ${member}`)].join(", ")}`,
    ...steps.flatMap(({ member, role, at, documents, step }) => [
      "",
      `  ${localTime(at)}  ${whoOf(words, shown, { member, role })}: ${stepDone(words, step)}`,
      ...documents.flatMap(({ lines, lacking }) =>
        lacking === null ? lines.map(quoted) : [`      (not here: ${lacking})`],
      ),
    ]),
  ]
}

function whoOf(
  { person }: ProcessWords,
  { party, patient, delegate }: Told,
  { member, role }: Pick<Told["steps"][number], "member" | "role">,
): string {
  if (member !== null) return role === null ? member : `${member} (${role.replaceAll("-", " ")})`
  if (patient !== null) return patientWords(patient, delegate)
  return party === person ? "you" : "the person"
}

const stepDone = ({ steps }: ProcessWords, step: string): string =>
  Object.hasOwn(steps, step) ? steps[step].done : step === "open" ? "opened it" : step

/** A step of a process, done by whoever acts. */
function stepOf(words: ProcessWords, rule: StepRule) {
  const { process, forms, steps } = words
  const options: Record<string, Option> = Object.assign(
    {},
    ...rule.documents.map((name) => forms[name].options),
    rule.names === null
      ? {}
      : { to: { type: "string", words: `the ${rule.names} (default: the only one)`, value: "<member>" } },
  )
  return command({
    summary: steps[rule.name].summary,
    arguments: [ID],
    options,
    example: `aceso ${process.name} ${typed(rule.name)} 3fa9c2 ${Object.entries(options)
      .filter(([, one]) => one.isNeeded)
      .map(([name, { value }]) => `--${name} ${value} `)
      .join("")}--as ${rule.by.includes(words.person) ? "patient-1" : "city-registrar"}`,
    async run(session, input) {
      mustBeFor(words, rule.name, session)
      const written = rule.documents.map((name) => ({ name, content: forms[name].write(input.values) }))
      const n = isStaff(session)
        ? await byStaff(session, words, rule, input, written)
        : await byPerson(session, words, rule, input, written)
      return { step: rule.name, n }
    },
    print: () => `  ${steps[rule.name].done}; it is on the ledger`,
  })
}

async function byStaff(
  session: Session,
  { process }: ProcessWords,
  rule: StepRule,
  { positionals: [beginning], values }: CommandInput,
  written: readonly Written[],
): Promise<number> {
  const { client, person } = session.staff()
  const id = await staffCase(client, process, beginning)
  const { size } = await client.cases.show(id)
  const names = await namedBy(rule, process, values.to, client)
  const step = { id, base: size, step: rule.name, ...(names !== undefined && { names }) }
  return (await client.cases.step(await wordOf(client, person.member), step, written)).n
}

async function byPerson(
  session: Session,
  { process }: ProcessWords,
  rule: StepRule,
  { positionals: [beginning], values }: CommandInput,
  written: readonly Written[],
): Promise<number> {
  const { client, found } = await ownCase(session, process, beginning)
  const names = await namedBy(rule, process, values.to, client.membersOf(found.place))
  return (await client.step(found, rule.name, written, names)).n
}

/** The member that a step names: as it is typed, or the only one there is of the party's kind. @throws UsageError */
async function namedBy(
  { names }: StepRule,
  process: Process,
  typed: CommandInput["values"][string],
  node: { members(): Promise<readonly Named[]> },
): Promise<string | undefined> {
  if (names === null) return undefined
  if (typed !== undefined) return String(typed)
  return onlyMember(await node.members(), partyOf(process, names)?.kind ?? null, names)
}

type Named = Awaited<ReturnType<PublicClient["members"]>>[number]

/** The only active member of a kind. @throws UsageError */
export function onlyMember(members: readonly Named[], wanted: string | null, what: string): string {
  const fit = members.filter(({ kind, status }) => kind === wanted && status === "active")
  const [one, ...others] = fit.map(({ member }) => member)
  if (one !== undefined && others.length === 0) return one
  throw new UsageError(
    one === undefined
      ? `there is no ${what} in this network`
      : `there are several; name the ${what} with --to: ${[one, ...others].join(", ")}`,
  )
}
