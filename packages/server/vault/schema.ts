import type { Bytes } from "@aceso/core"

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS patients (handle BLOB PRIMARY KEY, fhir_id TEXT UNIQUE NOT NULL, alias TEXT UNIQUE NOT NULL, has_key INTEGER NOT NULL, disclosures INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS identifiers (tag BLOB PRIMARY KEY, fhir_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (log BLOB NOT NULL, idx INTEGER NOT NULL, record_id BLOB NOT NULL, version INTEGER NOT NULL, operation TEXT NOT NULL, type TEXT NOT NULL, fhir_id TEXT NOT NULL, commitment BLOB NOT NULL, ciphertext BLOB NOT NULL, height INTEGER, PRIMARY KEY (log, idx));
CREATE INDEX IF NOT EXISTS records_by_id ON records (fhir_id, type, version);
CREATE INDEX IF NOT EXISTS records_uncommitted ON records (log, idx) WHERE height IS NULL;
CREATE TABLE IF NOT EXISTS bundles (tag BLOB PRIMARY KEY, received_at INTEGER NOT NULL, ciphertext BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS policies (handle BLOB PRIMARY KEY, version INTEGER NOT NULL, root BLOB NOT NULL, documents BLOB NOT NULL, pending BLOB);
CREATE TABLE IF NOT EXISTS requests (id BLOB PRIMARY KEY, handle BLOB NOT NULL, requester TEXT NOT NULL, content BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS requests_by_handle ON requests (handle);
CREATE TABLE IF NOT EXISTS disclosures (tag BLOB PRIMARY KEY, handle BLOB NOT NULL, n INTEGER NOT NULL, salt BLOB NOT NULL, audit_event BLOB NOT NULL, body BLOB, event BLOB NOT NULL, include_by INTEGER NOT NULL, height INTEGER);
CREATE INDEX IF NOT EXISTS disclosures_by_handle ON disclosures (handle, n);
CREATE INDEX IF NOT EXISTS disclosures_uncommitted ON disclosures (include_by) WHERE height IS NULL;
CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, expiry INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonces_by_expiry ON nonces (expiry);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
`

/** The tables as kysely sees them. */
export interface Schema {
  patients: { handle: Bytes; fhir_id: string; alias: string; has_key: number; disclosures: number }
  identifiers: { tag: Bytes; fhir_id: string }
  records: {
    log: Bytes
    idx: number
    record_id: Bytes
    version: number
    operation: string
    type: string
    fhir_id: string
    commitment: Bytes
    ciphertext: Bytes
    height: number | null
  }
  bundles: { tag: Bytes; received_at: number; ciphertext: Bytes }
  policies: { handle: Bytes; version: number; root: Bytes; documents: Bytes; pending: Bytes | null }
  requests: {
    id: Bytes
    handle: Bytes
    requester: string
    content: Bytes
    created_at: number
    expires_at: number
    state: "open" | "approved" | "declined"
  }
  disclosures: {
    tag: Bytes
    handle: Bytes
    n: number
    salt: Bytes
    audit_event: Bytes
    body: Bytes | null
    event: Bytes
    include_by: number
    height: number | null
  }
  nonces: { nonce: Bytes; expiry: number }
  settings: { name: string; value: Bytes }
}
