import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { type Bytes, type Checkpoint, PlatformError, sha256 } from "@aceso/core"
import type { ExportAnswer, ExportRequest } from "./export-worker.ts"
import { MANIFEST, manifestIn } from "./folder.ts"
import { encodeManifest, type Manifest, readManifest, type SeenMinute, SNAPSHOT_FORMAT } from "./format.ts"

const KEEP = 4

export interface SnapshotOnDisk {
  readonly manifest: Manifest
  /** The manifest's bytes: the offer's metadata. */
  readonly bytes: Bytes
  readonly hash: Bytes
}

/** Snapshots of the state on this disk: made in a worker, the newest four kept. */
export class Snapshots {
  private readonly folder: string
  private readonly stateFolder: string
  private worker: Worker | undefined

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, "snapshots")
    this.stateFolder = join(dataFolder, "state")
  }

  get isBusy(): boolean {
    return this.worker !== undefined
  }

  /** The state in lmdb must stand at the checkpoint and stay there until this resolves. */
  async make(
    checkpoint: Checkpoint,
    seen: readonly SeenMinute[],
    validatorHeights: readonly number[],
  ): Promise<Manifest> {
    const { network, height, stateRoot, historyHash } = checkpoint
    const target = join(this.folder, String(height))
    const unfinished = `${target}.unfinished`
    rmSync(unfinished, { recursive: true, force: true })
    const { rows, chunks } = await this.run({ stateFolder: this.stateFolder, target: unfinished, seen })
    const manifest: Manifest = {
      format: SNAPSHOT_FORMAT,
      network,
      height,
      stateRoot,
      historyHash,
      rows,
      chunks: [...chunks],
      validatorHeights: [...validatorHeights],
    }
    writeFileSync(join(unfinished, MANIFEST), encodeManifest(manifest), { mode: 0o600 })
    rmSync(target, { recursive: true, force: true })
    renameSync(unfinished, target)
    for (const old of this.heights().slice(0, -KEEP))
      rmSync(join(this.folder, String(old)), { recursive: true, force: true })
    return manifest
  }

  list(): SnapshotOnDisk[] {
    return this.heights().map((height) => {
      const bytes = manifestIn(join(this.folder, String(height)))
      return { manifest: readManifest(bytes), bytes, hash: sha256(bytes) }
    })
  }

  /** Empty when it is not there (any more). */
  chunk(height: number, index: number): Bytes {
    const file = join(this.folder, String(height), String(index))
    return existsSync(file) ? Uint8Array.from(readFileSync(file)) : new Uint8Array(0)
  }

  async close(): Promise<void> {
    await this.worker?.terminate()
  }

  private heights(): number[] {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    return readdirSync(this.folder)
      .filter((name) => /^\d+$/.test(name) && existsSync(join(this.folder, name, MANIFEST)))
      .map(Number)
      .sort((a, b) => a - b)
  }

  private run(request: ExportRequest): Promise<ExportAnswer> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./export-worker.ts", import.meta.url), { workerData: request })
      this.worker = worker
      worker.on("message", resolve)
      worker.on("error", reject)
      worker.on("exit", () => {
        this.worker = undefined
        reject(new PlatformError("closed", "the snapshot was not finished"))
      })
    })
  }
}
