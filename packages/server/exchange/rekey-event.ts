import { canonicalJson, type Handle, MEMBER_SYSTEM, PRACTITIONER_SYSTEM, toHex, toJson } from "@aceso/core"
import { dicom, identified, patient } from "./audit-event.ts"

/** `begun`: the desk put another key in place of a lost one; `cancelled`: it was taken back before it counted. */
export type RekeyWord = "begun" | "cancelled"

export interface RekeyFacts {
  readonly custodian: string
  readonly handle: Handle
  readonly time: number
  readonly what: RekeyWord
  /** Who of the staff: name and key; `patient`: whoever has the key that still counts; undefined: not known any more. */
  readonly by: { readonly name: string; readonly key: Uint8Array } | "patient" | undefined
}

/** As FHIR R4 AuditEvent (DICOM PS3.16: Security Alert, Security Roles Changed, 110136). */
export function rekeyEvent({ custodian, handle, time, what, by }: RekeyFacts): Uint8Array {
  const who =
    by === "patient"
      ? [{ who: patient(handle), requestor: true }]
      : [
          { who: identified(MEMBER_SYSTEM, custodian), requestor: by === undefined },
          ...(by
            ? [{ name: by.name, who: identified(PRACTITIONER_SYSTEM, toHex(by.key)), requestor: true }]
            : []),
        ]
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110113", "Security Alert"),
      subtype: [dicom("110136", "Security Roles Changed")],
      action: what === "begun" ? "U" : "D",
      recorded: new Date(time).toISOString(),
      outcome: "0",
      outcomeDesc: what,
      agent: who,
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [{ what: patient(handle), detail: [{ type: "rekey", valueString: what }] }],
    }),
  )
}
