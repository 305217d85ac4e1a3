import {
  type Bytes,
  canonicalJson,
  type Handle,
  MEMBER_SYSTEM,
  PRACTITIONER_SYSTEM,
  toHex,
  toJson,
} from "@aceso/core"
import type { Disclosures } from "../exchange/disclosures.ts"
import type { Clock } from "./clock.ts"

/** What was decided about whose records these are; `reviewed`: that decisions which a recovery lost stand again. */
export type DecisionKind = "same" | "apart" | "misfiled" | "stopped" | "objected" | "reviewed"

/** Who decided: a member of staff by name and key, or the patient. */
export type Decider = { readonly name: string; readonly key: Bytes } | "patient"

/**
 * Decisions about whose records these are lie in the vault alone, and an older backup would undo them without a trace.
 * So each has an entry in the disclosure log under a number of its own (`decisionTag`): a restored vault finds out of
 * which patients decisions are lost, and keeps those closed until somebody has looked (docs/decisions/0027).
 */
export class DecisionLog {
  private readonly disclosures: Pick<Disclosures, "noteDecision">
  private readonly custodian: string
  private readonly clock: Clock

  constructor(disclosures: Pick<Disclosures, "noteDecision">, custodian: string, clock: Clock) {
    this.disclosures = disclosures
    this.custodian = custodian
    this.clock = clock
  }

  /** In the transaction of the decision itself; an entry for each patient, which name no other patient. */
  async note(kind: DecisionKind, by: Decider, handles: readonly Handle[]): Promise<void> {
    for (const handle of handles) await this.disclosures.noteDecision(handle, this.event(kind, by, handle))
  }

  /** FHIR R4 AuditEvent (DICOM PS3.16: Patient Record, 110110). */
  private event(kind: DecisionKind, by: Decider, handle: Handle): Bytes {
    const patient = { system: "urn:aceso:handle", value: toHex(handle) }
    const agent =
      by === "patient"
        ? { who: { identifier: patient }, requestor: true }
        : {
            name: by.name,
            who: { identifier: { system: PRACTITIONER_SYSTEM, value: toHex(by.key) } },
            requestor: true,
          }
    return canonicalJson(
      toJson({
        resourceType: "AuditEvent",
        type: {
          system: "http://dicom.nema.org/resources/ontology/DCM",
          code: "110110",
          display: "Patient Record",
        },
        action: "U",
        recorded: new Date(this.clock.now()).toISOString(),
        outcome: "0",
        outcomeDesc: kind,
        agent: [agent],
        source: { observer: { identifier: { system: MEMBER_SYSTEM, value: this.custodian } } },
        entity: [{ what: { identifier: patient } }],
      }),
    )
  }
}
