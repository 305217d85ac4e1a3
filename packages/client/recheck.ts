import {
  type AccountEntry,
  asList,
  asText,
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
  type PatientMove,
  type PolicyDocument,
  parseJson,
  policyRoot,
  readPolicy,
  toHex,
} from "@aceso/core"

type OwnRecord = Infer<typeof ownRecord>

/** One disclosure as the patient's device sees it after evaluating every line again. */
export interface DisclosureCheck {
  readonly isLogged: boolean
  readonly outcome: "read" | "denied"
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
  /** Held back by the custodian as somebody else's, although the policy opens them. */
  readonly withdrawn: number
  /** Lines of the manifest that the patient's own documents contradict. */
  readonly contradictions: readonly string[]
}

/** Reads an entry and, where the policy is still the one that was applied, decides each line again. */
export function checkDisclosure(
  entry: AccountEntry,
  records: readonly OwnRecord[],
  documents: readonly PolicyDocument[],
  isLogged: boolean,
  moves: readonly PatientMove[] = [],
): DisclosureCheck {
  const event = parseJson(entry.auditEvent)
  const facts = isObject(event) ? readEvent(event) : undefined
  const body = entry.body ? manifestBody.parse(decodeCbor(entry.body), "body") : undefined
  const contradictions: string[] = []
  const byEntry = new Map(records.map((record) => [nameOf(record.entry.commitment), record]))
  const released: { index: number; type: string }[] = []
  if (body && facts && facts.bodyHash !== toHex(bodyHash(body)))
    contradictions.push("the manifest is not the one that the AuditEvent names")
  const isSamePolicy = body?.policyRoot && equalBytes(body.policyRoot, policyRoot(documents))
  const policy = isSamePolicy ? readPolicy(documents) : undefined
  body?.lines.forEach((line, index) => {
    const record = byEntry.get(nameOf(line.entry.commitment))
    const resource = record?.content?.length ? parseJson(record.content) : undefined
    if (line.status === "released")
      released.push({ index, type: (isObject(resource) && asText(resource.resourceType)) || "?" })
    if (!record) contradictions.push(`line ${index} names a record that is not yours`)
    const told = record ? withdrawals(record, moves) : []
    if (line.status === "withdrawn" && record && !told.some((one) => mayBeWithdrawn(one, body.time)))
      contradictions.push(`line ${index} was held back as somebody else's, and you were not told of it`)
    if (line.status === "released" && told.some((one) => mustBeWithdrawn(one, body.time)))
      contradictions.push(`line ${index} was released although it was withdrawn as somebody else's`)
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
  const withdrawn = body?.lines.filter(({ status }) => status === "withdrawn").length ?? 0
  const withheld = body ? body.lines.length - released.length - withdrawn : 0
  return {
    isLogged,
    outcome: body ? "read" : "denied",
    ...(facts ?? UNREADABLE),
    released,
    withheld,
    withdrawn,
    contradictions,
  }
}

/** An answer names the time at which the custodian began with it. */
const ANSWER_MS = 60_000

/** When the custodian says that it withheld the record; a deletion has no content to withhold. */
const withdrawals = ({ entry }: OwnRecord, moves: readonly PatientMove[]): readonly PatientMove[] =>
  moves.filter(
    ({ opening }) => opening && entry.operation !== "delete" && equalBytes(opening.recordId, entry.recordId),
  )

const mayBeWithdrawn = ({ since, ended }: PatientMove, time: number): boolean =>
  since - ANSWER_MS <= time && time <= (ended ?? time)

const mustBeWithdrawn = ({ since, ended }: PatientMove, time: number): boolean =>
  since < time && (ended === null || time < ended - ANSWER_MS)

const UNREADABLE = {
  requester: "?",
  practitioner: "?",
  role: "?",
  purpose: "?",
  time: "?",
  reason: "",
  policyVersion: "?",
  bodyHash: "",
}

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
