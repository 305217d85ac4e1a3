import { hash32, memberId, object, oneOf, table, tables, uint } from "@aceso/core"

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

/** Per minute of expiry: a chain over the ids of included transactions, so that a restored node can check. */
export const seenChains = table({
  name: "seen",
  key: [uint()],
  row: object({ chain: hash32, count: uint() }),
  version: 1,
  readers: "members",
})

/** Time of the newest block that held transactions. */
export const lastBlock = table({
  name: "lastBlock",
  key: [],
  row: object({ time: uint() }),
  version: 1,
  readers: "members",
})

export const parameters = table({
  name: "parameters",
  key: [],
  row: object({ windowMs: uint(), bytes: uint(), transactions: uint(), urgentTransactions: uint() }),
  version: 1,
  readers: "members",
})

export const systemTables = tables(quotas, seenChains, lastBlock, parameters)
