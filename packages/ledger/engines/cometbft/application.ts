import {
  applicationHash,
  type Bytes,
  blockTimeMs,
  equalBytes,
  fromHex,
  MAX_LIFETIME_MS,
  type Misbehaviour,
  PlatformError,
} from "@aceso/core"
import {
  type Misbehavior as AbciMisbehavior,
  CheckTxType,
  MisbehaviorType,
  type Request,
  Response,
  ResponseProcessProposal_ProposalStatus,
} from "cosmjs-types/tendermint/abci/types"
import type { Block } from "../../block.ts"
import type { Computed } from "../../block-index.ts"
import type { Chain } from "../../chain.ts"
import { QUOTA_EXCEEDED, QUOTA_WORDS } from "../../fair-use.ts"
import type { Included } from "../../included.ts"
import type { VerdictPool } from "../../verdicts/pool.ts"
import { type Finalized as Answer, type CheckTx, encodeFinalized, encodeResponse } from "./codec.ts"
import { type Judgement, Judgements, type Sound, sameAll } from "./judgements.ts"
import { Mempool } from "./mempool.ts"
import { answerFilter, type MayConnect, NOT_WELCOME } from "./peer-filter.ts"
import { Proposals, WORDS } from "./proposals.ts"
import type { StateSync } from "./state-sync.ts"

export const APP_VERSION = 1n
const CHECK_SLACK_MS = 90_000

interface Finalized {
  readonly block: Computed
  readonly included: readonly Sound[]
}

/** The ledger as an ABCI 2.0 application. Every answer follows from the chain and the request alone. */
export class Application {
  private readonly chain: Chain
  private readonly judgements: Judgements
  private readonly proposals: Proposals
  private readonly genesisBytes: Bytes
  private finalized: Finalized | undefined
  private finalizing: Promise<unknown> = Promise.resolve()
  private readonly mempool: Mempool
  /** Called with each block once it is durable. */
  onCommitted: (block: Block, included: readonly Included[]) => void = () => {}

  private readonly stateSync: StateSync
  private readonly mayConnect: MayConnect

  constructor(
    chain: Chain,
    pool: VerdictPool,
    genesisBytes: Bytes,
    stateSync: StateSync,
    mayConnect: MayConnect,
  ) {
    this.chain = chain
    this.mayConnect = mayConnect
    this.stateSync = stateSync
    this.judgements = new Judgements(pool)
    this.proposals = new Proposals(chain, this.judgements)
    this.mempool = new Mempool(
      () => chain.executor.allowance(chain.tip.time),
      () => chain.tip.time,
    )
    this.genesisBytes = genesisBytes
  }

  async handle(request: Request): Promise<Uint8Array> {
    if (request.finalizeBlock) {
      const { txs, height, time, misbehavior } = request.finalizeBlock
      const reported = misbehavior.map(misbehaviourOf)
      return encodeFinalized(await this.finalize(Number(height), blockTime(time), txs, reported))
    }
    return encodeResponse(await this.answer(request))
  }

  /** The same as objects, for a test's hand in between. */
  async respond(request: Request): Promise<Partial<Response>> {
    return request.finalizeBlock ? Response.decode(await this.handle(request)) : this.answer(request)
  }

  /** At once where the verdict is known. */
  checkTx({ tx, isRecheck }: CheckTx): Uint8Array | Promise<Uint8Array> {
    if (isRecheck) this.mempool.recheck()
    const found = this.judge(tx)
    return found instanceof Promise
      ? found.then((one) => encodeCheck(this.checked(one)))
      : encodeCheck(this.checked(found))
  }

  private async answer(request: Request): Promise<Partial<Response>> {
    if (request.echo) return { echo: { message: request.echo.message } }
    if (request.flush) return { flush: {} }
    if (request.info) {
      // CometBFT has been started: its mempool is empty.
      this.mempool.clear()
      return { info: this.info() }
    }
    if (request.initChain)
      return { initChain: this.initChain(request.initChain.chainId, request.initChain.appStateBytes) }
    if (request.checkTx) {
      const { tx, type } = request.checkTx
      if (type === CheckTxType.RECHECK) this.mempool.recheck()
      return { checkTx: this.checked(await this.judge(tx)) }
    }
    if (request.prepareProposal) {
      const { txs, time, maxTxBytes } = request.prepareProposal
      return {
        prepareProposal: { txs: await this.proposals.prepare(txs, blockTime(time), Number(maxTxBytes)) },
      }
    }
    if (request.processProposal) {
      const { txs, time } = request.processProposal
      const { ACCEPT, REJECT } = ResponseProcessProposal_ProposalStatus
      return {
        processProposal: {
          status: (await this.proposals.isProposable(txs, blockTime(time))) ? ACCEPT : REJECT,
        },
      }
    }
    if (request.commit) return { commit: await this.commit() }
    if (request.query) return { query: await this.query(request.query.path) }
    if (request.listSnapshots) return { listSnapshots: { snapshots: this.stateSync.list() } }
    if (request.loadSnapshotChunk) {
      const { height, chunk } = request.loadSnapshotChunk
      return { loadSnapshotChunk: { chunk: this.stateSync.load(Number(height), chunk) } }
    }
    if (request.offerSnapshot) return { offerSnapshot: this.stateSync.offer(request.offerSnapshot) }
    if (request.applySnapshotChunk) {
      const { index, chunk, sender } = request.applySnapshotChunk
      return { applySnapshotChunk: await this.stateSync.apply(index, chunk, sender) }
    }
    throw new PlatformError(
      "unknown_request",
      "CometBFT sent a request that this application does not know; use v0.38.26",
    )
  }

  private async query(path: string) {
    const welcome = await answerFilter(path, (nodeId) => this.mayConnect(nodeId, this.chain.store))
    if (welcome) return EMPTY_QUERY
    const log = welcome === undefined ? "ask the node's own API; this socket answers no queries" : NOT_WELCOME
    return { ...EMPTY_QUERY, code: 1, log }
  }

  private info() {
    const { tip, genesis } = this.chain
    // A network that goes on from another begins at the next height: CometBFT asks for InitChain first.
    const height = tip.height === genesis.from?.height ? 0 : tip.height
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

  private checked(found: Judgement): TxAnswer {
    if (found.rejection !== undefined) return refusedTx(found.rejection, found.detail)
    const { expiry } = found
    const { time } = this.chain.tip
    // The next block's time is not known yet and the tip is up to three heartbeats old: what is a little too
    // far ahead waits in the mempool.
    if (expiry > time + MAX_LIFETIME_MS + CHECK_SLACK_MS)
      return refusedTx("expiry_too_far", WORDS.expiry_too_far)
    const fit = this.proposals.fit(found, expiry <= time ? time : Math.max(time, expiry - MAX_LIFETIME_MS))
    if ("unfit" in fit) return refusedTx(fit.unfit, fit.detail)
    // Also of what is asked again: surplus that stays would make this node propose what the others refuse.
    return this.mempool.take(fit) ? ACCEPTED_TX : refusedTx(QUOTA_EXCEEDED, QUOTA_WORDS)
  }

  /** What the node itself asks before it hands a transaction to CometBFT. @throws PlatformError why it is refused */
  async check(tx: Bytes): Promise<{ readonly isUrgent: boolean }> {
    const found = await this.judge(tx)
    const { code, codespace, log } = this.checked(found)
    if (code !== 0) throw new PlatformError(codespace, log)
    return { isUrgent: found.rejection === undefined && found.charge?.isUrgent === true }
  }

  /** One at a time: CometBFT that was started again may ask for a block whose verdicts the one before still waits for. */
  private finalize(
    ...block: readonly [number, number, readonly Bytes[], readonly Misbehaviour[]]
  ): Promise<Answer> {
    const answer = this.finalizing.then(() => this.finalizeAlone(...block))
    this.finalizing = answer.catch(() => {})
    return answer
  }

  /** No block is being computed. */
  async idle(): Promise<void> {
    await this.finalizing
  }

  private async finalizeAlone(
    height: number,
    time: number,
    txs: readonly Bytes[],
    misbehaviour: readonly Misbehaviour[],
  ): Promise<Answer> {
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
      const judgements = await this.judgements.judgeAll(txs)
      const included = judgements.map((found) => {
        if (found.rejection === undefined) return found
        throw new PlatformError(
          "wrong_block",
          `block ${height} holds an envelope that no honest node accepts: ${found.detail}`,
        )
      })
      const block = this.chain.compute(height, time, included, misbehaviour)
      this.finalized = { block, included }
    }
    const { block } = this.finalized as Finalized
    return {
      codes: block.results.map((result) => (result.ok ? 0 : 1)),
      validators: block.validators,
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
    this.mempool.committed(finalized.included)
    this.judgements.forget(finalized.included)
    this.onCommitted(finalized.block, finalized.included)
    if (this.chain.store.isBehind) await this.chain.store.flush()
    await this.stateSync.makeIfDue()
    return { retainHeight: 0n }
  }

  private judge(tx: Bytes): Judgement | Promise<Judgement> {
    return this.judgements.judge(tx)
  }
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
type TxAnswer = typeof ACCEPTED_TX
const refusedTx = (codespace: string, log: string): TxAnswer => ({ ...ACCEPTED_TX, code: 1, codespace, log })

const ACCEPTED_CHECK = encodeResponse({ checkTx: ACCEPTED_TX })
const encodeCheck = (answer: TxAnswer): Uint8Array =>
  answer === ACCEPTED_TX ? ACCEPTED_CHECK : encodeResponse({ checkTx: answer })

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

function misbehaviourOf({ type, validator, height, time }: AbciMisbehavior): Misbehaviour {
  if (!validator || (type !== MisbehaviorType.DUPLICATE_VOTE && type !== MisbehaviorType.LIGHT_CLIENT_ATTACK))
    throw new PlatformError(
      "unknown_request",
      "CometBFT reports a misbehaviour of unknown kind; use v0.38.26",
    )
  return {
    kind: type === MisbehaviorType.DUPLICATE_VOTE ? "duplicate_vote" : "light_client_attack",
    address: Uint8Array.from(validator.address),
    height: Number(height),
    time: blockTime(time),
  }
}
