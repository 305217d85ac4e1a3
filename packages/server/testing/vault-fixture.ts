import assert from "node:assert/strict"
import { type Bytes, PlatformError, randomBytes, recordCommitment, sha256, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import type { NewRecord, StoredDisclosure, StoredRecord, Vault } from "../vault/vault.ts"

export interface VaultFixture {
  readonly open: (choices?: { readonly masterKey?: Bytes; readonly organisation?: string }) => Vault
  /** A key and a salt for a record version, in the vault's keyring. */
  readonly makeKey: (vault: Vault, recordId: Bytes, version: number) => { key: Bytes; salt: Bytes }
  /** What somebody does who can write to the vault's files, without the vault. */
  readonly tamper: {
    readonly ciphertext: (record: StoredRecord) => Bytes
    readonly setCiphertext: (record: StoredRecord, ciphertext: Bytes) => void
    readonly eraseKey: (record: StoredRecord) => void
  }
  /** New content under the right key, as an insider with the master key could write it. */
  readonly overwrite: (vault: Vault, record: StoredRecord, content: Bytes) => void
  /** Every file of the vault. */
  readonly files: () => readonly string[]
  /** A program that appends records to this vault and prints `ack <index> <record id>` for each. */
  readonly appendChild: () => readonly string[]
  readonly end: () => void
}

export const SECRETS = [
  "Annabelle Featherstone",
  "2720599123456",
  "Pneumocystosis jirovecii",
  "Rue des Lilas 27",
]
export const ann = handleOf("ann at city")
export const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}

/** A test with a vault of its own. */
export function inFixture(
  start: () => VaultFixture,
  f: (vault: Vault, fixture: VaultFixture) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const fixture = start()
    const vault = fixture.open()
    try {
      await f(vault, fixture)
    } finally {
      await vault.close()
      fixture.end()
    }
  }
}

export async function append(
  vault: Vault,
  fixture: VaultFixture,
  content: string,
  choices: Partial<Pick<NewRecord, "log" | "recordId" | "version" | "fhirId">> = {},
): Promise<StoredRecord> {
  const { log = OWN_LOG, recordId = randomBytes(32), version = 1, fhirId = "r" } = choices
  const index = await vault.logSize(log)
  const { key, salt } = fixture.makeKey(vault, recordId, version)
  const operation = version === 1 ? ("create" as const) : ("update" as const)
  const commitment = recordCommitment(salt, utf8(content))
  const record = { log, index, recordId, version, operation, type: "Basic", fhirId, commitment }
  await vault.append([{ ...record, key, salt, content: utf8(content) }])
  return { ...record, height: null }
}

export const disclosureOf = (n: number, more: Partial<StoredDisclosure> = {}): StoredDisclosure => ({
  handle: ann,
  n,
  tag: sha256(utf8(`tag ${n}`)).subarray(0, 16),
  salt: seedOf("salt"),
  auditEvent: utf8(`{"who":"${SECRETS[0]}"}`),
  body: utf8(`body ${SECRETS[2]}`),
  event: seedOf("event"),
  includeBy: 1000 - n,
  height: null,
  ...more,
})

export const requestOf = (id: string, createdAt: number) => ({
  id: sha256(utf8(id)).subarray(0, 16),
  handle: ann,
  requester: "county",
  statement: sha256(utf8(`statement of ${id}`)).subarray(0, 16),
  content: utf8(`{"reason":"${SECRETS[2]}"}`),
  createdAt,
  expiresAt: createdAt + 10,
  state: "open" as const,
})
