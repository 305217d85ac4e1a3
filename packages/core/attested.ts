import { equalBytes, toHex } from "./bytes.ts"
import { checkpoint, operatorAttestation, verifyOperator } from "./checkpoint.ts"
import { cometAttestation } from "./comet-schemas.ts"
import type { PlatformError } from "./errors.ts"
import type { GenesisDocument } from "./genesis.ts"
import { type Infer, nullable, object } from "./schema.ts"

/** A checkpoint with what attests it: the engine's key (`embedded`), or validators (`cometbft`). */
export const attestedFields = {
  checkpoint,
  operator: nullable(operatorAttestation),
  comet: nullable(cometAttestation),
}
export const attested = object(attestedFields)
export type Attested = Infer<typeof attested>

/**
 * That the anchor's engine signed it. What validators attest is `verifyAttestation`'s, which needs much more code.
 * @param bad makes the error that is thrown when it does not hold
 * @returns what the checkpoint rests on, in words
 */
export function verifyOperated(
  { checkpoint, operator }: Pick<Attested, "checkpoint" | "operator">,
  anchor: GenesisDocument,
  bad: (what: string) => PlatformError,
): string {
  if (checkpoint.network !== anchor.network)
    throw bad(`it is of network ${checkpoint.network}, the anchor of ${anchor.network}`)
  if (!operator) throw bad("the checkpoint is attested by nobody")
  if (!anchor.engineKey || !equalBytes(anchor.engineKey, operator.key))
    throw bad(`the checkpoint is signed by ${toHex(operator.key)}, which the anchor does not name`)
  if (!verifyOperator(checkpoint, operator)) throw bad("the operator's signature is wrong")
  return "attested by the operator alone"
}
