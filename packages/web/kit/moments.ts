import { computed } from "vue"
import { useI18n } from "../texts/i18n.ts"
import { tagOf } from "./when.ts"

/** Moments as people of the chosen language write them, in the device's zone. */
export function useMoments() {
  const { locale } = useI18n()
  const tag = computed(() => tagOf(locale.value))
  const format = (options: Intl.DateTimeFormatOptions) =>
    computed(() => new Intl.DateTimeFormat(tag.value, options))
  const day = format({ dateStyle: "medium" })
  const moment = format({ dateStyle: "medium", timeStyle: "short" })
  return {
    /** @param ms */
    day: (ms: number) => day.value.format(ms),
    moment: (ms: number) => moment.value.format(ms),
    number: (value: number) => new Intl.NumberFormat(tag.value).format(value),
  }
}
