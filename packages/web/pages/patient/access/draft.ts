import type { GrantTerms } from "@aceso/client"
import { RECORD_KINDS } from "@aceso/core/display/kinds.ts"
import { endOfDay, endOfVisit, inDays } from "./ends.ts"

export type EndChoice = "visit" | "week" | "month" | "year" | "date"

/** What somebody has chosen so far in the three steps. */
export interface Draft {
  grantee: string
  extent: "all" | "some"
  /** Names of kinds (`RECORD_KINDS`). */
  kinds: string[]
  isRanged: boolean
  /** Days such as 2026-01-31; empty: no bound. */
  from: string
  to: string
  purpose: string
  end: EndChoice
  /** The last day, where one is chosen. */
  day: string
  /** One record alone, at the organisation that keeps it; absent: what stands above. */
  record?: { readonly custodian: string; readonly reference: string; readonly title: string }
}

export const newDraft = (): Draft => ({
  ...{ grantee: "", extent: "all", kinds: [], isRanged: false, from: "", to: "" },
  ...{ purpose: "TREAT", end: "week", day: "" },
})

const DAYS: Readonly<Record<Exclude<EndChoice, "visit" | "date">, number>> = { week: 7, month: 30, year: 365 }

/** ms; undefined: no day was chosen, or none in the future. */
export function endOf({ end, day }: Pick<Draft, "end" | "day">, now: number): number | undefined {
  if (end === "visit") return endOfVisit(now)
  if (end !== "date") return inDays(now, DAYS[end])
  const ms = endOfDay(day)
  return ms !== undefined && ms > now && ms <= inDays(now, MAX_DAYS) ? ms : undefined
}
/** A consent ends within ten years. */
const MAX_DAYS = 3650

/** FHIR types of kinds by their names. */
export const typesOf = (kinds: readonly string[]): string[] =>
  RECORD_KINDS.filter(({ name }) => kinds.includes(name)).flatMap(({ types }) => types)

/** What lacks or does not fit in a step: names of texts. */
export type Lack = "whom" | "kinds" | "range" | "day"

export function lacksOf(draft: Draft, now: number): Lack[] {
  const { grantee, extent, kinds, isRanged, from, to, record } = draft
  const isWide = record === undefined
  return [
    ...(grantee === "" ? (["whom"] as const) : []),
    ...(isWide && extent === "some" && kinds.length === 0 ? (["kinds"] as const) : []),
    ...(isWide && isRanged && from !== "" && to !== "" && from > to ? (["range"] as const) : []),
    ...(endOf(draft, now) === undefined ? (["day"] as const) : []),
  ]
}

/** What is signed. @throws Error where something lacks */
export function termsOf(draft: Draft, now: number): GrantTerms {
  const until = endOf(draft, now)
  if (until === undefined || lacksOf(draft, now).length > 0) throw new Error("a step is not finished")
  const { grantee, purpose, extent, kinds, isRanged, from, to, record } = draft
  if (record) return { grantee, purpose, classes: [], records: [record.reference], until }
  return {
    ...{ grantee, purpose, classes: extent === "all" ? [] : typesOf(kinds), until },
    ...(isRanged && from !== "" && { dataFrom: from }),
    ...(isRanged && to !== "" && { dataTo: to }),
  }
}

const PURPOSES_BY_KIND: Readonly<Record<string, string>> = {
  insurer: "HPAYMT",
  researcher: "HRESCH",
  fund: "HPAYMT",
  office: "PATRQT",
}
/** What somebody of that kind asks for as a rule. */
export const purposeFor = (kind: string): string =>
  Object.hasOwn(PURPOSES_BY_KIND, kind) ? PURPOSES_BY_KIND[kind] : "TREAT"
