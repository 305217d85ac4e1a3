import type { PublicClient } from "@aceso/client"
import { age } from "./output.ts"

/** After so long a command says what it waits for, and again as often. */
const EVERY_MS = 5_000

/** What is said on stderr of a ledger that stands still. @param and what holds meanwhile */
export const waitsForLedger = (blockAgeMs: number, and: string): string =>
  `  waits for the ledger: no block for ${age(blockAgeMs)}; ${and}`

export interface Waiter {
  publicClient(): PublicClient
  progress(text: string): void
}

/** Waits for work that needs a block, and says so as long as none comes. */
export async function untilBlock<T>(waiter: Waiter, and: string, work: Promise<T>): Promise<T> {
  const client = waiter.publicClient()
  const timer = setInterval(async () => {
    const status = await client.status().catch(() => undefined)
    const blockAgeMs = status ? status.time - status.checkpoint.time : 0
    if (blockAgeMs >= EVERY_MS) waiter.progress(waitsForLedger(blockAgeMs, and))
  }, EVERY_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/** Of a transaction that the node signs and submits. */
export const SIGNED_NOW =
  "what was signed counts only if a block takes it within 2 minutes; Ctrl-C takes nothing back"
