import {
  bytes,
  caseDocument,
  delegateOpening,
  documentName,
  handle,
  hash32,
  type Infer,
  list,
  MAX_PARTIES,
  MAX_PENDING_CHANGES,
  memberId,
  nullable,
  object,
  optional,
  policyDocument,
  promise,
  uint,
} from "@aceso/core"

/** A change that the custodian answered and whose entry was not seen on the ledger yet. */
export const delivery = object({
  envelope: bytes(1, 262_144),
  /** Of the policy root. */
  salt: hash32,
  documents: list(policyDocument, 200),
  promise,
})
export type Delivery = Infer<typeof delivery>

export const MAX_WAITING = 4 * MAX_PENDING_CHANGES

/** What a change that this device signed added to a policy and took from it, by the payload that it signed. */
export const signedDifference = object({
  payloadId: hash32,
  added: list(policyDocument, 200),
  removed: list(policyDocument, 200),
})
export type SignedDifference = Infer<typeof signedDifference>
/** Changes that are remembered for the patient to read. */
export const MAX_DIFFERENCES = 1000

/** The documents that made a policy, by its root: an access that was decided by it can be decided again. */
export const rootedPolicy = object({ root: hash32, documents: list(policyDocument, 200) })
export type RootedPolicy = Infer<typeof rootedPolicy>
export const MAX_ROOTED = 1000

/** What a patient's device remembers of one custodian, so that it need not believe it (PRIVACY.md, Policy). */
export const placeMemory = object({
  custodian: memberId,
  handle,
  /** The documents as this device last signed them, the version of the policy that they make, and its root; null: it never did. */
  signed: nullable(object({ documents: list(policyDocument, 200), version: uint(), root: hash32 })),
  /** Oldest first. */
  waiting: list(delivery, MAX_WAITING),
  /** Oldest first; absent in what was written before there were any. */
  differences: optional(list(signedDifference, MAX_DIFFERENCES)),
  /** Policies that this device signed or was shown, oldest first; absent in what was written before there were any. */
  policies: optional(list(rootedPolicy, MAX_ROOTED)),
})
export type PlaceMemory = Infer<typeof placeMemory>
/** What somebody was invited for, to act for the person. */
export const invited = object({ custodian: memberId, handle, opening: delegateOpening })
/** Invitations that are remembered: the newest. */
export const MAX_INVITED = 64
/** A document that this device committed in a case; `owed`: the members that did not take it yet. */
export const writtenDocument = object({
  case: hash32,
  n: uint(),
  name: documentName,
  document: caseDocument,
  owed: list(memberId, MAX_PARTIES),
})
export type WrittenDocument = Infer<typeof writtenDocument>
export const MAX_WRITTEN = 500

/** Each part of it by itself. */
export const memoryParts = {
  places: list(placeMemory, 64),
  written: list(writtenDocument, MAX_WRITTEN),
  invited: list(invited, MAX_INVITED),
} as const

/** `written`: oldest first; absent in what was written before there were any. */
export const deviceMemory = object({
  places: memoryParts.places,
  written: optional(memoryParts.written),
  invited: optional(memoryParts.invited),
})
export type DeviceMemory = Infer<typeof deviceMemory>

/** Where the device keeps it: a file, a browser's store. */
export interface Device {
  /** @throws PlatformError `memory_damaged`: what was there is not what this device wrote */
  read(): Promise<DeviceMemory>
  /**
   * Durable when it resolves. Nobody else changes it between what `edit` is given and what it answers.
   * @throws PlatformError as `read`, `memory_full`: nothing was changed
   */
  change(edit: (memory: DeviceMemory) => DeviceMemory): Promise<void>
}

export const NOTHING_REMEMBERED: DeviceMemory = { places: [] }

/** Forgets with the process. */
export function forgetfulDevice(): Device {
  let memory = NOTHING_REMEMBERED
  return {
    read: async () => memory,
    change: async (edit) => {
      memory = edit(memory)
    },
  }
}
