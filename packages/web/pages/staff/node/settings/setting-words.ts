import { useMoments } from "../../../../kit/moments.ts"
import { useI18n } from "../../../../texts/i18n.ts"
import { useDurations } from "../durations.ts"

/** Values of settings as people read them. */
export function useSettingWords() {
  const { t, te } = useI18n()
  const { number } = useMoments()
  const { exactly } = useDurations()
  return {
    /** @param value a number or yes and no, as JSON */
    saidOf(name: string, value: string): string {
      if (value === "true" || value === "false") return t(`settings.${value}`)
      if (!/^\d+$/.test(value)) return value
      if (name.endsWith("Ms")) return exactly(Number(value))
      return name.endsWith("Percent") ? `${number(Number(value))} %` : value
    },
    nameOf: (name: string): string => (te(`settings.names.${name}`) ? t(`settings.names.${name}`) : name),
    whatOf: (name: string): string => (te(`settings.what.${name}`) ? t(`settings.what.${name}`) : ""),
  }
}
