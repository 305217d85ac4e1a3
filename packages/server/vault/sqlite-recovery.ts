import { type Bytes, decodeTrusted, encodeCbor, type Handle } from "@aceso/core"
import { SqlitePromises } from "./sqlite-promises.ts"
import type { LostDisclosure, LostEntry, ReceivedAnswer } from "./vault-recovery.ts"

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

  async logSizes(): Promise<readonly { readonly log: Bytes; readonly size: number }[]> {
    const rows = this.prepare(
      "SELECT log, max(idx) + 1 AS size FROM (SELECT log, idx FROM records UNION ALL SELECT log, idx FROM lost_entries) GROUP BY log",
    ).all()
    return rows.map((row) => ({ log: row.log as Bytes, size: Number(row.size) }))
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
    return Number(this.prepare("SELECT count(*) AS n FROM unconfirmed_policies").get()?.n)
  }

  setConfirmed(handle: Handle): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM unconfirmed_policies WHERE handle = ?").run(handle)
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
