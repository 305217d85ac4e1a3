import { type Attested, verifyOperated } from "./attested.ts"
import { applicationHash } from "./checkpoint.ts"
import { verifyComet } from "./comet.ts"
import type { PlatformError } from "./errors.ts"
import type { GenesisDocument } from "./genesis.ts"

/**
 * @param bad makes the error that is thrown when it does not hold
 * @returns what the checkpoint rests on, in words
 */
export function verifyAttestation(
  { checkpoint, operator, comet }: Attested,
  anchor: GenesisDocument,
  bad: (what: string) => PlatformError,
): string {
  if (operator || !comet || checkpoint.network !== anchor.network)
    return verifyOperated({ checkpoint, operator }, anchor, bad)
  const { stateRoot, historyHash, height, time, network } = checkpoint
  return verifyComet(
    comet,
    {
      chainId: network,
      height,
      time,
      appHash: applicationHash(stateRoot, historyHash),
      validators: anchor.validators.map((v) => v.key),
    },
    bad,
  )
}
