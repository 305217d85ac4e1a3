import type { Find } from "./answer-finding.ts"
import { type Bytes, equalBytes } from "./bytes.ts"
import { orUndefined } from "./errors.ts"
import type { FetchRequest } from "./exchange.ts"
import { isObject, parseJson } from "./json.ts"
import type { LedgerView } from "./ledger-view.ts"
import { indexedLines, type ManifestBody } from "./manifest.ts"
import { isSameFrontier } from "./merkle.ts"
import { isWanted, subjectOf } from "./record-filter.ts"

/** What lies before an answer holds only as the requester has it, and under the same policy. */
export const isSince = (since: FetchRequest["since"], { from, view, policyVersion }: ManifestBody): boolean =>
  since !== undefined &&
  from !== undefined &&
  view !== undefined &&
  isSameFrontier(since.log, from) &&
  equalBytes(since.view, view) &&
  since.policyVersion === policyVersion

/** Whoever asks for a large object gets that one alone, and no word about the record log. */
export function wrongObjectOf(
  { object, file }: FetchRequest,
  body: ManifestBody,
  view: LedgerView,
): string | undefined {
  if (!object && !file) return body.object ? "it is about an attachment that nobody asked for" : undefined
  const sent = body.object
  const isObject = !object || (sent?.index === object.index && equalBytes(sent.root, object.root))
  const isFile = !file || sent?.index === file.index
  if (!isObject || !isFile || sent?.reference !== file?.reference)
    return "it is not about the attachment that was asked for"
  if (body.lines.length > 0 || !body.from || !isSameFrontier(body.from, view.log))
    return "it is about more than the attachment that was asked for"
  return undefined
}

/** A dummy or a deletion, which has no content, fits any filter: nobody is told that there is something else. */
export function isAskedFor(content: Bytes, { filter }: ManifestBody): boolean {
  if (!filter || content.length === 0) return true
  const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
  return isObject(resource) && isWanted(filter, subjectOf(resource))
}

/** Only a filter leaves something not requested; what comes later comes after something that was sent. */
export function checkAsked(body: ManifestBody, find: Find): void {
  const lines = indexedLines(body)
  const unasked = body.filter ? undefined : lines.find(({ status }) => status === "not_requested")
  if (unasked)
    find(
      "missing_record",
      `record ${unasked.index} is said not to be asked for, and everything was`,
      unasked.index,
    )
  const firstLater = lines.find(({ status }) => status === "later")?.index
  if (firstLater === undefined) return
  const sent = lines.filter(({ status }) => status === "released").map(({ index }) => index)
  if (sent.length === 0 || (sent.at(-1) as number) > firstLater)
    find(
      "missing_record",
      `record ${firstLater} is to come later, although ${sent.length === 0 ? "none was sent" : "later ones were sent"}`,
      firstLater,
    )
}
