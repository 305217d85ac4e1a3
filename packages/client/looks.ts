import { type AuditEventFacts, type Reading, readAuditEvent, readingsRoot, toHex } from "@aceso/core"
import type { FoundName } from "@aceso/core/display/found-words.ts"

/** One look of the custodian's own staff. */
export type InsideLook = Pick<
  AuditEventFacts,
  "practitioner" | "practitionerName" | "role" | "purpose" | "time" | "reading"
>

/** As AuditEvents tell of them; what is none of a look is left out. */
export const looksIn = (day: readonly Reading[]): InsideLook[] =>
  day.flatMap(({ auditEvent }) => {
    const facts = readAuditEvent(auditEvent)
    if (facts?.reading === undefined) return []
    const { practitioner, practitionerName, role, purpose, time, reading } = facts
    return [
      {
        ...{ practitioner, role, purpose, time, reading },
        ...(practitionerName !== undefined && { practitionerName }),
      },
    ]
  })

/** What a leaf says of a day's looks, against those that were shown. @returns undefined: they are those */
export function wrongLooks(
  { readings: said }: AuditEventFacts,
  day: readonly Reading[],
): FoundName | undefined {
  if (!said) return day.length > 0 ? "looksStrange" : undefined
  if (day.length === 0) return "looksMissing"
  const isSame = day.length === said.count && toHex(readingsRoot(day)) === said.root
  return isSame && looksIn(day).length === day.length ? undefined : "looksStrange"
}
