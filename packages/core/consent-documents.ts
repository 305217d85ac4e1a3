import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { RECORD_CRITERIA } from "./consent/record.ts"
import { MEMBER_SYSTEM, PURPOSE_SYSTEM, RESOURCE_TYPE_SYSTEM } from "./consent.ts"
import { randomBytes } from "./crypto.ts"
import { asList, asText, canonicalJson, isObject, type Json, parseJson, toJson } from "./json.ts"
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
  /** Single records of the custodian, such as `Immunization/3f2a`, each with its later versions; absent: all that fit. */
  readonly records?: readonly string[]
}

/** Writes a grant as a FHIR R4 Consent with an id and a salt of its own. */
export const grantDocument = (grant: Grant): PolicyDocument => ({
  content: consentOf(grant, toHex(randomBytes(16))),
  salt: randomBytes(32),
})

function consentOf(grant: Grant, id: string): Bytes {
  const { custodian, grantee, purpose, classes, until, now, dataFrom, dataTo, records } = grant
  const consent = {
    resourceType: "Consent",
    id,
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
      // An empty list is no wish for everything: nobody understands it, so it opens nothing.
      ...(records && {
        data: records.map((reference) => ({ meaning: "instance", reference: { reference } })),
      }),
    },
  }
  return canonicalJson(toJson(consent))
}

/** The grant that a document is, if it is one and says nothing else. */
export function grantIn(document: PolicyDocument): Grant | undefined {
  const { id, grantees, purposes, classes, records, from, to, until } = summarise(document)
  const consent = parseJson(document.content)
  const { dateTime, organization } = isObject(consent) ? consent : {}
  const times = { now: Date.parse(asText(dateTime) ?? ""), until: Date.parse(until) }
  if (Number.isNaN(times.now) || Number.isNaN(times.until)) return undefined
  const grant = {
    ...{ custodian: granteeOf({ reference: asList(organization)[0] ?? null }), classes, ...times },
    ...{ grantee: grantees[0] ?? "", purpose: purposes[0] ?? "" },
    ...(from !== "" && { dataFrom: from }),
    ...(to !== "" && { dataTo: to }),
    ...(records.length > 0 && { records }),
  }
  return equalBytes(consentOf(grant, id), document.content) ? grant : undefined
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
  /** It is about these single records alone, such as `Immunization/3f2a`; empty: about all that fit. */
  readonly records: readonly string[]
  /** FHIR dates that bound the records' own time; empty: none. */
  readonly from: string
  readonly to: string
  /** It has criteria beside these, such as codes, labels or exceptions. */
  readonly hasMore: boolean
  readonly until: string
}

export function summarise(document: PolicyDocument): DocumentSummary {
  const consent = parseJson(document.content)
  const provision = isObject(consent) && isObject(consent.provision) ? consent.provision : {}
  const { period, dataPeriod, data } = provision
  const records = recordsIn(data)
  const within = (value: Json | undefined, name: "start" | "end") =>
    (isObject(value) && asText(value[name])) || ""
  return {
    id: documentId(document),
    type: asText(provision.type) ?? "deny",
    grantees: asList(provision.actor).map(granteeOf),
    purposes: asList(provision.purpose).map(codeOf),
    classes: asList(provision.class).map(codeOf),
    records: records ?? [],
    from: within(dataPeriod, "start"),
    to: within(dataPeriod, "end"),
    hasMore: MORE.some((name) => provision[name] !== undefined) || (data !== undefined && !records),
    until: within(period, "end"),
  }
}

const MORE = ["code", "securityLabel", "action", "provision"]

/** The records that are named one by one; undefined: `data` says something else. */
function recordsIn(data: Json | undefined): string[] | undefined {
  const references = asList(data).map((one) => {
    const { meaning, reference } = isObject(one) ? one : {}
    const isPlain = meaning === "instance" && isObject(reference) && Object.keys(reference).length === 1
    return isPlain ? asText(reference.reference) : undefined
  })
  return references.length > 0 && !references.includes(undefined) ? (references as string[]) : undefined
}
const codeOf = (coding: Json): string => (isObject(coding) && asText(coding.code)) || "?"

function granteeOf(actor: Json): string {
  const reference = isObject(actor) ? actor.reference : undefined
  const identifier = isObject(reference) ? reference.identifier : undefined
  return (isObject(identifier) && asText(identifier.value)) || "?"
}
