import { nobody, post, postRaw, submitAnswer } from "@aceso/client"
import {
  type BlockQuestion,
  type Bytes,
  blockAnswer,
  type Cbor,
  decodeCbor,
  type EventsQuestion,
  EXCHANGE_TAG,
  eventsAnswer,
  type FindQuestion,
  findAnswer,
  type HeadsQuestion,
  headsAnswer,
  type MemberId,
  type PayloadId,
  PlatformError,
  type RowsQuestion,
  receipt,
  rowsAnswer,
  type ScanQuestion,
  type Schema,
  scanAnswer,
} from "@aceso/core"
import type { RemoteSource } from "@aceso/ledger/engines/remote/source.ts"
import type { Outbound } from "../node/outbound.ts"

/** What one answer may have, bytes; and how long a question may take beyond what it waits for itself, ms. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20
const TIMEOUT_MS = 15_000

export interface HttpSourceOptions {
  readonly member: MemberId
  readonly url: string
  /** Of the member that asks. */
  readonly seed: Bytes
  readonly outbound: Pick<Outbound, "fetch">
}

/** Another member's node, asked over HTTP with this member's signature. What it answers is proven by the engine. */
export class HttpSource implements RemoteSource {
  readonly member: MemberId
  private readonly options: HttpSourceOptions

  constructor(options: HttpSourceOptions) {
    this.options = options
    this.member = options.member
  }

  /** Before it is admitted a member gets what anybody gets. */
  rows(question: RowsQuestion) {
    return this.ask("/ledger/rows", question, rowsAnswer).catch((error) => {
      if (!(error instanceof PlatformError) || error.code !== "unknown_key") throw error
      return this.ask("/ledger/prove", question, rowsAnswer)
    })
  }

  scan(question: ScanQuestion) {
    return this.ask("/ledger/scan", question, scanAnswer)
  }

  events(question: EventsQuestion, signal: AbortSignal) {
    return this.ask("/ledger/events", question, eventsAnswer, signal, question.waitMs)
  }

  receipt(payloadId: PayloadId) {
    return this.ask("/ledger/receipt", { payloadId }, receipt)
  }

  async submit(envelope: Bytes) {
    const { body } = await postRaw(`${this.options.url}/ledger/submit`, envelope, this.caller, this.post())
    return submitAnswer.parse(decodeCbor(body), "answer")
  }

  heads(question: HeadsQuestion) {
    return this.openly("/explorer/heads", question, headsAnswer)
  }

  block(question: BlockQuestion, asMember: boolean) {
    return asMember
      ? this.ask("/ledger/block", question, blockAnswer)
      : this.openly("/explorer/block", question, blockAnswer)
  }

  transaction(payloadId: PayloadId, asMember: boolean) {
    const question = { payloadId }
    return asMember
      ? this.ask("/ledger/transaction", question, blockAnswer)
      : this.openly("/explorer/transaction", question, blockAnswer)
  }

  find(question: FindQuestion, asMember: boolean) {
    return asMember
      ? this.ask("/ledger/find", question, findAnswer)
      : this.openly("/explorer/find", question, findAnswer)
  }

  openRows(question: RowsQuestion) {
    return this.openly("/explorer/rows", question, rowsAnswer)
  }

  /** As anybody asks it. */
  private openly<T>(path: string, question: object, answer: Schema<T>): Promise<T> {
    return post(`${this.options.url}${path}`, question as unknown as Cbor, nobody(), answer, this.post())
  }

  private get caller() {
    return { seed: this.options.seed, tag: EXCHANGE_TAG }
  }

  private ask<T>(
    path: string,
    question: object,
    answer: Schema<T>,
    signal?: AbortSignal,
    waitMs = 0,
  ): Promise<T> {
    return post(
      `${this.options.url}${path}`,
      question as unknown as Cbor,
      this.caller,
      answer,
      this.post(signal, waitMs),
    )
  }

  private post(signal?: AbortSignal, waitMs = 0) {
    return {
      fetch: this.options.outbound.fetch,
      timeoutMs: TIMEOUT_MS + waitMs,
      maxBytes: MAX_ANSWER_BYTES,
      ...(signal && { signal }),
    }
  }
}
