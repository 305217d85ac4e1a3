import { type Bytes, toHex } from "../bytes.ts"
import { MEMBER_SYSTEM } from "../consent.ts"
import type { Process } from "./process.ts"
import type { Standing } from "./standing.ts"

/** A case as whoever takes part in it sees it. */
export interface CaseView {
  readonly id: Bytes
  readonly process: Process
  readonly openedAt: number
  readonly standing: Omit<Standing, "lapsesAt">
  readonly parties: readonly { readonly party: string; readonly member: string | null }[]
}

const instant = (ms: number): string => new Date(ms).toISOString()

/**
 * A case as FHIR R4 Task (hl7.org/fhir/R4/task.html): status from where it stands, the process's own state as
 * businessStatus, and whoever's turn it is as owner. It names no person.
 */
export function taskOf({ id, process, openedAt, standing, parties }: CaseView) {
  const { state, since, dueAt, isEnded } = standing
  const owner = parties.find(({ party, member }) => member !== null && state.turn.includes(party))?.member
  return {
    resourceType: "Task",
    identifier: [{ system: "urn:aceso:case", value: toHex(id) }],
    instantiatesUri: `urn:aceso:process:${process.name}:${process.version}`,
    status: isEnded ? "completed" : state.name === process.opens.to ? "requested" : "in-progress",
    businessStatus: { coding: [{ system: `urn:aceso:process:${process.name}`, code: state.name }] },
    intent: "order",
    authoredOn: instant(openedAt),
    lastModified: instant(since),
    ...(owner && { owner: { identifier: { system: MEMBER_SYSTEM, value: owner } } }),
    ...(dueAt !== null && { restriction: { period: { end: instant(dueAt) } } }),
  }
}
