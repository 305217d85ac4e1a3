import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { applicationHash, type Bytes, equalBytes, orUndefined, PlatformError, sha256 } from "@aceso/core"
import type { Chain } from "../chain.ts"
import { ORIGIN } from "./adopt.ts"
import { MANIFEST, manifestIn } from "./folder.ts"
import { type Manifest, readChunk, readManifest, SNAPSHOT_FORMAT, type SnapshotRow } from "./format.ts"

/** A snapshot that is being fetched from peers, who may lie: each chunk is checked, and the whole at the end. */
export class Restore {
  readonly manifest: Manifest
  private readonly folder: string
  private readonly origin: string
  private readonly missing: Set<number>

  /**
   * @param appHash what the validators signed for this height
   * @throws PlatformError `bad_snapshot`
   */
  constructor(
    dataFolder: string,
    network: string,
    offer: {
      readonly metadata: Bytes
      readonly hash: Bytes
      readonly height: number
      readonly appHash: Bytes
    },
  ) {
    this.manifest = readManifest(offer.metadata)
    const { format, stateRoot, historyHash, height, chunks } = this.manifest
    const isRight =
      format === SNAPSHOT_FORMAT &&
      this.manifest.network === network &&
      height === offer.height &&
      equalBytes(sha256(offer.metadata), offer.hash) &&
      equalBytes(applicationHash(stateRoot, historyHash), offer.appHash)
    if (!isRight)
      throw new PlatformError("bad_snapshot", "the offered snapshot is not what the validators signed")
    this.missing = new Set(chunks.keys())
    this.folder = join(dataFolder, "restore")
    this.origin = join(dataFolder, ORIGIN)
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(this.folder, MANIFEST), offer.metadata, { mode: 0o600 })
  }

  /** @returns whether the chunk is the one that the manifest names */
  take(index: number, data: Bytes): boolean {
    const wanted = this.manifest.chunks[index]
    if (!wanted || !createHash("sha256").update(data).digest().equals(wanted)) return false
    writeFileSync(join(this.folder, String(index)), data, { mode: 0o600 })
    this.missing.delete(index)
    return true
  }

  get isComplete(): boolean {
    return this.missing.size === 0
  }

  /**
   * Builds the state from the chunks, which stay as engine/origin: the blocks that follow can be executed again from
   * there.
   * @throws PlatformError `bad_snapshot`; then the chain is as before
   */
  async finish(chain: Chain): Promise<void> {
    await fill(this.folder, this.manifest, chain)
    rmSync(this.origin, { recursive: true, force: true })
    renameSync(this.folder, this.origin)
  }
}

/** The height of the snapshot in a folder; undefined: there is none that could be read. */
export function snapshotHeight(folder: string): number | undefined {
  return orUndefined(["bad_snapshot"], () => readManifest(manifestIn(folder)).height)
}

/**
 * Begins a new chain with the snapshot that a node began with and kept.
 * @throws PlatformError `bad_snapshot`
 */
export async function restoreSnapshot(folder: string, chain: Chain): Promise<void> {
  const manifest = readManifest(manifestIn(folder))
  if (manifest.format !== SNAPSHOT_FORMAT || manifest.network !== chain.network)
    throw new PlatformError("bad_snapshot", `${folder} is a snapshot of another network or format`)
  for (const [index, wanted] of manifest.chunks.entries()) {
    const file = join(folder, String(index))
    if (!existsSync(file) || !equalBytes(sha256(readFileSync(file)), wanted))
      throw new PlatformError(
        "bad_snapshot",
        `chunk ${index} of the snapshot in ${folder} is damaged; copy it anew from the node that gave it, or from a backup`,
      )
  }
  await fill(folder, manifest, chain)
}

function fill(folder: string, manifest: Manifest, chain: Chain): Promise<void> {
  const chunk = (index: number) => readChunk(Uint8Array.from(readFileSync(join(folder, String(index)))))
  function* rows(): Generator<SnapshotRow> {
    for (const index of manifest.chunks.keys()) yield* chunk(index).rows
  }
  function* seen() {
    for (const index of manifest.chunks.keys()) yield* chunk(index).seen
  }
  return chain.restore(manifest, rows(), seen())
}
