import type { AccountPart, CheckedEntry } from "@aceso/client"
import { decodeCbor, indexedLines, manifestBody, toHex } from "@aceso/core"
import { saysOpened } from "@aceso/core/display/index.ts"
import type { Language } from "../../texts/language.ts"
import { consentAt, type ShownConsent, titlesOf } from "./access.ts"
import type { At, Known, Where } from "./known.ts"

/** An entry of the audit, and what the device makes of it. */
export interface ShownEntry extends Omit<CheckedEntry, "tag" | "event">, Where {
  readonly verdict: Verdict
  /** Consents by which it was decided, as they were then. */
  readonly by: readonly ShownConsent[]
  /** The first that its organisation saw of the person. */
  readonly isFirst: boolean
}

/**
 * `allowed`: decided again here, and right; `contradicted`: something was opened that should not have been; `differs`:
 * something else does not fit; `covered`: the consents are others today,
 * and those of them that stood already then open it; `past`: they are others, so it cannot be decided again; `refused`: nothing was
 * opened; `told`: nobody read records.
 */
export type Verdict = "allowed" | "covered" | "contradicted" | "differs" | "past" | "refused" | "told"

export interface ShownAccount extends Omit<AccountPart, "entries" | "consents"> {
  readonly entries: readonly ShownEntry[]
  /** By which a desk that lost its list still finds the person; of use after a recovery alone. */
  readonly lostName: string
}

export function verdictOf({
  outcome,
  contradictions,
  allowedBy,
  coveredBy,
}: Pick<CheckedEntry, "outcome" | "contradictions" | "allowedBy" | "coveredBy">): Verdict {
  if (contradictions.some(saysOpened)) return "contradicted"
  if (contradictions.length > 0) return "differs"
  if (outcome === "denied") return "refused"
  if (outcome !== "read") return "told"
  if (allowedBy !== undefined) return "allowed"
  return coveredBy === undefined ? "past" : "covered"
}

/** The first entries by which each organisation saw anything, as `place n`. */
export function firstLooks(
  all: readonly { readonly place: string; readonly entries: readonly CheckedEntry[] }[],
): ReadonlySet<string> {
  const first = new Map<string, { readonly time: number; readonly name: string }>()
  for (const { place, entries } of all)
    for (const { outcome, requester, time: text, n } of entries) {
      const time = Date.parse(text)
      if (outcome !== "read" || Number.isNaN(time)) continue
      const before = first.get(requester)
      if (!before || time < before.time) first.set(requester, { time, name: `${place} ${n}` })
    }
  return new Set([...first.values()].map(({ name }) => name))
}

/** Who looked, and what the device says of it. */
export function auditCalls(known: Known) {
  const { client } = known
  return {
    /** Told how far it is at a custodian. */
    async account(
      onProgress: (custodian: string, n: number, highest: number) => void,
    ): Promise<At<ShownAccount>[]> {
      const parts = await known.each(async (place) => ({
        part: await client.accountAt(place, onProgress),
        lostName: `lost-${toHex(place.handle).slice(0, 16)}`,
      }))
      const first = firstLooks(
        parts.flatMap((one) =>
          "value" in one ? [{ place: one.place, entries: one.value.part.entries }] : [],
        ),
      )
      return parts.map((one): At<ShownAccount> => {
        if (!("value" in one)) return one
        const { custodian, place } = one
        const { part, lostName } = one.value
        const { consents: documents, ...rest } = part
        const consents = documents.map((document) => consentAt(one, document))
        const entries = part.entries.map(
          ({ tag: _tag, event: _event, ...entry }): ShownEntry => ({
            ...entry,
            types: { ...entry.types },
            ...{ custodian, place },
            verdict: verdictOf(entry),
            by: consents.filter(({ id }) => (entry.allowedBy ?? entry.coveredBy)?.includes(id)),
            isFirst: first.has(`${place} ${entry.n}`),
          }),
        )
        return { custodian, place, value: { ...rest, entries, lostName } }
      })
    },
    /** What an entry opened, by title; records that cannot be shown here have none. */
    async opened(place: string, n: number, language: Language) {
      const at = known.placeOf(place)
      const { body } = await client.auditLine(at, n)
      if (!body) return []
      const lines = indexedLines(manifestBody.parse(decodeCbor(body), "body"))
      const ids = lines.flatMap(({ status, entry }) =>
        status === "released" && entry ? [toHex(entry.recordId)] : [],
      )
      return titlesOf(known, at.custodian, ids, language)
    },
  }
}
