import { setbackOf } from "../node/setbacks.ts"
import type { Committer } from "./committer.ts"

/** Whoever waits for the ledger hears of it so often. */
const ANSWER_WITHIN_MS = 5_000

/** @returns whether the committer came to an end in time */
export async function flushed(committer: Committer, onFault: (error: unknown) => void): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS)
  const done = committer.flush().then(
    () => true,
    (error) => {
      if (setbackOf(error) === undefined) throw error
      onFault(error)
      return true
    },
  )
  // Nobody may wait for it any more when it fails.
  done.catch(() => {})
  try {
    return await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}
