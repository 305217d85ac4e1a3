import {
  type AccessQuery,
  canonicalJson,
  type Decision,
  decide,
  factsOf,
  type JsonObject,
  MEMBER_SYSTEM,
  PRACTITIONER_SYSTEM,
  randomBytes,
  readPolicy,
  toJson,
} from "@aceso/core"

/** What the tables of this folder decide with. */
export type Fields = Readonly<Record<string, unknown>>

export const NOW = Date.parse("2026-06-15T12:00:00Z")
export const KEY = "ab".repeat(32)
export const query: AccessQuery = {
  member: "city-hospital",
  practitioner: KEY,
  role: "physician",
  purpose: "TREAT",
  time: NOW,
}

export const ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
export const ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
export const CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
export const SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
export const LOINC = "http://loinc.org"
export const SNOMED = "http://snomed.info/sct"

export const concept = (system: string | undefined, ...codes: string[]) => ({
  coding: codes.map((code) => ({ ...(system && { system }), code })),
})
const IRCP = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
const named = (system: string, value: string) => ({
  role: IRCP,
  reference: { identifier: { system, value } },
})
export const us = [named(MEMBER_SYSTEM, "city-hospital")]
export const them = [named(MEMBER_SYSTEM, "county-hospital")]
export const practitioner = [named(PRACTITIONER_SYSTEM, KEY)]
export const otherPractitioner = [named(PRACTITIONER_SYSTEM, "cd".repeat(32))]
export const purposes = (...codes: string[]) => codes.map((code) => ({ system: ACT_REASON, code }))
export const classes = (...codes: string[]) =>
  codes.map((code) => ({ system: "http://hl7.org/fhir/resource-types", code }))

export const permit = (fields: Fields = {}): Fields => ({ type: "permit", actor: us, ...fields })
export const deny = (fields: Fields = {}): Fields => ({ type: "deny", ...fields })

/** A whole Consent, as R4 and IHE PCF ask for it. */
export const consent = (provision: unknown, fields: Fields = {}): Fields => ({
  resourceType: "Consent",
  status: "active",
  scope: concept(SCOPE, "patient-privacy"),
  category: [concept(LOINC, "59284-0")],
  dateTime: "2022-06-13",
  policy: [{ uri: "http://example.org/policies/basePrivacyConsentPolicy.txt" }],
  provision,
  ...fields,
})

export function decided(
  consents: readonly unknown[],
  record: Fields,
  asked: Partial<AccessQuery> = {},
): Decision {
  const documents = consents.map((one) => ({ content: canonicalJson(toJson(one)), salt: randomBytes(32) }))
  return decide(readPolicy(documents), { ...query, ...asked }, factsOf(toJson(record) as JsonObject))
}

/** Of a permit with the criteria alone, and of a permit of everything with a denial with them. */
export const bothWays = (criteria: Fields, record: Fields) => ({
  permits: decided([consent(permit(criteria))], record) === "permit",
  denies: decided([consent(permit()), consent(deny(criteria))], record) === "deny",
})
