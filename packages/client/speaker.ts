import { isObject, type JsonObject, orUndefined, parseJson } from "@aceso/core"
import { english, type Find, type Statement, statementOf, type Tongue } from "@aceso/core/display/index.ts"
import type { SourceLine } from "./history-schemas.ts"

/** A version of a record with what it holds. */
export interface ReadLine {
  readonly line: SourceLine
  readonly resource: JsonObject
}

/** Empty for a line without content, or with one that is no JSON object: the line is shown all the same. */
export function resourceOf(line: Pick<SourceLine, "content">): JsonObject {
  const resource =
    line.content && orUndefined(["bad_json", "bad_utf8"], () => parseJson(line.content as Uint8Array))
  return isObject(resource) ? resource : {}
}

/** Which version says what an entry is: of what was deleted the newest before that holds. */
export function speakerOf<R extends ReadLine>(group: readonly R[], older: readonly R[]): R {
  const before = older.find(hasContent) ?? older[0]
  const [newest = before] = group
  if (newest.line.isDeletion) {
    const isHeld = (one: R) => one.line.status === "verified" && hasContent(one)
    return older.find(isHeld) ?? (hasContent(before) ? before : newest)
  }
  return (
    group.find(({ line }) => line.status === "verified") ?? (hasContent(newest) ? newest : (before ?? newest))
  )
}

const hasContent = (one: ReadLine | undefined): boolean =>
  one !== undefined && Object.keys(one.resource).length > 0

/** What it says of the entry, or why it says nothing. */
export const saidBy = (
  { line, resource }: ReadLine,
  isDeleted: boolean,
  find?: Find,
  language: Tongue = english,
): Statement =>
  statementOf(resource, find, language) ?? {
    title: isDeleted ? language.words.deleted : language.words.closed.replace("{n}", String(line.index)),
    marks: [],
  }
