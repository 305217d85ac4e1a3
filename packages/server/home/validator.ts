import { setTimeout as delay } from "node:timers/promises"
import { validators } from "@aceso/contracts"
import { type Bytes, equalBytes, publicKey } from "@aceso/core"
import type { Services } from "../node/services.ts"

const EVERY_MS = 5_000
/** CometBFT makes a block every 30 s at least; an older tip means that the network stands still. */
export const STALE_MS = 90_000

/** Whether this node has what the network has. */
export async function isCaughtUp({ engine }: Pick<Services, "engine">): Promise<boolean> {
  const { checkpoint } = await engine.status()
  if (Date.now() - checkpoint.time >= STALE_MS) return false
  // Before the first block CometBFT has nothing to say of validators.
  const details = await engine.details?.().catch(() => ({ catchingUp: true }))
  return details?.catchingUp !== true
}

/** Once a ballot has made this organisation a validator, its node says that it has caught up: then it counts. */
export async function reportWhenReady(
  services: Pick<Services, "config" | "engine" | "ledger" | "onFault">,
  validatorSeed: Bytes,
  onNotice: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { config, engine, ledger, onFault } = services
  const key = publicKey(validatorSeed)
  let isForeign = false
  for (; !signal.aborted; await delay(EVERY_MS, undefined, { signal, ref: false }).catch(() => {}))
    try {
      const row = await engine.read(validators, [config.member])
      if (row?.status !== "approved") continue
      if (!equalBytes(row.key, key)) {
        if (!isForeign)
          onNotice("the network named another validator's key than secrets/validator.key; propose it anew")
        isForeign = true
        continue
      }
      if (!(await isCaughtUp(services))) continue
      await ledger.call("governance", "reportReady", {})
      onNotice("this node has caught up; its validator takes part as soon as it is its turn")
    } catch (error) {
      if (!signal.aborted) onFault(error)
    }
}
