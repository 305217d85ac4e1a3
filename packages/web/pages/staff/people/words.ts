import { useRoleText } from "../../../kit/role-text.ts"
import type { ChangedShown, Invited, StaffShown } from "../../../session/staff/people.ts"
import { useI18n } from "../../../texts/i18n.ts"

/** What administrators read of people. */
export function usePeopleWords() {
  const { t } = useI18n()
  const roleOf = useRoleText()
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
