import { type Bytes, type Cbor, makeEnvelope, PlatformError, publicKey } from "@aceso/core"
import type { Engine, Submitted } from "@aceso/ledger"

/** The ledger as one organisation uses it: signs with the member's key. */
export class LedgerClient {
  readonly engine: Engine
  readonly member: string
  readonly seed: Bytes

  constructor(engine: Engine, member: string, seed: Bytes) {
    this.engine = engine
    this.member = member
    this.seed = seed
  }

  get key(): Bytes {
    return publicKey(this.seed)
  }

  /** @throws PlatformError with the contract's rejection as its code */
  async call(
    contract: string,
    action: string,
    input: Cbor,
    alsoSigns: readonly Bytes[] = [],
  ): Promise<Submitted> {
    const { checkpoint } = await this.engine.status()
    const expiry = Math.max(Date.now(), checkpoint.time) + 120_000
    const { bytes } = makeEnvelope({ network: this.engine.network, contract, action, input, expiry }, [
      this.seed,
      ...alsoSigns,
    ])
    return accepted(await this.engine.submit(bytes))
  }
}

/** @throws PlatformError with the rejection as its code */
export function accepted(submitted: Submitted): Submitted {
  const { result } = submitted
  if (!result.ok)
    throw new PlatformError(result.rejection, `the ledger refused the transaction: ${result.rejection}`)
  return submitted
}
