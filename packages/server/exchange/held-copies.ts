import {
  asText,
  type ConsentCopy,
  concat,
  dateRange,
  type Hash,
  isInPolicy,
  isObject,
  nameOf,
  readPolicy,
} from "@aceso/core"
import type { HeldCopy } from "../vault/vault-visitors.ts"

const DAY_MS = 86_400_000
/** What is kept of one place's consents: so many, newest versions first, and so many bytes of documents. */
export const MAX_COPIES = 32
export const MAX_COPIES_BYTES = 256 * 1024
/** A change reaches the ledger within 14 days, or never (decision 0012): so long a patient's word is kept without it. */
export const WAITS_MS = 15 * DAY_MS
/** How long a copy is kept after it was last seen to be in the policy on the ledger; and after its consent ended. */
export const PROVEN_MS = 180 * DAY_MS
const ENDED_MS = 30 * DAY_MS
/** Which the ledger may have by then. */
const LOOK_MS = 10 * 60_000

/** The policy of a handle on the ledger. */
export type PolicyRow = { readonly version: number; readonly root: Hash } | undefined

/** @returns undefined: of another version than the ledger has, so that it says neither */
export function isProven(row: PolicyRow, copy: ConsentCopy): boolean | undefined {
  if (copy.version !== (row?.version ?? 0)) return undefined
  return row !== undefined && isInPolicy(row.root, copy.document, copy)
}

/**
 * What is left of copies: those that the ledger proves now, those that it proved once, and those that wait for it,
 * each until its end. One that the ledger contradicts is gone.
 * @param now ms
 */
export function stillHeld(held: readonly HeldCopy[], row: PolicyRow, now: number): HeldCopy[] {
  return held.flatMap((one): HeldCopy[] => {
    const proven = isProven(row, one.copy)
    if (proven) return heldFrom(one.copy, true, now)
    if (proven === false && !one.isProven) return []
    return one.until > now ? [one] : []
  })
}

/** @returns nothing: the consent ended too long ago */
export function heldFrom(copy: ConsentCopy, isProven: boolean, now: number): HeldCopy[] {
  const until = Math.min(endOf(copy) + ENDED_MS, now + (isProven ? PROVEN_MS : WAITS_MS))
  return until > now ? [{ copy, isProven, until }] : []
}

/** When they are to be held against the ledger again, ms. */
export const nextLook = (held: readonly HeldCopy[], now: number): number =>
  Math.min(...held.map(({ isProven, until }) => (isProven ? until : Math.min(until, now + LOOK_MS))))

/** Each document once, in its newest version; of too many those that are proven, and the newest versions. */
export function mergeCopies(old: readonly HeldCopy[], fresh: readonly HeldCopy[]): HeldCopy[] {
  const byDocument = new Map<string, HeldCopy>()
  for (const held of [...old, ...fresh]) {
    const { document, version } = held.copy
    const name = nameOf(concat(document.salt, document.content))
    const there = byDocument.get(name)
    // What the ledger has proven, no word of anybody takes away.
    if (there?.isProven && !held.isProven) continue
    if (!there || there.copy.version <= version) byDocument.set(name, held)
  }
  let sizeBytes = 0
  return [...byDocument.values()]
    .sort((a, b) => Number(b.isProven) - Number(a.isProven) || b.copy.version - a.copy.version)
    .slice(0, MAX_COPIES)
    .filter(({ copy }) => {
      sizeBytes += copy.document.content.length
      return sizeBytes <= MAX_COPIES_BYTES
    })
}

/** When a consent ends, ms; one without an end does not. @throws PlatformError `policy_unknown` */
export function endOf({ document }: ConsentCopy): number {
  const [{ provision }] = readPolicy([document]).consents
  const end = isObject(provision) && isObject(provision.period) ? asText(provision.period.end) : undefined
  if (end === undefined) return Number.POSITIVE_INFINITY
  try {
    return dateRange(end).toMs
  } catch (error) {
    // Such a consent permits nothing.
    if (error instanceof RangeError) return 0
    throw error
  }
}
