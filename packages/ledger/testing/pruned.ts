import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { applicationHash, type GenesisDocument, sha256 } from "@aceso/core"
import type { Block } from "../block.ts"
import { Chain } from "../chain.ts"
import { includedOf } from "../included.ts"
import type { Rules } from "../rules.ts"
import { readManifest } from "../snapshot/format.ts"
import { Restore } from "../snapshot/restore.ts"

/** Fills an engine's folder as state sync does: a snapshot from a peer, then the blocks after it. @returns these */
export async function joinBySnapshot(
  genesis: GenesisDocument,
  rules: Rules,
  from: { readonly engine: string; readonly snapshot: string },
  target: string,
): Promise<Block[]> {
  const read = (name: string) => Uint8Array.from(readFileSync(join(from.snapshot, name)))
  const metadata = read("manifest")
  const { stateRoot, historyHash, height } = readManifest(metadata)
  const whole = Chain.open(from.engine, genesis, rules)
  const blocks = Array.from({ length: whole.tip.height - height }, (_, i) => whole.block(height + 1 + i))
  await whole.close()

  const chain = Chain.open(target, genesis, rules)
  const appHash = applicationHash(stateRoot, historyHash)
  const offer = { metadata, hash: sha256(metadata), height, appHash }
  const restore = new Restore(target, genesis.network, offer)
  for (const index of restore.manifest.chunks.keys()) assert.ok(restore.take(index, read(String(index))))
  await restore.finish(chain)
  for (const block of blocks) {
    const included = block.envelopes.map(includedOf)
    const again = chain.compute(block.height, block.time, included, block.misbehaviour)
    assert.deepEqual(Buffer.from(again.stateRoot), Buffer.from(block.stateRoot))
    chain.record({ ...again, signature: block.signature }, included)
  }
  await chain.sync()
  await chain.close()
  return blocks
}
