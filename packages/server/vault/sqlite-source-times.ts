import { type Bytes, decodeTrusted, encodeCbor } from "@aceso/core"
import type { Said } from "@aceso/fhir"
import { SqliteUnfiled } from "./sqlite-unfiled.ts"

/** Of which resource, in whose words. */
export interface SaidBy {
  readonly source: string
  /** The server's address, where one source's servers are told apart. */
  readonly base: string
  readonly type: string
  readonly fhirId: string
}

/** When sources last changed what they have sent, by their own clocks. Nothing of it can be read in the file. */
export abstract class SqliteSourceTimes extends SqliteUnfiled {
  /** Without waiting. */
  said(by: SaidBy): Said | undefined {
    const tag = this.saidTag(by)
    const row = this.prepare("SELECT content FROM source_times WHERE tag = ?").get(tag)
    if (!row) return undefined
    const [at, isEnd] = decodeTrusted(
      this.openDocument("source time", tag, row.content as Bytes),
    ) as unknown as [number, boolean]
    return { at, isEnd }
  }

  /** Within the caller's transaction. */
  setSaid(by: SaidBy, { at, isEnd }: Said): void {
    const tag = this.saidTag(by)
    const content = this.sealDocument("source time", tag, encodeCbor([at, isEnd]))
    this.prepare(
      "INSERT INTO source_times VALUES (?, ?) ON CONFLICT (tag) DO UPDATE SET content = excluded.content",
    ).run(tag, content)
  }

  private saidTag({ source, base, type, fhirId }: SaidBy): Bytes {
    return this.tag("source time", source, base, type, fhirId)
  }
}
