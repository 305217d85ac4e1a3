import type { StaffAnswer, StaffChanged } from "@aceso/client"
import { meant } from "../meant.ts"
import { UsageError } from "../session.ts"

/** FHIR R4's practitioner-role, v3's and what the demo's organisations have beside them. */
const ROLES = [
  ...["doctor", "physician", "nurse", "midwife", "dentist", "pharmacist", "therapist", "psychologist"],
  ...["paramedic", "technician", "researcher", "social-worker", "claims-officer", "emergency-physician"],
  ...["patient-relations", "complaints-officer"],
]

/** A role goes into the signed directory and to every patient whose records are asked for: a slip would stay there. */
export function roleOf(given: string): string {
  if (ROLES.includes(given)) return given
  const close = meant(given, ROLES)
  throw new UsageError(
    `--role ${given} is no role${close === undefined ? "" : `; did you mean ${close}?`} There are ${ROLES.join(", ")}`,
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
