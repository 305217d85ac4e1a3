import { hash } from "node:crypto"
import { type Bytes, type EnvelopeRejection, nameOf, PlatformError } from "@aceso/core"
import type { Charge } from "../../fair-use.ts"
import type { Included } from "../../included.ts"
import type { VerdictPool } from "../../verdicts/pool.ts"

/** An envelope that is sound, and who pays for it. */
export interface Sound extends Included {
  readonly hash: string
  readonly rejection?: undefined
  /**
   * Who pays, once that was found: it stays so, because keys and handles never change hands. Whether the caller may
   * act at the moment is seen when the transaction is executed.
   */
  charge: Charge | undefined
}

export type Judgement = Sound | { readonly rejection: EnvelopeRejection; readonly detail: string }

export const sameAll = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
  a.length === b.length && a.every((bytes, i) => Buffer.compare(bytes, b[i]) === 0)

/** Two generations may hold this much of envelopes each. */
const LIMIT_BYTES = 32 * 2 ** 20

/**
 * Verdicts on envelopes by the hash of their bytes, so that a transaction is verified once although CometBFT hands
 * it to the application at CheckTx, ProcessProposal and FinalizeBlock. A verdict follows from the bytes alone.
 */
export class Judgements {
  private readonly pool: VerdictPool
  private young = new Map<string, Judgement | Promise<Judgement>>()
  private old = new Map<string, Judgement | Promise<Judgement>>()
  private youngBytes = 0
  /** What judgeAll() answered last, or will be asked next. */
  private newest: { readonly txs: readonly Bytes[]; readonly judgements: readonly Judgement[] } | undefined

  constructor(pool: VerdictPool) {
    this.pool = pool
  }

  /** @throws PlatformError `busy`, `closed`: no verdict */
  judge(tx: Bytes): Judgement | Promise<Judgement> {
    // As text: the fastest digest that Node has, and a key for maps.
    const id = hash("sha256", tx, "binary")
    const known = this.young.get(id) ?? this.old.get(id)
    if (known) return known
    const verdict = this.verdict(tx, id)
    this.keep(id, tx.length, verdict)
    return verdict
  }

  /** A proposal comes twice, the second time as the block: equal bytes have equal verdicts. */
  async judgeAll(txs: readonly Bytes[]): Promise<readonly Judgement[]> {
    const { newest } = this
    if (newest && sameAll(newest.txs, txs)) return newest.judgements
    const all = txs.map((tx) => this.judge(tx))
    const isReady = !all.some((one) => one instanceof Promise)
    const judgements = isReady ? (all as Judgement[]) : await Promise.all(all)
    this.expect(txs, judgements)
    return judgements
  }

  /** judgeAll() will be asked for these. */
  expect(txs: readonly Bytes[], judgements: readonly Judgement[]): void {
    this.newest = { txs, judgements }
  }

  /** Blocks hold these: nobody asks again. */
  forget(all: readonly Sound[]): void {
    this.newest = undefined
    for (const { hash } of all) {
      this.young.delete(hash)
      this.old.delete(hash)
    }
  }

  private keep(id: string, sizeBytes: number, judgement: Promise<Judgement>): void {
    this.youngBytes += 2 * sizeBytes + 200
    if (this.youngBytes > LIMIT_BYTES) {
      this.old = this.young
      this.young = new Map()
      this.youngBytes = 0
    }
    this.young.set(id, judgement)
  }

  private verdict(tx: Bytes, hash: string): Promise<Judgement> {
    // The bytes are a view on what the socket received: keep a copy, from Node's pool, which costs no allocation.
    const bytes = Buffer.from(tx)
    const made = (judgement: Judgement) => {
      if (this.young.has(hash)) this.young.set(hash, judgement)
      return judgement
    }
    return this.pool.judge(bytes).then(
      ({ payloadId, expiry }) => made({ bytes, hash, id: nameOf(payloadId), expiry, charge: undefined }),
      (error) => {
        if (error instanceof PlatformError && error.code !== "busy" && error.code !== "closed")
          return made({ rejection: error.code as EnvelopeRejection, detail: error.message })
        this.young.delete(hash)
        throw error
      },
    )
  }
}
