import {
  applicationHash,
  type Bytes,
  blockTimeMs,
  type EnvelopeRejection,
  envelopeHash,
  equalBytes,
  fromHex,
  MAX_LIFETIME_MS,
  type PayloadId,
  PlatformError,
  readEnvelope,
} from "@aceso/core"
import {
  type Request,
  type Response,
  ResponseOfferSnapshot_Result,
  ResponseProcessProposal_ProposalStatus,
} from "cosmjs-types/tendermint/abci/types"
import type { Block } from "../../block.ts"
import type { Chain } from "../../chain.ts"
import type { Included } from "../../executor.ts"
import type { VerdictPool } from "../../verdicts/pool.ts"

export const APP_VERSION = 1n
const VERDICTS = 50_000
const CHECK_SLACK_MS = 90_000

interface Finalized {
  readonly block: Block
  readonly included: readonly Included[]
}

type Unfit = "expired" | "expiry_too_far" | "duplicate"

/** The ledger as an ABCI 2.0 application. Every answer follows from the chain and the request alone. */
export class Application {
  private readonly chain: Chain
  private readonly pool: VerdictPool
  private readonly genesisBytes: Bytes
  /** Verdicts by envelope hash: good ones as the payload's id. */
  private verdicts = new Map<
    string,
    { payloadId: PayloadId } | { rejection: EnvelopeRejection; detail: string }
  >()
  private finalized: Finalized | undefined
  /** Called with each block once it is durable. */
  onCommitted: (block: Block, included: readonly Included[]) => void = () => {}

  constructor(chain: Chain, pool: VerdictPool, genesisBytes: Bytes) {
    this.chain = chain
    this.pool = pool
    this.genesisBytes = genesisBytes
  }

  async handle(request: Request): Promise<Partial<Response>> {
    if (request.echo) return { echo: { message: request.echo.message } }
    if (request.flush) return { flush: {} }
    if (request.info) return { info: this.info() }
    if (request.initChain)
      return { initChain: this.initChain(request.initChain.chainId, request.initChain.appStateBytes) }
    if (request.checkTx) return { checkTx: await this.checkTx(request.checkTx.tx) }
    if (request.prepareProposal) {
      const { txs, time, maxTxBytes } = request.prepareProposal
      return { prepareProposal: { txs: await this.prepare(txs, blockTime(time), Number(maxTxBytes)) } }
    }
    if (request.processProposal) {
      const { txs, time } = request.processProposal
      const { ACCEPT, REJECT } = ResponseProcessProposal_ProposalStatus
      return { processProposal: { status: (await this.isFit(txs, blockTime(time))) ? ACCEPT : REJECT } }
    }
    if (request.finalizeBlock) {
      const { txs, height, time } = request.finalizeBlock
      return { finalizeBlock: await this.finalize(Number(height), blockTime(time), txs) }
    }
    if (request.commit) return { commit: await this.commit() }
    if (request.query)
      return {
        query: { ...EMPTY_QUERY, code: 1, log: "ask the node's own API; this socket answers no queries" },
      }
    if (request.listSnapshots) return { listSnapshots: { snapshots: [] } }
    if (request.offerSnapshot) return { offerSnapshot: { result: ResponseOfferSnapshot_Result.REJECT } }
    throw new PlatformError(
      "unknown_request",
      "CometBFT sent a request that this application does not know; use v0.38.26",
    )
  }

  private info() {
    const { height } = this.chain.tip
    return {
      data: "aceso",
      version: "1",
      appVersion: APP_VERSION,
      lastBlockHeight: BigInt(height),
      lastBlockAppHash: height === 0 ? new Uint8Array(0) : this.appHash(),
    }
  }

  private appHash(): Bytes {
    return applicationHash(this.chain.tip.stateRoot, this.chain.tip.historyHash)
  }

  private initChain(chainId: string, appState: Bytes) {
    const { genesis } = JSON.parse(Buffer.from(appState).toString()) as { genesis: string }
    if (chainId !== this.chain.network || !equalBytes(fromHex(genesis), this.genesisBytes))
      throw new PlatformError(
        "wrong_genesis",
        "CometBFT's genesis is not the one of this data folder; use the same file for both",
      )
    return { validators: [], appHash: this.appHash() }
  }

  private async checkTx(tx: Bytes) {
    const found = await this.judge(tx)
    if ("rejection" in found) return refusedTx(found.rejection, found.detail)
    // The next block's time is not known yet and the tip is up to three heartbeats old: what is a little too
    // far ahead waits in the mempool.
    const { expiry } = readEnvelope(tx).payload
    const { time } = this.chain.tip
    const unfit = this.unfit(
      tx,
      found.payloadId,
      expiry <= time ? time : Math.max(time, expiry - MAX_LIFETIME_MS),
    )
    if (unfit) return refusedTx(unfit, WORDS[unfit])
    if (expiry > time + MAX_LIFETIME_MS + CHECK_SLACK_MS)
      return refusedTx("expiry_too_far", WORDS.expiry_too_far)
    return ACCEPTED_TX
  }

  private async prepare(txs: readonly Bytes[], time: number, maxBytes: number): Promise<Bytes[]> {
    const chosen: Bytes[] = []
    const ids = new Set<string>()
    let sizeBytes = 0
    for (const tx of txs) {
      const found = await this.judge(tx)
      if ("rejection" in found || this.unfit(tx, found.payloadId, time)) continue
      const id = Buffer.from(found.payloadId).toString("latin1")
      if (ids.has(id)) continue
      sizeBytes += tx.length + 8
      if (sizeBytes > maxBytes) break
      ids.add(id)
      chosen.push(tx)
    }
    return chosen
  }

  private async isFit(txs: readonly Bytes[], time: number): Promise<boolean> {
    const verdicts = await Promise.all(txs.map((tx) => this.judge(tx)))
    const ids = new Set<string>()
    return verdicts.every((found, i) => {
      if ("rejection" in found || this.unfit(txs[i], found.payloadId, time)) return false
      const id = Buffer.from(found.payloadId).toString("latin1")
      return ids.size < ids.add(id).size
    })
  }

  private unfit(tx: Bytes, payloadId: PayloadId, time: number): Unfit | undefined {
    const { expiry } = readEnvelope(tx).payload
    if (expiry <= time) return "expired"
    if (this.chain.isSeen(payloadId)) return "duplicate"
    return expiry > time + MAX_LIFETIME_MS ? "expiry_too_far" : undefined
  }

  private async finalize(height: number, time: number, txs: readonly Bytes[]) {
    const known = this.finalized
    if (known) {
      // The engine may ask again after it was restarted; the block was computed already.
      const isSame =
        known.block.height === height && known.block.time === time && sameAll(known.block.envelopes, txs)
      if (!isSame)
        throw new PlatformError(
          "wrong_block",
          `CometBFT finalizes another block at height ${height}; restart the node`,
        )
    } else {
      for (const tx of txs) {
        const found = await this.judge(tx)
        if ("rejection" in found)
          throw new PlatformError(
            "wrong_block",
            `block ${height} holds an envelope that no honest node accepts: ${found.detail}`,
          )
      }
      const included = txs.map((bytes) => ({ bytes, envelope: readEnvelope(bytes) }))
      this.finalized = { block: this.chain.compute(height, time, included), included }
    }
    const { block } = this.finalized as Finalized
    return {
      events: [],
      txResults: block.results.map((result) => ({ ...ACCEPTED_TX, code: result.ok ? 0 : 1 })),
      validatorUpdates: [],
      appHash: applicationHash(block.stateRoot, block.historyHash),
    }
  }

  private async commit() {
    const finalized = this.finalized
    if (!finalized)
      throw new PlatformError(
        "wrong_block",
        "CometBFT commits a block that it did not finalize; restart the node",
      )
    this.chain.record(finalized.block, finalized.included)
    await this.chain.sync()
    this.finalized = undefined
    this.chain.prune(finalized.block.time)
    this.onCommitted(finalized.block, finalized.included)
    if (this.chain.store.isBehind) await this.chain.store.flush()
    return { retainHeight: 0n }
  }

  private async judge(tx: Bytes) {
    const id = Buffer.from(envelopeHash(tx)).toString("latin1")
    const known = this.verdicts.get(id)
    if (known) return known
    let found: { payloadId: PayloadId } | { rejection: EnvelopeRejection; detail: string }
    try {
      found = { payloadId: await this.pool.judge(tx) }
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "busy" || error.code === "closed") throw error
      found = { rejection: error.code as EnvelopeRejection, detail: error.message }
    }
    if (this.verdicts.size >= VERDICTS) this.verdicts = new Map()
    this.verdicts.set(id, found)
    return found
  }
}

const WORDS: Readonly<Record<Unfit, string>> = {
  expired: "the transaction expired before its block; sign it anew",
  expiry_too_far: "a transaction may live 10 minutes at most; sign it anew",
  duplicate: "a block holds this payload already",
}

const ACCEPTED_TX = {
  code: 0,
  data: new Uint8Array(0),
  log: "",
  info: "",
  gasWanted: 0n,
  gasUsed: 0n,
  events: [],
  codespace: "",
}
const refusedTx = (codespace: string, log: string) => ({ ...ACCEPTED_TX, code: 1, codespace, log })

const EMPTY_QUERY = {
  code: 0,
  log: "",
  info: "",
  index: 0n,
  key: new Uint8Array(0),
  value: new Uint8Array(0),
  height: 0n,
  codespace: "",
}

const blockTime = (time: { seconds: bigint; nanos: number }): number =>
  blockTimeMs({ seconds: Number(time.seconds), nanos: time.nanos })

const sameAll = (a: readonly Bytes[], b: readonly Bytes[]) =>
  a.length === b.length && a.every((bytes, i) => equalBytes(bytes, b[i]))
