import { delegateCode } from "@aceso/client"
import {
  type DelegateAbility,
  type DelegateAcceptance,
  type DelegateScope,
  delegateAcceptance,
  delegateInvitation,
  delegateScope,
  fromHex,
  messageOf,
  PlatformError,
  toHex,
} from "@aceso/core"
import { type Known, type Where, whereOf } from "./known.ts"

export interface ShownDelegate extends Where {
  readonly key: string
  /** Null: not known there, so that they do nothing there. */
  readonly scope: DelegateScope | null
  /** ms */
  readonly enteredAt: number
  readonly endsAt: number | null
  readonly endedAt: number | null
}

export interface Acting {
  readonly isDelegate: boolean
  readonly may: readonly DelegateAbility[]
  /**
   * Why nothing can be done. `ended`: the time is over; `waiting`: the person, or the desk, has not entered this device;
   * `unreachable`: nobody can say now; null: something can be done.
   */
  readonly why: "ended" | "waiting" | "unreachable" | null
}

function whyOf(faults: readonly { readonly code: string }[]): Acting["why"] {
  const has = (...codes: readonly string[]) => faults.some(({ code }) => codes.includes(code))
  if (has("not_permitted", "unknown_key")) return "waiting"
  if (faults.length === 0 || has("delegate_ended", "delegate_unknown")) return "ended"
  return "unreachable"
}

/** Longer than any answer to an invitation. */
const MAX_TEXT = 20_000

function acceptanceIn(text: string): DelegateAcceptance {
  if (text.length > MAX_TEXT)
    throw new PlatformError("bad_delegate", "this is too long to be an answer to an invitation")
  try {
    return delegateAcceptance.parse(JSON.parse(text), "acceptance", "json")
  } catch (cause) {
    throw new PlatformError("bad_delegate", `this is no answer to an invitation: ${messageOf(cause)}`, {
      cause,
    })
  }
}

/** Who acts for the person, or where this session does for somebody else. */
export function delegateCalls(known: Known) {
  const { client } = known
  return {
    /** Whether this session acts for somebody else, and what it may do at any custodian. */
    async acting(): Promise<Acting> {
      if (!client.isDelegate) return { isDelegate: false, may: ["read", "decide", "write"], why: null }
      const own = await known.each((place) => client.delegates.own(place))
      const now = Date.now()
      const may = own
        .flatMap((one) => ("value" in one ? one.value : []))
        .filter(({ endedAt, endsAt }) => endedAt === null && (endsAt === null || endsAt > now))
        .flatMap(({ scope }) => scope?.may ?? [])
      const faults = own.flatMap((one) => ("fault" in one ? [one.fault] : []))
      return { isDelegate: true, may: [...new Set(may)], why: may.length > 0 ? null : whyOf(faults) }
    },
    delegates: () =>
      known.each(async (place) => {
        const all = await (client.isDelegate ? client.delegates.own(place) : client.delegates.at(place))
        return all.map(
          ({ key, scope, enteredAt, endsAt, endedAt }): ShownDelegate => ({
            ...whereOf(place),
            ...{ key: toHex(key), scope, enteredAt, endsAt, endedAt },
          }),
        )
      }),
    /** @param person for whom, as screens show it @returns what is handed to whoever is to act */
    async inviteDelegate(place: string, person: string, scope: DelegateScope): Promise<string> {
      const asked = delegateScope.parse(scope, "scope")
      const invitation = await client.delegates.invite(known.placeOf(place), person, asked)
      return `${JSON.stringify(delegateInvitation.toJson(invitation), null, 2)}\n`
    },
    /** What came back, before anything is signed. @throws PlatformError `bad_delegate` */
    async readAcceptance(text: string) {
      const acceptance = acceptanceIn(text)
      await client.delegates.mustBeInvited(acceptance)
      const { custodian, key, opening } = acceptance
      return { custodian, scope: opening.scope, code: delegateCode(key) }
    },
    enterDelegate: (text: string) => client.delegates.enter(acceptanceIn(text)),
    endDelegate: (place: string, key: string) => client.delegates.end(known.placeOf(place), fromHex(key)),
    /** Also those whom a custodian hides. */
    endAllDelegates: (place: string) => client.delegates.endAll(known.placeOf(place)),
  }
}
