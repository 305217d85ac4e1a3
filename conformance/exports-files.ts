import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { asList, asText, type Bytes, canonicalText, isObject, type JsonObject, parseJson } from "@aceso/core"
import { asWritten } from "./exports-prints.ts"

/** A file of an export. */
export interface ExportFile {
  /** Its path below the maker's folder. */
  readonly where: string
  readonly bytes: Bytes
}

/** A resource as a file says it. */
export interface SentResource {
  readonly where: string
  /** Place in the Bundle or line of the NDJSON, from 0; -1: the file is this resource. */
  readonly index: number
  readonly fullUrl: string | undefined
  readonly resource: JsonObject
  /** What a server says of a search, beside what the search found. */
  readonly isOutcome?: boolean
  /** It asks for an id of its own, whatever it has. */
  readonly isCreate?: boolean
  /** All of its file is taken or nothing. */
  readonly isWhole?: boolean
  /** What is there decides what becomes of it (conditional create, update or reference). */
  readonly isConditional?: boolean
}

/** Names of the makers: subfolders, but for those that begin with a dot. */
export const makersIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith(".") && statSync(join(folder, name)).isDirectory())
    .sort()

/** All files of a folder and its subfolders, in the order of their paths. */
export const filesIn = (folder: string): ExportFile[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => ({ where: path.slice(folder.length + 1), bytes: readFileSync(path) }))

const textOf = ({ bytes }: ExportFile) => new TextDecoder().decode(bytes)

export const isLines = (where: string): boolean => /\.(ndjson|jsonl)$/i.test(where)

/** The texts of a file's lines that say something. */
const linesOf = (text: string) => text.split("\n").filter((line) => line.trim() !== "")

/** What a file says, read without the importer. @returns why it says nothing that can be read */
export function resourcesOf(file: ExportFile): readonly SentResource[] | string {
  const { where } = file
  const text = textOf(file)
  try {
    if (!isLines(where)) return partsOf(where, objectOf(text))
    return linesOf(text).map((line, index) => ({
      where,
      index,
      fullUrl: undefined,
      resource: objectOf(line),
    }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function objectOf(text: string): JsonObject {
  const value = parseJson(new TextEncoder().encode(text))
  if (!isObject(value)) throw new Error("no JSON object")
  return value
}

function partsOf(where: string, resource: JsonObject): SentResource[] {
  if (resource.resourceType !== "Bundle") return [{ where, index: -1, fullUrl: undefined, resource }]
  const isWhole = ["transaction", "document", "message"].includes(asText(resource.type) ?? "")
  const isConditional = CONDITION.test(canonicalText(resource))
  const parts = asList(resource.entry).flatMap((entry, index): SentResource[] => {
    if (!isObject(entry) || !isObject(entry.resource) || isDeletion(entry)) return []
    const fullUrl = asText(entry.fullUrl)
    const isOutcome = resource.type === "searchset" && isOfSearch(entry)
    const kind = { isOutcome, isCreate: isCreate(entry), isWhole, isConditional }
    return [{ where, index, fullUrl, resource: entry.resource, ...kind }]
  })
  if (resource.type !== "document") return parts
  // A document is a record itself.
  return [...parts, { where, index: -1, fullUrl: undefined, resource, isWhole, isConditional }]
}

const CONDITION = /"ifNoneExist":|"(?:reference|url)":"[A-Z][A-Za-z]+\?/
const isCreate = ({ request }: JsonObject) => isObject(request) && request.method === "POST"
const isDeletion = ({ request }: JsonObject) => isObject(request) && request.method === "DELETE"

/** `Type/id` of what a file says to be deleted. */
export function deletedIn(file: ExportFile): string[] {
  if (isLines(file.where)) return []
  try {
    return asList(objectOf(textOf(file)).entry).flatMap((entry) =>
      isObject(entry) && isDeletion(entry) && isObject(entry.request)
        ? [asText(entry.request.url) ?? ""]
        : [],
    )
  } catch {
    // What cannot be read is told elsewhere.
    return []
  }
}

const isOfSearch = ({ search, resource }: JsonObject) =>
  (isObject(search) && search.mode === "outcome") ||
  (isObject(resource) && resource.resourceType === "OperationOutcome")

/** The resources of a file by their places, with each number as it is written (see asWritten). */
export function writtenIn(file: ExportFile): (index: number) => unknown {
  const text = textOf(file)
  if (isLines(file.where)) {
    const lines = linesOf(text).map(asWritten)
    return (index) => lines[index]
  }
  const whole = asWritten(text) as { entry?: { resource?: unknown }[] }
  return (index) => (index < 0 ? whole : whole.entry?.[index]?.resource)
}
