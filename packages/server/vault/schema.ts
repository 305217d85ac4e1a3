import type { Bytes } from "@aceso/core"

/**
 * FHIR ids and aliases are sealed names (`sealName`): equal ones are equal bytes, which is all that the file
 * shows of them. Contents stand apart from their records, which change when they are committed.
 */
export const SCHEMA = `
CREATE TABLE patients (handle BLOB PRIMARY KEY, fhir_id BLOB UNIQUE NOT NULL, alias BLOB UNIQUE NOT NULL, has_key INTEGER NOT NULL, disclosures INTEGER NOT NULL);
CREATE TABLE unenrolled (handle BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE identifiers (tag BLOB PRIMARY KEY, fhir_id BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE records (log BLOB NOT NULL, idx INTEGER NOT NULL, record_id BLOB NOT NULL, version INTEGER NOT NULL, operation TEXT NOT NULL, type TEXT NOT NULL, fhir_id BLOB NOT NULL, commitment BLOB NOT NULL, content INTEGER NOT NULL, height INTEGER, PRIMARY KEY (log, idx)) WITHOUT ROWID;
CREATE INDEX records_by_id ON records (fhir_id, version);
CREATE INDEX records_uncommitted ON records (log, idx) WHERE height IS NULL;
CREATE TABLE contents (id INTEGER PRIMARY KEY, ciphertext BLOB NOT NULL);
CREATE TABLE bundles (id INTEGER PRIMARY KEY, tag BLOB UNIQUE NOT NULL, received_at INTEGER NOT NULL, ciphertext BLOB NOT NULL);
CREATE TABLE bundle_places (bundle INTEGER NOT NULL, place INTEGER NOT NULL, type TEXT NOT NULL, fhir_id BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (bundle, place)) WITHOUT ROWID;
CREATE TABLE policies (handle BLOB PRIMARY KEY, version INTEGER NOT NULL, root BLOB NOT NULL, documents BLOB NOT NULL, pending BLOB);
CREATE TABLE requests (id BLOB PRIMARY KEY, handle BLOB NOT NULL, requester TEXT NOT NULL, content BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX requests_by_handle ON requests (handle);
CREATE TABLE disclosures (tag BLOB PRIMARY KEY, handle BLOB NOT NULL, n INTEGER NOT NULL, salt BLOB NOT NULL, audit_event BLOB NOT NULL, body BLOB, event BLOB NOT NULL, include_by INTEGER NOT NULL, height INTEGER);
CREATE INDEX disclosures_by_handle ON disclosures (handle, n);
CREATE INDEX disclosures_uncommitted ON disclosures (include_by) WHERE height IS NULL;
CREATE TABLE nonces (nonce BLOB PRIMARY KEY, expiry INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX nonces_by_expiry ON nonces (expiry);
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
`

/** The tables as kysely sees them. */
export interface Schema {
  patients: { handle: Bytes; fhir_id: Bytes; alias: Bytes; has_key: number; disclosures: number }
  /** Handles that are not known to be on the ledger. */
  unenrolled: { handle: Bytes }
  identifiers: { tag: Bytes; fhir_id: Bytes }
  records: {
    log: Bytes
    idx: number
    record_id: Bytes
    version: number
    operation: string
    type: string
    fhir_id: Bytes
    commitment: Bytes
    content: number
    height: number | null
  }
  contents: { id: number; ciphertext: Bytes }
  bundles: { id: number; tag: Bytes; received_at: number; ciphertext: Bytes }
  bundle_places: { bundle: number; place: number; type: string; fhir_id: Bytes; version: number }
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
