import { caseDocument } from "./case-documents.ts"
import { hash32, memberId } from "./ids.ts"
import { documentName, MAX_STEP_DOCUMENTS, nameInProcess, processName } from "./process/process.ts"
import { bool, type Infer, list, nullable, object, optional, text, uint } from "./schema.ts"

/** What an organisation's people ask their node about cases. */

export const inboxQuestion = object({ limit: uint(200), waitMs: uint(20_000) })
export const inboxAnswer = object({
  items: list(
    object({
      id: hash32,
      capability: processName,
      state: nameInProcess,
      steps: uint(),
      since: uint(),
      dueAt: nullable(uint()),
      /** By which this organisation knows the person whose case it is; null: it does not. */
      patient: nullable(text(200)),
      /** Who began it for that person, with the relation; null: the person. */
      delegate: nullable(text(100)),
    }),
    200,
  ),
  /** What waits and is not among these. */
  more: bool(),
})
export type InboxAnswer = Infer<typeof inboxAnswer>

export const caseQuestion = object({ case: hash32 })
/** `document` null: it is not here, for the reason of which `lacking` is the code. */
export const caseAnswer = object({
  process: processName,
  version: uint(),
  state: nameInProcess,
  since: uint(),
  dueAt: nullable(uint()),
  isLate: bool(),
  isEnded: bool(),
  /** The part that this organisation takes. */
  party: nameInProcess,
  /** By which this organisation knows the person whose case it is; null: it does not. */
  patient: nullable(text(200)),
  /** Who began it for that person, with the relation; null: the person. */
  delegate: nullable(text(100)),
  size: uint(),
  parties: list(object({ party: nameInProcess, member: nullable(memberId) }), 8),
  steps: list(
    object({
      step: nameInProcess,
      party: nameInProcess,
      at: uint(),
      isAssisted: bool(),
      documents: list(
        object({ name: documentName, document: nullable(caseDocument), lacking: nullable(text(64)) }),
        MAX_STEP_DOCUMENTS,
      ),
    }),
    513,
  ),
})
export type CaseAnswer = Infer<typeof caseAnswer>

/** Documents in the order of the step's rule, each in the word of the person who asks. */
export const caseStepQuestion = object({
  case: hash32,
  base: uint(),
  step: nameInProcess,
  documents: list(caseDocument, MAX_STEP_DOCUMENTS),
  names: optional(memberId),
})
export const caseStepAnswer = object({ payloadId: hash32, n: uint() })
