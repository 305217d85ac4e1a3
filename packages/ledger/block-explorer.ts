import type {
  BlockAnswer,
  BlockQuestion,
  FindAnswer,
  FindQuestion,
  HeadsAnswer,
  HeadsQuestion,
  PayloadId,
  RowsAnswer,
  RowsQuestion,
} from "@aceso/core"
import type { Reader } from "./readers.ts"

/** What is in blocks, to whoever asks; every answer is proven to whoever checks it (core/explorer.ts). */
export interface BlockExplorer {
  heads(question: HeadsQuestion): Promise<HeadsAnswer>
  /** @throws PlatformError `height_unknown`, `height_pruned`, `not_attested_yet` */
  block(question: BlockQuestion, reader: Reader): Promise<BlockAnswer>
  /** The block of one transaction, with it alone. @throws PlatformError `unknown_transaction`, `not_attested_yet` */
  transaction(payloadId: PayloadId, reader: Reader): Promise<BlockAnswer>
  /**
   * Transactions by contract and member: to those who hold all rows all of them, to a member its own and those that anybody
   * may see, to others these. @throws PlatformError `bad_input`
   */
  find(question: FindQuestion, reader: Reader): Promise<FindAnswer>
  /** Rows with proofs. @throws PlatformError `unknown_table`, `not_permitted`, `bad_input` */
  rows(question: RowsQuestion, reader: Reader): Promise<RowsAnswer>
}
