import { computed } from "vue"
import { tagOf } from "../../../kit/when.ts"
import { useI18n } from "../../../texts/i18n.ts"

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
] as const

/** Lengths of time as people of the chosen language write them. */
export function useDurations() {
  const { locale } = useI18n()
  const tag = computed(() => tagOf(locale.value))
  const inUnit = (value: number, unit: string, digits: number): string =>
    new Intl.NumberFormat(tag.value, {
      ...{ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: digits },
    }).format(value)
  return {
    /** Exactly, in the units that it is made of: 1 hour 30 minutes. @param ms */
    exactly(ms: number): string {
      if (ms === 0) return inUnit(0, "second", 0)
      let rest = ms
      const parts: string[] = []
      for (const [unit, size] of UNITS) {
        const count = Math.floor(rest / size)
        rest -= count * size
        if (count > 0) parts.push(inUnit(count, unit, 0))
      }
      return parts.join(" ")
    },
    /** In its greatest unit alone. @param ms */
    about(ms: number): string {
      const [unit, size] = UNITS.find(([, one]) => ms >= one && one >= 1_000) ?? UNITS[3]
      return inUnit(Math.floor(Math.max(0, ms) / size), unit, 0)
    },
  }
}
