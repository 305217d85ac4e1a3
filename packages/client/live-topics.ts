/**
 * What an event of a node's stream may say: that there is something new to look at, and of what kind. Never what, nor of
 * whom (docs/decisions/0047-live-updates.md).
 */

/**
 * Of staff. `requests`: a request of the caller's may be answerable now. `visitors`: somebody became known here, or
 * consents came. `desk`: a device came to the caller's code, or got its key. `patient`: records of somebody whom the
 * caller looked at were written.
 */
export const STAFF_TOPICS = ["inbox", "requests", "visitors", "desk", "patient"] as const
/** Of patients, at one organisation. `rekeys`: another key was put in place of theirs, or taken back; `delegates`: who acts for them. */
export const PATIENT_TOPICS = [
  "requests",
  "audit",
  "policy",
  "inbox",
  "records",
  "rekeys",
  "delegates",
] as const
/** The first event: from now on nothing new is missed, so look once. */
export const READY = "ready"

export type StaffTopic = (typeof STAFF_TOPICS)[number]
export type PatientTopic = (typeof PATIENT_TOPICS)[number]
export type LiveTopic = StaffTopic | PatientTopic

const TOPICS: ReadonlySet<string> = new Set([...STAFF_TOPICS, ...PATIENT_TOPICS])
export const isLiveTopic = (name: string): name is LiveTopic => TOPICS.has(name)

/** A stream says at least a comment in that time, ms; one that is silent much longer is dead. */
export const HEARTBEAT_MS = 15_000
