import { useI18n } from "../texts/i18n.ts"

/**
 * What a fault is called by its code: in the words of an area where it has some, else in those of all pages.
 * @param area name of texts with a group `fault`, whose `other` is said of codes that have no words at all
 */
export function useFaultText(area?: string) {
  const { t, te } = useI18n()
  const own = (code: string): boolean => area !== undefined && te(`${area}.fault.${code}`)
  const nameOf = (code: string): string => {
    if (own(code)) return `${area}.fault.${code}`
    if (te(`fault.${code}`)) return `fault.${code}`
    return own("other") ? `${area}.fault.other` : "fault.other"
  }
  return {
    faultText: (code: string): string => t(nameOf(code)),
    /** Whether there are words for just this code by now. */
    isKnown: (code: string): boolean => nameOf(code).endsWith(`.${code}`),
    /** Whether an area says itself what to do. */
    isOwn: (code: string): boolean => nameOf(code).startsWith(`${area}.`),
  }
}
