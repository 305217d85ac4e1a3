import { useI18n } from "../texts/i18n.ts"

/** A role as a directory has it, in words. */
export function useRoleText() {
  const { t, te } = useI18n()
  return (role: string): string => (te(`role.${role}`) ? t(`role.${role}`) : role.replaceAll("-", " "))
}
