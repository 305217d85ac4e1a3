/** What contracts are called on the ledger; a test holds it to them. */
export const CONTRACTS = [
  "cases",
  "delegates",
  "disclosure",
  "governance",
  "library",
  "people",
  "policy",
  "records",
] as const
