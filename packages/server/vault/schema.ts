import type { Bytes } from "@aceso/core"
import type { Generated, Selectable } from "kysely"
import { COUNTERS } from "./counters.ts"
import { POSTINGS } from "./postings.ts"
import type { Tables } from "./sqlite.ts"

/** `look_up_gap`: from this place on, in the order of logs, records may not be in the look-up index yet. */
const LOOK_UP = `
CREATE INDEX records_by_record ON records (record_id, version);
CREATE TABLE look_up_gap (id INTEGER PRIMARY KEY CHECK (id = 1), log BLOB NOT NULL, idx INTEGER NOT NULL);
${POSTINGS}`

/**
 * FHIR ids and aliases are sealed names (`sealName`): equal ones are equal bytes, which is all that the file
 * shows of them. Contents stand apart from their records, which change when they are committed.
 */
const SCHEMA = `
CREATE TABLE patients (n INTEGER PRIMARY KEY AUTOINCREMENT, handle BLOB UNIQUE NOT NULL, fhir_id BLOB UNIQUE NOT NULL, alias BLOB UNIQUE NOT NULL, has_key INTEGER NOT NULL, disclosures INTEGER NOT NULL, decisions INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0);
CREATE TABLE identifiers (tag BLOB NOT NULL, fhir_id BLOB NOT NULL, PRIMARY KEY (tag, fhir_id)) WITHOUT ROWID;
CREATE INDEX identifiers_by_id ON identifiers (fhir_id);
CREATE TABLE patient_terms (tag BLOB NOT NULL, patient INTEGER NOT NULL, PRIMARY KEY (tag, patient)) WITHOUT ROWID;
CREATE INDEX patient_terms_by_patient ON patient_terms (patient);
CREATE TABLE source_ids (n INTEGER PRIMARY KEY AUTOINCREMENT, source_id BLOB NOT NULL, source BLOB NOT NULL, base BLOB NOT NULL, fhir_id BLOB NOT NULL, is_temporary INTEGER NOT NULL, UNIQUE (source_id, source, base));
CREATE INDEX source_ids_by_id ON source_ids (source_id, fhir_id);
CREATE TABLE source_times (tag BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE waiting (awaited BLOB NOT NULL, fhir_id BLOB NOT NULL, type TEXT NOT NULL, PRIMARY KEY (awaited, fhir_id)) WITHOUT ROWID;
CREATE INDEX waiting_by_id ON waiting (fhir_id);
CREATE TABLE unfiled (n INTEGER PRIMARY KEY AUTOINCREMENT, fhir_id BLOB UNIQUE NOT NULL, type TEXT NOT NULL, found_at INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE duplicates (n INTEGER PRIMARY KEY AUTOINCREMENT, first BLOB NOT NULL, second BLOB NOT NULL, reasons TEXT NOT NULL, set_apart BLOB, found_at INTEGER NOT NULL, state TEXT NOT NULL, decided_at INTEGER, decided_by TEXT, UNIQUE (first, second));
CREATE INDEX duplicates_second ON duplicates (second);
CREATE INDEX duplicates_open ON duplicates (n) WHERE state = 'open';
CREATE INDEX duplicates_set_apart ON duplicates (set_apart) WHERE set_apart IS NOT NULL;
CREATE TABLE unenrolled (handle BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE records (log BLOB NOT NULL, idx INTEGER NOT NULL, record_id BLOB NOT NULL, version INTEGER NOT NULL, operation TEXT NOT NULL, type TEXT NOT NULL, fhir_id BLOB NOT NULL, commitment BLOB NOT NULL, content INTEGER NOT NULL, height INTEGER, terms BLOB, PRIMARY KEY (log, idx)) WITHOUT ROWID;
CREATE INDEX records_by_id ON records (fhir_id, version);
CREATE INDEX records_uncommitted ON records (log, idx) WHERE height IS NULL;
CREATE TABLE contents (id INTEGER PRIMARY KEY, ciphertext BLOB NOT NULL);
CREATE TABLE objects (id INTEGER PRIMARY KEY, tag BLOB UNIQUE NOT NULL, key_id BLOB NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE object_chunks (object INTEGER NOT NULL, n INTEGER NOT NULL, ciphertext BLOB NOT NULL, UNIQUE (object, n));
CREATE TABLE object_uses (log BLOB NOT NULL, idx INTEGER NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (log, idx, object)) WITHOUT ROWID;
CREATE INDEX object_uses_by_object ON object_uses (object);
CREATE TABLE bundles (id INTEGER PRIMARY KEY, tag BLOB UNIQUE NOT NULL, received_at INTEGER NOT NULL, ciphertext BLOB NOT NULL, is_open INTEGER NOT NULL DEFAULT 0, same BLOB, run BLOB, run_at INTEGER);
CREATE INDEX bundles_same ON bundles (same) WHERE same IS NOT NULL;
CREATE TABLE bundle_places (bundle INTEGER NOT NULL, place INTEGER NOT NULL, type TEXT NOT NULL, fhir_id BLOB NOT NULL, version INTEGER NOT NULL, urn BLOB, PRIMARY KEY (bundle, place)) WITHOUT ROWID;
CREATE INDEX bundle_places_by_urn ON bundle_places (urn) WHERE urn IS NOT NULL;
CREATE INDEX bundle_places_changed ON bundle_places (fhir_id) WHERE version > 1;
CREATE TABLE policies (handle BLOB PRIMARY KEY, version INTEGER NOT NULL, root BLOB NOT NULL, documents BLOB NOT NULL, pending BLOB, due_at INTEGER);
CREATE INDEX policies_due ON policies (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX policies_pending ON policies (handle) WHERE pending IS NOT NULL;
CREATE TABLE requests (id BLOB PRIMARY KEY, handle BLOB NOT NULL, requester TEXT NOT NULL, statement BLOB NOT NULL, content BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX requests_by_handle ON requests (handle, expires_at);
CREATE TABLE disclosures (tag BLOB PRIMARY KEY, handle BLOB NOT NULL, n INTEGER NOT NULL, salt BLOB NOT NULL, audit_event BLOB NOT NULL, body BLOB, event BLOB NOT NULL, include_by INTEGER NOT NULL, height INTEGER);
CREATE INDEX disclosures_by_handle ON disclosures (handle, n);
CREATE INDEX disclosures_uncommitted ON disclosures (include_by) WHERE height IS NULL;
CREATE TABLE lost_entries (log BLOB NOT NULL, idx INTEGER NOT NULL, entry BLOB NOT NULL, PRIMARY KEY (log, idx)) WITHOUT ROWID;
CREATE TABLE lost_counts (log BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE lost_disclosures (tag BLOB PRIMARY KEY, handle BLOB NOT NULL, n INTEGER NOT NULL, event BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX lost_disclosures_by_handle ON lost_disclosures (handle, n);
CREATE TABLE unconfirmed_policies (handle BLOB PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE unreviewed (handle BLOB PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE policy_receipts (handle BLOB NOT NULL, payload_id BLOB NOT NULL, tag BLOB NOT NULL, PRIMARY KEY (handle, payload_id)) WITHOUT ROWID;
CREATE TABLE received_answers (custodian TEXT NOT NULL, tag BLOB NOT NULL, received_at INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (custodian, tag)) WITHOUT ROWID;
CREATE INDEX received_answers_by_time ON received_answers (received_at);
CREATE TABLE keyring_steps (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL);
INSERT INTO keyring_steps VALUES (1, 0);
CREATE TABLE promises (id BLOB PRIMARY KEY, content BLOB NOT NULL, look_at INTEGER, tries INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX promises_by_time ON promises (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX promises_given_up ON promises (id) WHERE look_at IS NULL;
CREATE TABLE nonces (key BLOB NOT NULL, nonce BLOB NOT NULL, expiry INTEGER NOT NULL, PRIMARY KEY (key, nonce)) WITHOUT ROWID;
CREATE INDEX nonces_by_expiry ON nonces (expiry);
CREATE TABLE nonce_counts (key BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE visitors (id INTEGER PRIMARY KEY AUTOINCREMENT, folded_into INTEGER, since INTEGER NOT NULL, kept_until INTEGER NOT NULL, by_copy_from TEXT);
CREATE INDEX visitors_by_end ON visitors (kept_until) WHERE folded_into IS NULL;
CREATE INDEX visitors_folded ON visitors (folded_into) WHERE folded_into IS NOT NULL;
CREATE INDEX visitors_by_copy ON visitors (by_copy_from, since) WHERE by_copy_from IS NOT NULL;
CREATE TABLE visitor_places (tag BLOB PRIMARY KEY, visitor INTEGER NOT NULL, place BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX visitor_places_by_visitor ON visitor_places (visitor);
CREATE TABLE visitor_copies (place BLOB PRIMARY KEY, custodian BLOB NOT NULL, look_at INTEGER NOT NULL, copies BLOB NOT NULL);
CREATE INDEX visitor_copies_due ON visitor_copies (look_at);
CREATE TABLE copy_totals (custodian BLOB PRIMARY KEY, places INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE joins (a BLOB NOT NULL, b BLOB NOT NULL, since INTEGER NOT NULL, ended INTEGER, content BLOB NOT NULL, PRIMARY KEY (a, b, since)) WITHOUT ROWID;
CREATE INDEX joins_by_b ON joins (b);
CREATE TABLE misfilings (n INTEGER PRIMARY KEY, id BLOB UNIQUE NOT NULL, log BLOB NOT NULL, record_id BLOB NOT NULL, type TEXT NOT NULL, fhir_id BLOB NOT NULL, state TEXT NOT NULL, target BLOB, since INTEGER NOT NULL, ended INTEGER, due_at INTEGER, content BLOB NOT NULL);
CREATE INDEX misfilings_by_record ON misfilings (log, record_id);
CREATE INDEX misfilings_moved ON misfilings (state) WHERE state IN ('moving', 'moved');
CREATE INDEX misfilings_by_target ON misfilings (target) WHERE target IS NOT NULL;
CREATE INDEX misfilings_by_fhir_id ON misfilings (fhir_id);
CREATE INDEX misfilings_due ON misfilings (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE notices_sent (n INTEGER PRIMARY KEY, id BLOB UNIQUE NOT NULL, recipient TEXT NOT NULL, content BLOB NOT NULL, created_at INTEGER NOT NULL, tries INTEGER NOT NULL, due_at INTEGER, delivered_at INTEGER);
CREATE INDEX notices_due ON notices_sent (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE notices_received (n INTEGER PRIMARY KEY, custodian TEXT NOT NULL, id BLOB NOT NULL, handle BLOB NOT NULL, content BLOB NOT NULL, received_at INTEGER NOT NULL, done_at INTEGER, UNIQUE (custodian, id));
CREATE INDEX notices_by_handle ON notices_received (custodian, handle);
CREATE INDEX notices_open ON notices_received (custodian, n) WHERE done_at IS NULL;
CREATE TABLE migrations (module TEXT NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (module, n)) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
${LOOK_UP}
${COUNTERS}`

export const VAULT_TABLES: Tables = {
  schema: SCHEMA,
  sinceBefore: `ALTER TABLE records ADD COLUMN terms BLOB;
${LOOK_UP}
INSERT INTO look_up_gap VALUES (1, x'', -1)`,
}

/** The tables as kysely sees them. */
export interface Schema {
  patients: {
    n: Generated<number>
    handle: Bytes
    fhir_id: Bytes
    alias: Bytes
    has_key: number
    disclosures: number
    decisions: Generated<number>
    records: Generated<number>
  }
  /** Handles that are not known to be on the ledger. */
  unenrolled: { handle: Bytes }
  identifiers: { tag: Bytes; fhir_id: Bytes }
  patient_terms: { tag: Bytes; patient: number }
  /** What the ids of sources mean here; no `fhir_id`: of two, so of neither. */
  source_ids: {
    n: Generated<number>
    source_id: Bytes
    source: Bytes
    base: Bytes
    fhir_id: Bytes
    is_temporary: number
  }
  /** Resources that name patients who are not here yet, by the ids that those are to have, or by tags of numbers. */
  waiting: { awaited: Bytes; fhir_id: Bytes; type: string }
  /** Resources that belong to nobody here; `content`: where they came from and what they name. */
  unfiled: { n: Generated<number>; fhir_id: Bytes; type: string; found_at: number; content: Bytes }
  duplicates: {
    n: Generated<number>
    first: Bytes
    second: Bytes
    reasons: string
    set_apart: Bytes | null
    found_at: number
    state: "open" | "same" | "apart"
    decided_at: number | null
    decided_by: string | null
  }
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
    /** Its entries in the look-up index, under the version's key; null: it has none there. */
    terms: Bytes | null
  }
  contents: { id: number; ciphertext: Bytes }
  /** Large objects by the tag of their root; the key stands in the keyring under an id of its own. */
  objects: { id: number; tag: Bytes; key_id: Bytes; hashes: Bytes }
  object_chunks: { object: number; n: number; ciphertext: Bytes }
  /** Which record versions refer to them. */
  object_uses: { log: Bytes; idx: number; object: number }
  bundles: {
    id: number
    tag: Bytes
    received_at: number
    ciphertext: Bytes
    /** Not all of it was taken, or something of it waits. */
    is_open: Generated<number>
    /** Of the bytes alone, whatever their source. */
    same: Bytes | null
    /** Of the import that took it last: all its files in their order; and how far that was by then. */
    run: Bytes | null
    run_at: number | null
  }
  bundle_places: {
    bundle: number
    place: number
    type: string
    fhir_id: Bytes
    version: number
    /** Of the urn that its source calls it by. */
    urn: Bytes | null
  }
  policies: {
    handle: Bytes
    version: number
    root: Bytes
    documents: Bytes
    pending: Bytes | null
    due_at?: number | null
  }
  requests: {
    id: Bytes
    handle: Bytes
    requester: string
    statement: Bytes
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
  /** `look_at` null: its report gave up. */
  promises: { id: Bytes; content: Bytes; look_at: number | null; tries: number }
  joins: { a: Bytes; b: Bytes; since: number; ended: number | null; content: Bytes }
  misfilings: {
    n: number
    id: Bytes
    log: Bytes
    record_id: Bytes
    type: string
    fhir_id: Bytes
    state: string
    target: Bytes | null
    since: number
    ended: number | null
    due_at: number | null
    content: Bytes
  }
  notices_sent: {
    n: number
    id: Bytes
    recipient: string
    content: Bytes
    created_at: number
    tries: number
    due_at: number | null
    delivered_at: number | null
  }
  notices_received: {
    n: number
    custodian: string
    id: Bytes
    handle: Bytes
    content: Bytes
    received_at: number
    done_at: number | null
  }
  nonces: { key: Bytes; nonce: Bytes; expiry: number }
  visitors: {
    id: number
    folded_into: number | null
    since: number
    kept_until: number
    by_copy_from: string | null
  }
  visitor_places: { tag: Bytes; visitor: number; place: Bytes }
  visitor_copies: { place: Bytes; custodian: Bytes; look_at: number; copies: Bytes }
  settings: { name: string; value: Bytes }
}

export type PatientRow = Selectable<Schema["patients"]>
export type DuplicateRow = Selectable<Schema["duplicates"]>
