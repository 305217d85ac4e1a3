import {
  acceptInvitation,
  delegateCode,
  isForgotten,
  type KeptPlaces,
  LedgerMembers,
  LedgerProofs,
  PublicClient,
  withDelegation,
} from "@aceso/client"
import {
  type DelegateInvitation,
  delegateAcceptance,
  delegateInvitation,
  isSamePlace,
  messageOf,
  PlatformError,
  randomUnit,
} from "@aceso/core"
import { operatorOf } from "./operator.ts"

/** Longer than any invitation. */
const MAX_TEXT = 20_000

/** @throws PlatformError `bad_delegate` */
function invitationIn(text: string): DelegateInvitation {
  if (text.length > MAX_TEXT) throw new PlatformError("bad_delegate", "this is too long to be an invitation")
  try {
    return delegateInvitation.parse(JSON.parse(text), "invitation", "json")
  } catch (cause) {
    throw new PlatformError("bad_delegate", `this is no invitation: ${messageOf(cause)}`, { cause })
  }
}

/**
 * An invitation to act for somebody, held against the ledger: nothing is used up.
 * @param app where the app is reached, whose genesis counts
 * @throws PlatformError `bad_delegate`, `wrong_network`, `unknown_member`, `bad_url`, `bad_proof`
 */
export async function readInvitation(app: string, text: string) {
  const invitation = invitationIn(text)
  const { document, signed } = await new PublicClient(app).genesis()
  if (document.network !== invitation.network)
    throw new PlatformError(
      "wrong_network",
      `this invitation is of the network ${invitation.network}, and this app of ${document.network}`,
    )
  const members = new LedgerMembers(new LedgerProofs(document), new PublicClient(invitation.url))
  const { name, url } = await members.active(invitation.custodian)
  if (url !== invitation.url)
    throw new PlatformError(
      "bad_url",
      `the invitation leads to ${invitation.url}, and the ledger has ${name} at ${url}: whoever gave it to you has to make another one`,
    )
  return { invitation, where: name, signed }
}

export interface Accepted {
  /** What is given back. */
  readonly answer: string
  /** What both screens show. */
  readonly code: string
  readonly kept: KeptPlaces
}

/** Says yes by a key of this seed for that one person, and keeps whom it is for. */
export async function acceptedInvitation(
  app: string,
  seed: Uint8Array,
  text: string,
  here: KeptPlaces,
): Promise<Accepted> {
  const { invitation, signed } = await readInvitation(app, text)
  const { custodian, handle, url, person } = invitation
  let answer = ""
  let code = ""
  const kept = await operatorOf(app, signed).store.change(
    seed,
    (before) => {
      // Another one each time, also where an earlier one was forgotten here.
      const used = before.delegations?.find((one) => isSamePlace(one, invitation))?.keyNumber
      const drawn = () => ({
        custodian,
        handle,
        keyNumber: 1 + Math.floor(randomUnit() * MAX_NUMBER),
        url,
        person,
      })
      let delegation = drawn()
      while (delegation.keyNumber === used || isForgotten(before, delegation)) delegation = drawn()
      const acceptance = acceptInvitation(invitation, seed, delegation.keyNumber)
      answer = `${JSON.stringify(delegateAcceptance.toJson(acceptance), null, 2)}\n`
      code = delegateCode(acceptance.key)
      return withDelegation(before, delegation)
    },
    here,
  )
  return { answer, code, kept }
}
const MAX_NUMBER = 1000
