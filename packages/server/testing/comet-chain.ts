import {
  applicationHash,
  type Bytes,
  type Checkpoint,
  type CometAttestation,
  type CometHeader,
  headerHash,
  publicKey,
  sign,
  validatorsHash,
  voteSignBytes,
} from "@aceso/core"

export interface Choices {
  /** Of the validators, in the set's order. */
  readonly seeds: readonly Bytes[]
  /** Who of them votes; default: all. */
  readonly voters?: readonly Bytes[]
  readonly next?: Partial<CometHeader>
}

const fill = (n: number): Bytes => new Uint8Array(32).fill(n)

/** Headers H and H+1 of a checkpoint and the commit of H+1, as validators with these keys would make them. */
export function attest(
  { network, height, time, stateRoot, historyHash }: Checkpoint,
  { seeds, voters = seeds, next: changes = {} }: Choices,
): CometAttestation {
  const validators = seeds.map((seed) => ({ key: publicKey(seed), power: 10 }))
  const hash = validatorsHash(validators)
  const header: CometHeader = {
    blockVersion: 11,
    appVersion: 1,
    chainId: network,
    height,
    time: { seconds: Math.floor(time / 1000), nanos: (time % 1000) * 1_000_000 },
    lastBlockId: { hash: fill(1), parts: { total: 1, hash: fill(2) } },
    lastCommitHash: fill(3),
    dataHash: fill(4),
    validatorsHash: hash,
    nextValidatorsHash: hash,
    consensusHash: fill(5),
    appHash: fill(6),
    lastResultsHash: fill(7),
    evidenceHash: fill(8),
    proposerAddress: new Uint8Array(20),
  }
  const next: CometHeader = {
    ...header,
    height: height + 1,
    lastBlockId: { hash: headerHash(header), parts: { total: 1, hash: fill(2) } },
    appHash: applicationHash(stateRoot, historyHash),
    ...changes,
  }
  const blockId = { hash: headerHash(next), parts: { total: 1, hash: fill(9) } }
  const signatures = seeds.map((seed) =>
    voters.includes(seed)
      ? { time: next.time, signature: sign(voteSignBytes(next, { round: 0, blockId }, next.time), seed) }
      : null,
  )
  return { header, next, commit: { round: 0, blockId, signatures }, validators, links: [] }
}
