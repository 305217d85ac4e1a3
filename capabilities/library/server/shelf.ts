import {
  type Bytes,
  equalBytes,
  type MemberId,
  PlatformError,
  type PublicationKind,
  type PublicationRow,
} from "@aceso/core"
import type { ModuleDatabase } from "@aceso/server/vault/module-database.ts"
import type { Place } from "../client/library-client.ts"
import { type Publication, readPublication } from "../client/publication.ts"
import { type LibraryEntry, type LibraryPage, PAGE } from "../client/schemas.ts"
import type { Tables } from "./tables.ts"

/** Bytes of all copies of one member's publications; beyond it they are listed and not copied. */
export const MAX_MEMBER_BYTES = 64 * 2 ** 20
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 600_000

/** A copy that is looked for. */
export interface Wanted extends Place {
  readonly version: number
  readonly kind: PublicationKind
  readonly hash: Bytes
  readonly size: number
}

/** An own publication that was kept before it is sent, and of which the ledger has not told. */
export interface Draft extends Place {
  readonly hash: Bytes
}

/** The library of one node: what the ledger told of each publication, and copies of the newest versions. */
export class Shelf {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /** Takes what the ledger has now; older than what is here, or the same, it changes nothing. */
  note({ member, slug }: Place, { version, kind, hash, size, at }: PublicationRow): Promise<void> {
    return this.database.atomically(async () => {
      const there = await this.entry({ member, slug })
      if (there && there.version >= version) return
      const values = { version, kind, hash, size, at, title: null, language: null, tries: 0 }
      const wanted = hash ? { lacking: NOT_YET, next_at: 0 } : { lacking: null, next_at: null }
      await this.database.db
        .insertInto("library_entries")
        .values({ member, slug, ...values, ...wanted })
        .onConflict((conflict) => conflict.columns(["member", "slug"]).doUpdateSet({ ...values, ...wanted }))
        .execute()
      await this.forgetBefore({ member, slug }, version, hash)
      await this.wantAgain(member)
      const copy = hash && (await this.copy({ member, slug }, hash))
      if (copy && hash) await this.put({ member, slug, version, kind, hash, size }, copy)
    })
  }

  /** Keeps an own document before its publication is sent to the ledger. @param at ms, as late as the ledger's own time */
  draft({ member, slug, hash }: Draft, content: Bytes, at: number): Promise<void> {
    return this.database.atomically(async () => {
      await this.database.db
        .insertInto("library_copies")
        .values({ member, slug, hash, version: null, content, at })
        .onConflict((conflict) =>
          conflict.columns(["member", "slug", "hash"]).doUpdateSet({ version: null, at }),
        )
        .execute()
    })
  }

  async drafts(before: number): Promise<readonly Draft[]> {
    return this.database.db
      .selectFrom("library_copies")
      .select(["member", "slug", "hash"])
      .where("version", "is", null)
      .where("at", "<", before)
      .execute()
  }

  /** The ledger has it. */
  confirm({ member, slug, hash }: Draft, version: number): Promise<void> {
    return this.database.atomically(async () => {
      await this.database.db
        .updateTable("library_copies")
        .set({ version })
        .where("member", "=", member)
        .where("slug", "=", slug)
        .where("hash", "=", hash)
        .where("version", "is", null)
        .execute()
    })
  }

  /** The ledger does not have it, and never will. */
  drop({ member, slug, hash }: Draft): Promise<void> {
    return this.database.atomically(async () => {
      await this.database.db
        .deleteFrom("library_copies")
        .where("member", "=", member)
        .where("slug", "=", slug)
        .where("hash", "=", hash)
        .where("version", "is", null)
        .execute()
    })
  }

  /** Keeps a copy that fits its hash, unless there is a newer version by now, or it is no publication of its kind. */
  put({ member, slug, version, kind, hash }: Wanted, content: Bytes): Promise<void> {
    const read = readOr(content, kind)
    return this.database.atomically(async () => {
      const there = await this.entry({ member, slug })
      if (there?.version !== version) return
      if ("refused" in read) {
        await this.give({ member, slug, version }, read.refused)
        return
      }
      await this.database.db
        .insertInto("library_copies")
        .values({ member, slug, hash, version, content, at: there.at })
        .onConflict((conflict) => conflict.columns(["member", "slug", "hash"]).doUpdateSet({ version }))
        .execute()
      const { title, language } = read
      await this.set({ member, slug, version }, { title, language, lacking: null, next_at: null })
    })
  }

  /** Looked for in vain: later again. @param now ms */
  async later(wanted: Wanted, code: string, now: number): Promise<void> {
    const tries = ((await this.entry(wanted))?.tries ?? 0) + 1
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 20), LONGEST_PAUSE_MS)
    await this.set(wanted, { lacking: code, tries, next_at: now + pauseMs })
  }

  /** Not to be looked for any more: it is no publication that is kept here. */
  give(wanted: Place & { readonly version: number }, code: string): Promise<void> {
    return this.set(wanted, { lacking: code, next_at: null })
  }

  /** @param now ms */
  async due(now: number, limit: number): Promise<readonly Wanted[]> {
    const rows = await this.database.db
      .selectFrom("library_entries")
      .select(["member", "slug", "version", "kind", "hash", "size"])
      .where("next_at", "<=", now)
      .orderBy("next_at")
      .limit(limit)
      .execute()
    return rows.flatMap(({ hash, ...row }) => (hash ? [{ ...row, hash }] : []))
  }

  /** Bytes of copies of a member's publications. */
  async bytesOf(member: MemberId): Promise<number> {
    const row = await this.database.db
      .selectFrom("library_entries")
      .select((select) => select.fn.sum<number | null>("size").as("bytes"))
      .where("member", "=", member)
      .where("lacking", "is", null)
      .executeTakeFirst()
    return Number(row?.bytes ?? 0)
  }

  async countOf(member: MemberId): Promise<number> {
    const row = await this.database.db
      .selectFrom("library_entries")
      .select((select) => select.fn.countAll<number>().as("count"))
      .where("member", "=", member)
      .executeTakeFirstOrThrow()
    return row.count
  }

  async page(after: Place | undefined): Promise<LibraryPage> {
    const rows = await this.database.db
      .selectFrom("library_entries")
      .selectAll()
      .where(({ eb, lit, refTuple, tuple }) =>
        after ? eb(refTuple("member", "slug"), ">", tuple(after.member, after.slug)) : lit(true),
      )
      .orderBy("member")
      .orderBy("slug")
      .limit(PAGE)
      .execute()
    const last = rows.length === PAGE ? rows[PAGE - 1] : undefined
    return {
      entries: rows.map(({ tries: _tries, next_at: _next, ...entry }) => entry),
      next: last ? `${last.member}/${last.slug}` : null,
    }
  }

  async entry({ member, slug }: Place): Promise<(LibraryEntry & { readonly tries: number }) | undefined> {
    return this.database.db
      .selectFrom("library_entries")
      .selectAll()
      .where("member", "=", member)
      .where("slug", "=", slug)
      .executeTakeFirst()
  }

  async copy({ member, slug }: Place, hash: Bytes): Promise<Bytes | undefined> {
    const row = await this.database.db
      .selectFrom("library_copies")
      .select("content")
      .where("member", "=", member)
      .where("slug", "=", slug)
      .where("hash", "=", hash)
      .executeTakeFirst()
    return row?.content
  }

  /** Of older versions nothing stays; own ones that are on their way to the ledger do. */
  private async forgetBefore({ member, slug }: Place, version: number, hash: Bytes | null): Promise<void> {
    const old = await this.database.db
      .selectFrom("library_copies")
      .select("hash")
      .where("member", "=", member)
      .where("slug", "=", slug)
      .where("version", "<", version)
      .execute()
    for (const one of old.filter((one) => !hash || !equalBytes(one.hash, hash)))
      await this.database.db
        .deleteFrom("library_copies")
        .where("member", "=", member)
        .where("slug", "=", slug)
        .where("hash", "=", one.hash)
        .execute()
  }

  /** There may be room again. */
  private async wantAgain(member: MemberId): Promise<void> {
    await this.database.db
      .updateTable("library_entries")
      .set({ next_at: 0, tries: 0 })
      .where("member", "=", member)
      .where("lacking", "=", NO_ROOM)
      .execute()
  }

  private set(
    { member, slug, version }: Place & { readonly version: number },
    values: Partial<Tables["library_entries"]>,
  ): Promise<void> {
    return this.database.atomically(async () => {
      await this.database.db
        .updateTable("library_entries")
        .set(values)
        .where("member", "=", member)
        .where("slug", "=", slug)
        .where("version", "=", version)
        .execute()
    })
  }
}

function readOr(content: Bytes, kind: PublicationKind): Publication | { readonly refused: string } {
  try {
    return readPublication(content, kind)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return { refused: error.code }
  }
}

/** Why there is no copy: it was not fetched yet; the member has more than is copied. */
export const NOT_YET = "not_copied_yet"
export const NO_ROOM = "library_full"
