import type { ChangedShown, Invited, StaffShown } from "../../../session/staff/people.ts"
import { useI18n } from "../../../texts/i18n.ts"

/** What administrators read of people. */
export function usePeopleWords() {
  const { t, te } = useI18n()
  const roleOf = (role: string): string =>
    te(`role.${role}`) ? t(`role.${role}`) : role.replaceAll("-", " ")
  return {
    roleOf,
    rightsOf: ({
      role,
      isAdministrator,
    }: {
      readonly role?: string | null
      readonly isAdministrator: boolean
    }) =>
      [...(isAdministrator ? [t("people.administrator")] : []), ...(role ? [roleOf(role)] : [])].join(
        " · ",
      ) || t("people.noRole"),
    publishedOf: ({ isPublished }: Pick<ChangedShown, "isPublished">) =>
      t(isPublished ? "people.published" : "people.unpublished"),
  }
}

/** A person is gone for good by now. */
export const hasLeft = ({ to }: StaffShown): boolean => to !== undefined && to <= Date.now()

export const emptyRights = (): Invited => ({ name: "", role: null, isAdministrator: false })

/** The beginning of a day on this device, ms; `plus`: so many days later. */
export function dayStart(day: string, plus = 0): number {
  const [year, month, date] = day.split("-").map(Number)
  return new Date(year, month - 1, date + plus).getTime()
}
/** A moment's day as a field of dates has it. */
export function dayField(ms: number): string {
  const at = new Date(ms)
  const two = (n: number) => String(n).padStart(2, "0")
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
