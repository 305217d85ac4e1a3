import { blocksAt } from "@aceso/client/blocks.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import {
  type CheckedTransaction,
  decodeTrusted,
  fromHex,
  type LedgerEvent,
  PlatformError,
  type Process,
  toHex,
} from "@aceso/core"
import { type BlockFault, type CheckedBlock, checkBlock, faultsOfHeads } from "@aceso/core/explorer.ts"
import { once } from "./late.ts"
import { ledgerRowCalls } from "./ledger-rows.ts"
import { valueShown } from "./shown-value.ts"

/** Blocks of one page of a list. */
const HEADS = 25
/** Transactions of one page of a block. */
const TRANSACTIONS = 25

export interface ShownHead {
  readonly height: number
  /** ms; of all but the newest of a page the node's own word. */
  readonly time: number
  readonly transactions: number
  readonly rejected: number
  readonly events: number
  readonly historyHash: string
  readonly fault?: BlockFault
}
export interface ShownHeads {
  readonly heads: readonly ShownHead[]
  readonly prunedUpTo: number
}

export interface ShownEvent {
  readonly contract: string
  readonly name: string
  /** As text, bytes in hexadecimal. */
  readonly data: string
}
export interface ShownTransaction extends Pick<CheckedTransaction, "index" | "rejection" | "fault"> {
  readonly id: string
  readonly hash: string
  readonly seen?: {
    readonly contract: string
    readonly action: string
    readonly input: string
    readonly signers: readonly string[]
    /** ms */
    readonly expiry: number
    readonly events: readonly ShownEvent[]
    /** `at`: the key's CBOR in hexadecimal. */
    readonly rows: readonly { readonly table: string; readonly key: string; readonly at: string }[]
  }
}
export interface ShownBlock extends Pick<CheckedBlock, "fault" | "restsOn" | "size"> {
  readonly height: number
  /** ms */
  readonly time: number
  /** `key`, `address`: in hexadecimal. `member`: null where the ledger knows no validator with this address. */
  readonly producer?: { readonly key: string } | { readonly address: string; readonly member: string | null }
  readonly network: string
  readonly previousHistory: string
  readonly historyHash: string
  readonly stateRoot: string
  readonly txRoot: string
  readonly resultsRoot: string
  readonly eventsRoot: string
  readonly transactions: readonly ShownTransaction[]
  readonly events: readonly ShownEvent[]
}

const eventShown = ({ contract, name, data }: LedgerEvent): ShownEvent => ({
  contract,
  name,
  data: valueShown(data),
})

function transactionShown({
  index,
  payloadId,
  hash,
  rejection,
  fault,
  seen,
}: CheckedTransaction): ShownTransaction {
  return {
    ...{ index, id: toHex(payloadId), hash: toHex(hash), rejection },
    ...(fault && { fault }),
    ...(seen && {
      seen: {
        ...{
          contract: seen.contract,
          action: seen.action,
          input: valueShown(seen.input),
          expiry: seen.expiry,
        },
        signers: seen.signers.map((key) => toHex(key)),
        events: seen.events.map(eventShown),
        rows: seen.rows.map(({ table, key }) => ({
          ...{ table, at: toHex(key), key: valueShown(decodeTrusted(key)) },
        })),
      },
    }),
  }
}

function blockShown({
  checkpoint,
  previousHistory,
  roots,
  transactions,
  events,
  ...rest
}: CheckedBlock): ShownBlock {
  const { height, time, network, historyHash, stateRoot } = checkpoint
  return {
    ...{ height, time, network, size: rest.size },
    ...(rest.fault && { fault: rest.fault }),
    ...(rest.restsOn && { restsOn: rest.restsOn }),
    ...{
      previousHistory: toHex(previousHistory),
      historyHash: toHex(historyHash),
      stateRoot: toHex(stateRoot),
    },
    ...{
      txRoot: toHex(roots.txRoot),
      resultsRoot: toHex(roots.resultsRoot),
      eventsRoot: toHex(roots.eventsRoot),
    },
    transactions: transactions.map(transactionShown),
    events: events.map(eventShown),
  }
}

/**
 * The ledger's blocks as a node shows them, each checked here.
 * @param processes those of which a case is shown by a picture
 * @param seed of somebody who works with the node, who is shown what the organisation may read; without it what anybody may
 */
export function ledgerCalls(url: string, seed?: Uint8Array, processes: readonly Process[] = []) {
  const blocks = blocksAt(url, seed)
  const genesis = once(async () => (await new PublicClient(url).genesis()).document)
  /** What validators sign takes curves of its own to verify. */
  const verifier = async () => (await import("@aceso/core/attestation.ts")).verifyAttestation
  const rows = ledgerRowCalls({ blocks, genesis, verifier, processes })
  /** A block with who made it. @throws PlatformError `bad_proof` */
  async function shown(block: CheckedBlock): Promise<ShownBlock> {
    const { producer } = block
    if (!producer) return blockShown(block)
    if ("key" in producer) return { ...blockShown(block), producer: { key: toHex(producer.key) } }
    const member = await rows.validatorAt(producer.address)
    return { ...blockShown(block), producer: { address: toHex(producer.address), member } }
  }
  return {
    ...rows.calls,
    /** @param before heads below this height; 0: from the newest on */
    async ledgerHeads(before: number): Promise<ShownHeads> {
      const question = { before, limit: HEADS }
      const [answer, document, verify] = await Promise.all([blocks.heads(question), genesis(), verifier()])
      const faults = faultsOfHeads(question, answer, document, verify)
      if (answer.heads.length === 0 && faults.size > 0)
        throw new PlatformError("bad_answer", `the node leaves out block ${before - 1}`)
      const heads = answer.heads.map(
        ({ height, time, transactions, rejected, events, historyHash }): ShownHead => {
          const fault = faults.get(height)
          return {
            ...{ height, time, transactions, rejected, events, historyHash: toHex(historyHash) },
            ...(fault && { fault }),
          }
        },
      )
      return { heads, prunedUpTo: answer.prunedUpTo }
    },
    /** The height of the node's newest block, as it says. */
    ledgerTip: async (): Promise<number> => (await new PublicClient(url).status()).checkpoint.height,
    /** @param page of its transactions, from 0 */
    async ledgerBlock(height: number, page: number): Promise<ShownBlock> {
      const question = { height, from: page * TRANSACTIONS, limit: TRANSACTIONS }
      const [answer, document, verify] = await Promise.all([blocks.block(question), genesis(), verifier()])
      if (answer.checkpoint.height !== height)
        throw new PlatformError(
          "bad_answer",
          `the node shows block ${answer.checkpoint.height} for ${height}`,
        )
      const due = Math.max(0, Math.min(question.limit, answer.size - question.from))
      const isWhole = answer.transactions.every(({ index }, i) => index === question.from + i)
      if (answer.transactions.length !== due || !isWhole)
        throw new PlatformError("bad_answer", `the node leaves out transactions of block ${height}`)
      return shown(checkBlock(answer, document, verify))
    },
    /** @param id in hexadecimal */
    async ledgerTransaction(id: string): Promise<ShownBlock> {
      if (!/^[0-9a-f]{64}$/.test(id))
        throw new PlatformError("bad_input", "the id of a transaction has 64 hexadecimal digits")
      const [answer, document, verify] = await Promise.all([
        blocks.transaction(fromHex(id) as never),
        genesis(),
        verifier(),
      ])
      if (answer.transactions.length !== 1 || toHex(answer.transactions[0].payloadId) !== id)
        throw new PlatformError("bad_answer", "the node shows another transaction than was asked for")
      return shown(checkBlock(answer, document, verify))
    },
  }
}
