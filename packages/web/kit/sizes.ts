import { useI18n } from "../texts/i18n.ts"
import { tagOf } from "./when.ts"

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const

/** Sizes of files as people of the chosen language write them. */
export function useSizes() {
  const { locale } = useI18n()
  return {
    size(bytes: number): string {
      const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
      const options = { style: "unit", unit: UNITS[step], maximumSignificantDigits: 3 } as const
      return new Intl.NumberFormat(tagOf(locale.value), options).format(bytes / 1000 ** step)
    },
  }
}
