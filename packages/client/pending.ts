import {
  type Bytes,
  equalBytes,
  type Handle,
  handle,
  hash32,
  judgeEnvelope,
  type MemberId,
  memberId,
  type NewPayload,
  object,
  orUndefined,
  type Payload,
  PlatformError,
  type PolicyState,
  type PublicKey,
  policyRoot,
  randomUnit,
  uint,
} from "@aceso/core"

/** No policy change waits longer for its moment. */
export const MAX_POLICY_DELAY_MS = 14 * 24 * 3600_000
/** The moment: the custodian submits a change so long before it expires. */
export const SUBMIT_BEFORE_EXPIRY_MS = 5 * 60_000
/** Ten minutes after its moment: clocks differ, and a block takes its time. */
const RENEW_AFTER_EXPIRY_MS = 5 * 60_000

/** What the contract `policy` takes: the change builds on version `base`. */
export const changeInput = object({ custodian: memberId, handle, base: uint(), root: hash32 })

/** Whose changes: one handle. */
export interface Owner {
  readonly network: string
  readonly custodian: MemberId
  readonly handle: Handle
  /** Whether these keys, sorted, sign together for the handle. */
  isSigner(signers: readonly PublicKey[]): boolean
}

/**
 * How long a policy change waits: exponential up to the maximum. Longer ones are not cut to it, because changes
 * with one delay reach the ledger together.
 * @param unit from 0 to 1, 1 excluded
 */
export const policyDelay = (unit: number, meanMs: number): number =>
  -Math.log(1 - unit * (1 - Math.exp(-MAX_POLICY_DELAY_MS / meanMs))) * meanMs

/** The expiry of a change that is signed now: a random moment, after the change before it. */
export function expiryAfter(previous: number, meanMs: number, unit: number = randomUnit()): number {
  const drawn = Date.now() + policyDelay(unit, meanMs) + SUBMIT_BEFORE_EXPIRY_MS
  return Math.max(Math.floor(drawn), previous + 1000)
}

/**
 * The changes that wait at a custodian.
 * @throws PlatformError `bad_answer` when nobody who may signed them, or they do not lead to the documents
 */
export function pendingOf(state: PolicyState, owner: Owner): Payload[] {
  const wrong = () =>
    new PlatformError(
      "bad_answer",
      `${owner.custodian} shows policy changes as waiting that nobody signed who may`,
    )
  let base = state.version - state.pending.length
  let root: Bytes | undefined
  const changes = state.pending.map((envelope) => {
    const verdict = judgeEnvelope(envelope, owner.network)
    if (!verdict.ok) throw wrong()
    const { payload } = verdict.envelope
    const input = orUndefined(["bad_input"], () => changeInput.parse(payload.input))
    const isOwn =
      input !== undefined &&
      payload.contract === "policy" &&
      owner.isSigner(payload.signers) &&
      input.custodian === owner.custodian &&
      equalBytes(input.handle, owner.handle) &&
      input.base === base++
    if (!isOwn) throw wrong()
    root = input.root
    return payload
  })
  if (root && !(state.salt && equalBytes(root, policyRoot(state.documents, state.salt)))) throw wrong()
  return changes
}

export const isOverdue = ({ expiry }: Payload): boolean => expiry + RENEW_AFTER_EXPIRY_MS < Date.now()

/**
 * The first change that has to be signed anew, and all that build on it, with other moments. Nothing but expiries is new
 * in them.
 */
export function renewals(pending: readonly Payload[], meanMs: number, drawUnit = randomUnit): NewPayload[] {
  const first = pending.findIndex(isOverdue)
  if (first < 0) return []
  let expiry = pending[first - 1]?.expiry ?? 0
  return pending.slice(first).map(({ network, contract, action, input }) => {
    expiry = expiryAfter(expiry, meanMs, drawUnit())
    return { network, contract, action, input, expiry }
  })
}
