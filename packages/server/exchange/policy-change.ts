import { changeInput, MAX_POLICY_DELAY_MS, SUBMIT_BEFORE_EXPIRY_MS } from "@aceso/client/pending.ts"
import {
  type Bytes,
  encodeCbor,
  equalBytes,
  isObject,
  judgeEnvelope,
  mayDeny,
  nameOf,
  orUndefined,
  type Payload,
  type PayloadId,
  PlatformError,
  type PolicyDocument,
  type PublicKey,
  parseJson,
  readEnvelope,
  readPolicy,
  signPayload,
  withSignatures,
} from "@aceso/core"
import { standingOf } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"

/** The longest delay, the time until the expiry, and a day for changes that come one after the other. */
const MAX_AHEAD_MS = MAX_POLICY_DELAY_MS + SUBMIT_BEFORE_EXPIRY_MS + 24 * 3600_000

/** A policy change that was signed for this custodian. */
export interface SignedChange {
  readonly envelope: Bytes
  readonly payload: Payload
  readonly payloadId: PayloadId
  readonly base: number
  readonly root: Bytes
}

export const refused = (why: string) => new PlatformError("policy_unknown", `the change is refused: ${why}`)

/**
 * @param delegate whose key signed it for the patient: this custodian adds its own signature (docs/decisions/0037)
 * @throws PlatformError when it is not the caller's, or has no moment that can be waited for
 */
export async function readChange(
  ledger: LedgerClient,
  handle: Bytes,
  given: Bytes,
  delegate?: PublicKey,
): Promise<SignedChange> {
  const { engine, member } = ledger
  const envelope = delegate ? witnessed(ledger, given, delegate) : given
  const verdict = judgeEnvelope(envelope, engine.network)
  if (!verdict.ok) throw new PlatformError(verdict.rejection, verdict.detail)
  const { payload, payloadId } = verdict.envelope
  if (payload.contract !== "policy") throw refused("the transaction is not one of the contract policy")
  const input = changeInput.parse(payload.input, "input")
  if (input.custodian !== member || !equalBytes(input.handle, handle))
    throw refused("the transaction is about another handle")
  if (!delegate) {
    const enrolled = await standingOf(engine, member, handle)
    if (!enrolled?.key) throw new PlatformError("patient_has_no_key", "this patient has no key here yet")
    if (payload.signers.length !== 1 || !equalBytes(payload.signers[0], enrolled.key))
      throw refused("it is not signed by the handle's key")
  }
  await mustBeUncontested(engine, member, handle, payload.action)
  if (payload.expiry <= Date.now()) throw refused("the transaction has expired")
  if (payload.expiry > Date.now() + MAX_AHEAD_MS)
    throw refused("it would reach the ledger in more than 14 days")
  return { envelope, payload, payloadId, base: input.base, root: input.root }
}

/** While the desk puts another key in place of a lost one, nothing is opened. @throws PlatformError `rekey_pending` */
async function mustBeUncontested(
  engine: Parameters<typeof standingOf>[0],
  member: string,
  handle: Bytes,
  action: string,
): Promise<void> {
  if (action === "revoke" || !(await standingOf(engine, member, handle))?.isPending) return
  throw contested("72 hours")
}

export const contested = (howLong: string) =>
  new PlatformError(
    "rekey_pending",
    `the desk puts another key in place of this one, so for ${howLong} nothing but a revocation is taken; if you did not ask for that, cancel it (aceso rekey cancel)`,
  )

/** What a delegate signed, with this custodian's signature. */
function witnessed({ key: own, seed }: LedgerClient, given: Bytes, delegate: PublicKey): Bytes {
  const found = orUndefined(["bad_input", "bad_cbor"], () => readEnvelope(given))
  const signers = found?.payload.signers ?? []
  const areBoth =
    signers.length === 2 && [own, delegate].every((key) => signers.some((one) => equalBytes(one, key)))
  if (!found || !areBoth || found.signatures.length !== 1)
    throw refused("a delegate signs it, and it names this custodian's key as the second signer")
  return withSignatures(found.payloadBytes, [
    { key: delegate, signature: found.signatures[0] },
    { key: own as PublicKey, signature: signPayload(found.payloadBytes, seed) },
  ])
}

/** Whether a delegate signed it, with this custodian, and not the person. */
export const isByDelegate = (envelope: Bytes): boolean => readEnvelope(envelope).payload.signers.length === 2

export const expiryOf = (envelope: Bytes): number => readEnvelope(envelope).payload.expiry
export const isExpired = (envelope: Bytes): boolean => expiryOf(envelope) <= Date.now()
/** The version that a change which was taken before builds on. */
export const baseOf = (envelope: Bytes): number =>
  changeInput.parse(readEnvelope(envelope).payload.input, "input").base

/** Whether two transactions differ in nothing but expiry, nonce and who signs. */
export const isSameChange = (a: Payload, b: Payload): boolean => equalBytes(claimOf(a), claimOf(b))
const claimOf = ({ network, contract, action, input }: Payload): Bytes =>
  encodeCbor([network, contract, action, input])

/** A `restrict` or `revoke` may take documents away and add denials, nothing else. */
export function mustNotWiden(before: readonly PolicyDocument[], after: readonly PolicyDocument[]): void {
  const named = ({ content, salt }: PolicyDocument) => nameOf(salt) + nameOf(content)
  const known = new Set(before.map(named))
  for (const document of after)
    if (!known.has(named(document)) && !isPureDenial(document))
      throw refused("it permits something new although it claims to restrict")
  const kept = new Set(after.map(named))
  for (const document of before)
    if (!kept.has(named(document)) && mayDeny(readPolicy([document])))
      throw refused("it takes a denial away although it claims to restrict")
}

/** A Consent in force whose root denies, without an exception. */
function isPureDenial({ content }: PolicyDocument): boolean {
  const consent = parseJson(content)
  if (!isObject(consent) || consent.status !== "active" || !isObject(consent.provision)) return false
  return consent.provision.type === "deny" && consent.provision.provision === undefined
}
