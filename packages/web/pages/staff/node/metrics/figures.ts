import { computed } from "vue"
import { useSizes } from "../../../../kit/sizes.ts"
import { tagOf } from "../../../../kit/when.ts"
import { useI18n } from "../../../../texts/i18n.ts"
import type { PlotOf } from "./samples.ts"

/** Figures and times of plots as people of the chosen language write them. */
export function useFigures() {
  const { locale } = useI18n()
  const { size } = useSizes()
  const tag = computed(() => tagOf(locale.value))
  const time = computed(() => new Intl.DateTimeFormat(tag.value, { timeStyle: "medium" }))
  const number = computed(() => new Intl.NumberFormat(tag.value, { maximumFractionDigits: 2 }))
  return {
    /** @param ms */
    clock: (ms: number): string => time.value.format(ms),
    shown: (kind: PlotOf["in"], value: number): string =>
      kind === "bytes" ? size(value) : number.value.format(value),
  }
}
