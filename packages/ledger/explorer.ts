import {
  type Attested,
  type BlockAnswer,
  type BlockHead,
  type BlockQuestion,
  type Bytes,
  decodeTrusted,
  type FindAnswer,
  type FindQuestion,
  type HeadsAnswer,
  type HeadsQuestion,
  type PayloadId,
  type PublicKey,
  readEnvelope,
  type ShownTransaction,
  type Table,
} from "@aceso/core"
import type { Block } from "./block.ts"
import type { BlockExplorer } from "./block-explorer.ts"
import { placeOf, provenIn } from "./block-proofs.ts"
import type { Chain } from "./chain.ts"
import { findTransactions } from "./finding.ts"
import type { OpenedBlock } from "./opened-blocks.ts"
import { isAmong, mayHear, mayReadRow, type Reader } from "./readers.ts"
import { placeOf as rowPlaceOf } from "./state/keys.ts"

interface ExploredEngine {
  readonly chain: Chain
  attestedAt(height: number): Promise<Attested>
  /** The newest height that is attested. */
  attestedTip(): Promise<Attested>
}

/**
 * Blocks for whoever looks. Of a transaction the input, signers and events are for those who may read every row that it
 * wrote, as the rows stand now, and for whoever signed it; of one that was rejected, or of which nobody knows any more what it
 * wrote, for those alone who hold all rows, and whoever signed it. Others see its hash and result.
 */
export class Explorer implements BlockExplorer {
  private readonly engine: ExploredEngine
  private readonly tables: ReadonlyMap<string, Table>
  readonly rows: BlockExplorer["rows"]

  constructor(engine: ExploredEngine, tables: ReadonlyMap<string, Table>, rows: BlockExplorer["rows"]) {
    this.engine = engine
    this.tables = tables
    this.rows = rows
  }

  async heads({ before, limit }: HeadsQuestion): Promise<HeadsAnswer> {
    const { chain } = this.engine
    const { prunedUpTo } = chain
    const tip = (await this.engine.attestedTip()).checkpoint.height
    const from = before === 0 ? tip : Math.min(before - 1, tip)
    const heads: BlockHead[] = []
    for (let height = from; height > prunedUpTo && heads.length < Math.max(1, limit); height--) {
      // How large a block is tells what kind of action is in it, which is not for everybody.
      const { sizeBytes: _, ...head } = chain.summary(height)
      heads.push(head)
    }
    const last = heads.at(-1)
    return {
      heads,
      previousHistory: last ? chain.previousHistory(last.height) : chain.tip.historyHash,
      newest: heads.length > 0 ? attestedOnly(await this.engine.attestedAt(from)) : null,
      prunedUpTo,
    }
  }

  /** @throws PlatformError `height_unknown`, `height_pruned`, `not_attested_yet` */
  async block({ height, from, limit }: BlockQuestion, reader: Reader): Promise<BlockAnswer> {
    const opened = this.engine.chain.opened(height)
    const last = Math.min(opened.block.envelopes.length, from + Math.max(1, limit))
    return this.answer(
      opened,
      Array.from({ length: Math.max(0, last - from) }, (_, i) => from + i),
      reader,
    )
  }

  /** The block of one transaction, with it alone. @throws PlatformError `unknown_transaction` */
  async transaction(payloadId: PayloadId, reader: Reader): Promise<BlockAnswer> {
    const { chain } = this.engine
    const { height, index } = placeOf(chain, payloadId)
    return this.answer(chain.opened(height), [index], reader)
  }

  async find(question: FindQuestion, reader: Reader): Promise<FindAnswer> {
    return findTransactions(this.engine.chain, question, reader)
  }

  private async answer(
    opened: OpenedBlock,
    indexes: readonly number[],
    reader: Reader,
  ): Promise<BlockAnswer> {
    const { chain } = this.engine
    const { block, leaves } = opened
    const size = block.envelopes.length
    const isHeard = (at: number): boolean => {
      const { contract, name, data } = block.events[at]
      const types = chain.executor.eventTypes(contract, name)
      return types.length > 0 && types.every((type) => mayHear(type, data, reader))
    }
    const provenOf = (transaction: number) =>
      provenIn(chain, opened, opened.eventsOf(transaction).filter(isHeard))
    const { events, checkpoint: _, ...proven } = provenOf(size)
    const transactions = indexes.map((index): ShownTransaction => {
      const result = block.results[index]
      const touched = opened.touched?.[index]
      const seen = this.maySee(block, index, touched, reader)
        ? {
            envelope: block.envelopes[index],
            events: provenOf(index).events,
            rows: (touched ?? []).map(rowPlaceOf),
          }
        : null
      return {
        index,
        payloadId: readEnvelope(block.envelopes[index]).payloadId,
        hash: leaves.envelopes[index],
        rejection: result.ok ? null : result.rejection,
        path: opened.path("envelopes", index),
        resultPath: opened.path("results", index),
        seen,
      }
    })
    return { ...proven, ...(await this.engine.attestedAt(block.height)), size, transactions, events }
  }

  private maySee(
    block: Block,
    index: number,
    touched: readonly Bytes[] | undefined,
    reader: Reader,
  ): boolean {
    const { executor, store } = this.engine.chain
    if (isAmong(NOBODY, reader)) return true
    const keys: readonly PublicKey[] = readEnvelope(block.envelopes[index]).payload.signers
    const members = reader.member ? keys.flatMap((key) => executor.signerOf(key).of ?? []) : []
    if (isAmong({ members, keys }, reader)) return true
    if (!block.results[index].ok || !touched || touched.length === 0) return false
    return touched.every((row) => {
      const { table: name, key: bytes } = rowPlaceOf(row)
      const table = this.tables.get(name)
      const key = decodeTrusted(bytes) as readonly unknown[]
      const now = table && store.get(table, key as never)
      // Whom a row named that is gone nobody can tell any more; that it is gone is another thing than what was in it.
      if (!table || (now === undefined && table.readers === "parties")) return false
      return mayReadRow(table, key, now, store, reader)
    })
  }
}

const NOBODY = { members: [], keys: [] }

const attestedOnly = ({ checkpoint, operator, comet }: Attested): Attested => ({
  checkpoint,
  operator,
  comet,
})
