import { PlatformError } from "@aceso/core"
import type { Reach } from "@aceso/server/home/reach.ts"
import { type HomeGiven, reachOf as reachIn } from "@aceso/server/home/wish.ts"
import type { CommandInput } from "./command.ts"
import { UsageError } from "./session.ts"

type Values = CommandInput["values"]

/** Options of every command that says where a node's CometBFT is reached. */
export const REACH = {
  p2p: { type: "string", words: "cometbft: where validators reach it", value: "<host:port>" },
  "rpc-port": { type: "string", words: "cometbft: its port on loopback (default 26657)", value: "<n>" },
} as const

/** As mistakes name an option. */
export const asOption = (name: string): string => `--${name}`

/** What was given at a command line. @throws UsageError for what the rule says is wrong with it */
export function fromLine<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad_input")
      throw new UsageError(error.message, { cause: error })
    throw error
  }
}

export const reachOf = (values: Values): Reach =>
  fromLine(() => reachIn(values as HomeGiven, undefined, asOption))
