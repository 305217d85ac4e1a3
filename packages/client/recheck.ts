import {
  type AccountEntry,
  asList,
  asText,
  type Bytes,
  bodyHash,
  concerns,
  decide,
  decodeCbor,
  equalBytes,
  factsOf,
  type Infer,
  isObject,
  type Json,
  manifestBody,
  nameOf,
  type ownRecord,
  type PolicyDocument,
  type PolicyState,
  parseJson,
  policyRoot,
  readPolicy,
  toHex,
} from "@aceso/core"

type OwnRecord = Infer<typeof ownRecord>

/** One disclosure as the patient's device sees it after evaluating every line again. */
export interface DisclosureCheck {
  readonly isLogged: boolean
  /** `changed`: not a disclosure but a change of the patient's own policy. */
  readonly outcome: "read" | "denied" | "changed"
  readonly requester: string
  readonly practitioner: string
  readonly role: string
  readonly purpose: string
  readonly time: string
  readonly reason: string
  readonly policyVersion: string
  /** What was released: type and index of the log. */
  readonly released: readonly { readonly index: number; readonly type: string }[]
  readonly withheld: number
  /** Lines of the manifest that the patient's own documents contradict. */
  readonly contradictions: readonly string[]
}

/** A policy as its patient has it; computed once for many entries. */
export interface PolicyInForce {
  /** Undefined: there is none. */
  readonly root: Bytes | undefined
  readonly documents: readonly PolicyDocument[]
}

export const policyInForce = ({ salt, documents }: PolicyState): PolicyInForce => ({
  root: salt ? policyRoot(documents, salt) : undefined,
  documents,
})

/** Reads an entry and, where the policy is still the one that was applied, decides each line again. */
export function checkDisclosure(
  entry: AccountEntry,
  records: readonly OwnRecord[],
  inForce: PolicyInForce,
  isLogged: boolean,
): DisclosureCheck {
  const event = parseJson(entry.auditEvent)
  const facts = isObject(event) ? readEvent(event) : undefined
  const body = entry.body ? manifestBody.parse(decodeCbor(entry.body), "body") : undefined
  const contradictions: string[] = []
  const byEntry = new Map(records.map((record) => [nameOf(record.entry.commitment), record]))
  const released: { index: number; type: string }[] = []
  if (body && facts && facts.bodyHash !== toHex(bodyHash(body)))
    contradictions.push("the manifest is not the one that the AuditEvent names")
  const { root, documents } = inForce
  const isSamePolicy = body?.policyRoot && root && equalBytes(body.policyRoot, root)
  const policy = isSamePolicy ? readPolicy(documents) : undefined
  body?.lines.forEach((line, index) => {
    if (!line.entry) return
    const record = byEntry.get(nameOf(line.entry.commitment))
    const resource = record && record.content.length > 0 ? parseJson(record.content) : undefined
    if (line.status === "released")
      released.push({ index, type: (isObject(resource) && asText(resource.resourceType)) || "?" })
    if (!record) contradictions.push(`line ${index} names a record that is not yours`)
    if (!policy || !isObject(resource) || !facts) return
    const query = {
      member: facts.requester,
      practitioner: facts.practitioner,
      role: facts.role,
      purpose: facts.purpose,
      time: body.time,
    }
    const isPermitted = concerns(policy, query) && decide(policy, query, factsOf(resource)) === "permit"
    if (isPermitted && line.status === "not_permitted")
      contradictions.push(`line ${index} was withheld although your consent opens it`)
    if (!isPermitted && line.status === "released")
      contradictions.push(`line ${index} was released although no consent of yours opens it`)
  })
  const withheld = body ? body.lines.length - released.length : 0
  return {
    isLogged,
    outcome: body ? "read" : facts?.isChange ? "changed" : "denied",
    ...(facts ?? UNREADABLE),
    released,
    withheld,
    contradictions,
  }
}

const UNREADABLE = {
  requester: "?",
  practitioner: "?",
  role: "?",
  purpose: "?",
  time: "?",
  reason: "",
  policyVersion: "?",
  bodyHash: "",
  isChange: false,
}

/** DICOM PS3.16: User Security Attributes Changed. */
const POLICY_CHANGED = "110137"

function readEvent(event: { readonly [name: string]: Json }) {
  const agents = asList(event.agent).filter(isObject)
  const identifierOf = (index: number) => {
    const who = agents[index]?.who
    return isObject(who) && isObject(who.identifier) ? (asText(who.identifier.value) ?? "?") : "?"
  }
  const codeOf = (value: Json | undefined): string => {
    const concept = asList(value)[0]
    const coding = isObject(concept) ? asList(concept.coding)[0] : undefined
    return isObject(coding) ? (asText(coding.code) ?? "?") : "?"
  }
  const entity = asList(event.entity).find(isObject)
  const details = new Map(
    asList(entity?.detail).flatMap((one) =>
      isObject(one) ? [[asText(one.type) ?? "", asText(one.valueString) ?? ""] as const] : [],
    ),
  )
  return {
    isChange: asList(event.subtype).some((one) => isObject(one) && one.code === POLICY_CHANGED),
    requester: identifierOf(0),
    practitioner: identifierOf(1),
    role: codeOf(agents[1]?.role),
    purpose: codeOf(event.purposeOfEvent),
    time: asText(event.recorded) ?? "?",
    reason: asText(event.outcomeDesc) ?? "",
    policyVersion: details.get("policy-version") ?? "?",
    bodyHash: details.get("manifest-body") ?? "",
  }
}
