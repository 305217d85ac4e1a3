import type { Bytes, MemberId, PublicationKind } from "@aceso/core"
import type { Migration } from "@aceso/server/vault/module-database.ts"

export interface Tables {
  library_entries: {
    member: MemberId
    slug: string
    version: number
    kind: PublicationKind
    hash: Bytes | null
    size: number
    at: number
    title: string | null
    language: string | null
    lacking: string | null
    /** How often a copy was looked for in vain, and when it is looked for again, ms; null: it is not. */
    tries: number
    next_at: number | null
  }
  library_copies: {
    member: MemberId
    slug: string
    hash: Bytes
    /** null: an own one whose publication the ledger has not told yet. */
    version: number | null
    content: Bytes
    at: number
  }
}

/** What is here of no person and for everybody, so nothing is sealed. Copies are asked back of other members' nodes. */
export const libraryMigrations: readonly Migration[] = [
  {
    name: "entries and copies",
    sql: `CREATE TABLE library_entries (member TEXT NOT NULL, slug TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, hash BLOB, size INTEGER NOT NULL, at INTEGER NOT NULL, title TEXT, language TEXT, lacking TEXT, tries INTEGER NOT NULL, next_at INTEGER, PRIMARY KEY (member, slug)) WITHOUT ROWID;
CREATE INDEX library_entries_due ON library_entries (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE library_copies (member TEXT NOT NULL, slug TEXT NOT NULL, hash BLOB NOT NULL, version INTEGER, content BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (member, slug, hash));
CREATE INDEX library_copies_drafts ON library_copies (at) WHERE version IS NULL`,
    tables: { library_entries: "rebuilt", library_copies: "asked" },
  },
]
