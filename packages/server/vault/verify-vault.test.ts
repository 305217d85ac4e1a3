import assert from "node:assert/strict"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, it } from "node:test"
import { disclosureLogs, ownLogs } from "@aceso/contracts"
import {
  append,
  EMPTY_FRONTIER,
  entryHash,
  type Frontier,
  randomBytes,
  recordCommitment,
  toHex,
  utf8,
} from "@aceso/core"
import { seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { OWN_LOG } from "./record-log.ts"
import { SqliteVault } from "./sqlite-vault.ts"
import type { NewRecord, StoredRecord } from "./vault.ts"
import { type StateToCompare, verifyVault } from "./verify-vault.ts"

/** A vault whose node runs, and the ledger as verify has executed it. */
class Running {
  readonly folder = temporaryFolder()
  readonly keyFile = join(this.folder, "vault.key")
  readonly vault = new SqliteVault({
    folder: this.folder,
    organisation: "city",
    masterKey: seedOf("master"),
  })
  readonly state: StateToCompare
  ledger: Frontier = EMPTY_FRONTIER
  /** Of the ledger's disclosure log. */
  leaves = 0

  constructor() {
    writeFileSync(this.keyFile, toHex(seedOf("master")), { mode: 0o600 })
    const get = (table: unknown) =>
      table === ownLogs
        ? this.ledger
        : table === disclosureLogs && this.leaves > 0
          ? { size: this.leaves }
          : undefined
    this.state = { get, scan: () => [] } as unknown as StateToCompare
  }

  async record(): Promise<StoredRecord> {
    const recordId = randomBytes(32)
    const [{ key, salt }] = this.vault.keyring.make([{ record: recordId, version: 1 }])
    const content = utf8("{}")
    const commitment = recordCommitment(salt, content)
    const index = await this.vault.logSize(OWN_LOG)
    const record = { log: OWN_LOG, index, recordId, version: 1, operation: "create" as const, type: "Basic" }
    await this.vault.append([{ ...record, fhirId: `r${index}`, commitment, key, salt, content }])
    return { ...record, fhirId: `r${index}`, commitment, height: null }
  }

  /** A Condition of a patient, not on the ledger yet. */
  async ofPatient(more: Partial<NewRecord> = {}): Promise<void> {
    const { vault } = this
    const recordId = more.recordId ?? randomBytes(32)
    const [{ key, salt }] = more.key
      ? [more as NewRecord]
      : vault.keyring.make([{ record: recordId, version: 1 }])
    const content = more.content ?? utf8('{"resourceType":"Condition","code":{"coding":[{"code":"1"}]}}')
    const handle = seedOf("handle")
    await vault.addPatient({ handle, fhirId: "p", hasKey: false })
    const place = { log: handle, index: 0, recordId, version: 1, operation: "create" as const }
    const what = { type: "Condition", fhirId: "c", commitment: recordCommitment(salt, content) }
    await vault.append([{ ...place, ...what, key, salt, content, ...more }])
  }

  /** A record that is on the ledger and known to be. */
  async committed(): Promise<void> {
    const record = await this.record()
    this.ledger = append(this.ledger, [entryHash(record)])
    await this.vault.markCommitted(OWN_LOG, record.index, record.index + 1)
  }

  verify(newer = async () => {}) {
    const { folder, keyFile, state } = this
    return verifyVault({ folder, keyFile, member: "city" }, state, newer)
  }

  async end(): Promise<void> {
    await this.vault.close()
    rmSync(this.folder, { recursive: true })
  }
}

async function running(f: (one: Running) => Promise<void>): Promise<void> {
  const one = new Running()
  try {
    await f(one)
  } finally {
    await one.end()
  }
}

describe("verify of a vault that its node goes on writing", () => {
  it("sees it as it was at one moment, whatever is imported and committed meanwhile", () =>
    running(async (one) => {
      await one.committed()
      await one.record()
      const result = await one.verify(async () => {
        for (let i = 0; i < 3; i++) await one.record()
      })
      assert.deepEqual(result?.findings, [])
      assert.equal(result?.records, 2)
    }))

  it("holds what it knows to be committed against a height that is at least as new", () =>
    running(async (one) => {
      await one.committed()
      const executed = one.ledger
      await one.committed()
      const now = one.ledger
      one.ledger = executed
      const newer = async () => {
        one.ledger = now
      }
      assert.deepEqual((await one.verify(newer))?.findings, [])
      one.ledger = executed
      const findings = (await one.verify())?.findings
      assert.deepEqual(
        findings?.map(({ kind, where }) => [kind, where]),
        [["ledger_behind", "city own log"]],
      )
      assert.match(findings?.[0].detail ?? "", /knows 2 entries to be committed, the ledger has 1/)
    }))

  it("finds disclosures of the ledger that it lacks, with the rest of what there is to say", () =>
    running(async (one) => {
      await one.committed()
      one.leaves = 3
      one.ledger = append(one.ledger, [seedOf("lost")])
      assert.deepEqual((await one.verify())?.findings.map(({ kind }) => kind).sort(), [
        "vault_log_differs",
        "vault_lost_disclosures",
      ])
    }))

  it("finds entries of the ledger that it lacks", () =>
    running(async (one) => {
      await one.committed()
      one.ledger = append(one.ledger, [seedOf("lost")])
      assert.deepEqual(
        (await one.verify())?.findings.map(({ kind }) => kind),
        ["vault_log_differs"],
      )
    }))

  const changes: [comment: string, sql: string, says: RegExp][] = [
    ["an entry of the look-up index that is missing", "DELETE FROM postings", /is missing in the look-up/],
    ["one that no record has", "UPDATE records SET terms = NULL", /is not in the look-up index/],
    ["one that cannot be read", "UPDATE postings SET sealed = randomblob(69)", /cannot be decrypted/],
  ]
  for (const [comment, sql, says] of changes)
    it(`finds ${comment}`, () =>
      running(async (one) => {
        await one.ofPatient()
        assert.deepEqual((await one.verify())?.findings, [])
        const db = new DatabaseSync(join(one.folder, "vault.db"))
        db.exec(sql)
        db.close()
        const found = (await one.verify())?.findings ?? []
        assert.ok(found.length > 0 && found.every(({ kind }) => kind.startsWith("look_up_")))
        assert.match(found[0].detail, says)
      }))

  it("finds an entry that says something else than the record", () =>
    running(async (one) => {
      const { vault } = one
      const [{ key, salt }] = vault.keyring.make([{ record: seedOf("r"), version: 1 }])
      const content = utf8('{"resourceType":"Condition","code":{"coding":[{"code":"1"}]}}')
      const says = { codes: [["2"]], time: undefined }
      await one.ofPatient({ recordId: seedOf("r"), key, salt, content, says })
      assert.deepEqual(
        (await one.verify())?.findings.map(({ kind, detail }) => [kind, detail]),
        [["look_up_differs", "the look-up index says something else of it than its content"]],
      )
    }))
})
