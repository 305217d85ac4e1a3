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
import type { Known } from "./known.ts"

export interface ShownDelegate {
  readonly custodian: string
  readonly key: string
  /** Null: not known there, so that they do nothing there. */
  readonly scope: DelegateScope | null
  /** ms */
  readonly enteredAt: number
  readonly endsAt: number | null
  readonly endedAt: number | null
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
    async acting(): Promise<{ isDelegate: boolean; may: readonly DelegateAbility[] }> {
      if (!client.isDelegate) return { isDelegate: false, may: ["read", "decide", "write"] }
      const own = await known.each((place) => client.delegates.own(place))
      const now = Date.now()
      const may = own
        .flatMap((one) => ("value" in one ? one.value : []))
        .filter(({ endedAt, endsAt }) => endedAt === null && (endsAt === null || endsAt > now))
        .flatMap(({ scope }) => scope?.may ?? [])
      return { isDelegate: true, may: [...new Set(may)] }
    },
    delegates: () =>
      known.each(async (place) => {
        const all = await (client.isDelegate ? client.delegates.own(place) : client.delegates.at(place))
        return all.map(
          ({ key, scope, enteredAt, endsAt, endedAt }): ShownDelegate => ({
            ...{ custodian: place.custodian, key: toHex(key), scope, enteredAt, endsAt, endedAt },
          }),
        )
      }),
    /** @param person for whom, as screens show it @returns what is handed to whoever is to act */
    inviteDelegate(custodian: string, person: string, scope: DelegateScope): string {
      const asked = delegateScope.parse(scope, "scope")
      const invitation = client.delegates.invite(known.placeAt(custodian), person, asked)
      return `${JSON.stringify(delegateInvitation.toJson(invitation), null, 2)}\n`
    },
    /** What came back, before anything is signed. @throws PlatformError `bad_delegate` */
    readAcceptance(text: string) {
      const acceptance = acceptanceIn(text)
      client.delegates.mustBeInvited(acceptance)
      const { custodian, key, opening } = acceptance
      return { custodian, scope: opening.scope, code: delegateCode(key) }
    },
    enterDelegate: (text: string) => client.delegates.enter(acceptanceIn(text)),
    endDelegate: (custodian: string, key: string) =>
      client.delegates.end(known.placeAt(custodian), fromHex(key)),
    /** Also those whom a custodian hides. */
    endAllDelegates: (custodian: string) => client.delegates.endAll(known.placeAt(custodian)),
  }
}
