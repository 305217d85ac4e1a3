import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { applicationHash, type Bytes, equalBytes, PlatformError, sha256 } from "@aceso/core"
import type { Chain } from "../chain.ts"
import { type Manifest, readChunk, readManifest, SNAPSHOT_FORMAT, type SnapshotRow } from "./format.ts"

/** A snapshot that is being fetched from peers, who may lie: each chunk is checked, and the whole at the end. */
export class Restore {
  readonly manifest: Manifest
  private readonly folder: string
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
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
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

  /** Builds the state from the chunks. @throws PlatformError `bad_snapshot`; then the chain is as before */
  async finish(chain: Chain): Promise<void> {
    await chain.restore(this.manifest, this.rows(), this.seen())
    rmSync(this.folder, { recursive: true, force: true })
  }

  private *rows(): Generator<SnapshotRow> {
    for (const index of this.manifest.chunks.keys()) yield* this.chunk(index).rows
  }

  private *seen() {
    for (const index of this.manifest.chunks.keys()) yield* this.chunk(index).seen
  }

  private chunk(index: number) {
    return readChunk(Uint8Array.from(readFileSync(join(this.folder, String(index)))))
  }
}
