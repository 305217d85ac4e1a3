import { PlatformError } from "@aceso/core"
import {
  ResponseApplySnapshotChunk_Result as Applied,
  ResponseOfferSnapshot_Result as Offered,
  type RequestOfferSnapshot,
} from "cosmjs-types/tendermint/abci/types"
import type { Chain } from "../../chain.ts"
import { Restore } from "../../snapshot/restore.ts"
import { Snapshots } from "../../snapshot/snapshots.ts"

export const DEFAULT_SNAPSHOT_EVERY = 10_000

/** The snapshot connection of ABCI 2.0: making, offering and taking snapshots. */
export class StateSync {
  private readonly chain: Chain
  private readonly folder: string
  private readonly every: number
  private readonly snapshots: Snapshots
  private restore: Restore | undefined
  onFault: (error: unknown) => void = () => {}

  /** @param every a snapshot at each height that this divides */
  constructor(chain: Chain, folder: string, every: number) {
    this.chain = chain
    this.folder = folder
    this.every = every
    this.snapshots = new Snapshots(folder)
  }

  /** The height is the newest one, its block is durable. Resolves when the export has begun. */
  async makeIfDue(): Promise<void> {
    const { chain, snapshots } = this
    if (chain.tip.height % this.every !== 0 || snapshots.isBusy) return
    await chain.store.flush()
    const made = snapshots.make(chain.tip, chain.seenIds(), chain.validatorHeights)
    chain.store.hold(made)
    made.catch((error: unknown) => this.onFault(error))
  }

  list() {
    return this.snapshots.list().map(({ manifest, bytes, hash }) => ({
      height: BigInt(manifest.height),
      format: manifest.format,
      chunks: manifest.chunks.length,
      hash,
      metadata: bytes,
    }))
  }

  load(height: number, index: number): Uint8Array {
    return this.snapshots.chunk(height, index)
  }

  offer({ snapshot, appHash }: RequestOfferSnapshot) {
    if (!snapshot || this.chain.tip.height > 0) return { result: Offered.ABORT }
    try {
      const { metadata, hash, height } = snapshot
      this.restore = new Restore(this.folder, this.chain.network, {
        metadata: Uint8Array.from(metadata),
        hash,
        height: Number(height),
        appHash,
      })
      return { result: Offered.ACCEPT }
    } catch (error) {
      if (error instanceof PlatformError && error.code === "bad_snapshot") return { result: Offered.REJECT }
      throw error
    }
  }

  async apply(index: number, chunk: Uint8Array, sender: string) {
    const answer = (result: Applied) => ({
      result,
      refetchChunks: [] as number[],
      rejectSenders: [] as string[],
    })
    const { restore } = this
    if (!restore) return answer(Applied.ABORT)
    if (!restore.take(index, chunk))
      return { result: Applied.RETRY, refetchChunks: [index], rejectSenders: [sender] }
    if (!restore.isComplete) return answer(Applied.ACCEPT)
    try {
      await restore.finish(this.chain)
      return answer(Applied.ACCEPT)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "bad_snapshot")
        return answer(Applied.REJECT_SNAPSHOT)
      throw error
    } finally {
      this.restore = undefined
    }
  }

  close(): Promise<void> {
    return this.snapshots.close()
  }
}
