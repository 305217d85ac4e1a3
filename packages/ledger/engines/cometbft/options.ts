import type { Bytes, SignedGenesis } from "@aceso/core"
import type { Request, Response } from "cosmjs-types/tendermint/abci/types"
import type { ChainOptions } from "../../chain.ts"
import type { Rules } from "../../rules.ts"
import type { TrustedHeader } from "./home.ts"
import type { MayConnect } from "./peer-filter.ts"

export interface CometOptions extends ChainOptions {
  readonly folder: string
  readonly genesis: SignedGenesis
  readonly rules: Rules
  /** The `cometbft` executable, v0.38.26. */
  readonly executable: string
  readonly moniker: string
  readonly validatorSeed: Bytes
  readonly nodeKeySeed: Bytes
  readonly rpcPort: number
  /** Where CometBFT shows its own metrics, on loopback; absent: nowhere. */
  readonly metricsPort?: number
  readonly p2pHost?: string
  readonly p2pPort: number
  readonly externalAddress?: string
  /** "nodeid@host:port" each; nodeIdOf gives a node's id. */
  readonly peers: readonly string[]
  /** Which nodes may connect; default: those in `peers` alone. */
  readonly mayConnect?: MayConnect
  readonly threads?: number
  readonly heartbeatMs?: number
  /** A snapshot at each height that this divides. */
  readonly snapshotEvery?: number
  /** Begin with a peer's snapshot; for a node that has no blocks yet. */
  readonly stateSync?: TrustedHeader
  /** CometBFT ended and is started again. */
  readonly onRestart?: (why: string) => void
  /** Without a block for so long CometBFT is asked why; default three heartbeats and 30 s. */
  readonly stallAfterMs?: number
  /** No block comes although it should, or blocks come again. */
  readonly onStall?: (sentence: string) => void
  /** A test's hand between the socket and the application. */
  readonly around?: (respond: Responder) => Responder
}

/** ABCI as objects. */
export type Responder = (request: Request) => Promise<Partial<Response>>
