import {
  type Bytes,
  canonicalJson,
  DELEGATE_SYSTEM,
  type DelegateAbility,
  type DelegateScope,
  MEMBER_SYSTEM,
  PRACTITIONER_ROLE_SYSTEM,
  PRACTITIONER_SYSTEM,
  PURPOSE_SYSTEM,
  toHex,
  toJson,
} from "@aceso/core"
import type { Unlogged } from "./denials.ts"

/** A code of DICOM PS3.16. */
export const dicom = (code: string, display: string) => ({
  system: "http://dicom.nema.org/resources/ontology/DCM",
  code,
  display,
})
export const identified = (system: string, value: string) => ({ identifier: { system, value } })
export const patient = (handle: Uint8Array) => identified("urn:aceso:handle", toHex(handle))

/** Said only where there is something to say. */
const count = (type: string, n = 0) => (n > 0 ? [{ type, valueString: String(n) }] : [])

export interface AuditFacts {
  readonly custodian: string
  readonly requester: string
  readonly practitioner?: { readonly key: Uint8Array; readonly role: string; readonly name?: string }
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
  /** Opened, and not of what was asked for. */
  readonly notRequested?: number
  /** Opened, and left for the next answer. */
  readonly later?: number
  /** Medications that were named beside the records that refer to them. */
  readonly drugs?: number
  /** Size of the one attachment that was sent, if it was that. */
  readonly attachmentBytes?: number
  /** The index of the record log with which the answer begins. */
  readonly from?: number
  /** Hash of the manifest's body; absent for a denial. */
  readonly bodyHash?: Uint8Array
}

/** Denials of one requester beyond those that are logged one by one; about no patient. */
export function auditSummary({
  custodian,
  requester,
  count,
  from,
  to,
}: Unlogged & { custodian: string }): Bytes {
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110106", "Export"),
      subtype: [{ system: "urn:ihe:event-type-code", code: "DENY" }],
      action: "R",
      period: { start: new Date(from).toISOString(), end: new Date(to).toISOString() },
      recorded: new Date(to).toISOString(),
      outcome: "4",
      outcomeDesc: "too_many_requests",
      agent: [{ who: identified(MEMBER_SYSTEM, requester), requestor: true }],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [{ detail: [{ type: "denials-not-logged", valueString: String(count) }] }],
    }),
  )
}

/** A disclosure or denial as FHIR R4 AuditEvent, after IHE BALP ("Privacy Disclosure at Source"). */
export function auditEvent(facts: AuditFacts): Uint8Array {
  const { practitioner } = facts
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110106", "Export"),
      subtype: [
        { system: "urn:ihe:event-type-code", code: facts.outcome === "permit" ? "DISCLOSE" : "DENY" },
      ],
      action: "R",
      recorded: new Date(facts.time).toISOString(),
      outcome: facts.outcome === "permit" ? "0" : "4",
      ...(facts.reason && { outcomeDesc: facts.reason }),
      purposeOfEvent: [{ coding: [{ system: PURPOSE_SYSTEM, code: facts.purpose }] }],
      agent: [
        { who: identified(MEMBER_SYSTEM, facts.requester), requestor: !practitioner },
        ...(practitioner
          ? [
              {
                ...(practitioner.name && { name: practitioner.name }),
                who: identified(PRACTITIONER_SYSTEM, toHex(practitioner.key)),
                role: [{ coding: [{ system: PRACTITIONER_ROLE_SYSTEM, code: practitioner.role }] }],
                requestor: true,
              },
            ]
          : []),
      ],
      source: { observer: identified(MEMBER_SYSTEM, facts.custodian) },
      entity: [
        {
          what: patient(facts.handle),
          role: {
            system: "http://terminology.hl7.org/CodeSystem/object-role",
            code: "1",
            display: "Patient",
          },
          detail: [
            { type: "policy-version", valueString: String(facts.policyVersion) },
            { type: "released", valueString: String(facts.released) },
            { type: "withheld", valueString: String(facts.withheld) },
            ...count("withdrawn", facts.withdrawn),
            ...count("not-requested", facts.notRequested),
            ...count("later", facts.later),
            ...count("from-index", facts.from),
            ...count("drugs", facts.drugs),
            ...count("attachment-bytes", facts.attachmentBytes),
            ...(facts.bodyHash ? [{ type: "manifest-body", valueString: toHex(facts.bodyHash) }] : []),
          ],
        },
      ],
    }),
  )
}

export interface DocumentFacts {
  readonly custodian: string
  readonly requester: string
  readonly handle: Uint8Array
  readonly time: number
  readonly purpose: string
  readonly at: { readonly case: Uint8Array; readonly n: number; readonly name: string }
}

/** A document of a patient's case that was handed to another member, as FHIR R4 AuditEvent. */
export function documentEvent({
  custodian,
  requester,
  handle,
  time,
  purpose,
  at,
}: DocumentFacts): Uint8Array {
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110106", "Export"),
      subtype: [{ system: "urn:ihe:event-type-code", code: "DISCLOSE" }],
      action: "R",
      recorded: new Date(time).toISOString(),
      outcome: "0",
      purposeOfEvent: [{ coding: [{ system: PURPOSE_SYSTEM, code: purpose }] }],
      agent: [{ who: identified(MEMBER_SYSTEM, requester), requestor: true }],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [
        {
          what: patient(handle),
          detail: [{ type: "case-document", valueString: `${toHex(at.case)}/${at.n}/${at.name}` }],
        },
      ],
    }),
  )
}

export interface ChangeFacts {
  readonly custodian: string
  readonly handle: Uint8Array
  readonly time: number
  /** `grant`, `restrict`, `revoke`; `confirm`: the desk opened again what a recovery had closed. */
  readonly action: string
  readonly policyVersion: number
  /** Of the signed change; absent where none was signed. */
  readonly payloadId?: Uint8Array
  /** Who confirmed at the desk. */
  readonly practitioner?: Uint8Array
  /** Who signed it for the patient. */
  readonly delegate?: DelegateAgent
}

/** A policy change that was obeyed, as FHIR R4 AuditEvent (DICOM PS3.16: Security Alert, 110137). */
export function policyEvent(facts: ChangeFacts): Uint8Array {
  const { custodian, handle, payloadId, practitioner, delegate } = facts
  const desk = practitioner && { who: identified(PRACTITIONER_SYSTEM, toHex(practitioner)) }
  const agent = delegate ? delegateAgent(delegate) : (desk ?? { who: patient(handle) })
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110113", "Security Alert"),
      subtype: [dicom("110137", "User Security Attributes Changed")],
      action: "U",
      recorded: new Date(facts.time).toISOString(),
      outcome: "0",
      outcomeDesc: facts.action,
      agent: [{ ...agent, requestor: true }],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [
        {
          what: patient(handle),
          detail: [
            { type: "policy-version", valueString: String(facts.policyVersion) },
            ...(payloadId ? [{ type: "policy-change", valueString: toHex(payloadId) }] : []),
          ],
        },
      ],
    }),
  )
}

export interface DelegateAgent {
  readonly key: Uint8Array
  /** Undefined: what the delegate may do was never told here, or was lost. */
  readonly scope: DelegateScope | undefined
}

const v3 = (system: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/v3-${system}`, code }],
})
const RELATIONS: Readonly<Record<DelegateScope["relation"], ReturnType<typeof v3>>> = {
  parent: v3("RoleCode", "PRN"),
  guardian: v3("RoleCode", "GUARD"),
  relative: v3("RoleCode", "FAMMEMB"),
  carer: v3("RoleClass", "CAREGIVER"),
}

const delegateAgent = ({ key, scope }: DelegateAgent) => ({
  ...(scope && { type: RELATIONS[scope.relation], name: scope.name }),
  who: identified(DELEGATE_SYSTEM, toHex(key)),
})

/** What a delegate did, or what became of them. */
export type DelegateEventKind = DelegateAbility | "entered" | "ended" | "declined"

export interface DelegateFacts extends DelegateAgent {
  readonly custodian: string
  readonly handle: Uint8Array
  readonly time: number
  readonly kind: DelegateEventKind
  /** Who of the staff entered them, at the desk. */
  readonly enteredBy: string | undefined
  /** Who ended it: `person`, `custodian`, `delegate`. */
  readonly by?: string
  /** The case that the delegate opened. */
  readonly case?: Uint8Array
}

/**
 * A delegate that entered, ended or acts, as FHIR R4 AuditEvent (DICOM PS3.16: Security Roles Changed, 110136; Patient
 * Record, 110110).
 */
export function delegateEvent({
  custodian,
  handle,
  time,
  kind,
  enteredBy,
  by,
  case: opened,
  ...agent
}: DelegateFacts): Uint8Array {
  const isChange = kind === "entered" || kind === "ended"
  const { scope } = agent
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      ...(isChange
        ? {
            type: dicom("110113", "Security Alert"),
            subtype: [dicom("110136", "Security Roles Changed")],
            action: kind === "entered" ? "C" : "D",
          }
        : { type: dicom("110110", "Patient Record"), action: kind === "read" ? "R" : "U" }),
      recorded: new Date(time).toISOString(),
      outcome: "0",
      outcomeDesc: kind,
      agent: [
        { ...delegateAgent(agent), requestor: !isChange },
        ...(enteredBy === undefined ? [] : [{ name: enteredBy, requestor: true }]),
      ],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [
        {
          what: patient(handle),
          ...detailed([
            ...(scope ? [{ type: "delegate-may", valueString: scope.may.join(",") }] : []),
            ...(scope && scope.until !== null
              ? [{ type: "delegate-until", valueString: new Date(scope.until).toISOString() }]
              : []),
            ...(by === undefined ? [] : [{ type: "ended-by", valueString: by }]),
            ...(opened ? [{ type: "delegate-case", valueString: toHex(opened) }] : []),
          ]),
        },
      ],
    }),
  )
}

const detailed = (detail: readonly object[]) => (detail.length > 0 ? { detail } : {})

/** What was decided about whose records these are; `reviewed`: that decisions which a recovery lost stand again. */
export type DecisionKind = "same" | "apart" | "misfiled" | "stopped" | "objected" | "reviewed"

/** Who decided: a member of staff by name and key, or the patient. */
export type Decider = { readonly name: string; readonly key: Uint8Array } | "patient"

export interface DecisionFacts {
  readonly custodian: string
  readonly handle: Uint8Array
  readonly time: number
  readonly kind: DecisionKind
  readonly by: Decider
}

/** A decision about whose records these are, as FHIR R4 AuditEvent (DICOM PS3.16: Patient Record, 110110). */
export function decisionEvent({ custodian, handle, time, kind, by }: DecisionFacts): Uint8Array {
  const who =
    by === "patient"
      ? { who: patient(handle) }
      : { name: by.name, who: identified(PRACTITIONER_SYSTEM, toHex(by.key)) }
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: dicom("110110", "Patient Record"),
      action: "U",
      recorded: new Date(time).toISOString(),
      outcome: "0",
      outcomeDesc: kind,
      agent: [{ ...who, requestor: true }],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [{ what: patient(handle) }],
    }),
  )
}
