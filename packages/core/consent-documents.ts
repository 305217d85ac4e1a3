import { toHex } from "./bytes.ts"
import { RECORD_CRITERIA } from "./consent/record.ts"
import { MEMBER_SYSTEM, PURPOSE_SYSTEM, RESOURCE_TYPE_SYSTEM } from "./consent.ts"
import { randomBytes } from "./crypto.ts"
import { asText, canonicalJson, isObject, parseJson, toJson } from "./json.ts"
import type { PolicyDocument } from "./policy-tree.ts"

/** What a patient grants one organisation for one purpose. */
export interface Grant {
  readonly custodian: string
  readonly grantee: string
  readonly purpose: string
  /** FHIR resource types; empty: all. */
  readonly classes: readonly string[]
  /** ms; when the consent ends. */
  readonly until: number
  /** ms */
  readonly now: number
  /** FHIR dates that bound the clinical time of what may be read. */
  readonly dataFrom?: string
  readonly dataTo?: string
}

/** Writes a grant as a FHIR R4 Consent with an id and a salt of its own. */
export function grantDocument(grant: Grant): PolicyDocument {
  const { custodian, grantee, purpose, classes, until, now, dataFrom, dataTo } = grant
  const consent = {
    resourceType: "Consent",
    id: toHex(randomBytes(16)),
    status: "active",
    scope: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/consentscope", code: "patient-privacy" }],
    },
    category: [{ coding: [{ system: "http://loinc.org", code: "59284-0", display: "Consent Document" }] }],
    dateTime: new Date(now).toISOString(),
    organization: [{ identifier: { system: MEMBER_SYSTEM, value: custodian } }],
    policyRule: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "OPTIN" }] },
    provision: {
      type: "permit",
      period: { start: new Date(now).toISOString(), end: new Date(until).toISOString() },
      actor: [
        {
          role: {
            coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code: "IRCP" }],
          },
          reference: { identifier: { system: MEMBER_SYSTEM, value: grantee } },
        },
      ],
      purpose: [{ system: PURPOSE_SYSTEM, code: purpose }],
      ...(classes.length > 0 && { class: classes.map((code) => ({ system: RESOURCE_TYPE_SYSTEM, code })) }),
      ...((dataFrom || dataTo) && {
        dataPeriod: { ...(dataFrom && { start: dataFrom }), ...(dataTo && { end: dataTo }) },
      }),
    },
  }
  return { content: canonicalJson(toJson(consent)), salt: randomBytes(32) }
}

const LIMITS = [...RECORD_CRITERIA, "action", "provision"]

/** Whether a document says nothing about which records it is about: what it permits, it permits for all. */
export function hasNoRecordCriteria({ content }: PolicyDocument): boolean {
  const consent = parseJson(content)
  const provision = isObject(consent) ? consent.provision : undefined
  return isObject(provision) && LIMITS.every((name) => provision[name] === undefined)
}

/** The consent's own id, by which a patient names it. */
export function documentId(document: PolicyDocument): string {
  const consent = parseJson(document.content)
  return (isObject(consent) && asText(consent.id)) || ""
}

/** The parts of a document that people read. */
export interface DocumentSummary {
  readonly id: string
  readonly type: string
  readonly grantees: readonly string[]
  readonly purposes: readonly string[]
  readonly classes: readonly string[]
  readonly until: string
}

export function summarise(document: PolicyDocument): DocumentSummary {
  const consent = JSON.parse(new TextDecoder().decode(document.content)) as {
    id?: string
    provision?: {
      type?: string
      period?: { end?: string }
      actor?: { reference?: { identifier?: { value?: string } } }[]
      purpose?: { code?: string }[]
      class?: { code?: string }[]
    }
  }
  const codes = (all: { code?: string }[] | undefined) => (all ?? []).map((one) => one.code ?? "?")
  const { provision } = consent
  return {
    id: consent.id ?? "",
    type: provision?.type ?? "deny",
    grantees: (provision?.actor ?? []).map((actor) => actor.reference?.identifier?.value ?? "?"),
    purposes: codes(provision?.purpose),
    classes: codes(provision?.class),
    until: provision?.period?.end ?? "",
  }
}
