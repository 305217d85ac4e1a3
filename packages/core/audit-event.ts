import type { Bytes } from "./bytes.ts"
import { DELEGATE_SYSTEM } from "./consent/requester.ts"
import { orUndefined } from "./errors.ts"
import { asList, asText, isObject, type Json, type JsonObject, parseJson } from "./json.ts"

/** What an AuditEvent says, as a custodian writes it for the disclosure log; "?" for what it does not say. */
export interface AuditEventFacts {
  /** A change of the patient's own policy, not a disclosure or denial. */
  readonly isChange: boolean
  /** Who acted for the patient, or what became of them: name (absent: not known there), key in hexadecimal. */
  readonly delegate?: { readonly name?: string; readonly key: string; readonly relation: string }
  /** What a delegate may do, as the custodian was told. */
  readonly delegateMay?: string
  /** The case that a delegate opened, in hexadecimal. */
  readonly delegateCase?: string
  /** Who ended a delegate: `person`, `custodian`, `delegate`. */
  readonly endedBy?: string
  /** Another key was put in place of the patient's at the desk: `begun`; or that was taken back: `cancelled`. */
  readonly rekey?: string
  /** A look of the custodian's own staff, at what: `history`, `search`, `attachment <index>`. */
  readonly reading?: string
  /** A day's such looks: how many, and their root in hexadecimal (readings.ts). */
  readonly readings?: { readonly count: number; readonly root: string }
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
  const delegate = delegateIn(agents[0])
  const [delegateMay, delegateCase, endedBy] = ["delegate-may", "delegate-case", "ended-by"].map(detail)
  const rekey = detail("rekey")
  const reading = detail("reading")
  const [count, root] = [detail("readings"), detail("readings-root")]
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
    ...(delegate && { delegate }),
    ...(delegateMay !== undefined && { delegateMay }),
    ...(delegateCase !== undefined && { delegateCase }),
    ...(endedBy !== undefined && { endedBy }),
    ...(rekey !== undefined && { rekey }),
    ...(reading !== undefined && { reading }),
    ...(count !== undefined && root !== undefined && { readings: { count: Number(count), root } }),
  }
}

function delegateIn(agent: JsonObject | undefined): AuditEventFacts["delegate"] {
  const identifier = isObject(agent?.who) && isObject(agent.who.identifier) ? agent.who.identifier : undefined
  if (!agent || identifier?.system !== DELEGATE_SYSTEM) return undefined
  const name = asText(agent.name)
  const relation = codeOf(agent.type === undefined ? undefined : [agent.type])
  return { ...(name !== undefined && { name }), key: asText(identifier.value) ?? "?", relation }
}

const identifierOf = (who: Json | undefined): string =>
  isObject(who) && isObject(who.identifier) ? (asText(who.identifier.value) ?? "?") : "?"

function codeOf(value: Json | undefined): string {
  const concept = asList(value)[0]
  const coding = isObject(concept) ? asList(concept.coding)[0] : undefined
  return isObject(coding) ? (asText(coding.code) ?? "?") : "?"
}
