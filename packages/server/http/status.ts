import { type StatusAnswer, staffStatusAnswer } from "@aceso/client"
import type { Cbor } from "@aceso/core"
import { diskOf, healthOf } from "../node/health.ts"
import type { AcesoNode } from "../node/node.ts"
import type { StaffHandler } from "./app.ts"

/** What anybody is told of a node: of the ledger, and nothing from which patients could be counted. */
export async function publicStatus(node: AcesoNode): Promise<StatusAnswer> {
  const { engine, checkpoint, statement, flushedHeight, prunedUpTo } = await node.engine.status()
  const { member, policyDelayMs } = node.config
  const { isDemo = false } = node.document
  const { gaveUp } = await node.vault.promiseCounts()
  const checkpoints = node.checkpoints.summary()
  return {
    member,
    memberKey: node.ledger.key,
    network: node.engine.network,
    engine,
    checkpoint,
    statement,
    flushedHeight,
    ...(prunedUpTo > 0 && { prunedUpTo }),
    policyDelayMs,
    isDemo,
    ...(gaveUp > 0 && { reportsGivenUp: gaveUp }),
    ...(checkpoints && { checkpoints }),
    ...(await healthOf(node)),
  }
}

export const statusRoutes: Readonly<Record<string, StaffHandler>> = {
  /** The same, and how much there is. */
  "/staff/status": async (node) => {
    const [status, { records, committed }, patients, disk] = await Promise.all([
      publicStatus(node),
      node.vault.recordCount(),
      node.vault.patientCount(),
      diskOf(node),
    ])
    return staffStatusAnswer.parse({ ...status, records, committed, patients, disk }) as unknown as Cbor
  },
}
