import { tagOf, whenOf } from "../../../../kit/when.ts"
import type { CoursePoint } from "../../../../session/patient/records-values.ts"
import { useI18n } from "../../../../texts/i18n.ts"

/** What is said of a point, in the language of the page. */
export function usePointWords() {
  const { t, locale } = useI18n()
  /** The day as it was written, wherever it is read. */
  const dayOf = (written: string): string => whenOf(written, tagOf(locale.value)).date
  const momentOf = (written: string): string => {
    const { date, clock } = whenOf(written, tagOf(locale.value))
    return clock === undefined ? date : `${date} ${clock}`
  }
  return {
    dayOf,
    timeOf: ({ time, until }: CoursePoint): string =>
      until === undefined ? momentOf(time) : `${momentOf(time)} – ${momentOf(until)}`,
    numberOf: ({ text, unit }: CoursePoint): string => `${text} ${unit}`.trim(),
    /** What has to be read with the value. */
    besideOf: ({ said, doubts }: CoursePoint): readonly string[] => [
      ...said,
      ...doubts.map((doubt) => t(`records.values.doubt.${doubt}`)),
    ],
  }
}
