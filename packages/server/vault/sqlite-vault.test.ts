import assert from "node:assert/strict"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { it } from "node:test"
import { type Bytes, fromUtf8, recordCommitment, utf8 } from "@aceso/core"
import { seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { vaultSuite } from "../testing/vault-suite.ts"
import { decrypt } from "./encryption.ts"
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
            db
              .prepare(
                "SELECT ciphertext FROM contents WHERE id = (SELECT content FROM records WHERE log = ? AND idx = ?)",
              )
              .get(log, index)?.ciphertext as Bytes,
        ),
      setCiphertext: ({ log, index }: StoredRecord, ciphertext: Bytes) =>
        inFile("vault.db", (db) => {
          db.prepare(
            "UPDATE contents SET ciphertext = ? WHERE id = (SELECT content FROM records WHERE log = ? AND idx = ?)",
          ).run(ciphertext, log, index)
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

it("skipsContentCheck, of a demo network alone, shows what an insider wrote", async () => {
  const folder = temporaryFolder()
  const vault = new SqliteVault(options(folder))
  const recordId = seedOf("record")
  const [{ key, salt }] = vault.keyring.make([{ record: recordId, version: 1 }])
  const place = { log: new Uint8Array(0), index: 0, recordId, version: 1, operation: "create" as const }
  const record = { ...place, type: "Basic", fhirId: "r", commitment: seedOf("another commitment") }
  await vault.append([{ ...record, key, salt, content: Uint8Array.of(123, 125) }])
  const stored = { ...record, height: null }
  await assert.rejects(vault.content(stored), { code: "vault_mismatch" })
  vault.skipsContentCheck = true
  assert.deepEqual([...(await vault.content(stored)).content], [123, 125])
  await vault.close()
  rmSync(folder, { recursive: true })
})

it("each bundle has a key of its own, and a record leads to the bundles that hold its text", async () => {
  const folder = temporaryFolder()
  const vault = new SqliteVault(options(folder))
  const record = { log: new Uint8Array(0), version: 1, operation: "create" as const, type: "Basic" }
  for (const [index, fhirId] of ["a", "b"].entries()) {
    const recordId = seedOf(fhirId)
    const [{ key, salt }] = vault.keyring.make([{ record: recordId, version: 1 }])
    const commitment = seedOf("commitment")
    const content = utf8(fhirId)
    await vault.append([{ ...record, index, recordId, fhirId, commitment, key, salt, content }])
    await vault.keepBundle(seedOf(`bundle ${fhirId}`), utf8(`text of ${fhirId}`), 1)
    await vault.setPlaces(seedOf(`bundle ${fhirId}`), [{ place: 0, type: "Basic", fhirId, version: 1 }])
  }
  const db = new DatabaseSync(join(folder, "vault.db"))
  const found = db
    .prepare(
      "SELECT b.tag, b.ciphertext FROM records r JOIN bundle_places p ON p.fhir_id = r.fhir_id JOIN bundles b ON b.id = p.bundle ORDER BY r.idx",
    )
    .all() as { tag: Bytes; ciphertext: Bytes }[]
  db.close()
  const textOf = ({ tag, ciphertext }: (typeof found)[number]) => {
    const { key } = vault.keyring.get(tag, 1)
    return fromUtf8(decrypt(key, ["bundle", "city", tag], ciphertext))
  }
  assert.deepEqual(found.map(textOf), ["text of a", "text of b"])
  const keyring = new DatabaseSync(join(folder, "keyring.db"))
  keyring.prepare("DELETE FROM record_keys WHERE record = ?").run(found[0].tag)
  keyring.close()
  assert.throws(() => textOf(found[0]), { code: "key_erased" })
  assert.equal(textOf(found[1]), "text of b")
  await vault.close()
  rmSync(folder, { recursive: true })
})

it("no FHIR id or alias is in any byte of the files", async () => {
  const folder = temporaryFolder()
  const vault = new SqliteVault(options(folder))
  const handle = seedOf("handle")
  await vault.addPatient({ handle, fhirId: "national-1980", hasKey: false })
  await vault.setAlias(handle, "Annabelle F.")
  await vault.setIdentifiers("Patient", "national-1980", [{ system: "s", value: "v" }])
  const recordId = seedOf("record")
  const [{ key, salt }] = vault.keyring.make([{ record: recordId, version: 1 }])
  const place = { log: handle, index: 0, recordId, version: 1, operation: "create" as const }
  const commitment = recordCommitment(salt, utf8("{}"))
  const what = { type: "Patient", fhirId: "national-1980", commitment, content: utf8("{}") }
  await vault.append([{ ...place, ...what, key, salt }])
  await vault.keepBundle(seedOf("bundle"), utf8("{}"), 1)
  await vault.setPlaces(seedOf("bundle"), [
    { place: 0, type: "Patient", fhirId: "national-1980", version: 1 },
  ])
  for (const file of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, file))
    for (const secret of ["national-1980", "Annabelle"]) assert.equal(bytes.includes(secret), false, file)
  }
  const found = await vault.patient({ alias: "Annabelle F." })
  assert.equal(found?.fhirId, "national-1980")
  assert.equal((await vault.log(handle))[0].fhirId, "national-1980")
  assert.deepEqual(await vault.findByIdentifier("Patient", { system: "s", value: "v" }), ["national-1980"])
  await vault.close()
  rmSync(folder, { recursive: true })
})

it("another master key is told at once, in one sentence", async () => {
  const folder = temporaryFolder()
  await new SqliteVault(options(folder)).close()
  assert.throws(() => new SqliteVault({ ...options(folder), masterKey: seedOf("wrong") }), {
    code: "wrong_key",
    message:
      "the master key is not the one that this vault was made with; put back the vault.key that belongs to it",
  })
  await new SqliteVault(options(folder)).close()
  rmSync(folder, { recursive: true })
})

it("a vault of another format is vault_unusable", () => {
  const folder = temporaryFolder()
  const db = new DatabaseSync(join(folder, "keyring.db"))
  db.exec("CREATE TABLE record_keys (record BLOB)")
  db.close()
  assert.throws(() => new SqliteVault(options(folder)), { code: "vault_unusable", message: /format/ })
  rmSync(folder, { recursive: true })
})

it("a file that is no vault is vault_unusable", () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "keyring.db"), "this is no database, whatever its name says".repeat(100))
  assert.throws(() => new SqliteVault(options(folder)), { code: "vault_unusable" })
  rmSync(folder, { recursive: true })
})
