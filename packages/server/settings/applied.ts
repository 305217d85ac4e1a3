import type { Disclosures } from "../exchange/disclosures.ts"
import type { Decisions } from "../joins/decisions.ts"
import type { Moving } from "../joins/moving.ts"
import type { Checkpoints } from "../node/checkpoints.ts"
import type { NodeConfig } from "../node/config.ts"
import type { Bell } from "../push/bell.ts"
import type { Pushes } from "../push/pushes.ts"
import type { Committer } from "../records/committer.ts"

/** What has its own copy of a setting. */
export interface AppliedTo {
  readonly bell: Pick<Bell, "setDelay">
  readonly checkpoints: Pick<Checkpoints, "everyMs">
  readonly committer: Pick<Committer, "dummyRate">
  readonly decisions: Pick<Decisions, "spreadMs">
  readonly disclosures: Pick<Disclosures, "includeWithinMs">
  readonly moving: Pick<Moving, "spreadMs" | "windowMs">
  readonly pushes: Pick<Pushes, "sender"> | undefined
}

/** Read from the configuration each time, by windows whenever they are timed again. */
const inPlace = () => {}

/** Settings that may change while the node runs, and what has to be told of a change. */
export const APPLIED = {
  commitWindowMs({ moving }, { commitWindowMs }) {
    moving.windowMs = commitWindowMs
  },
  disclosureWindowMs: inPlace,
  includeWithinMs({ disclosures }, { includeWithinMs }) {
    disclosures.includeWithinMs = includeWithinMs
  },
  policyDelayMs: inPlace,
  moveSpreadMs({ decisions, moving }, { moveSpreadMs }) {
    decisions.spreadMs = moveSpreadMs
    moving.spreadMs = moveSpreadMs
  },
  noticeDelayMs({ bell, pushes }, { noticeDelayMs }) {
    bell.setDelay(noticeDelayMs)
    pushes?.sender.setGap(noticeDelayMs)
  },
  dummyPercent({ committer }, { dummyPercent }) {
    committer.dummyRate = dummyPercent / 100
  },
  checkpointEveryMs({ checkpoints }, { checkpointEveryMs }) {
    checkpoints.everyMs = checkpointEveryMs
  },
  watchAppEveryMs: inPlace,
  twoAdministrators: inPlace,
  backupWarnAfterMs: inPlace,
} satisfies Partial<Record<keyof NodeConfig, (to: AppliedTo, config: NodeConfig) => void>>

export type LiveName = keyof typeof APPLIED
