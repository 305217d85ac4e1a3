import {
  type BlockAnswer,
  type BlockQuestion,
  type Bytes,
  type EventsAnswer,
  type EventsQuestion,
  type FindAnswer,
  type FindQuestion,
  type HeadsAnswer,
  type HeadsQuestion,
  type MemberId,
  type PayloadId,
  PlatformError,
  type Receipt,
  type RowsAnswer,
  type RowsQuestion,
  type ScanAnswer,
  type ScanQuestion,
} from "@aceso/core"

/** What a node answers to a submission; nothing of it is believed but by the receipt. */
export interface SubmitAnswer {
  readonly payloadId: PayloadId
  readonly height: number
  readonly isDuplicate: boolean
}

/**
 * A custodian or authority that is asked for rows, events and receipts (ledger/serving.ts). Every call may throw
 * PlatformError with the code that the other node answered, or `node_unreachable`.
 */
export interface RemoteSource {
  readonly member: MemberId
  rows(question: RowsQuestion): Promise<RowsAnswer>
  scan(question: ScanQuestion): Promise<ScanAnswer>
  events(question: EventsQuestion, signal: AbortSignal): Promise<EventsAnswer>
  receipt(payloadId: PayloadId): Promise<Receipt>
  submit(envelope: Bytes): Promise<SubmitAnswer>
  heads(question: HeadsQuestion): Promise<HeadsAnswer>
  /** @param asMember what the member may see, and otherwise what anybody may */
  block(question: BlockQuestion, asMember: boolean): Promise<BlockAnswer>
  transaction(payloadId: PayloadId, asMember: boolean): Promise<BlockAnswer>
  find(question: FindQuestion, asMember: boolean): Promise<FindAnswer>
  /** As anybody may have them. */
  openRows(question: RowsQuestion): Promise<RowsAnswer>
}

/**
 * What is wrong with a source: what it says is refuted by proofs; its blocks are older than others'; it leaves out what
 * another one shows; it does not answer; it has another history than another one, both attested.
 */
export type FindingKind = "lies" | "lags" | "withholds" | "unreachable" | "forked"

export interface Finding {
  readonly member: MemberId
  readonly kind: FindingKind
  readonly detail: string
}

export const liesOf =
  ({ member }: RemoteSource) =>
  (why: string) =>
    new PlatformError("bad_proof", `${member} answers what cannot be: ${why}`)
