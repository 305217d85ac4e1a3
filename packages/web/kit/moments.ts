import { computed } from "vue"
import { useI18n } from "../texts/i18n.ts"
import { isDate, tagOf } from "./when.ts"

/**
 * Moments as people of the chosen language write them, in the device's zone. A number that no calendar has, such as a
 * ledger may hold, is shown as that: a page that fails shows nothing.
 */
export function useMoments() {
  const { t, locale } = useI18n()
  const tag = computed(() => tagOf(locale.value))
  const format = (options: Intl.DateTimeFormatOptions) =>
    computed(() => new Intl.DateTimeFormat(tag.value, options))
  const day = format({ dateStyle: "medium" })
  const moment = format({ dateStyle: "medium", timeStyle: "short" })
  const number = (value: number) => new Intl.NumberFormat(tag.value).format(value)
  const by = (format: Intl.DateTimeFormat, ms: number): string =>
    isDate(ms) ? format.format(ms) : t("kit.noDate", { number: number(ms) })
  return {
    /** @param ms */
    day: (ms: number) => by(day.value, ms),
    moment: (ms: number) => by(moment.value, ms),
    /** In a form of the page's own. */
    by,
    number,
  }
}
