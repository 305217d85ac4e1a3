import { type Bytes, type Cbor, decodeTrusted, encodeCbor, toHex } from "@aceso/core"
import { SqliteDuplicates } from "./sqlite-duplicates.ts"
import type { CopyTotals, HeldCopy, NewVisitor, Visitor, VisitorPlace } from "./vault-visitors.ts"
import { aliasOfVisitor, visitorOfAlias } from "./visitor-alias.ts"

/**
 * Visitors: people whose records lie elsewhere. Which handles are one person's is what the file must not show, so
 * places are found by blind tags and are encrypted, as copies are. An alias is its row's number, never given twice.
 */
export abstract class SqliteVisitors extends SqliteDuplicates {
  joinPlaces(
    places: readonly VisitorPlace[],
    { now, keptUntil, byCopyFrom }: NewVisitor,
  ): Promise<{ visitor: Visitor; folded: readonly string[] }> {
    return this.atomically(async () => {
      const tags = places.map((place) => this.placeTag(place))
      const known = [...new Set(tags.flatMap((tag) => this.visitorAt(tag) ?? []))].sort((a, b) => a - b)
      const id = known[0] ?? this.newVisitor(now, byCopyFrom)
      for (const other of known.slice(1)) this.fold(other, id)
      const insert = this.prepare("INSERT OR IGNORE INTO visitor_places VALUES (?, ?, ?)")
      for (const [i, { custodian, handle }] of places.entries())
        insert.run(tags[i], id, this.sealDocument("visitor place", tags[i], encodeCbor([custodian, handle])))
      this.prepare("UPDATE visitors SET kept_until = max(kept_until, ?) WHERE id = ?").run(keptUntil, id)
      return { visitor: this.visitorOf(id), folded: known.slice(1).map(aliasOfVisitor) }
    })
  }

  async visitor(by: { place: VisitorPlace } | { alias: string }): Promise<Visitor | undefined> {
    const id =
      "place" in by ? this.visitorAt(this.placeTag(by.place)) : this.unfolded(visitorOfAlias(by.alias))
    return id === undefined ? undefined : this.visitorOf(id)
  }

  async visitors(after: number, limit: number): Promise<readonly Visitor[]> {
    const rows = this.prepare(
      "SELECT id FROM visitors WHERE id > ? AND folded_into IS NULL ORDER BY id LIMIT ?",
    ).all(after, limit)
    return rows.map(({ id }) => this.visitorOf(id as number))
  }

  async visitorsByCopySince(custodian: string, since: number): Promise<number> {
    const row = this.prepare("SELECT count(*) AS n FROM visitors WHERE by_copy_from = ? AND since > ?").get(
      custodian,
      since,
    )
    return Number(row?.n)
  }

  setCopies(place: VisitorPlace, copies: readonly HeldCopy[], lookAt: number): Promise<void> {
    return this.atomically(async () => {
      const tag = this.placeTag(place)
      if (copies.length === 0) {
        this.prepare("DELETE FROM visitor_copies WHERE place = ?").run(tag)
        return
      }
      const sealed = this.sealDocument("visitor copies", tag, encodeCbor(copies as unknown as Cbor))
      // Replaced, it would be deleted and inserted, of which triggers hear half.
      this.prepare(
        "INSERT INTO visitor_copies VALUES (?, ?, ?, ?) ON CONFLICT (place) DO UPDATE SET look_at = excluded.look_at, copies = excluded.copies",
      ).run(tag, this.custodianTag(place.custodian), lookAt, sealed)
    })
  }

  async copies(place: VisitorPlace): Promise<readonly HeldCopy[]> {
    const tag = this.placeTag(place)
    const row = this.prepare("SELECT copies FROM visitor_copies WHERE place = ?").get(tag)
    if (!row) return []
    const plain = this.openDocument("visitor copies", tag, row.copies as Bytes)
    return decodeTrusted(plain) as unknown as HeldCopy[]
  }

  async dueCopies(now: number, limit: number): Promise<readonly VisitorPlace[]> {
    const rows = this.prepare(
      "SELECT p.tag, p.place FROM visitor_copies c JOIN visitor_places p ON p.tag = c.place WHERE c.look_at <= ? ORDER BY c.look_at LIMIT ?",
    ).all(now, limit)
    return rows.map((row) => this.placeOf(row.tag as Bytes, row.place as Bytes))
  }

  async copyTotals(custodian: string): Promise<CopyTotals> {
    const row = this.prepare("SELECT places, bytes FROM copy_totals WHERE custodian = ?").get(
      this.custodianTag(custodian),
    )
    return { places: Number(row?.places ?? 0), bytes: Number(row?.bytes ?? 0) }
  }

  forgetVisitors(now: number, limit: number): Promise<number> {
    return this.atomically(async () => {
      const due = this.prepare(
        `SELECT id FROM visitors v WHERE kept_until < ? AND folded_into IS NULL AND NOT EXISTS (
          SELECT 1 FROM visitor_places p JOIN visitor_copies c ON c.place = p.tag WHERE p.visitor = v.id
        ) ORDER BY kept_until LIMIT ?`,
      ).all(now, limit)
      for (const { id } of due) {
        this.prepare("DELETE FROM visitor_places WHERE visitor = ?").run(id)
        this.prepare("DELETE FROM visitors WHERE id = ? OR folded_into = ?").run(id, id)
      }
      return due.length
    })
  }

  private newVisitor(now: number, byCopyFrom: string | null): number {
    const row = this.prepare(
      "INSERT INTO visitors (folded_into, since, kept_until, by_copy_from) VALUES (NULL, ?, 0, ?)",
    ).run(now, byCopyFrom)
    return Number(row.lastInsertRowid)
  }

  private fold(from: number, into: number): void {
    this.prepare("UPDATE visitor_places SET visitor = ? WHERE visitor = ?").run(into, from)
    this.prepare("UPDATE visitors SET folded_into = ? WHERE id = ? OR folded_into = ?").run(into, from, from)
    this.prepare(
      "UPDATE visitors SET kept_until = max(kept_until, (SELECT kept_until FROM visitors WHERE id = ?)) WHERE id = ?",
    ).run(from, into)
  }

  private visitorAt(tag: Bytes): number | undefined {
    return this.prepare("SELECT visitor FROM visitor_places WHERE tag = ?").get(tag)?.visitor as
      | number
      | undefined
  }

  /** The visitor that this one is now; undefined: there is none. */
  private unfolded(id: number | undefined): number | undefined {
    if (id === undefined) return undefined
    return this.prepare("SELECT coalesce(folded_into, id) AS id FROM visitors WHERE id = ?").get(id)?.id as
      | number
      | undefined
  }

  private visitorOf(id: number): Visitor {
    const since = this.prepare("SELECT since FROM visitors WHERE id = ?").get(id)?.since as number
    const places = this.prepare("SELECT tag, place FROM visitor_places WHERE visitor = ? ORDER BY tag").all(
      id,
    )
    const folded = this.prepare("SELECT id FROM visitors WHERE folded_into = ? ORDER BY id").all(id)
    return {
      id,
      alias: aliasOfVisitor(id),
      since,
      places: places.map((row) => this.placeOf(row.tag as Bytes, row.place as Bytes)),
      also: folded.map((row) => aliasOfVisitor(row.id as number)),
    }
  }

  private placeOf(tag: Bytes, sealed: Bytes): VisitorPlace {
    const [custodian, handle] = decodeTrusted(this.openDocument("visitor place", tag, sealed)) as [
      string,
      Bytes,
    ]
    return { custodian, handle }
  }

  private custodianTag(custodian: string): Bytes {
    return this.tag("custodian of copies", custodian)
  }

  private placeTag({ custodian, handle }: VisitorPlace): Bytes {
    return this.tag("visitor place", custodian, toHex(handle))
  }
}
