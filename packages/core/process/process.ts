import type { Cbor } from "../cbor.ts"
import { domainHash, type Hash } from "../hash.ts"
import { ability, licence, memberKind } from "../member.ts"
import { type Infer, list, nullable, object, oneOf, text, uint } from "../schema.ts"

/**
 * A process: a state machine between named parties, as data. The contract `cases` interprets it. What stands here is
 * what its hash is over, and a ballot activates the hash; texts, forms and translations are no part of it.
 */

export const MAX_PARTIES = 8
export const MAX_STATES = 32
export const MAX_STEPS = 64
/** Documents of one step. */
export const MAX_STEP_DOCUMENTS = 8
/** Of a case, whatever is done in it: steps by keys are paid at its opening. */
export const MAX_STEPS_BY_KEYS = 128
export const MAX_TAGS = 64
/** A case lasts, and is kept after it, ten years at most. */
export const MAX_LASTS_MS = 3660 * 24 * 3600 * 1000

export const processName = text(32, /^[a-z][A-Za-z0-9]*$/)
/** Of parties, states and steps. */
export const nameInProcess = text(32, /^[a-z][A-Za-z0-9]*$/)
/** Of a document: the type of its FHIR resource, or a name that the process gives it. */
export const documentName = text(48, /^[A-Za-z][A-Za-z0-9]*$/)

/**
 * Who takes part. `is`: a member of the consortium, or a key made for this case alone, of a person or of a member that
 * stays hidden. `comes`: named when the case is opened; named by a later step; or whichever member fits and acts first.
 */
export const partyRule = object({
  name: nameInProcess,
  is: oneOf("member", "key"),
  comes: oneOf("opening", "named", "acting"),
  kind: nullable(memberKind),
  ability: nullable(ability),
  licence: nullable(licence),
})
export type PartyRule = Infer<typeof partyRule>

/**
 * What has to hold for a step. `atMost`: the counter stands below `max`; `differs`: who acts is another member than
 * the party; `licensed`: the member has the licence at the block's time; `newTag`: the step brings a tag that this case
 * has not seen; `before`, `after`: the block's time against a moment and so many ms; `equals`: the document is the very
 * one that was committed under the other name.
 */
export const guard = object({
  is: oneOf("atMost", "differs", "licensed", "newTag", "before", "after", "equals"),
  counter: nullable(nameInProcess),
  max: nullable(uint(1000)),
  party: nullable(nameInProcess),
  licence: nullable(licence),
  /** `opened`: of the case; `entered`: of its state; `due`: of its state. */
  moment: nullable(oneOf("opened", "entered", "due")),
  ms: nullable(uint(MAX_LASTS_MS)),
  document: nullable(documentName),
  of: nullable(documentName),
})
export type Guard = Infer<typeof guard>

/** `turn`: whose it is to act; nobody's: the case has ended. What is not done by `dueMs` is late, or lapses. */
export const stateRule = object({
  name: nameInProcess,
  turn: list(nameInProcess, MAX_PARTIES),
  dueMs: nullable(uint(MAX_LASTS_MS)),
  lapsesTo: nullable(nameInProcess),
})
export type StateRule = Infer<typeof stateRule>

/** `to`: absent where the state stays as it is. `names`: the party that the step names. */
export const stepRule = object({
  name: nameInProcess,
  from: list(nameInProcess, MAX_STATES, 1),
  by: list(nameInProcess, MAX_PARTIES, 1),
  to: nullable(nameInProcess),
  documents: list(documentName, MAX_STEP_DOCUMENTS),
  names: nullable(nameInProcess),
  counts: nullable(nameInProcess),
  guards: list(guard, 8),
})
export type StepRule = Infer<typeof stepRule>

export const processRules = object({
  name: processName,
  version: uint(10_000),
  parties: list(partyRule, MAX_PARTIES, 1),
  opens: object({ by: nameInProcess, to: nameInProcess, documents: list(documentName, MAX_STEP_DOCUMENTS) }),
  states: list(stateRule, MAX_STATES, 2),
  steps: list(stepRule, MAX_STEPS, 1),
  /** Whatever is or is not done, the case ends then. */
  lasts: object({ ms: uint(MAX_LASTS_MS), to: nameInProcess }),
  /** How long a case that has ended is kept, ms. */
  keepMs: uint(MAX_LASTS_MS),
})
export type Process = Infer<typeof processRules>

/** What a ballot activates. */
export const processHash = (process: Process): Hash => domainHash("process", process as unknown as Cbor)

export const partyOf = (process: Process, name: string): PartyRule | undefined =>
  process.parties.find((one) => one.name === name)
export const stateOf = (process: Process, name: string): StateRule | undefined =>
  process.states.find((one) => one.name === name)
export const stepOf = (process: Process, name: string): StepRule | undefined =>
  process.steps.find((one) => one.name === name)
export const isEnd = (state: StateRule): boolean => state.turn.length === 0
