import type { OwnHistoryPart, SourceLine } from "@aceso/client"
import {
  type Bytes,
  concat,
  isObject,
  type JsonObject,
  orUndefined,
  parseJson,
  sha256,
  toBase64,
  toHex,
  utf8,
} from "@aceso/core"
import { drugsMeant, type MissingDrug, urlAt } from "./records-drugs.ts"
import type { Kept } from "./records-kept.ts"
import { isLacking } from "./records-parts.ts"

export interface Download {
  readonly name: string
  readonly content: Bytes
}

/** Why a version is not among the current records. */
type Why = "older" | "deleted" | "withdrawn" | "withheld" | "mismatch" | "damaged" | "omitted" | "same-name"
const WHY: Readonly<Record<Why, string>> = {
  older: "an older version: a newer one took its place",
  deleted: "the organisation deleted the record",
  withdrawn: "the organisation says that it is another person's, or cannot open it",
  withheld: "the organisation does not show it",
  mismatch: "it is not what was recorded, or cannot be proven to be: do not rely on it",
  damaged: "it cannot be checked, because records were lost there: a newer version may be among them",
  omitted: "it was left out for want of room",
  "same-name": "another record of the organisation has the same name",
}

interface Named {
  readonly resourceType: string
  readonly id?: string
  readonly json: JsonObject
}
interface Placed {
  readonly line: SourceLine
  readonly name: string
  readonly resource: Named | undefined
  /** Absent: it is current. */
  readonly why?: Why
}

/**
 * Every version that is known of: of the current ones, the newest that were verified and hold, nothing else; any program
 * that reads a collection takes each of its entries for current.
 */
function placed({ history, nameOf }: Kept): { readonly current: Placed[]; readonly others: Placed[] } {
  const current: Placed[] = []
  const others: Placed[] = []
  const urls = new Set<string>()
  const place = (line: SourceLine, isOlder: boolean) => {
    const resource = line.content?.length ? resourceIn(line.content) : undefined
    const url = resource && fullUrl(line.custodian, resource)
    const why = whyNot(line, isOlder) ?? (url !== undefined && urls.has(url) ? "same-name" : undefined)
    if (why === undefined && url !== undefined) urls.add(url)
    const one = { line, resource, name: nameOf.get(line) ?? "", ...(why && { why }) }
    ;(why ? others : current).push(one)
  }
  for (const { sources, older } of history.timeline) {
    for (const line of sources) place(line, line.isSuperseded)
    for (const line of older) place(line, true)
  }
  return { current, others }
}

function whyNot(line: SourceLine, isOlder: boolean): Why | undefined {
  if (line.status !== "verified") return line.status
  if (isOlder) return "older"
  if (line.isDeletion) return "deleted"
  return line.content?.length ? undefined : "omitted"
}

/** What of a history is missing: it is told by names of files, in the files, and on the page. */
export interface Lacking {
  readonly custodian: string
  readonly state: OwnHistoryPart["state"]
  /** Of those that were kept, how many of the oldest had no room. */
  readonly left: number
}
export const lackingIn = (parts: readonly Omit<OwnHistoryPart, "steps">[]): Lacking[] =>
  parts.filter(isLacking).map(({ custodian, state, left = 0 }) => ({ custodian, state, left }))

const STATE: Readonly<Record<OwnHistoryPart["state"], string>> = {
  matches: "some of its oldest records are not in this file",
  unreachable: "could not be reached: none of its records are in this file",
  differs: "shows something else than was recorded: what could not be proven is not in this file",
  incomplete: "lost records: what could not be checked is not in this file",
}

/** Drugs that current records mean by reference, and that no file has. */
export const missingDrugs = (kept: Kept): readonly MissingDrug[] =>
  drugsMeant(placed(kept).current, kept.history.drugs ?? []).missing

const DRUG_APART =
  "a Medication says by the word of its organisation alone which drug a record means: no record of the patient has it"
const noDrug = (reference: string) =>
  `which drug ${reference} is could not be fetched: it is not in this file`

/** All that the files are made of. */
interface Made {
  readonly kept: Kept
  readonly current: readonly Placed[]
  readonly others: readonly Placed[]
  readonly drugs: ReturnType<typeof drugsMeant>
  readonly isComplete: boolean
}
function madeOf(kept: Kept): Made {
  const { current, others } = placed(kept)
  const drugs = drugsMeant(current, kept.history.drugs ?? [])
  const isComplete = lackingIn(kept.history.parts).length === 0 && drugs.missing.length === 0
  return { kept, current, others, drugs, isComplete }
}

/** One file name for a whole download, another for one that lacks something. */
const fileName = (kind: string, { isComplete }: Made) =>
  `my-records${isComplete ? "" : ".NOT-COMPLETE"}.${kind}.json`
const currentName = (made: Made) => fileName("fhir", made)
const othersName = (made: Made) => fileName("NOT-CURRENT.do-not-import", made)

const iso = (ms: number) => new Date(ms).toISOString()

/** R4 meta.tag: whoever opens the bundle alone reads of it what it lacks, and since when what is in it was kept. */
function tagsOf({ kept: { history, organisations }, drugs }: Made): object[] {
  const called = (custodian: string) => organisations[custodian] ?? custodian
  const tag = (code: string, display: string) => ({ system: "urn:aceso:download", code, display })
  return [
    ...lackingIn(history.parts).map(({ custodian, state }) =>
      tag("not-complete", `${called(custodian)} ${STATE[state]}`),
    ),
    ...drugs.missing.map(({ custodian, reference }) =>
      tag("not-complete", `${called(custodian)}: ${noDrug(reference)}`),
    ),
    ...(drugs.meant.length > 0 ? [tag("drug-apart", DRUG_APART)] : []),
    ...history.parts.flatMap(({ custodian, keptAt, earlier }) => [
      ...(keptAt === undefined
        ? []
        : [tag("kept", `${called(custodian)}: as a device kept its records on ${iso(keptAt)}`)]),
      ...(earlier === undefined
        ? []
        : [
            tag(
              "kept",
              `${called(custodian)}: ${earlier.entries} entries as a device kept them, the oldest on ${iso(earlier.at)}`,
            ),
          ]),
    ]),
  ]
}

/**
 * One FHIR Bundle of type collection: what is current, each record byte for byte; what is no resource stands in a Binary.
 * The records have a fullUrl below one address for each custodian, so that their references lead to one another. Behind
 * them stand the Medications that they mean, which are no records of the patient's.
 */
export function bundleOf(kept: Kept): Download {
  const made = madeOf(kept)
  const tags = tagsOf(made)
  const meta = tags.length > 0 ? `"meta":${JSON.stringify({ tag: tags })},` : ""
  const parts: Bytes[] = [utf8(`{"resourceType":"Bundle",${meta}"type":"collection","entry":[`)]
  for (const [i, { line, resource }] of made.current.entries()) {
    const url = resource && fullUrl(line.custodian, resource)
    const lead = url === undefined ? '{"resource":' : `{"fullUrl":${JSON.stringify(url)},"resource":`
    parts.push(utf8(`${i > 0 ? "," : ""}${lead}`), wholeOf(line, resource), utf8("}"))
  }
  for (const [i, { fullUrl, content }] of made.drugs.meant.entries()) {
    const comma = made.current.length + i > 0 ? "," : ""
    parts.push(utf8(`${comma}{"fullUrl":${JSON.stringify(fullUrl)},"resource":`), content, utf8("}"))
  }
  parts.push(utf8("]}"))
  return { name: currentName(made), content: concat(...parts) }
}

const wholeOf = ({ content = new Uint8Array() }: SourceLine, resource: Named | undefined): Bytes =>
  resource
    ? content
    : utf8(`{"resourceType":"Binary","contentType":"application/octet-stream","data":"${toBase64(content)}"}`)

const DO_NOT_IMPORT =
  "Nothing in this file is current: older versions, and what was deleted, withdrawn, or could not be verified. It is for people to look things up. Do not import it into any system."

/**
 * All that is not current, each version with its number and why: a Bundle of type history inside of what is no resource,
 * so that a program that reads FHIR refuses the file.
 */
export function othersOf(kept: Kept): Download {
  const made = madeOf(kept)
  const { current, others } = made
  const names = new Map(
    [...current, ...others].flatMap(({ line, resource }) =>
      resource?.id === undefined ? [] : [[recordOf(line), `${resource.resourceType}/${resource.id}`]],
    ),
  )
  const parts: Bytes[] = [
    utf8(
      `{"doNotImport":${JSON.stringify(DO_NOT_IMPORT)},"history":{"resourceType":"Bundle","type":"history","entry":[`,
    ),
  ]
  for (const [i, { line, resource, why = "older" }] of others.entries()) {
    const url = names.get(recordOf(line)) ?? `${line.resourceType ?? "Resource"}/${toHex(line.recordId)}`
    const isDeletion = line.isDeletion === true
    const rest = {
      request: { method: isDeletion ? "DELETE" : "PUT", url },
      response: {
        status: isDeletion ? "204" : "200",
        etag: `W/"${line.version}"`,
        outcome: {
          resourceType: "OperationOutcome",
          issue: [
            { severity: "warning", code: "informational", details: { text: why }, diagnostics: WHY[why] },
          ],
        },
      },
    }
    const tail = JSON.stringify(rest).slice(1)
    const hasContent = (line.content?.length ?? 0) > 0
    parts.push(
      utf8(`${i > 0 ? "," : ""}{`),
      ...(hasContent ? [utf8('"resource":'), wholeOf(line, resource), utf8(",")] : []),
      utf8(tail),
    )
  }
  parts.push(utf8("]}}"))
  return { name: othersName(made), content: concat(...parts) }
}

const recordOf = ({ custodian, recordId }: SourceLine) => `${custodian} ${toHex(recordId)}`

function resourceIn(content: Bytes): Named | undefined {
  const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
  if (!isObject(resource) || typeof resource.resourceType !== "string") return undefined
  const { resourceType, id } = resource
  return { resourceType, json: resource, ...(typeof id === "string" && { id }) }
}

const fullUrl = (custodian: string, { resourceType, id }: Named) =>
  id !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(id) && /^[A-Za-z]{1,64}$/.test(resourceType)
    ? urlAt(custodian, `${resourceType}/${id}`)
    : undefined

/** What goes with the two files: of each entry in them where it comes from, what was found, and why it stands there. */
export function sourcesOf(kept: Kept, now: number): Download {
  const made = madeOf(kept)
  const { current, others, drugs, isComplete } = made
  const called = (custodian: string) => kept.organisations[custodian] ?? custodian
  const listed = (file: string, all: readonly Placed[]) =>
    all.map(({ line, name, why }, entry) => ({
      file,
      entry,
      ...(why && { why }),
      name,
      custodian: line.custodian,
      index: line.index,
      recordId: toHex(line.recordId),
      version: line.version,
      status: line.status,
      block: line.height,
      ...(line.keptAt !== undefined && { keptSince: iso(line.keptAt) }),
      bytes: line.content?.length ?? 0,
      sha256: line.content?.length ? toHex(sha256(line.content)) : null,
    }))
  const lacking = lackingIn(kept.history.parts)
  const sources = {
    made: iso(now),
    isComplete,
    notComplete: lacking.map((one) => ({ ...one, name: called(one.custodian), why: STATE[one.state] })),
    drugsMissing: drugs.missing.map((one) => ({
      ...{ ...one, name: called(one.custodian), why: noDrug(one.reference) },
    })),
    files: { [currentName(made)]: "the current records", [othersName(made)]: DO_NOT_IMPORT },
    why: WHY,
    custodians: kept.history.parts.map(({ steps: _steps, keptAt, earlier, ...part }) => ({
      ...part,
      ...(keptAt !== undefined && { keptSince: iso(keptAt) }),
      ...(earlier && { earlier: { entries: earlier.entries, keptSince: iso(earlier.at) } }),
      name: called(part.custodian),
    })),
    records: [...listed(currentName(made), current), ...listed(othersName(made), others)],
    drugs: drugs.meant.map(({ custodian, reference, content }, i) => ({
      ...{ file: currentName(made), entry: current.length + i, custodian, reference, why: DRUG_APART },
      ...{ bytes: content.length, sha256: toHex(sha256(content)) },
    })),
  }
  return { name: fileName("sources", made), content: utf8(`${JSON.stringify(sources, null, 1)}\n`) }
}
