import type { Bytes } from "./bytes.ts"
import { orUndefined } from "./errors.ts"
import { asList, asText, isObject, type Json, parseJson } from "./json.ts"

/** What an AuditEvent says, as a custodian writes it for the disclosure log; "?" for what it does not say. */
export interface AuditEventFacts {
  /** A change of the patient's own policy, not a disclosure or denial. */
  readonly isChange: boolean
  readonly requester: string
  readonly practitioner: string
  /** By which the requester calls them; absent: it tells none. */
  readonly practitionerName?: string
  readonly role: string
  readonly purpose: string
  readonly time: string
  /** Empty: it says none. */
  readonly reason: string
  readonly policyVersion: string
  /** Hash of the answer's body, in hexadecimal. */
  readonly manifestBody?: string
  /** Payload id of the signed change, in hexadecimal. */
  readonly policyChange?: string
  /** A document of a case that was handed out: the case in hexadecimal, the number of the step, the document's name. */
  readonly caseDocument?: string
}

/** DICOM PS3.16: User Security Attributes Changed. */
const POLICY_CHANGED = "110137"

/** @returns undefined: it is no AuditEvent */
export function readAuditEvent(auditEvent: Bytes): AuditEventFacts | undefined {
  const event = orUndefined(["bad_json", "bad_utf8"], () => parseJson(auditEvent))
  if (!isObject(event) || event.resourceType !== "AuditEvent") return undefined
  const agents = asList(event.agent).filter(isObject)
  const details = asList(event.entity)
    .flatMap((entity) => (isObject(entity) ? asList(entity.detail) : []))
    .filter(isObject)
  const detail = (type: string) => asText(details.find((one) => one.type === type)?.valueString)
  const practitionerName = asText(agents[1]?.name)
  const [manifestBody, policyChange] = [detail("manifest-body"), detail("policy-change")]
  const caseDocument = detail("case-document")
  return {
    isChange: asList(event.subtype).some((one) => isObject(one) && one.code === POLICY_CHANGED),
    requester: identifierOf(agents[0]?.who),
    practitioner: identifierOf(agents[1]?.who),
    role: codeOf(agents[1]?.role),
    purpose: codeOf(event.purposeOfEvent),
    time: asText(event.recorded) ?? "?",
    reason: asText(event.outcomeDesc) ?? "",
    policyVersion: detail("policy-version") ?? "?",
    ...(practitionerName !== undefined && { practitionerName }),
    ...(manifestBody !== undefined && { manifestBody }),
    ...(policyChange !== undefined && { policyChange }),
    ...(caseDocument !== undefined && { caseDocument }),
  }
}

const identifierOf = (who: Json | undefined): string =>
  isObject(who) && isObject(who.identifier) ? (asText(who.identifier.value) ?? "?") : "?"

function codeOf(value: Json | undefined): string {
  const concept = asList(value)[0]
  const coding = isObject(concept) ? asList(concept.coding)[0] : undefined
  return isObject(coding) ? (asText(coding.code) ?? "?") : "?"
}
