import { randomInt } from "node:crypto"
import { type Bytes, decodeTrusted, encodeCbor, type Handle } from "@aceso/core"
import { SqlitePromises } from "./sqlite-promises.ts"
import type { LostDisclosure, LostEntry, ReceivedAnswer } from "./vault-recovery.ts"

const SKIPPED_VISITORS = 100_000
/** Drawn anew, lives of a vault that was put back twice are told apart. */
const MAX_LIFE = 2 ** 48 - 1

/** What a restored backup lacks (PRIVACY.md, Recovery), and what others have of it. */
export abstract class SqliteRecovery extends SqlitePromises {
  addLostEntries(all: readonly LostEntry[]): Promise<void> {
    return this.atomically(async () => {
      const insert = this.prepare("INSERT OR IGNORE INTO lost_entries VALUES (?, ?, ?)")
      for (const { log, index, entry } of all) insert.run(log, index, entry)
    })
  }

  async lostEntries(log: Bytes): Promise<readonly LostEntry[]> {
    const rows = this.prepare("SELECT idx, entry FROM lost_entries WHERE log = ? ORDER BY idx").all(log)
    return rows.map((row) => ({ log, index: Number(row.idx), entry: row.entry as Bytes }))
  }

  async lostCount(log: Bytes): Promise<number> {
    return Number(this.prepare("SELECT n FROM lost_counts WHERE log = ?").get(log)?.n ?? 0)
  }

  async logSizes() {
    const rows = this.prepare(
      "SELECT log, max(idx) + 1 AS size, max(there) AS committed FROM (SELECT log, idx, CASE WHEN height IS NULL THEN 0 ELSE idx + 1 END AS there FROM records UNION ALL SELECT log, idx, idx + 1 FROM lost_entries) GROUP BY log",
    ).all()
    return rows.map((row) => ({
      log: row.log as Bytes,
      size: Number(row.size),
      committed: Number(row.committed),
    }))
  }

  skipNumbers(patients: number): Promise<void> {
    return this.atomically(async () => {
      // How many of them never reached the ledger, and how many visitors there were, nobody knows.
      this.prepare(
        "UPDATE counters SET n = ((n + CAST(? AS INTEGER)) / 1000 + 1) * 1000 WHERE name = 'aliases'",
      ).run(patients)
      const { seq = 0 } = this.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'visitors'").get() ?? {}
      const next = (Math.floor(Number(seq) / SKIPPED_VISITORS) + 1) * SKIPPED_VISITORS
      this.prepare("DELETE FROM sqlite_sequence WHERE name = 'visitors'").run()
      this.prepare("INSERT INTO sqlite_sequence VALUES ('visitors', ?)").run(next)
    })
  }

  async life(): Promise<number | undefined> {
    return this.prepare("SELECT n FROM counters WHERE name = 'life'").get()?.n as number | undefined
  }

  beginLife(): Promise<void> {
    return this.atomically(async () => {
      this.prepare("INSERT OR REPLACE INTO counters VALUES ('life', ?)").run(randomInt(1, MAX_LIFE))
    })
  }

  async disclosureTotal(): Promise<number> {
    return this.counted("disclosures")
  }

  async policyVersions(): Promise<readonly { readonly handle: Handle; readonly version: number }[]> {
    const rows = this.prepare("SELECT handle, version FROM policies").all()
    return rows.map((row) => ({ handle: row.handle as Bytes, version: Number(row.version) }))
  }

  async disclosuresOnLedger(): Promise<number> {
    const row = this.prepare(
      "SELECT (SELECT count(*) FROM disclosures WHERE height IS NOT NULL) + (SELECT count(*) FROM lost_disclosures) AS n",
    ).get()
    return Number(row?.n)
  }

  async tagsOnTheirWay(): Promise<readonly Bytes[]> {
    const rows = this.prepare("SELECT tag FROM disclosures WHERE height IS NULL ORDER BY include_by").all()
    return rows.map((row) => row.tag as Bytes)
  }

  async hasDisclosure(tag: Bytes): Promise<boolean> {
    const found = this.prepare(
      "SELECT 1 FROM disclosures WHERE tag = ? UNION ALL SELECT 1 FROM lost_disclosures WHERE tag = ?",
    )
    return found.get(tag, tag) !== undefined
  }

  async disclosureCount(handle: Handle): Promise<number> {
    const row = this.prepare("SELECT disclosures FROM patients WHERE handle = ?").get(handle)
    return Number(row?.disclosures ?? 0)
  }

  addLostDisclosures(handle: Handle, all: readonly LostDisclosure[]): Promise<void> {
    return this.atomically(async () => {
      const insert = this.prepare("INSERT OR IGNORE INTO lost_disclosures VALUES (?, ?, ?, ?)")
      for (const { tag, n, event } of all) insert.run(tag, handle, n, event)
      const highest = Math.max(0, ...all.map(({ n }) => n))
      this.prepare("UPDATE patients SET disclosures = max(disclosures, ?) WHERE handle = ?").run(
        highest,
        handle,
      )
    })
  }

  async lostDisclosures(handle: Handle, fromN: number, limit: number): Promise<readonly LostDisclosure[]> {
    const rows = this.prepare(
      "SELECT tag, n, event FROM lost_disclosures WHERE handle = ? AND n >= ? ORDER BY n LIMIT ?",
    ).all(handle, fromN, limit)
    return rows.map(lostDisclosureOf)
  }

  async lostDisclosure(tag: Bytes): Promise<(LostDisclosure & { readonly handle: Handle }) | undefined> {
    const row = this.prepare("SELECT * FROM lost_disclosures WHERE tag = ?").get(tag)
    return row && { ...lostDisclosureOf(row), handle: row.handle as Bytes }
  }

  async lostDisclosureTags(after: Bytes, limit: number): Promise<readonly Bytes[]> {
    const rows = this.prepare("SELECT tag FROM lost_disclosures WHERE tag > ? ORDER BY tag LIMIT ?").all(
      after,
      limit,
    )
    return rows.map((row) => row.tag as Bytes)
  }

  async lostDisclosureCount(): Promise<number> {
    return Number(this.prepare("SELECT count(*) AS n FROM lost_disclosures").get()?.n)
  }

  forgetLostDisclosure(tag: Bytes): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM lost_disclosures WHERE tag = ?").run(tag)
    })
  }

  setUnconfirmed(handle: Handle, since: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("INSERT OR IGNORE INTO unconfirmed_policies VALUES (?, ?)").run(handle, since)
    })
  }

  async isUnconfirmed(handle: Handle): Promise<boolean> {
    return this.prepare("SELECT 1 FROM unconfirmed_policies WHERE handle = ?").get(handle) !== undefined
  }

  async unconfirmedCount(): Promise<number> {
    return this.counted("unconfirmed")
  }

  setConfirmed(handle: Handle): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM unconfirmed_policies WHERE handle = ?").run(handle)
    })
  }

  nextDecision(handle: Handle): Promise<number> {
    return this.nextNumber("decisions", handle)
  }

  async decisionCount(handle: Handle): Promise<number> {
    return Number(this.prepare("SELECT decisions FROM patients WHERE handle = ?").get(handle)?.decisions ?? 0)
  }

  setUnreviewed(handle: Handle, since: number, highest: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("INSERT OR IGNORE INTO unreviewed VALUES (?, ?)").run(handle, since)
      const raise = this.prepare("UPDATE patients SET decisions = max(decisions, ?) WHERE handle = ?")
      raise.run(highest, handle)
    })
  }

  async isUnreviewed(handle: Handle): Promise<boolean> {
    return this.prepare("SELECT 1 FROM unreviewed WHERE handle = ?").get(handle) !== undefined
  }

  async unreviewedCount(): Promise<number> {
    return this.counted("unreviewed")
  }

  async unreviewed(after: Handle | undefined, limit: number) {
    const rows = this.prepare("SELECT handle FROM unreviewed WHERE handle > ? ORDER BY handle LIMIT ?").all(
      after ?? new Uint8Array(0),
      limit,
    )
    const found: { alias: string; handle: Handle }[] = []
    for (const { handle } of rows) {
      const patient = await this.patient({ handle: handle as Handle })
      if (patient) found.push({ alias: patient.alias, handle: patient.handle })
    }
    return found
  }

  setReviewed(handle: Handle): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM unreviewed WHERE handle = ?").run(handle)
    })
  }

  setPolicyReceipt(handle: Handle, payloadId: Bytes, tag: Bytes): Promise<void> {
    return this.atomically(async () => {
      this.prepare("INSERT OR REPLACE INTO policy_receipts VALUES (?, ?, ?)").run(handle, payloadId, tag)
    })
  }

  async policyReceipt(handle: Handle, payloadId: Bytes): Promise<Bytes | undefined> {
    const row = this.prepare("SELECT tag FROM policy_receipts WHERE handle = ? AND payload_id = ?").get(
      handle,
      payloadId,
    )
    return row?.tag as Bytes | undefined
  }

  keepReceived(answer: ReceivedAnswer): Promise<void> {
    return this.atomically(async () => {
      const { tag, custodian, receivedAt, auditEvent, auditSalt, body } = answer
      const content = this.sealDocument("received", tag, encodeCbor([auditEvent, auditSalt, body]))
      this.prepare("INSERT OR IGNORE INTO received_answers VALUES (?, ?, ?, ?)").run(
        custodian,
        tag,
        receivedAt,
        content,
      )
    })
  }

  async received(custodian: string, tag: Bytes): Promise<ReceivedAnswer | undefined> {
    const row = this.prepare("SELECT * FROM received_answers WHERE custodian = ? AND tag = ?").get(
      custodian,
      tag,
    )
    if (!row) return undefined
    const content = this.openDocument("received", tag, row.content as Bytes)
    const [auditEvent, auditSalt, body] = decodeTrusted(content) as [Bytes, Bytes, Bytes | null]
    return { tag, custodian, receivedAt: Number(row.received_at), auditEvent, auditSalt, body }
  }

  forgetReceived(before: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM received_answers WHERE received_at < ?").run(before)
    })
  }
}

const lostDisclosureOf = (row: Record<string, unknown>): LostDisclosure => ({
  tag: row.tag as Bytes,
  n: Number(row.n),
  event: row.event as Bytes,
})
