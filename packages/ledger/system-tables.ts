import { handle, hash32, memberId, object, oneOf, table, tables, uint } from "@aceso/core"

/** Tables that the ledger itself keeps; contracts neither read nor write them. */

/**
 * What a member used of the current window (LEDGER.md, Fair use). What its patients send is counted apart, so
 * that a busy custodian does not stop a patient's revocation.
 */
export const quotas = table({
  name: "quotas",
  key: [memberId, oneOf("own", "patients")],
  row: object({ window: uint(), bytes: uint(), transactions: uint(), urgent: uint() }),
  version: 1,
  readers: "members",
})

/** What one patient used of a window, so that none uses up the lane of the others. Rows of past windows go. */
export const patientUse = table({
  name: "patientUse",
  key: [uint(), memberId, handle],
  row: object({ bytes: uint(), transactions: uint(), urgent: uint() }),
  version: 1,
  readers: "custodians",
})

/** The rows of `patientUse`, numbered in the order in which they were made. */
export const patientUseOrder = table({
  name: "patientUseOrder",
  key: [uint()],
  row: object({ window: uint(), member: memberId, handle }),
  version: 1,
  readers: "custodians",
})

/** The number of the oldest of them, and of the next; absent: there are none. */
export const patientUseEnds = table({
  name: "patientUseEnds",
  key: [],
  row: object({ first: uint(), next: uint() }),
  version: 1,
  readers: "custodians",
})

/** Per minute of expiry: a chain over the ids of included transactions, so that a restored node can check. */
export const seenChains = table({
  name: "seen",
  key: [uint()],
  row: object({ chain: hash32, count: uint() }),
  version: 1,
  readers: "public",
})

/** Time of the newest block that held transactions. */
export const lastBlock = table({
  name: "lastBlock",
  key: [],
  row: object({ time: uint() }),
  version: 1,
  readers: "public",
})

export const parameters = table({
  name: "parameters",
  key: [],
  row: object({ windowMs: uint(), bytes: uint(), transactions: uint(), urgentTransactions: uint() }),
  version: 1,
  readers: "public",
})

export const systemTables = tables(
  quotas,
  patientUse,
  patientUseOrder,
  patientUseEnds,
  seenChains,
  lastBlock,
  parameters,
)
