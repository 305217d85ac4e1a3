import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { validatorAddresses } from "@aceso/contracts"
import { validatorAddress } from "@aceso/core"
import type { Engine, EngineDetails } from "@aceso/ledger"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { isThere } from "@aceso/ledger/there.ts"
import type { NodeConfig } from "./config.ts"
import type { Services } from "./services.ts"

interface Disk {
  readonly vault: number
  readonly log?: number
  readonly state?: number
  readonly engine?: number
  /** Those that others join with, and the one that this node or its network began with. */
  readonly snapshots?: number
  /** Ledgers of the networks before (engine-until-<height>). */
  readonly earlier?: number
}

/** Anybody may ask: CometBFT is asked every second at most, the disk looked at every 10 s. */
const DETAILS_EVERY_MS = 1_000
const DISK_EVERY_MS = 10_000
const asked = new WeakMap<Engine, Lately<EngineDetails | undefined>>()
const measured = new WeakMap<NodeConfig, Lately<Disk>>()

interface Lately<T> {
  readonly at: number
  readonly found: Promise<T>
}

/** What was found within so many ms before is said again. */
function lately<K extends object, T>(
  all: WeakMap<K, Lately<T>>,
  key: K,
  everyMs: number,
  find: () => Promise<T>,
): Promise<T> {
  const now = Date.now()
  const known = all.get(key)
  if (known && now - known.at < everyMs) return known.found
  const found = find()
  all.set(key, { at: now, found })
  return found
}

/** What a node knows of its own state, beside the ledger. */
export async function healthOf({ engine, readiness }: Pick<Services, "engine" | "readiness">) {
  const details = await detailsOf(engine)
  const consensus = details && {
    peers: details.peers,
    catchingUp: details.catchingUp,
    validators: await Promise.all(
      details.validators.map(async ({ key, power, member }) => {
        const owner = await engine.read(validatorAddresses, [validatorAddress(key)])
        return { key, power, member: member ?? owner?.member ?? null }
      }),
    ),
  }
  return {
    time: Date.now(),
    isStarted: readiness.isStarted,
    ...(readiness.recovery && { isRecovering: true }),
    ...(consensus && { consensus }),
    ...(engine.stalled && { stalled: engine.stalled }),
  }
}

/** What CometBFT does not say now is left out; the rest is worth an answer. */
const detailsOf = (engine: Engine): Promise<EngineDetails | undefined> =>
  lately(asked, engine, DETAILS_EVERY_MS, () => Promise.resolve(engine.details?.()).catch(() => undefined))

export const diskOf = (config: NodeConfig): Promise<Disk> =>
  lately(measured, config, DISK_EVERY_MS, () => measure(config.folder))

async function measure(folder: string): Promise<Disk> {
  const vault = await bytesIn(join(folder, "vault"))
  // An engine that several nodes of one process share lies elsewhere.
  const earlier = await bytesOf(folder, await earlierIn(folder))
  const before = earlier > 0 && { earlier }
  if (!isThere(join(folder, "engine"))) return { vault, ...before }
  const parts = [["log"], ["state"], ["cometbft"], ["snapshots", "restore", ORIGIN]]
  const [log, state, engine, snapshots] = await Promise.all(
    parts.map((names) => bytesOf(join(folder, "engine"), names)),
  )
  return { vault, log, state, ...(engine > 0 && { engine }), snapshots, ...before }
}

async function earlierIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => /^engine-until-\d+$/.test(name))
}

async function bytesOf(folder: string, names: readonly string[]): Promise<number> {
  const sizes = await Promise.all(names.map((name) => bytesIn(join(folder, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** What the files of a folder take on the disk. */
async function bytesIn(folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
    // A file that vanished meanwhile takes nothing.
    total += found ? found.blocks * 512 : 0
  }
  return total
}
