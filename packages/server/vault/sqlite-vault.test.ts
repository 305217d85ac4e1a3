import assert from "node:assert/strict"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { it } from "node:test"
import type { Bytes } from "@aceso/core"
import { seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { vaultSuite } from "../testing/vault-suite.ts"
import { SqliteVault } from "./sqlite-vault.ts"
import type { StoredRecord, Vault } from "./vault.ts"

const options = (folder: string) => ({ folder, organisation: "city", masterKey: seedOf("master") })

vaultSuite("sqlite", () => {
  const folder = temporaryFolder()
  const inFile = <T>(file: string, f: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(join(folder, file))
    try {
      return f(db)
    } finally {
      db.close()
    }
  }
  return {
    open: (choices = {}) => new SqliteVault({ ...options(folder), ...choices }),
    makeKey: (vault: Vault, recordId: Bytes, version: number) =>
      (vault as SqliteVault).keyring.make([{ record: recordId, version }])[0],
    tamper: {
      ciphertext: ({ log, index }: StoredRecord) =>
        inFile(
          "vault.db",
          (db) =>
            db.prepare("SELECT ciphertext FROM records WHERE log = ? AND idx = ?").get(log, index)
              ?.ciphertext as Bytes,
        ),
      setCiphertext: ({ log, index }: StoredRecord, ciphertext: Bytes) =>
        inFile("vault.db", (db) => {
          db.prepare("UPDATE records SET ciphertext = ? WHERE log = ? AND idx = ?").run(
            ciphertext,
            log,
            index,
          )
        }),
      eraseKey: ({ recordId, version }: StoredRecord) =>
        inFile("keyring.db", (db) => {
          db.prepare("DELETE FROM record_keys WHERE record = ? AND version = ?").run(recordId, version)
        }),
    },
    overwrite: (vault, record, content) => (vault as SqliteVault).overwrite(record, content),
    files: () => readdirSync(folder).map((name) => join(folder, name)),
    appendChild: () => [
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../testing/append-child.ts"),
      folder,
    ],
    end: () => rmSync(folder, { recursive: true }),
  }
})

it("skipContentCheck, of a demo network alone, shows what an insider wrote", async () => {
  const folder = temporaryFolder()
  let skips = false
  const vault = new SqliteVault({ ...options(folder), skipContentCheck: () => skips })
  const recordId = seedOf("record")
  const [{ key, salt }] = vault.keyring.make([{ record: recordId, version: 1 }])
  const place = { log: new Uint8Array(0), index: 0, recordId, version: 1, operation: "create" as const }
  const record = { ...place, type: "Basic", fhirId: "r", commitment: seedOf("another commitment") }
  await vault.append([{ ...record, key, salt, content: Uint8Array.of(123, 125) }])
  const stored = { ...record, height: null }
  await assert.rejects(vault.content(stored), { code: "vault_mismatch" })
  skips = true
  assert.deepEqual([...(await vault.content(stored)).content], [123, 125])
  await vault.close()
  rmSync(folder, { recursive: true })
})

it("a file that is no vault is vault_unusable", () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "keyring.db"), "this is no database, whatever its name says".repeat(100))
  assert.throws(() => new SqliteVault(options(folder)), { code: "vault_unusable" })
  rmSync(folder, { recursive: true })
})
