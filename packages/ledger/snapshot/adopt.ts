import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import {
  type Bytes,
  type Checkpoint,
  cosignersOf,
  EMPTY_ROOT,
  equalBytes,
  PlatformError,
  readGenesis,
  type SignedGenesis,
  sha256,
} from "@aceso/core"
import { Chain } from "../chain.ts"
import { Executor } from "../executor.ts"
import { FolderLock } from "../folder-lock.ts"
import type { Rules } from "../rules.ts"
import { StateStore } from "../state/store.ts"
import { lastBlock } from "../system-tables.ts"
import { isThere } from "../there.ts"
import { manifestIn } from "./folder.ts"
import { type Manifest, readChunk, readManifest, type SeenMinute } from "./format.ts"
import { Snapshots } from "./snapshots.ts"

/** Where the snapshot stays that a network began with, so that its blocks can be executed again from there. */
export const ORIGIN = "origin"

/**
 * Writes a snapshot of a stopped node's newest state into a folder.
 * @throws PlatformError those of Chain.open; `folder_in_use`
 */
export async function exportSnapshot(
  dataFolder: string,
  genesis: SignedGenesis,
  rules: Rules,
  target: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly hash: Bytes }> {
  if (isThere(target))
    throw new PlatformError("folder_exists", `${target} exists already; name a folder that does not`)
  const lock = FolderLock.take(dataFolder)
  try {
    const chain = Chain.open(dataFolder, readGenesis(genesis), rules)
    await chain.store.flush()
    const snapshots = new Snapshots(dataFolder)
    await snapshots.make(chain.tip, chain.seenIds(), chain.validatorHeights)
    const checkpoint = chain.tip
    await chain.close()
    cpSync(join(dataFolder, "snapshots", String(checkpoint.height)), target, { recursive: true })
    return { checkpoint, hash: sha256(manifestIn(target)) }
  } finally {
    lock.release()
  }
}

/**
 * Fills an empty data folder with the state that a genesis goes on from (GenesisDocument.from).
 * @throws PlatformError `bad_snapshot`, `not_successor`, `folder_in_use`, `folder_exists`; then the folder is as before
 */
export async function adoptSnapshot(
  dataFolder: string,
  signed: SignedGenesis,
  rules: Rules,
  snapshot: string,
): Promise<void> {
  const manifest = originOf(signed, snapshot)
  for (const there of ["log", "state"])
    if (isThere(join(dataFolder, there)))
      throw new PlatformError(
        "folder_exists",
        `${join(dataFolder, there)} exists already; a snapshot is for an empty folder`,
      )
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const lock = FolderLock.take(dataFolder)
  const stateFolder = join(dataFolder, "state")
  const store = StateStore.open({ folder: stateFolder })
  try {
    await fill(store, signed, rules, snapshot, manifest)
    await store.close()
    cpSync(snapshot, join(dataFolder, ORIGIN), { recursive: true })
  } catch (error) {
    await store.db.root.close().catch(() => {})
    rmSync(stateFolder, { recursive: true, force: true })
    throw error
  } finally {
    lock.release()
  }
}

/** The snapshot's manifest, if it is the one that the genesis names. */
function originOf(signed: SignedGenesis, snapshot: string): Manifest {
  const { from } = readGenesis(signed)
  const bytes = manifestIn(snapshot)
  const manifest = readManifest(bytes)
  const isNamed =
    from &&
    equalBytes(sha256(bytes), from.snapshot) &&
    manifest.height === from.height &&
    equalBytes(manifest.stateRoot, from.stateRoot) &&
    equalBytes(manifest.historyHash, from.historyHash)
  if (!isNamed)
    throw new PlatformError("bad_snapshot", `${snapshot} is not the snapshot that the genesis names`)
  return manifest
}

async function fill(
  store: StateStore,
  signed: SignedGenesis,
  rules: Rules,
  snapshot: string,
  { height, chunks, stateRoot, historyHash, network }: Manifest,
): Promise<void> {
  const seen: SeenMinute[] = []
  const read = (index: number) => {
    const data = Uint8Array.from(readFileSync(join(snapshot, String(index))))
    if (!equalBytes(sha256(data), chunks[index]))
      throw new PlatformError(
        "bad_snapshot",
        `chunk ${index} of the snapshot is damaged; copy the snapshot anew`,
      )
    return readChunk(data)
  }
  function* rows() {
    for (const index of chunks.keys()) {
      const chunk = read(index)
      seen.push(...chunk.seen)
      yield* chunk.rows
    }
  }
  if (!equalBytes(await store.replace(rows()), stateRoot))
    throw new PlatformError("bad_snapshot", "the snapshot's rows do not give the state root that it names")
  const genesis = readGenesis(signed)
  const writes = new Executor(network, rules, store).successor(genesis, cosignersOf(signed))
  const time = store.get(lastBlock, [])?.time ?? genesis.time
  const root = store.apply(height, writes)
  const tip = { network, height, time, txRoot: EMPTY_ROOT, historyHash, stateRoot: root }
  await store.flush()
  await store.settle(height, { height, tip, seen, validatorHeights: [] })
}
