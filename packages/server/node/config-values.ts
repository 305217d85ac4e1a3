/** What holds where node.json says nothing. */
export const DEFAULTS = {
  host: "127.0.0.1",
  port: 0,
  engine: "embedded",
  commitWindowMs: 60_000,
  disclosureWindowMs: 10_000,
  includeWithinMs: 60_000,
  readingsDayMs: 86_400_000,
  policyDelayMs: 604_800_000,
  moveSpreadMs: 3_600_000,
  noticeDelayMs: 60_000,
  dummyPercent: 25,
  checkpointEveryMs: 600_000,
  watchApp: false,
  watchAppEveryMs: 3_600_000,
  twoAdministrators: false,
  // A day, and two hours for one that takes its time.
  backupWarnAfterMs: 93_600_000,
}

/** Whole numbers that have to be greater than what their schema takes. */
export const LEAST: Readonly<Record<string, number>> = {
  readingsDayMs: 1000,
  checkpointEveryMs: 1000,
  watchAppEveryMs: 1000,
  backupWarnAfterMs: 60_000,
}

/** What the ledger needs beside the window of disclosures: a round of it, and a block, ms. */
export const LEDGER_MS = 3000

/** A promise that cannot be kept; values of other kinds are the schema's to refuse. */
export function promiseFault({
  includeWithinMs,
  disclosureWindowMs,
}: Record<string, unknown>): string | undefined {
  if (typeof includeWithinMs !== "number" || typeof disclosureWindowMs !== "number") return undefined
  const least = disclosureWindowMs + LEDGER_MS
  if (includeWithinMs >= least) return undefined
  return `includeWithinMs: at least ${least}, disclosureWindowMs (${disclosureWindowMs}) and ${LEDGER_MS} for the ledger; with ${includeWithinMs} this node would break promises that it makes`
}
