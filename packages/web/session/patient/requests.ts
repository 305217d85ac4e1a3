import {
  askedBy,
  grantFor,
  type InboxMove,
  type InboxRequest,
  inForceOf,
  mustBeMeant,
  type Narrowed,
  type PatientPlace,
} from "@aceso/client"
import { type ConsentCopy, type DocumentSummary, PlatformError, type PolicyState, toHex } from "@aceso/core"
import { handOver, previewAt, type ShownPreview, withoutValue } from "./access.ts"
import { type At, inTurn, type Known, type Where, whereOf } from "./known.ts"

/** One wish of somebody, at every custodian at which it waits. */
export interface ShownRequest {
  readonly requester: string
  /** By which the requester calls whoever asks; absent: it tells none. */
  readonly name?: string
  readonly role: string
  readonly purpose: string
  readonly reason: string
  readonly classes: readonly string[]
  readonly from?: string
  readonly to?: string
  /** ms */
  readonly until: number
  readonly createdAt: number
  readonly state: InboxRequest["state"]
  readonly at: readonly (Where & {
    readonly id: string
    /** Of what was approved then, what is in force now. */
    readonly inForce: readonly DocumentSummary[]
  })[]
}

export interface ShownMove
  extends Pick<InboxMove, "role" | "state" | "resourceType" | "since" | "isOpen" | "hasAgreed" | "movesAt"> {
  readonly id: string
  readonly custodian: string
}

/** What is the same in all requests that are one wish. */
const wishOf = (one: InboxRequest): string =>
  JSON.stringify([
    ...[one.requester, toHex(one.practitioner), one.role, one.name, one.purpose, one.reason],
    ...[one.classes, one.from, one.to, one.until, one.state],
  ])

/** Requests that wait for the person, and records that stand at the wrong patient. */
export function requestCalls(known: Known) {
  const { client } = known
  let inbox: readonly InboxRequest[] = []
  let moves: readonly InboxMove[] = []

  const read = async () => {
    const answers = await known.each(async (place) => ({
      requests: await client.inboxAt(place),
      moves: await client.moves.at(place),
    }))
    const there = answers.flatMap((one) => ("value" in one ? [one.value] : []))
    inbox = there.flatMap(({ requests }) => requests)
    moves = there.flatMap((one) => one.moves)
    return answers
  }
  const found = (ids: readonly string[]): InboxRequest[] => {
    const all = inbox.filter(({ requestId, state }) => state === "open" && ids.includes(toHex(requestId)))
    if (all.length === ids.length && all.length > 0) return all
    throw new PlatformError("unknown_request", "this request was answered meanwhile; look at the list again")
  }
  const foundMove = (id: string): InboxMove => {
    const move = moves.find((one) => one.isOpen && toHex(one.id) === id)
    if (move) return move
    throw new PlatformError("unknown_request", "this was decided meanwhile; look at the list again")
  }
  /** What is in force of requests that were approved; each policy is read once. */
  const standing = () => {
    const policies = new Map<PatientPlace, Promise<PolicyState>>()
    return async (request: InboxRequest): Promise<readonly DocumentSummary[]> => {
      if (request.state !== "approved") return []
      const { place } = request
      const policy = policies.get(place) ?? client.policy(place)
      policies.set(place, policy)
      const { documents } = await policy
      return inForceOf(documents, { ...askedBy(request), custodian: place.custodian, now: Date.now() })
    }
  }

  return {
    /** How many wishes wait. */
    async waiting(): Promise<number> {
      await read()
      const open = inbox.filter(({ state }) => state === "open").map(wishOf)
      return new Set(open).size + moves.filter(({ isOpen, hasAgreed }) => isOpen && !hasAgreed).length
    },
    async requests() {
      const answers: At<unknown>[] = await read()
      const inForceAt = standing()
      const wishes = Map.groupBy(inbox, wishOf)
      const requests: ShownRequest[] = []
      for (const all of wishes.values()) {
        const [{ requester, name, role, purpose, reason, classes, from, to, until, state }] = all
        const at = await Promise.all(
          all.map(async (one) => ({
            id: toHex(one.requestId),
            ...whereOf(one.place),
            inForce: await inForceAt(one),
          })),
        )
        requests.push({
          ...{ requester, role, purpose, reason, classes, until, state, at },
          ...(name !== undefined && { name }),
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          createdAt: Math.min(...all.map(({ createdAt }) => createdAt)),
        })
      }
      return {
        requests: requests.sort((a, b) => b.createdAt - a.createdAt),
        moves: moves.map(shownMove),
        unreachable: answers.map(withoutValue).filter(({ fault }) => fault),
      }
    },
    /** What approving would open today. @throws PlatformError `bad_input` for what was not asked for */
    async previewApproval(ids: readonly string[], narrowed: Narrowed): Promise<At<ShownPreview>[]> {
      const all = found(ids)
      for (const request of all) grantFor(request, narrowed)
      return inTurn(
        all.map((request) => ({
          at: request.place,
          run: async () => {
            const terms = grantFor(request, narrowed)
            mustBeMeant({ ...terms, custodian: request.place.custodian, now: Date.now() })
            return previewAt(client, terms, request.place)
          },
        })),
      )
    },
    async approve(ids: readonly string[], narrowed: Narrowed) {
      const all = found(ids)
      // Of all of them before the first is signed.
      for (const request of all) grantFor(request, narrowed)
      const signed = await inTurn(
        all.map((request) => ({
          at: request.place,
          run: () => client.approve(request, narrowed),
        })),
      )
      const copies: ConsentCopy[] = signed.flatMap((one) => ("value" in one ? [one.value.copy] : []))
      const handedOver = await handOver(known, new Map([[all[0].requester, copies]]))
      return { signed: signed.map(withoutValue), handedOver }
    },
    decline: async (ids: readonly string[]) =>
      (
        await inTurn(
          found(ids).map((request) => ({
            at: request.place,
            run: () => client.decline(request),
          })),
        )
      ).map(withoutValue),
    agreeToMove: (id: string) => client.moves.agree(foundMove(id)),
    refuseMove: (id: string) => client.moves.object(foundMove(id)),
  }
}

const shownMove = ({ id, place, role, state, resourceType, since, ...rest }: InboxMove): ShownMove => ({
  ...{ id: toHex(id), custodian: place.custodian, role, state, resourceType, since },
  ...{ isOpen: rest.isOpen, hasAgreed: rest.hasAgreed, movesAt: rest.movesAt },
})
