import type { SignedGenesis } from "@aceso/core"
import type { Request, Response } from "cosmjs-types/tendermint/abci/types"
import type { ChainOptions } from "../../chain.ts"
import type { Rules } from "../../rules.ts"
import type { CometHome } from "./home.ts"
import type { MayConnect } from "./peer-filter.ts"

/** What of CometBFT's home the caller chooses; the rest follows from the genesis. */
type Chosen = Omit<CometHome, "chainId" | "time" | "initialHeight" | "appState" | "validators" | "proxyApp">

export interface CometOptions extends ChainOptions, Chosen {
  readonly genesis: SignedGenesis
  readonly rules: Rules
  /** The `cometbft` executable, v0.38.26. */
  readonly executable: string
  /** Which nodes may connect; default: those in `peers` alone. */
  readonly mayConnect?: MayConnect
  /** A peer that may connect no more is cut off within this time; default a minute. */
  readonly cutOffWithinMs?: number
  readonly threads?: number
  /** A snapshot at each height that this divides. */
  readonly snapshotEvery?: number
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
