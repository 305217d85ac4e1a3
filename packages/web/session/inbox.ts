import { casesAt, type PatientClient, type StaffClient, standingOf } from "@aceso/client"
import { PlatformError, type Process, toHex } from "@aceso/core"
import { lineOf } from "./cases.ts"
import { type Fault, faultOf } from "./protocol.ts"

/** Something that waits for whoever looks. */
export interface Waiting {
  readonly id: string
  /** A process, or `requests` and `moves` of a patient. */
  readonly what: string
  /** Of the case; absent: it is none. */
  readonly state: string | null
  /** Who it is about, or with: names of members, or of the person as the organisation calls them. */
  readonly with: readonly string[]
  /** Who acts for the person. */
  readonly delegate: string | null
  /** ms */
  readonly since: number | null
  readonly dueAt: number | null
  readonly isLate: boolean
}
export interface WaitingAll {
  readonly items: readonly Waiting[]
  /** More than these wait. */
  readonly more: boolean
  readonly silent: readonly Fault[]
}

/** What is due first before it: what is late comes before all. */
const byDue = (a: Waiting, b: Waiting) =>
  (a.dueAt ?? Number.POSITIVE_INFINITY) - (b.dueAt ?? Number.POSITIVE_INFINITY)

/** Requests, moves, and cases in which it is the person's turn. @param processes those that are known here */
export function patientInbox(client: PatientClient, processes: readonly Process[]) {
  const own = client.cases(processes)
  return {
    async inbox(now = Date.now()): Promise<WaitingAll> {
      const silent: Fault[] = []
      const note = (_what: string, fault: PlatformError) => silent.push(faultOf(fault))
      const orNone = <T>(asked: Promise<readonly T[]>): Promise<readonly T[]> =>
        asked.catch((error: unknown) => {
          if (!(error instanceof PlatformError)) throw error
          note("", error)
          return []
        })
      const [requests, moves, cases] = await Promise.all([
        orNone(client.inbox()),
        orNone(client.moves.all()),
        casesAt(own, client.places, note).then((all) => standingOf(own, all, note)),
      ])
      const rest = { state: null, delegate: null, since: null, isLate: false }
      const items: Waiting[] = [
        ...requests
          .filter(({ state }) => state === "open")
          .map(({ requestId, requester, until }) => ({
            ...{ ...rest, id: toHex(requestId), what: "requests", with: [requester] },
            ...{ dueAt: until, isLate: until < now },
          })),
        ...moves
          .filter(({ isOpen, hasAgreed }) => isOpen && !hasAgreed)
          .map(({ id, place }) => ({
            ...{ ...rest, id: toHex(id), what: "moves", with: [place.custodian], dueAt: null },
          })),
        ...cases
          .map(lineOf)
          .filter(({ isMine }) => isMine)
          .map(({ id, process, state, members, since, dueAt, isLate }) => ({
            ...{ id, what: process, state, delegate: null, since, dueAt, isLate },
            with: members.map(({ member }) => member),
          })),
      ]
      return { items: items.sort(byDue), more: false, silent }
    },
  }
}

/** What a person of an organisation has to do. */
export const staffInbox = (client: StaffClient) => ({
  async inbox(): Promise<WaitingAll> {
    const { items, more } = await client.cases.page()
    const now = Date.now()
    const shown = items.map(({ id, capability, state, since, dueAt, patient, delegate }) => ({
      ...{ id: toHex(id), what: capability, state, since, dueAt, delegate },
      ...{ with: patient === null ? [] : [patient], isLate: dueAt !== null && dueAt < now },
    }))
    // In the order of the node: those whom it does not know come after the others.
    return { items: shown, more, silent: [] }
  },
})
