import { type CheckedDocument, MAX_PHOTO_BYTES, type RegisterQuestion } from "@aceso/client"
import { type Bytes, type JsonObject, PlatformError, toBase64 } from "@aceso/core"

/** Who registers whom, and when. */
export interface Registered {
  /** Ids that nobody else has, of Patient and Provenance. */
  readonly ids: readonly [patient: string, provenance: string]
  /** The clerk, and the organisation. */
  readonly by: string
  readonly member: string
  /** ms */
  readonly at: number
}

const TABLE_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
const PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
const DOCUMENTS: Readonly<Record<CheckedDocument["type"], readonly [code: string, display: string]>> = {
  "national-id": ["NI", "National unique individual identifier"],
  passport: ["PPN", "Passport number"],
  "driving-licence": ["DL", "Driver's license number"],
  "residence-permit": ["PRC", "Permanent Resident Card Number"],
  "birth-certificate": ["BCT", "Birth Certificate"],
  "insurance-card": ["MB", "Member Number"],
}

/**
 * A person as FHIR R4 has one. The document that was checked is an Identifier of the Patient (type, number, who issued it,
 * until when); that it was checked, when and by whom is a Provenance, of which R4 has a verifier (docs/decisions/0044).
 * @throws PlatformError `bad_input`
 */
export function newPatient(
  question: RegisterQuestion,
  registered: Registered,
): readonly [patient: JsonObject, ...provenance: JsonObject[]] {
  const { name, birthDate, sex, identifiers, document, photo } = question
  mustBeDay(birthDate, "birthDate", registered.at)
  if (document?.validUntil !== undefined) mustBeDay(document.validUntil, "document.validUntil")
  const identifier = [
    ...identifiers.map((one) => ({ ...one })),
    ...(document ? [identifierOf(document)] : []),
  ]
  const patient: JsonObject = {
    resourceType: "Patient",
    id: registered.ids[0],
    ...(identifier.length > 0 && { identifier }),
    name: [
      { use: "official", family: name.family, ...(name.given.length > 0 && { given: [...name.given] }) },
    ],
    gender: sex,
    birthDate,
    ...(photo && { photo: [photoOf(photo, document, registered)] }),
  }
  return document ? [patient, provenanceOf(document, registered)] : [patient]
}

/** All of it or nothing. */
export const asTransaction = (resources: readonly JsonObject[]): JsonObject => ({
  resourceType: "Bundle",
  type: "transaction",
  entry: resources.map((resource) => ({
    resource,
    request: { method: "PUT", url: `${String(resource.resourceType)}/${String(resource.id)}` },
  })),
})

function identifierOf({ type, number, system, issuer, validUntil }: CheckedDocument): JsonObject {
  const [code, display] = DOCUMENTS[type]
  return {
    use: "official",
    type: { coding: [{ system: TABLE_0203, code, display }] },
    ...(system !== undefined && { system }),
    value: number,
    ...(validUntil !== undefined && { period: { end: validUntil } }),
    ...(issuer !== undefined && { assigner: { display: issuer } }),
  }
}

function provenanceOf(document: CheckedDocument, { ids, by, member, at }: Registered): JsonObject {
  const [patient, id] = ids
  return {
    resourceType: "Provenance",
    id,
    target: [{ reference: `Patient/${patient}` }],
    recorded: new Date(at).toISOString(),
    agent: [
      {
        type: { coding: [{ system: PARTICIPANT, code: "verifier", display: "Verifier" }] },
        who: { display: `${by}, ${member}` },
      },
    ],
    entity: [{ role: "source", what: { identifier: identifierOf(document) } }],
  }
}

/** A photo stands with the document that it was compared with. */
function photoOf(content: Bytes, document: CheckedDocument | undefined, { at }: Registered): JsonObject {
  const contentType = kindOf(content)
  if (contentType === undefined)
    throw new PlatformError(
      "bad_input",
      `photo: it is neither JPEG nor PNG; send one of these, ${MAX_PHOTO_BYTES} bytes at most`,
    )
  if (!document)
    throw new PlatformError(
      "bad_input",
      "photo: nothing says whose face it is; name the document that it was compared with, or leave the photo away",
    )
  const title = `taken at the desk and compared with ${DOCUMENTS[document.type][1]} ${document.number}`
  return { contentType, data: toBase64(content), title, creation: new Date(at).toISOString() }
}

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
function kindOf(content: Bytes): string | undefined {
  const begins = (magic: readonly number[]) => magic.every((byte, i) => content[i] === byte)
  return begins(JPEG) ? "image/jpeg" : begins(PNG) ? "image/png" : undefined
}

const FIRST_YEAR = 1880
/** A day of the calendar; of a birth not one to come. @throws PlatformError `bad_input` */
function mustBeDay(date: string, at: string, before?: number): void {
  const day = new Date(`${date}T00:00:00Z`)
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date)
  if (!isDay || Number(date.slice(0, 4)) < FIRST_YEAR)
    throw new PlatformError("bad_input", `${at}: ${date} is no day; write year-month-day, such as 1970-01-31`)
  // Somewhere it is tomorrow already.
  if (before !== undefined && day.getTime() > before + 14 * 3600_000)
    throw new PlatformError("bad_input", `${at}: ${date} is still to come`)
}
