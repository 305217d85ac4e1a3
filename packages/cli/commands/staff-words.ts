import { KNOWN_ROLES, type StaffAnswer, type StaffChanged } from "@aceso/client"
import { meant } from "../meant.ts"
import { UsageError } from "../session.ts"

/** A role goes into the signed directory and to every patient whose records are asked for: a slip would stay there. */
export function roleOf(given: string): string {
  if (KNOWN_ROLES.includes(given)) return given
  const close = meant(given, KNOWN_ROLES)
  throw new UsageError(
    `--role ${given} is no role${close === undefined ? "" : `; did you mean ${close}?`} There are ${KNOWN_ROLES.join(", ")}`,
  )
}

/** @throws UsageError */
export function mustBeName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name))
    throw new UsageError(`${name}: expected small letters, digits and hyphens, such as dr-chen`)
}

export const NAME = { name: "name", words: "as aceso staff list shows it" } as const
export const ROLE = {
  type: "string",
  words: "a practitioner's, such as doctor: others ask this organisation's patients by it",
  value: "<role>",
} as const

type Person = StaffAnswer["people"][number]

export const rightsOf = ({ isAdministrator, role }: Pick<Person, "isAdministrator" | "role">): string =>
  [...(isAdministrator ? ["administrator"] : []), ...(role ? [role] : [])].join(", ") || "staff"

/** Whether what was changed is known to others. */
export const publishedWords = ({ isPublished }: Pick<StaffChanged, "isPublished">): string =>
  isPublished
    ? "  the ledger has the directory as it is now"
    : "  the directory goes to the ledger as soon as it takes it; until then other custodians know the one before"

export const SECOND_WORDS =
  "  it waits for a second administrator, for 72 hours at most: aceso staff waiting, aceso staff second <id> --yes"
