import { type StatusAnswer, staffStatusAnswer } from "@aceso/client"
import type { Cbor } from "@aceso/core"
import { diskOf, healthOf } from "../node/health.ts"
import type { AcesoNode } from "../node/node.ts"
import { refusedOf, retryingOf } from "../node/refused.ts"
import type { StaffHandler } from "./handlers.ts"

/** What anybody is told of a node: of the ledger, and nothing of what its organisation has or does. */
export async function publicStatus(node: AcesoNode): Promise<StatusAnswer> {
  const { engine, checkpoint, statement, flushedHeight, prunedUpTo } = await node.services.engine.status()
  const { member, policyDelayMs } = node.services.config
  const { isDemo = false } = node.services.document
  const checkpoints = node.services.checkpoints.summary()
  return {
    member,
    memberKey: node.services.ledger.key,
    network: node.services.engine.network,
    engine,
    checkpoint,
    statement,
    flushedHeight,
    ...(prunedUpTo > 0 && { prunedUpTo }),
    policyDelayMs,
    isDemo,
    ...(checkpoints && { checkpoints }),
    ...(await healthOf(node.services)),
  }
}

export const statusRoutes: Readonly<Record<string, StaffHandler>> = {
  /** The same, how much there is, and what waits for a person. */
  "/staff/status": async (node) => {
    const [status, { records, committed }, patients, { gaveUp }, disk] = await Promise.all([
      publicStatus(node),
      node.services.vault.recordCount(),
      node.services.vault.patientCount(),
      node.services.vault.promiseCounts(),
      diskOf(node.services.config),
    ])
    const refused = refusedOf(node.services)
    const retrying = retryingOf(node.services)
    const [unconfirmed, unreviewed] = [
      await node.services.vault.unconfirmedCount(),
      await node.services.vault.unreviewedCount(),
    ]
    const isKeyValid = await node.services.ledger.isKeyValid()
    return staffStatusAnswer.parse({
      ...status,
      ...{ records, committed, patients, disk },
      ...(gaveUp > 0 && { reportsGivenUp: gaveUp }),
      ...(refused.length > 0 && { refused }),
      ...(retrying.length > 0 && { retrying }),
      ...(unconfirmed > 0 && { unconfirmed }),
      ...(unreviewed > 0 && { unreviewed }),
      ...(!isKeyValid && { isKeyValid }),
    }) as unknown as Cbor
  },
}
