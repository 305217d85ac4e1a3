import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { ReadResource } from "./reading.ts"

/** Clocks go wrong by so much at most: what claims to be of later is of no known time, or nothing newer could ever come. */
const MAX_AHEAD_MS = 86_400_000

type Dated = Pick<ReadResource, "type" | "id" | "base" | "saidAt" | "isEnd">

/**
 * What a source says of a resource has the source's own time (R4, `Meta.lastUpdated`, `Bundle.entry.response.lastModified`).
 * An older version that comes later does not become the newest, and what was deleted since does not stand again. Version
 * ids have no order (R4, resource.html#metadata), and times of two sources are not compared.
 */
export class SourceTimes {
  private readonly vault: SqliteVault
  private readonly until: number

  /** @param now ms */
  constructor(vault: SqliteVault, now: number) {
    this.vault = vault
    this.until = now + MAX_AHEAD_MS
  }

  /** @returns ms: the source has said something newer of it, then; undefined: not that anybody knows */
  newerThan({ saidAt, isEnd, ...one }: Dated, source: string): number | undefined {
    if (saidAt === undefined || saidAt > this.until) return undefined
    const last = this.vault.said(saidBy(one, source))
    if (!last) return undefined
    const isOlder = saidAt < last.at || (saidAt === last.at && last.isEnd && !isEnd)
    return isOlder ? last.at : undefined
  }

  /** Of an end without a time nothing is known but that it came after all that was said. */
  note({ saidAt, isEnd, ...one }: Dated, source: string): void {
    const by = saidBy(one, source)
    const isKnown = saidAt !== undefined && saidAt <= this.until
    const at = isKnown ? saidAt : isEnd ? this.vault.said(by)?.at : undefined
    if (at !== undefined) this.vault.setSaid(by, { at, isEnd })
  }
}

/** One person is called something by several servers of a source, each with times of its own. */
const saidBy = ({ type, id, base }: Pick<Dated, "type" | "id" | "base">, source: string) => ({
  source,
  base: type === "Patient" ? base : "",
  type,
  fhirId: id,
})
