import { type Attested, attested, attestedFields } from "./attested.ts"
import { type Bytes, equalBytes } from "./bytes.ts"
import { type Cbor, decodeCbor } from "./cbor.ts"
import { type BlockRoots, nextHistory } from "./checkpoint.ts"
import { envelopeHash, MAX_ENVELOPE_BYTES, readEnvelope } from "./envelope.ts"
import { PlatformError } from "./errors.ts"
import type { GenesisDocument } from "./genesis.ts"
import { hash32, payloadId, publicKeySchema } from "./ids.ts"
import { inclusion } from "./inclusion.ts"
import { EMPTY_ROOT, verifyInclusion } from "./merkle.ts"
import { type LedgerEvent, readEvent, resultBytes, type TxResult } from "./result.ts"
import { bytes, type Infer, list, nullable, object, text, uint } from "./schema.ts"

/** Blocks as anybody may look at them: what is in them to whoever may read it, and of all else its hash and result. */

export const MAX_HEADS = 100
/** Transactions of one page of a block. */
export const MAX_SHOWN = 50

/** `before`: heads below this height, the newest first; 0: from the newest on. */
export const headsQuestion = object({ before: uint(), limit: uint(MAX_HEADS) })
export type HeadsQuestion = Infer<typeof headsQuestion>

export const blockHead = object({
  height: uint(),
  /** ms */
  time: uint(),
  historyHash: hash32,
  stateRoot: hash32,
  txRoot: hash32,
  resultsRoot: hash32,
  eventsRoot: hash32,
  transactions: uint(),
  rejected: uint(),
  events: uint(),
})
export type BlockHead = Infer<typeof blockHead>

/** `newest`: the checkpoint of the first head, attested; null: there is no block. */
export const headsAnswer = object({
  heads: list(blockHead, MAX_HEADS),
  /** What the last head follows. */
  previousHistory: hash32,
  newest: nullable(attested),
  /** Blocks up to this height are not at this node. */
  prunedUpTo: uint(),
})
export type HeadsAnswer = Infer<typeof headsAnswer>

/** From the transaction with the index `from` on. */
export const blockQuestion = object({ height: uint(), from: uint(), limit: uint(MAX_SHOWN) })
export type BlockQuestion = Infer<typeof blockQuestion>

export const transactionQuestion = object({ payloadId })

const provenEvent = object({ bytes: bytes(1, 262_144), inclusion })

export const shownTransaction = object({
  index: uint(),
  payloadId,
  /** Of the envelope. */
  hash: hash32,
  /** null: accepted. */
  rejection: nullable(text(64)),
  path: list(hash32, 64),
  resultPath: list(hash32, 64),
  /** null: it is not for whoever asks. */
  seen: nullable(
    object({
      envelope: bytes(1, MAX_ENVELOPE_BYTES),
      events: list(provenEvent, 1000),
      /** Rows that it wrote, each by its table and the CBOR of its key. */
      rows: list(object({ table: text(32), key: bytes(1, 4096) }), 10_000),
    }),
  ),
})
export type ShownTransaction = Infer<typeof shownTransaction>

export const blockAnswer = object({
  /** How many there are. */
  size: uint(),
  transactions: list(shownTransaction, MAX_SHOWN),
  /** Of the block itself, of no transaction. */
  events: list(provenEvent, 10_000),
  resultsRoot: hash32,
  eventsRoot: hash32,
  previousHistory: hash32,
  ...attestedFields,
})
export type BlockAnswer = Infer<typeof blockAnswer>

/** What does not hold of a block or a transaction; each stands for one link of the proof. */
export const BLOCK_FAULTS = [
  "attestation",
  "history",
  "left_out",
  "count",
  "transaction",
  "result",
  "event",
  "hash",
  "id",
] as const
export interface BlockFault {
  readonly name: (typeof BLOCK_FAULTS)[number]
  /** In words, for whoever looks closely. */
  readonly detail: string
}

/** attestation.ts has it; a page loads that when somebody looks at blocks. */
export type VerifyAttestation = (
  attested: Attested,
  anchor: GenesisDocument,
  bad: (what: string) => PlatformError,
) => unknown

/** What is wrong with blocks that were asked for, by height; empty: nothing. */
export function faultsOfHeads(
  { before: below, limit }: HeadsQuestion,
  { heads, newest, previousHistory, prunedUpTo }: HeadsAnswer,
  anchor: GenesisDocument,
  verifyAttestation: VerifyAttestation,
): ReadonlyMap<number, BlockFault> {
  const faults = new Map<number, BlockFault>()
  const leftOut = (at: number, which: number) =>
    faults.set(at, { name: "left_out", detail: `block ${which} is left out` })
  const due = below > 0 ? below - 1 : (heads[0]?.height ?? 0)
  const last = heads.at(-1)?.height ?? due + 1
  if (heads.length > limit || (heads[0]?.height ?? due) !== due) leftOut(heads[0].height, due)
  else if (heads.length < limit && last > prunedUpTo + 1) leftOut(heads.length > 0 ? last : due, last - 1)
  heads.forEach((head, i) => {
    const before = heads.at(i + 1)
    if (before && before.height !== head.height - 1) leftOut(before.height, head.height - 1)
    const previous = before?.historyHash ?? previousHistory
    if (
      !equalBytes(nextHistory(previous, head.height, head), head.historyHash) &&
      !isEmptyAfter(head, previous)
    )
      faults.set(head.height, HISTORY)
  })
  for (const head of heads)
    if (
      !faults.has(head.height) &&
      (!isCounted(head.transactions, head.txRoot) || head.rejected > head.transactions)
    )
      faults.set(head.height, COUNT)
  const [first] = heads
  if (!first) return faults
  const unattested = (detail: string) => {
    if (!faults.has(first.height)) faults.set(first.height, { name: "attestation", detail })
  }
  const checked = newest && faultOf(() => verifyAttestation(newest, anchor, bad("attestation")))
  if (!newest) unattested("nobody attests it")
  else if (checked) unattested(checked.detail)
  else if (!isHeadOf(first, newest.checkpoint)) unattested("it is not the block that is attested")
  return faults
}

const HISTORY: BlockFault = {
  name: "history",
  detail: "its history hash does not follow from it and the block before",
}

const COUNT: BlockFault = {
  name: "count",
  detail: "it is said to have no transaction, and its root is of some; or the other way about",
}

/** Whether none or some: how many there are, the proof of each says. */
const isCounted = (count: number, root: Bytes): boolean => (count === 0) === equalBytes(root, EMPTY_ROOT)

/** A block in which nothing happened leaves the history as it was (LEDGER.md). */
const isEmptyAfter = (head: BlockHead, previous: Bytes): boolean =>
  head.transactions === 0 && head.events === 0 && isOfNothing(head) && equalBytes(head.historyHash, previous)

const isOfNothing = (roots: BlockRoots): boolean =>
  [roots.txRoot, roots.resultsRoot, roots.eventsRoot].every((root) => equalBytes(root, EMPTY_ROOT))

const isHeadOf = (
  head: BlockHead,
  { height, time, txRoot, stateRoot, historyHash }: BlockAnswer["checkpoint"],
) =>
  head.height === height &&
  head.time === time &&
  equalBytes(head.txRoot, txRoot) &&
  equalBytes(head.stateRoot, stateRoot) &&
  equalBytes(head.historyHash, historyHash)

/** A transaction as it was checked; `fault`: what is wrong with it. */
export interface CheckedTransaction
  extends Pick<ShownTransaction, "index" | "payloadId" | "hash" | "rejection"> {
  readonly fault?: BlockFault
  /** Absent: it is not for whoever asked. */
  readonly seen?: {
    readonly contract: string
    readonly action: string
    readonly input: Cbor
    readonly signers: readonly Bytes[]
    /** ms */
    readonly expiry: number
    readonly envelope: Bytes
    readonly events: readonly LedgerEvent[]
    readonly rows: readonly { readonly table: string; readonly key: Bytes }[]
  }
}

export interface CheckedBlock {
  readonly checkpoint: BlockAnswer["checkpoint"]
  readonly previousHistory: Bytes
  readonly roots: BlockRoots
  /** Who attests it; absent where `fault` says why it does not hold. */
  readonly restsOn?: "operator" | "validators"
  /** Who made it, where it holds: the operator's key (`embedded`), or the address of the validator that proposed it. */
  readonly producer?: { readonly key: Bytes } | { readonly address: Bytes }
  readonly fault?: BlockFault
  readonly size: number
  readonly transactions: readonly CheckedTransaction[]
  /** Of the block itself. */
  readonly events: readonly LedgerEvent[]
}

/** Checks each link by itself, so that a page shows which one fails; nothing of it is thrown. */
export function checkBlock(
  answer: BlockAnswer,
  anchor: GenesisDocument,
  verifyAttestation: VerifyAttestation,
): CheckedBlock {
  const { checkpoint, previousHistory, resultsRoot, eventsRoot, size } = answer
  const roots = { txRoot: checkpoint.txRoot, resultsRoot, eventsRoot }
  let restsOn: CheckedBlock["restsOn"]
  const fault = faultOf(() => {
    // Only of a block that is bound by its history otherwise are the roots more than the node's word.
    const isEmpty = size === 0 && isOfNothing(roots) && equalBytes(previousHistory, checkpoint.historyHash)
    if (
      !isEmpty &&
      !equalBytes(nextHistory(previousHistory, checkpoint.height, roots), checkpoint.historyHash)
    )
      throw bad(HISTORY.name)(HISTORY.detail)
    if (!isCounted(size, checkpoint.txRoot)) throw bad(COUNT.name)(COUNT.detail)
    verifyAttestation(answer, anchor, bad("attestation"))
    restsOn = answer.operator ? "operator" : "validators"
  })
  const eventIn = (one: Infer<typeof provenEvent>, isOf: (event: LedgerEvent) => boolean): LedgerEvent => {
    const { index, size, path } = one.inclusion
    if (!verifyInclusion(eventsRoot, one.bytes, index, size, path))
      throw bad("event")("an event is not in the block")
    const event = readEvent(one.bytes, checkpoint.height)
    if (!isOf(event)) throw bad("event")("an event is another transaction's")
    return event
  }
  const transactions = answer.transactions.map((one): CheckedTransaction => {
    const { index, payloadId, hash, rejection, path, resultPath } = one
    const base = { index, payloadId, hash, rejection }
    const result: TxResult = rejection === null ? { ok: true } : { ok: false, rejection }
    let seen: CheckedTransaction["seen"]
    const fault = faultOf(() => {
      if (!verifyInclusion(checkpoint.txRoot, hash, index, size, path))
        throw bad("transaction")("it is not in the block")
      if (!verifyInclusion(resultsRoot, resultBytes(payloadId, result), index, size, resultPath))
        throw bad("result")("its result is not the block's")
      if (one.seen) seen = seenIn(one, one.seen, eventIn)
    })
    return { ...base, ...(fault !== undefined && { fault }), ...(seen && { seen }) }
  })
  const events: LedgerEvent[] = []
  const wrong = faultOf(() => {
    for (const one of answer.events) events.push(eventIn(one, ({ transaction }) => transaction === size))
  })
  const found = fault ?? wrong
  const base = { checkpoint, previousHistory, roots, size, transactions, events }
  if (found !== undefined || restsOn === undefined) return { ...base, ...(found && { fault: found }) }
  const producer = producerOf(answer)
  return { ...base, restsOn, ...(producer && { producer }) }
}

/** What is attested says it: the header that the validators' header follows names who proposed it. */
function producerOf({ operator, comet }: Pick<Attested, "operator" | "comet">): CheckedBlock["producer"] {
  if (operator) return { key: operator.key }
  return comet ? { address: comet.header.proposerAddress } : undefined
}

function seenIn(
  { index, payloadId: id, hash }: ShownTransaction,
  { envelope, events, rows }: NonNullable<ShownTransaction["seen"]>,
  eventIn: (one: Infer<typeof provenEvent>, isOf: (event: LedgerEvent) => boolean) => LedgerEvent,
): NonNullable<CheckedTransaction["seen"]> {
  if (!equalBytes(envelopeHash(envelope), hash))
    throw bad("hash")("what is shown of it does not give its hash")
  const { payload, payloadId } = readEnvelope(envelope)
  if (!equalBytes(payloadId, id)) throw bad("id")("it has another id than what is shown of it")
  const { contract, action, input, expiry } = payload
  for (const { key } of rows) decodeCbor(key)
  const signers = payload.signers.map((one, i) => publicKeySchema.parse(one, `signers[${i}]`))
  return {
    ...{ contract, action, input, signers, expiry, envelope, rows },
    events: events.map((one) => eventIn(one, ({ transaction }) => transaction === index)),
  }
}

/** A link that does not hold. */
class LinkError extends PlatformError {
  readonly fault: BlockFault

  constructor(name: BlockFault["name"], detail: string) {
    super("bad_proof", detail)
    this.fault = { name, detail }
  }
}

const bad = (name: BlockFault["name"]) => (detail: string) => new LinkError(name, detail)

/** Which link does not hold; undefined: all do. What cannot be read at all is a transaction that nobody made. */
function faultOf(check: () => unknown): BlockFault | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof LinkError) return error.fault
    if (error instanceof PlatformError) return { name: "hash", detail: error.message }
    throw error
  }
}
