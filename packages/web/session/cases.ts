import {
  casesAt,
  type OwnCase,
  type OwnCaseNow,
  type PatientClient,
  type ShownCase,
  type StaffClient,
  shownToPerson,
  shownToStaff,
  standingOf,
  type Written,
  wordOf,
} from "@aceso/client"
import { type Bytes, fromHex, type MemberId, PlatformError, type Process, toHex } from "@aceso/core"
import { type Fault, faultOf } from "./protocol.ts"

/** A case as a list shows it. */
export interface CaseLine {
  readonly id: string
  readonly process: string
  readonly state: string
  /** ms */
  readonly since: number
  readonly dueAt: number | null
  readonly isLate: boolean
  readonly isEnded: boolean
  /** It is the person's own turn. */
  readonly isMine: boolean
  readonly members: readonly { readonly party: string; readonly member: string }[]
}

/** What is asked of several places, and which of them did not answer. */
export interface CaseLines {
  readonly cases: readonly CaseLine[]
  readonly silent: readonly Fault[]
}

/** A case with what its documents say; `content` null: it is not here, for the reason that `lacking` has. */
export interface CaseShown<T> extends Omit<ShownCase, "steps"> {
  /** How many steps whoever looks has seen. */
  readonly base: number
  /** Steps that whoever looks may take now. */
  readonly can: readonly string[]
  readonly steps: readonly (Omit<ShownCase["steps"][number], "documents"> & {
    readonly documents: readonly {
      readonly name: string
      readonly content: T | null
      readonly lacking: string | null
    }[]
  })[]
}

type Read<T> = (name: string, content: Bytes) => T

/** The authority that pays for what a person begins, and to which it may be passed on, where there is one. */
export async function authorityOf(node: {
  members(): Promise<readonly { readonly member: MemberId; readonly kind: string; readonly status: string }[]>
}): Promise<MemberId> {
  const found = (await node.members()).find(({ kind, status }) => kind === "authority" && status === "active")
  if (found) return found.member
  throw new PlatformError("unknown_member", "there is no authority in this network")
}

/** Cases of a process that a person opened, and what their device does in them. */
export function patientCases<T>(client: PatientClient, process: Process, read: Read<T>) {
  const cases = client.cases([process])
  const person = process.opens.by
  const known = new Map<string, OwnCase>()

  async function list(): Promise<CaseLines> {
    const silent: Fault[] = []
    const onFault = (_what: string, fault: PlatformError) => silent.push(faultOf(fault))
    const all = await casesAt(cases, client.places, onFault)
    for (const one of all) known.set(toHex(one.id), one)
    const standing = await standingOf(cases, all, onFault)
    return { cases: standing.map((one) => lineOf(one)).sort((a, b) => b.since - a.since), silent }
  }
  async function find(id: string): Promise<OwnCaseNow> {
    if (!known.has(id)) await list()
    const one = known.get(id)
    if (!one)
      throw new PlatformError("unknown_case", "there is no such case of yours, or it was kept long enough")
    return cases.now(one)
  }
  return {
    list,
    async show(id: string): Promise<CaseShown<T>> {
      const found = await find(id)
      const shown = await shownToPerson(cases, person, found)
      return { ...readIn(shown, read), base: found.row.size, can: stepsOf(process, shown.state, person) }
    },
    /** By the next key that the person has there, or, where it is none of theirs, at the first place. @returns the id */
    async open(party: string, to: MemberId, written: readonly Written[]): Promise<string> {
      const place = client.places.find(({ custodian }) => custodian === to) ?? client.places[0]
      const sponsor = await authorityOf(cases.membersOf(place))
      const own = await cases.open(place, process, { [party]: to }, written, sponsor)
      known.set(toHex(own.id), own)
      return toHex(own.id)
    },
    /** @param base how many steps the person has seen @param written in the order of the process */
    async step(id: string, base: number, step: string, written: readonly Written[]): Promise<void> {
      const found = await find(id)
      if (found.row.size !== base) throw changed()
      const names = process.steps.find(({ name }) => name === step)?.names ?? null
      await cases.step(
        found,
        step,
        written,
        names === null ? undefined : await authorityOf(cases.membersOf(found.place)),
      )
    },
  }
}

/** Cases of a process in which an organisation takes part, as one of its people works on them. */
export function staffCases<T>(client: StaffClient, member: MemberId, process: Process, read: Read<T>) {
  return {
    async show(id: string): Promise<CaseShown<T>> {
      const shown = await shownToStaff(client, fromHex(id))
      return { ...readIn(shown, read), base: shown.base, can: stepsOf(process, shown.state, shown.party) }
    },
    /** @param base how many steps the person has seen */
    async step(id: string, base: number, step: string, written: readonly Written[]): Promise<void> {
      await client.cases.step(await wordOf(client, member), { id: fromHex(id), base, step }, written)
    },
  }
}

const changed = () =>
  new PlatformError("case_changed_meanwhile", "somebody did a step meanwhile: look at it again")

export function lineOf({ id, process, standing, row }: OwnCaseNow): CaseLine {
  const { state, since, dueAt, isLate, isEnded } = standing
  return {
    ...{ id: toHex(id), process: process.name, state: state.name, since, dueAt, isLate, isEnded },
    isMine: state.turn.includes(process.opens.by),
    members: row.parties.flatMap(({ party, member }) => (member === null ? [] : [{ party, member }])),
  }
}

const stepsOf = (process: Process, state: string, party: string): readonly string[] =>
  process.steps.filter(({ from, by }) => from.includes(state) && by.includes(party)).map(({ name }) => name)

/** What cannot be read is lacking like what is not here: the others are shown all the same. */
function readIn<T>(shown: ShownCase, read: Read<T>): Omit<CaseShown<T>, "base" | "can"> {
  return {
    ...shown,
    steps: shown.steps.map((step) => ({
      ...step,
      documents: step.documents.map(({ name, content, lacking }) => {
        try {
          return { name, lacking, content: content === null ? null : read(name, content) }
        } catch (error) {
          if (!(error instanceof PlatformError)) throw error
          return { name, lacking: error.code, content: null }
        }
      }),
    })),
  }
}
