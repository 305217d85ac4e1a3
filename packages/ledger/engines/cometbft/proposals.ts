import { type Bytes, MAX_LIFETIME_MS } from "@aceso/core"
import type { Chain } from "../../chain.ts"
import { envelopeOf } from "../../included.ts"
import type { Judgements, Sound } from "./judgements.ts"
import type { Waiting } from "./mempool.ts"

type Certain = "expired" | "expiry_too_far" | "duplicate"

/** What a block may hold, and who pays for it. */
type Fit = Sound & Waiting

/** Why a transaction cannot be in a block. `isCertain`: every honest node sees it alike, whatever the state. */
interface Unfit {
  readonly unfit: string
  readonly detail: string
  readonly isCertain: boolean
}

export const WORDS: Readonly<Record<Certain, string>> = {
  expired: "the transaction expired before its block; sign it anew",
  expiry_too_far: "a transaction may live 10 minutes at most; sign it anew",
  duplicate: "a block holds this payload already",
}

/** What this node proposes, and what it lets others propose. */
export class Proposals {
  private readonly chain: Chain
  private readonly judgements: Judgements

  constructor(chain: Chain, judgements: Judgements) {
    this.chain = chain
    this.judgements = judgements
  }

  /** Urgent actions first; what does not fit, or is beyond a member's quota, is left for later blocks. */
  async prepare(txs: readonly Bytes[], time: number, maxBytes: number): Promise<Bytes[]> {
    const judgements = await this.judgements.judgeAll(txs)
    const fits = judgements
      .filter((found) => found.rejection === undefined)
      .map((found) => this.fit(found, time))
    const allowance = this.chain.executor.allowance(time)
    const ids = new Set<string>()
    const chosen: Fit[] = []
    let sizeBytes = 0
    for (const isUrgent of [true, false])
      for (const fit of fits) {
        if ("unfit" in fit || fit.charge.isUrgent !== isUrgent || ids.has(fit.id)) continue
        const taken = sizeBytes + fit.bytes.length + 8
        if (taken > maxBytes || !allowance.take(fit.charge)) continue
        sizeBytes = taken
        ids.add(fit.id)
        chosen.push(fit)
      }
    const proposal = chosen.map(({ bytes }) => bytes)
    // CometBFT asks about it at once.
    this.judgements.expect(proposal, chosen)
    return proposal
  }

  /**
   * What an honest proposer would not have proposed makes ProcessProposal reject the block. Where this node sees
   * nobody who pays, another saw somebody a moment ago: such a transaction is executed, and rejected there.
   */
  async isProposable(txs: readonly Bytes[], time: number): Promise<boolean> {
    const judgements = await this.judgements.judgeAll(txs)
    const allowance = this.chain.executor.allowance(time)
    const ids = new Set<string>()
    return judgements.every((found) => {
      if (found.rejection !== undefined || ids.size === ids.add(found.id).size) return false
      const fit = this.fit(found, time)
      return "unfit" in fit ? !fit.isCertain : allowance.take(fit.charge)
    })
  }

  fit(found: Sound, time: number): Fit | Unfit {
    const { id, bytes, expiry } = found
    const certain = (unfit: Certain) => ({ unfit, detail: WORDS[unfit], isCertain: true })
    if (expiry <= time) return certain("expired")
    if (this.chain.isSeen(id, expiry)) return certain("duplicate")
    if (expiry > time + MAX_LIFETIME_MS) return certain("expiry_too_far")
    if (!found.charge) {
      const charge = this.chain.executor.chargeFor(envelopeOf(found), bytes.length, time)
      const detail = "nobody may be charged for it as the state stands"
      if ("rejection" in charge) return { unfit: charge.rejection, detail, isCertain: false }
      found.charge = charge
    }
    return found as Fit
  }
}
