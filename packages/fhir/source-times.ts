/**
 * What a source says of a resource has the source's own time (R4, `Meta.lastUpdated`, `Bundle.entry.response.lastModified`).
 * An older version that comes later does not become the newest, and what was deleted since does not stand again. Version
 * ids have no order (R4, resource.html#metadata), and times of two sources are not compared.
 */

/** The newest that a source has said of a resource. */
export interface Said {
  /** ms since 1970, by the source's clock. */
  readonly at: number
  /** It said that it had deleted it. */
  readonly isEnd: boolean
}

/** Clocks go wrong by so much: what claims to be of later is of no known time, or nothing newer could come for long. */
const MAX_AHEAD_MS = 5 * 60_000

/** @param now ms */
export const isCredible = (at: number | undefined, now: number): at is number =>
  at !== undefined && at <= now + MAX_AHEAD_MS

/** Whether its source has said something newer since, by what is known. */
export const isOlder = (
  at: number | undefined,
  isEnd: boolean,
  last: Said | undefined,
  now: number,
): boolean =>
  isCredible(at, now) && last !== undefined && (at < last.at || (at === last.at && last.isEnd && !isEnd))
