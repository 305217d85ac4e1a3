import {
  attachmentsOf,
  committedBy,
  type NamedAttachment,
  type OwnRecords,
  type PatientClient,
  type RecordAlone,
  recordToShow,
  type SourceLine,
  timeAsWritten,
} from "@aceso/client"
import {
  type Bytes,
  decodeBase64,
  equalBytes,
  isObject,
  type JsonObject,
  orUndefined,
  PlatformError,
  parseJson,
  type ShownAttachment,
  toBase64,
} from "@aceso/core"
import {
  elementsOf,
  isNotSo,
  type Mark,
  type ShownElement,
  statementOf,
  visible,
  visibleAll,
} from "@aceso/core/display/index.ts"
import type { Language } from "../../texts/language.ts"
import { entryIn, tongueOf } from "../language.ts"
import { indented } from "./records-json.ts"
import type { Kept } from "./records-kept.ts"
import { type ShownSource, shownSource } from "./records-shown.ts"

export interface ShownVersion {
  readonly id: string
  readonly source: ShownSource
  readonly index: number
  readonly isThis: boolean
  /** By this block the ledger had it; absent: the log does not tell. */
  readonly byBlock?: number
  /** When its source says that it was recorded, as written. */
  readonly recorded: string
}

/** One version of a record, all of it. Text of others has no character in it that draws or hides, ends of lines beside. */
export interface ShownRecord {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly marks: readonly Mark[]
  readonly isNotSo: boolean
  readonly isStruckOut: boolean
  readonly isDeleted: boolean
  readonly isDrugApart: boolean
  readonly time: string
  readonly index: number
  readonly isSuperseded: boolean
  /** Newest versions at other custodians that say the same. */
  readonly sources: readonly ShownSource[]
  readonly versions: readonly ShownVersion[]
  readonly made: readonly ShownElement[]
  readonly elements: readonly ShownElement[]
  readonly attachments: readonly Omit<NamedAttachment, "name" | "record">[]
  /** The record as it was sent, with white space between its tokens, or its beginning. */
  readonly json: string
  readonly isJsonCut: boolean
  readonly content?: Bytes
  readonly names: Kept["organisations"]
  /** Why what a custodian shows is not as the ledger has it. */
  readonly reasons: Readonly<Record<string, string>>
}

/** Who made it and when, as R4's types name that. */
const MAKERS = [
  ...["author", "performer", "recorder", "asserter", "requester", "informationSource", "attester", "enterer"],
  ...["provider", "insurer", "sender", "actor", "owner", "participant", "location", "serviceProvider"],
  ...[
    "managingOrganization",
    "custodian",
    "organization",
    "issued",
    "recordedDate",
    "authoredOn",
    "recorded",
  ],
  ...["dateAsserted", "dateRecorded", "date", "created"],
]
/** Characters of a source that a page shows. */
const MAX_JSON = 100_000

/** @throws PlatformError `unknown_record` */
export async function shownRecord(kept: Kept, name: string, language: Language): Promise<ShownRecord> {
  const { entry: found, line } = foundIn(kept, name)
  const [entry, tongue] = await Promise.all([entryIn(found, language), tongueOf(language)])
  const resource = resourceOf(line)
  const isNewest = entry.sources.includes(line) || entry.sources.length === 0
  const said = isNewest ? undefined : statementOf(resource, undefined, tongue)
  const isOther = entry.marks.filter(({ key }) => key === "somebody-else")
  const marks = isNewest ? entry.marks : [...isOther, ...(said?.marks ?? [])]
  const text = indented(new TextDecoder().decode(line.content ?? new Uint8Array()))
  const json = visibleLines(text.slice(0, MAX_JSON))
  const shown = visibleAll({
    ...{ id: name, type: entry.resourceType, title: said?.title ?? entry.title, marks },
    isNotSo: isNotSo(marks),
    isStruckOut: isNewest ? entry.isStruckOut : line.status === "mismatch" || line.status === "withdrawn",
    isDeleted: isNewest && (entry.isDeleted ?? false),
    isDrugApart: isNewest && (entry.isDrugApart ?? false),
    time: timeAsWritten(isNewest ? entry : { timeText: said?.timeText }),
    index: line.index,
    isSuperseded: line.isSuperseded,
    sources: (isNewest && entry.sources.length > 0 ? entry.sources : [line]).map(shownSource),
    versions: versionsOf(kept, name),
    attachments: attachmentsOf(line).map(({ attachment: _a, name: _n, record: _r, ...rest }) => rest),
  })
  const made = Object.fromEntries(MAKERS.flatMap((key) => membersOf(resource, key)))
  return {
    ...shown,
    made: shownElements(elementsOf(made, tongue)),
    elements: shownElements(elementsOf(resource, tongue)),
    json,
    isJsonCut: text.length > MAX_JSON,
    ...(line.content?.length && { content: line.content }),
    names: kept.organisations,
    reasons: Object.fromEntries(
      kept.history.parts.flatMap(({ custodian, why }) => (why ? [[custodian, why.code]] : [])),
    ),
  }
}

/** @throws PlatformError `unknown_record` */
export function shownAlone(kept: Kept, name: string): RecordAlone & { readonly title: string } {
  const { entry, line } = foundIn(kept, name)
  return { ...recordToShow(line), title: visible(entry.title) }
}

const membersOf = (resource: JsonObject, key: string) =>
  [key, `_${key}`].flatMap((name) => (Object.hasOwn(resource, name) ? [[name, resource[name]] as const] : []))

function foundIn({ lines }: Kept, name: string) {
  const found = lines.get(name)
  if (!found)
    throw new PlatformError("unknown_record", "there is no such record among yours; go back to all of them")
  return found
}

function resourceOf({ content }: SourceLine): JsonObject {
  const resource = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(resource) ? resource : {}
}

/** All that are shown of the same record at the same custodian, the newest first. */
function versionsOf({ lines, history }: Kept, name: string): ShownVersion[] {
  const found = lines.get(name)
  if (!found) return []
  const { line, entry } = found
  const isSame = (one: SourceLine) =>
    one.custodian === line.custodian && equalBytes(one.recordId, line.recordId)
  const part = history.parts.filter(({ custodian }) => custodian === line.custodian)
  const nameOf = new Map([...lines].map(([id, one]) => [one.line, id]))
  return [...entry.sources, ...entry.older]
    .filter(isSame)
    .sort((a, b) => b.version - a.version)
    .map((one) => {
      const { meta } = resourceOf(one)
      const recorded = isObject(meta) && typeof meta.lastUpdated === "string" ? meta.lastUpdated : ""
      const by = part.length === 1 && one.status === "verified" ? committedBy(part[0], one.index) : undefined
      return {
        ...{ id: nameOf.get(one) ?? "", source: shownSource(one), index: one.index, isThis: one === line },
        ...(by !== undefined && { byBlock: by }),
        recorded: timeAsWritten({ timeText: recorded.slice(0, 64) }),
      }
    })
}

/** Lines of a text stay lines; all else that draws or hides becomes a symbol. */
const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n")

const shownElements = (elements: readonly ShownElement[]): ShownElement[] =>
  elements.map(({ label, text, isPreformatted, inside }) => ({
    label: visible(label),
    ...(text !== undefined && { text: visibleLines(text) }),
    ...(isPreformatted && { isPreformatted }),
    inside: shownElements(inside),
  }))

export interface AttachmentContent {
  readonly content: Bytes
  /** What its record says of it, and is not so. */
  readonly contradictions: readonly string[]
}

/** @throws PlatformError `object_missing`, `object_differs`, those of the node */
export async function attachmentContent(
  client: OwnRecords,
  kept: Kept,
  name: string,
  n: number,
): Promise<AttachmentContent> {
  const { line } = foundIn(kept, name)
  const found = attachmentsOf(line)[n]?.attachment
  if (!found) throw new PlatformError("object_missing", "this record has no such attachment; go back to it")
  if (line.status === "mismatch")
    throw new PlatformError(
      "object_differs",
      "the record is not what was recorded, and so is what stands in it; nothing was saved",
    )
  const content = await contentOf(client, line, found)
  return { content, contradictions: await contradictionsOf(content, found) }
}

async function contentOf(client: OwnRecords, line: SourceLine, found: ShownAttachment): Promise<Bytes> {
  const { object, data } = found
  if (!object) {
    if (data === undefined)
      throw new PlatformError(
        "object_missing",
        "this file is kept apart from its record; ask the organisation for it",
      )
    return decodeBase64(data)
  }
  let fault: unknown
  // Whoever has two places at a custodian sees its lines together; the object proves whose it is.
  for (const place of client.places.filter(({ custodian }) => custodian === line.custodian))
    try {
      return await client.attachment(place, line.index, object)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      fault = error
    }
  throw fault
}

/** R4 Attachment: size in bytes, hash as SHA-1 in base64. */
async function contradictionsOf(content: Bytes, { saidSize, saidHash }: ShownAttachment): Promise<string[]> {
  const contradictions: string[] = []
  if (saidSize !== undefined && Number(saidSize) !== content.length)
    contradictions.push(`${saidSize} / ${content.length}`)
  if (saidHash !== undefined && /^[A-Za-z0-9+/]{27}=$/.test(saidHash)) {
    const sha1 = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(content))))
    if (sha1 !== saidHash) contradictions.push(`SHA-1 ${saidHash} / ${sha1}`)
  }
  return contradictions
}

export interface ShownReader {
  readonly n: number
  readonly requester: string
  readonly person?: string
  readonly role: string
  readonly purpose: string
  readonly time: string
  readonly policyVersion: string
  readonly isAttachment: boolean
  readonly isOnItsWay: boolean
  readonly contradictions: number
}

export interface ShownReaders {
  readonly readers: readonly ShownReader[]
  /** The log is whole and as the ledger has it. */
  readonly isComplete: boolean
}

export async function readersOf(
  client: PatientClient,
  kept: Kept,
  name: string,
  onProgress: (...progress: readonly unknown[]) => void,
): Promise<ShownReaders> {
  const { line } = foundIn(kept, name)
  const places = client.places.filter(({ custodian }) => custodian === line.custodian)
  const parts = await Promise.all(places.map((place) => client.readers(place, line, onProgress)))
  const readers = parts
    .flatMap(({ entries }) => entries)
    .map(
      (one): ShownReader => ({
        ...{ n: one.n, requester: one.requester, role: one.role, purpose: one.purpose, time: one.time },
        ...(one.practitionerName !== undefined && { person: one.practitionerName }),
        policyVersion: one.policyVersion,
        isAttachment: one.attachment !== undefined,
        isOnItsWay: one.isOnItsWay,
        contradictions: one.contradictions.length,
      }),
    )
    .sort((a, b) => (a.time < b.time ? 1 : -1))
  return visibleAll({ readers, isComplete: parts.every(({ isComplete }) => isComplete) })
}
