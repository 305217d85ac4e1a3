import type { TimelineEntry } from "@aceso/client"
import { english, type Tongue } from "@aceso/core/display/index.ts"
import type { Language } from "../texts/language.ts"

/** The words of a language; those that not everybody reads come when somebody does. */
export const tongueOf = async (language: Language): Promise<Tongue> =>
  language === "zh" ? (await import("@aceso/core/display/chinese.ts")).chinese : english

const told = new WeakMap<readonly TimelineEntry[], readonly TimelineEntry[]>()

/** A timeline in a language: the same entries, in the same order. */
export async function timelineIn(
  timeline: readonly TimelineEntry[],
  language: Language,
): Promise<readonly TimelineEntry[]> {
  if (language === "en") return timeline
  const known = told.get(timeline)
  if (known) return known
  const [{ restated }, tongue] = await Promise.all([import("@aceso/client/restated.ts"), tongueOf(language)])
  const all = timeline.map((entry) => restated(entry, tongue))
  told.set(timeline, all)
  return all
}

/** One of its entries. */
export async function entryIn(entry: TimelineEntry, language: Language): Promise<TimelineEntry> {
  const [one] = await timelineIn([entry], language)
  return one
}
