import {
  canonicalJson,
  MEMBER_SYSTEM,
  PRACTITIONER_ROLE_SYSTEM,
  PRACTITIONER_SYSTEM,
  PURPOSE_SYSTEM,
  toHex,
  toJson,
} from "@aceso/core"

export interface AuditFacts {
  readonly custodian: string
  readonly requester: string
  readonly practitioner?: { readonly key: Uint8Array; readonly role: string }
  readonly purpose: string
  readonly handle: Uint8Array
  readonly time: number
  readonly outcome: "permit" | "deny"
  /** Why, for a denial. */
  readonly reason?: string
  readonly policyVersion: number
  readonly released: number
  readonly withheld: number
  /** Held back as somebody else's. */
  readonly withdrawn?: number
  /** Hash of the manifest's body; absent for a denial. */
  readonly bodyHash?: Uint8Array
}

/** A disclosure or denial as FHIR R4 AuditEvent, after IHE BALP ("Privacy Disclosure at Source"). */
export function auditEvent(facts: AuditFacts): Uint8Array {
  const { practitioner } = facts
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: { system: "http://dicom.nema.org/resources/ontology/DCM", code: "110106", display: "Export" },
      subtype: [
        { system: "urn:ihe:event-type-code", code: facts.outcome === "permit" ? "DISCLOSE" : "DENY" },
      ],
      action: "R",
      recorded: new Date(facts.time).toISOString(),
      outcome: facts.outcome === "permit" ? "0" : "4",
      ...(facts.reason && { outcomeDesc: facts.reason }),
      purposeOfEvent: [{ coding: [{ system: PURPOSE_SYSTEM, code: facts.purpose }] }],
      agent: [
        { who: { identifier: { system: MEMBER_SYSTEM, value: facts.requester } }, requestor: !practitioner },
        ...(practitioner
          ? [
              {
                who: { identifier: { system: PRACTITIONER_SYSTEM, value: toHex(practitioner.key) } },
                role: [{ coding: [{ system: PRACTITIONER_ROLE_SYSTEM, code: practitioner.role }] }],
                requestor: true,
              },
            ]
          : []),
      ],
      source: { observer: { identifier: { system: MEMBER_SYSTEM, value: facts.custodian } } },
      entity: [
        {
          what: { identifier: { system: "urn:aceso:handle", value: toHex(facts.handle) } },
          role: {
            system: "http://terminology.hl7.org/CodeSystem/object-role",
            code: "1",
            display: "Patient",
          },
          detail: [
            { type: "policy-version", valueString: String(facts.policyVersion) },
            { type: "released", valueString: String(facts.released) },
            { type: "withheld", valueString: String(facts.withheld) },
            ...(facts.withdrawn ? [{ type: "withdrawn", valueString: String(facts.withdrawn) }] : []),
            ...(facts.bodyHash ? [{ type: "manifest-body", valueString: toHex(facts.bodyHash) }] : []),
          ],
        },
      ],
    }),
  )
}
