import {
  type BlockAnswer,
  type BlockQuestion,
  type Bytes,
  blockAnswer,
  type Cbor,
  type FindAnswer,
  type FindQuestion,
  findAnswer,
  type HeadsAnswer,
  type HeadsQuestion,
  headsAnswer,
  type PayloadId,
  type RowsAnswer,
  type RowsQuestion,
  rowsAnswer,
  type Schema,
  STAFF_TAG,
} from "@aceso/core"
import { nobody, post } from "./http.ts"

/** Blocks as a node shows them; whoever gets them checks them (core/explorer.ts). */
export interface Blocks {
  heads(question: HeadsQuestion): Promise<HeadsAnswer>
  /** @throws PlatformError `height_unknown`, `height_pruned`, `not_attested_yet` */
  block(question: BlockQuestion): Promise<BlockAnswer>
  /** @throws PlatformError `unknown_transaction`, `not_attested_yet` */
  transaction(payloadId: PayloadId): Promise<BlockAnswer>
  find(question: FindQuestion): Promise<FindAnswer>
  /** @throws PlatformError `unknown_table`, `not_permitted` */
  rows(question: RowsQuestion): Promise<RowsAnswer>
}

/**
 * @param seed of somebody who works with the node: they are shown what the organisation may read. Without it what anybody
 * may.
 */
export function blocksAt(url: string, seed?: Bytes): Blocks {
  const ask = <T>(path: string, question: object, answer: Schema<T>): Promise<T> =>
    post(`${url}${path}`, question as unknown as Cbor, seed ? { seed, tag: STAFF_TAG } : nobody(), answer)
  const folder = seed ? "/staff/explorer" : "/explorer"
  return {
    heads: (question) => post(`${url}/explorer/heads`, question as unknown as Cbor, nobody(), headsAnswer),
    block: (question) => ask(`${folder}/block`, question, blockAnswer),
    transaction: (payloadId) => ask(`${folder}/transaction`, { payloadId }, blockAnswer),
    find: (question) => ask(`${folder}/find`, question, findAnswer),
    rows: (question) => ask(`${folder}/rows`, question, rowsAnswer),
  }
}
