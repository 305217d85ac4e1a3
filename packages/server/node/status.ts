import type { StaffStatusAnswer, StatusAnswer } from "@aceso/client"
import { diskOf, healthOf } from "./health.ts"
import { refusedOf, retryingOf } from "./refused.ts"
import type { Services } from "./services.ts"

type Public = "appWatch" | "checkpoints" | "config" | "document" | "engine" | "ledger" | "readiness"

/** What anybody is told of a node: of the ledger, and nothing of what its organisation has or does. */
export async function publicStatus(services: Pick<Services, Public>): Promise<StatusAnswer> {
  const { config, document, ledger } = services
  const { engine, checkpoint, statement, flushedHeight, prunedUpTo } = await services.engine.status()
  const { member, policyDelayMs } = config
  const { isDemo = false } = document
  const checkpoints = services.checkpoints.summary()
  const app = services.appWatch.newest
  return {
    member,
    memberKey: ledger.key,
    network: services.engine.network,
    engine,
    checkpoint,
    statement,
    flushedHeight,
    ...(prunedUpTo > 0 && { prunedUpTo }),
    policyDelayMs,
    isDemo,
    ...(app && { app }),
    ...(checkpoints && { checkpoints }),
    ...(await healthOf(services)),
  }
}

/** The same, how much there is, and what waits for a person. */
export async function staffStatus(
  services: Pick<Services, Public | "committer" | "disclosures" | "policies" | "reactors" | "vault">,
): Promise<StaffStatusAnswer> {
  const { config, ledger, vault } = services
  const [status, { records, committed }, patients, { gaveUp }, disk] = await Promise.all([
    publicStatus(services),
    vault.recordCount(),
    vault.patientCount(),
    vault.promiseCounts(),
    diskOf(config),
  ])
  const refused = refusedOf(services)
  const retrying = retryingOf(services)
  const [unconfirmed, unreviewed] = [await vault.unconfirmedCount(), await vault.unreviewedCount()]
  const eventsAside = await services.reactors.asideCount()
  const isKeyValid = await ledger.isKeyValid()
  return {
    ...status,
    ...{ records, committed, patients, disk },
    ...(gaveUp > 0 && { reportsGivenUp: gaveUp }),
    ...(eventsAside > 0 && { eventsAside }),
    ...(refused.length > 0 && { refused }),
    ...(retrying.length > 0 && { retrying }),
    ...(unconfirmed > 0 && { unconfirmed }),
    ...(unreviewed > 0 && { unreviewed }),
    ...(!isKeyValid && { isKeyValid }),
  }
}
