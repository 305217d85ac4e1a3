import {
  bool,
  checkpoint,
  hash32,
  type Infer,
  list,
  memberId,
  networkId,
  nullable,
  object,
  oneOf,
  optional,
  publicKeySchema,
  statusStatement,
  text,
  uint,
} from "@aceso/core"

/** Of one origin; more say no more. */
export const MAX_APP_FINDINGS = 20

/** What a look at the patient's app found (client/app-check.ts): sound where no origin has a finding. */
export const appStatus = object({
  time: uint(),
  origins: list(
    object({
      origin: text(200),
      /** Of the build that is served; null: that cannot be read. */
      root: nullable(hash32),
      files: uint(),
      findings: list(object({ kind: text(64), where: text(300), detail: text(1000) }), MAX_APP_FINDINGS),
    }),
    8,
  ),
})
export type AppStatus = Infer<typeof appStatus>

/** What a node's HTTP API answers; the server uses the same declarations. */
const publicStatus = {
  member: memberId,
  /** The key that the node signs with for its organisation. */
  memberKey: optional(publicKeySchema),
  network: networkId,
  engine: oneOf("embedded", "cometbft", "remote"),
  checkpoint,
  statement: nullable(statusStatement),
  flushedHeight: uint(),
  /** The node began with the state of this height and has no blocks up to it; absent: it has all. */
  prunedUpTo: optional(uint()),
  /** Mean of the random delay of policy changes, ms. */
  policyDelayMs: uint(),
  isDemo: bool(),
  /** The node's clock, ms: how old the newest block is. */
  time: uint(),
  /** False while the node waits for the ledger, or for being admitted. */
  isStarted: bool(),
  /** The vault is behind the ledger: the node answers nobody but its own staff; absent: it is not. */
  isRecovering: optional(bool()),
  consensus: optional(
    object({
      peers: uint(),
      /** The node still fetches blocks that others have. */
      catchingUp: bool(),
      validators: list(object({ key: publicKeySchema, power: uint(), member: nullable(memberId) }), 1000),
    }),
  ),
  /** No block comes although it should: since when (ms), and why as far as this node can tell. */
  stalled: optional(object({ since: uint(), why: text(1000) })),
  /** What this node found at the patient's app; absent: it does not watch it, or has not looked yet. */
  app: optional(appStatus),
  /** The node's checkpoints; absent until it has read them. */
  checkpoints: optional(
    object({
      /** The newest block that this node and another member signed, and by how many members it is signed. */
      countersigned: nullable(object({ height: uint(), time: uint(), members: uint() })),
      /** Histories that are not this node's, with the evidence in the node's folder; oldest first. */
      forks: list(object({ height: uint(), member: memberId, file: text(100) }), 1000),
    }),
  ),
}
/** What anybody is told. */
export const statusAnswer = object(publicStatus)
export type StatusAnswer = Infer<typeof statusAnswer>

const CONTRACT_NAME = /^[a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)?$/

/** What can be done on this network now: contracts, and processes as `cases.<name>`. */
export const activeAnswer = object({
  active: list(object({ name: text(64, CONTRACT_NAME), version: uint(10_000) }), 1_000),
})
export type ActiveAnswer = Infer<typeof activeAnswer>

const waiting = list(object({ what: oneOf("records", "disclosures", "policies"), code: text(64) }), 100)

/** What the organisation's own people are told besides: how much there is, and what waits for a person. */
export const staffStatusAnswer = object({
  ...publicStatus,
  /** Reports of broken promises that the ledger did not take, again and again. */
  reportsGivenUp: optional(uint()),
  /** What the ledger refused too often, with the ledger's code (`aceso retry`). */
  refused: optional(waiting),
  /** Events of the ledger at which the node failed, and which it set aside (`aceso retry`). */
  eventsAside: optional(uint()),
  /** What the ledger did not take now and is sent again by itself. */
  retrying: optional(waiting),
  /** Patients whose policies wait for device or desk since a recovery. */
  unconfirmed: optional(uint()),
  /** Patients of whom a recovery lost decisions (`aceso recover-vault --unreviewed`). */
  unreviewed: optional(uint()),
  /** False: the ledger does not accept the key that this node signs with; absent: it does. */
  isKeyValid: optional(bool()),
  /** Record versions in the vault, and how many of them are on the ledger. */
  records: uint(),
  committed: uint(),
  patients: uint(),
  /**
   * Bytes on the disk; `engine`: what CometBFT keeps for itself; `earlier`: ledgers of the networks before. Nodes that
   * share an engine show the vault alone.
   */
  disk: object({
    vault: uint(),
    log: optional(uint()),
    state: optional(uint()),
    engine: optional(uint()),
    snapshots: optional(uint()),
    earlier: optional(uint()),
  }),
})
export type StaffStatusAnswer = Infer<typeof staffStatusAnswer>
