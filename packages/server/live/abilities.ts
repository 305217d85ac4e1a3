import type { NoticeLevel } from "@aceso/client"
import type { PatientTopic } from "@aceso/client/live-topics.ts"
import type { DelegateAbility } from "@aceso/core"

/**
 * What whoever acts for a person may hear of, live or by a notice, by one of these abilities; of what has none the
 * person alone does.
 */
export const TO_HEAR: Readonly<Record<PatientTopic, readonly DelegateAbility[]>> = {
  requests: ["decide", "read"],
  policy: ["decide", "read"],
  audit: ["read"],
  records: ["read"],
  inbox: ["write"],
  rekeys: [],
  delegates: [],
}

/** Of what a custodian rings, and at which level of notices it is told. */
export const RUNG = {
  requests: "decisions",
  rekeys: "decisions",
  audit: "accesses",
} as const satisfies Partial<Record<PatientTopic, NoticeLevel>>
export type RungTopic = keyof typeof RUNG

/** What a delegate needs to be told at a level at all. */
export const TO_WANT: Readonly<Record<NoticeLevel, readonly DelegateAbility[]>> = {
  decisions: TO_HEAR.requests,
  accesses: TO_HEAR.audit,
}
