import {
  ability,
  bool,
  bytes,
  hash32,
  type Infer,
  licence,
  list,
  MAX_RECOVERIES,
  memberId,
  memberKind,
  nullable,
  object,
  oneOf,
  optional,
  publicKeySchema,
  signature64,
  table,
  text,
  uint,
} from "@aceso/core"

export const members = table({
  name: "members",
  key: [memberId],
  row: object({
    name: text(100),
    kind: memberKind,
    abilities: list(ability, 3),
    url: text(200),
    status: oneOf("active", "suspended"),
    admittedAt: uint(),
  }),
  version: 1,
  readers: "public",
})

export const MAX_LICENCES = 64

/** A member's licences, also those that ended, oldest first; ms. */
export const licences = table({
  name: "licences",
  key: [memberId],
  row: object({
    all: list(object({ what: licence, from: uint(), to: nullable(uint()) }), MAX_LICENCES),
  }),
  version: 1,
  readers: "public",
})

/** Keys of organisations, append-only, so that a receipt stays checkable after rotation. */
export const memberKeys = table({
  name: "memberKeys",
  key: [publicKeySchema],
  row: object({ member: memberId, from: uint(), to: nullable(uint()), compromisedAt: nullable(uint()) }),
  version: 1,
  readers: "public",
})

/** So many valid keys a member has at most, and so many it registers within 30 days. */
export const MAX_VALID_KEYS = 8
export const MAX_REGISTRATIONS = 32
/** Of one member at a time: more would hide each other's and others' ballots. */
export const MAX_OPEN_PROPOSALS = 16
export const REGISTRATION_WINDOW_MS = 30 * 24 * 3600 * 1000

/** A member's keys without an end, oldest first, and when it registered keys within the window before the newest. */
export const memberKeyLists = table({
  name: "memberKeyLists",
  key: [memberId],
  row: object({
    valid: list(publicKeySchema, MAX_VALID_KEYS),
    registeredAt: list(uint(), MAX_REGISTRATIONS),
  }),
  version: 1,
  readers: "public",
})

/** What the genesis says of the whole network (core/genesis.ts). */
export const networkFacts = table({
  name: "networkFacts",
  key: [],
  row: object({ isLoopback: bool(), isDemo: bool() }),
  version: 1,
  readers: "public",
})

/** Who votes: the members with that ability. */
export const electorate = table({
  name: "electorate",
  key: [],
  row: object({ voters: list(memberId, 1000) }),
  version: 1,
  readers: "members",
})

const name = text(32, /^[a-z][A-Za-z0-9]*$/)
/** A contract, or a process of `cases`. */
const contractName = text(64, /^[a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)?$/)

export const change = object({
  do: oneOf(
    "admit",
    "suspend",
    "reinstate",
    "setAbilities",
    "grantLicence",
    "endLicence",
    "addValidator",
    "removeValidator",
    "replaceValidator",
    "replaceKey",
    "closeCase",
    "activate",
    "disableAction",
    "enableAction",
    "releaseApp",
    "withdrawApp",
    "finish",
  ),
  member: optional(memberId),
  name: optional(text(100)),
  kind: optional(memberKind),
  /** With `admit`: other ones than members of the kind have. */
  abilities: optional(list(ability, 3)),
  licence: optional(licence),
  /** The end of a licence, ms. */
  until: optional(uint()),
  url: optional(text(200)),
  /** Of the member; of the validator with `addValidator` and `replaceValidator`. */
  key: optional(publicKeySchema),
  /** The validator's signature over validatorPossessionBytes. */
  proof: optional(signature64),
  case: optional(hash32),
  contract: optional(contractName),
  action: optional(name),
  version: optional(uint(10_000)),
  /** SHA-256 over the contract's sources. */
  sources: optional(hash32),
  /** From this height on the version executes. */
  height: optional(uint()),
  /** Since when others may have had the member's keys, ms; with `replaceKey`. */
  compromisedAt: optional(uint()),
  /** Of a build of the pages (core/app-build.ts). */
  build: optional(hash32),
})
export const changes = list(change, 16, 1)
export type Change = Infer<typeof change>

export const proposals = table({
  name: "proposals",
  key: [hash32],
  row: object({
    proposer: memberId,
    changes,
    voters: list(memberId, 1000),
    yes: list(memberId, 1000),
    no: list(memberId, 1000),
    openedAt: uint(),
    status: oneOf("open", "passed", "rejected"),
  }),
  version: 1,
  readers: "members",
})

/** Proposals of a member that are neither decided nor lapsed; what lapsed goes with the next one that it opens. */
export const openProposals = table({
  name: "openProposals",
  key: [memberId],
  row: object({ open: list(object({ id: hash32, openedAt: uint() }), MAX_OPEN_PROPOSALS) }),
  version: 1,
  readers: "members",
})

/** The newest root over the salted leaves (key, role, validity) of an organisation's practitioners. */
export const directories = table({
  name: "directories",
  key: [memberId],
  row: object({ version: uint(), root: hash32 }),
  version: 1,
  readers: "public",
})

/** Every root that an organisation's directory had, with the block's time: what was signed earlier stays checkable. */
export const directoryVersions = table({
  name: "directoryVersions",
  key: [memberId, uint()],
  row: object({ root: hash32, from: uint() }),
  version: 1,
  readers: "public",
})

/**
 * People whose time with an organisation ended for good, by staffEndId: no configuration that is restored from an older
 * backup brings one of them back. `asOf`: since when, ms; it only comes nearer.
 */
export const staffEnds = table({
  name: "staffEnds",
  key: [memberId, hash32],
  row: object({ asOf: uint() }),
  version: 1,
  readers: "public",
})

/**
 * A member's validator. `approved`: voted in; `ready`: its node has caught up and waits for its turn; `leaving`:
 * waits for its power to become 0.
 */
export const validators = table({
  name: "validators",
  key: [memberId],
  row: object({
    key: publicKeySchema,
    status: oneOf("approved", "ready", "active", "leaving", "removed"),
  }),
  version: 1,
  readers: "public",
})

/** The key that a validator which leaves comes back with: `approved` as soon as the old one has no power. */
export const nextValidators = table({
  name: "nextValidators",
  key: [memberId],
  row: object({ key: publicKeySchema }),
  version: 1,
  readers: "public",
})

/** Whose a validator's address is or was (CometBFT names misbehaving validators by it); never used again. */
export const validatorAddresses = table({
  name: "validatorAddresses",
  key: [bytes(20)],
  row: object({ member: memberId, key: publicKeySchema }),
  version: 1,
  readers: "public",
})

/** The set that CometBFT will have two heights after the newest block, and the members that wait for a change. */
export const validatorSet = table({
  name: "validatorSet",
  key: [],
  row: object({
    validators: list(object({ member: memberId, key: publicKeySchema, power: uint(1000) }), 100),
    waiting: list(memberId, 100),
  }),
  version: 1,
  readers: "public",
})

/**
 * Misbehaviour that the engine reported with its evidence, and recoveries of vaults (height: what came after it was
 * lost); only a ballot closes a case.
 */
export const memberCases = table({
  name: "memberCases",
  key: [hash32],
  row: object({
    member: memberId,
    kind: oneOf("duplicate_vote", "light_client_attack", "recovery"),
    height: uint(),
    time: uint(),
    status: oneOf("open", "closed"),
  }),
  version: 1,
  readers: "public",
})

export const recoveryReason = oneOf("restored_backup", "lost_vault", "lost_keys")

/**
 * When a custodian's vault was behind the ledger (PRIVACY.md, Recovery): what it committed after block `from` and up to
 * block `height` is lost. `permittedAt`: when an authority last permitted another one within a year.
 */
export const recoveries = table({
  name: "recoveries",
  key: [memberId],
  row: object({
    all: list(object({ from: uint(), height: uint(), at: uint(), reason: recoveryReason }), MAX_RECOVERIES),
    permittedAt: nullable(uint()),
  }),
  version: 1,
  readers: "public",
})

/**
 * The versions of a contract with the heights from which they execute, oldest first. A process of the contract `cases` is
 * listed as `cases.<name>`, its sources the hash of its definition.
 */
export const activations = table({
  name: "activations",
  key: [contractName],
  row: object({
    versions: list(object({ version: uint(10_000), sources: hash32, height: uint() }), 1000, 1),
  }),
  version: 1,
  readers: "public",
})

/** All that was ever activated: what a node lacks of it stops that node. */
export const activated = table({
  name: "activated",
  key: [],
  row: object({ names: list(contractName, 1000) }),
  version: 1,
  readers: "public",
})

/** Actions that governance has switched off, such as one that ended in a contract_fault. */
export const disabledActions = table({
  name: "disabledActions",
  key: [contractName, name],
  row: object({ since: uint() }),
  version: 1,
  readers: "public",
})

/**
 * Builds of the pages that patients may be served, by their root (core/app-build.ts); `to`: since when one may not, ms.
 * Several are valid while an operator changes over.
 */
export const appReleases = table({
  name: "appReleases",
  key: [hash32],
  row: object({ from: uint(), to: nullable(uint()) }),
  version: 1,
  readers: "public",
})

/** A ballot ended this network: its last state goes on in another (`aceso network migrate`). */
export const finished = table({
  name: "finished",
  key: [],
  row: object({ time: uint() }),
  version: 1,
  readers: "public",
})
