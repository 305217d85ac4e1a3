import {
  type Answered,
  attachmentsOf,
  comparedAttachment,
  type Gap,
  gapsOf,
  type HistoryAnswer,
  type HistoryPlace,
  hiddenOf,
  type NamedAttachment,
  ownCounts,
  type Places,
  patientsIn,
  placeOf,
  placeOfLine,
  placesOfAlias,
  type SourceLine,
  type StaffClient,
  type TimelineEntry,
  timeAsWritten,
} from "@aceso/client"
import { decodeBase64, type FetchRequest, PlatformError, type RecordFilter } from "@aceso/core"
import {
  isNotSo,
  type PersonParts,
  personOf,
  personParts,
  visible,
  visibleAll,
} from "@aceso/core/display/index.ts"
import type { Language } from "../../texts/language.ts"
import { timelineIn } from "../language.ts"
import { type FirstBlock, firstShown } from "./history-blocks.ts"

/** A version and who vouches for it, without its content. */
export interface ShownLine
  extends Pick<SourceLine, "custodian" | "index" | "version" | "status" | "height" | "isSuperseded"> {
  /** As `placeOf` names it. */
  readonly place: string
  readonly note?: string
  readonly isDeletion: boolean
  readonly isOmitted: boolean
  readonly attachments: readonly NamedAttachment[]
  /** Names of files that prove what is wrong with it. */
  readonly evidence: readonly string[]
}

export interface ShownEntry
  extends Pick<TimelineEntry, "time" | "resourceType" | "title" | "marks" | "value" | "isStruckOut"> {
  /** As it was written; empty: it has no time. */
  readonly when: string
  /** Its marks say that it is not so. */
  readonly isNotSo: boolean
  /** In the whole answer. */
  readonly n: number
  readonly isDeleted: boolean
  readonly isDrugApart: boolean
  /** It came since the look before. */
  readonly isNew: boolean
  readonly sources: readonly ShownLine[]
  readonly older: readonly ShownLine[]
}

export interface ShownPerson extends PersonParts {
  readonly custodian: string
  readonly numbers: readonly string[]
}

export type ShownReport = Omit<HistoryAnswer["custodians"][number], "handle" | "seen" | "tag">

export interface ShownHistory {
  readonly whose: string
  readonly member: string
  readonly purpose: FetchRequest["purpose"]
  /** Some of it had no room: asked for a kind alone there may be. */
  readonly isTooMuch: boolean
  readonly isVisitor: boolean
  readonly persons: readonly ShownPerson[]
  readonly first: readonly FirstBlock[]
  readonly gaps: readonly Gap[]
  readonly withheld: number
  /** How many entries are no lies. */
  readonly read: number
  readonly entries: readonly ShownEntry[]
  readonly custodians: readonly ShownReport[]
  readonly own: (ReturnType<typeof ownCounts> & { readonly from: number }) | null
  readonly joined: HistoryAnswer["joined"]
  readonly lost: HistoryAnswer["lost"]
  readonly notices: HistoryAnswer["notices"]
  readonly evidence: readonly { readonly name: string; readonly size: number }[]
  readonly isComplete: boolean
  readonly isPart: boolean
  /** ms of the look that `isNew` counts from; null: this is the first. */
  readonly since: number | null
}

export interface Wished {
  readonly language: Language
  readonly purpose: FetchRequest["purpose"]
  /** FHIR types; empty: all. */
  readonly classes: readonly string[]
}

/** The answer that is shown, with what pages do not need until somebody asks. */
export interface Kept {
  readonly places: Places
  readonly purpose: FetchRequest["purpose"]
  readonly answer: HistoryAnswer
  /** Not all kinds were asked for. */
  readonly isFiltered: boolean
  /** The look before this one. */
  readonly before?: Look
}

interface Look {
  readonly at: number
  /** Names of record versions that were shown. */
  readonly seen: ReadonlySet<string>
}

const nameOfLine = (line: SourceLine) => `${placeOf(line)} ${line.version}`

/** Histories of people, from every custodian; what is in them stays here until a page asks for one record. */
export const historyCalls = (client: StaffClient, member: string, kept: Map<string, Kept>) => {
  const looks = new Map<string, Look>()

  /** @throws PlatformError `unknown_patient`, and what the node answers */
  const history = async (whose: string, { purpose, classes, language }: Wished): Promise<ShownHistory> => {
    const places = await placesOfAlias(client, member, whose)
    const filter: RecordFilter | undefined = classes.length > 0 ? { classes, codes: [] } : undefined
    const answer = await client.history(places.places, purpose, { alsoOwn: places.own, filter })
    const before = looks.get(whose)
    const one = { places, purpose, answer, isFiltered: filter !== undefined, ...(before && { before }) }
    kept.clear()
    kept.set(whose, one)
    const lines = answer.timeline.flatMap(({ sources, older }) => [...sources, ...older])
    const seen = new Set([...(before?.seen ?? []), ...lines.map(nameOfLine)])
    looks.set(whose, { at: Date.now(), seen })
    return historyShown(whose, member, one, language)
  }

  /** The same in a language, without asking again. */
  const keptHistory = async (whose: string, wished: Wished): Promise<ShownHistory> => {
    const one = kept.get(whose)
    return one ? historyShown(whose, member, one, wished.language) : history(whose, wished)
  }

  /** An attachment, compared with what its record says. */
  const attachment = async (whose: string, name: string) => {
    const { line, of, purpose } = lineNamed(kept, whose, member, name.replace(/\.\d+$/, ""))
    if (line.status === "mismatch")
      throw new PlatformError(
        "object_differs",
        "the record is not what was committed, and so is what stands in it; nothing is opened",
      )
    const found = attachmentsOf(line).find((one) => one.name === name)?.attachment
    if (!found) throw new PlatformError("object_missing", `${name} is no attachment that is shown to you`)
    const { object, reference, data } = found
    const wanted = object ?? (reference === undefined ? undefined : { reference })
    const { content, findings } = wanted
      ? await client.attachment(of, purpose, line.index, wanted)
      : { content: decodeBase64(data ?? ""), findings: [] }
    const compared = await comparedAttachment(content, found)
    return {
      content,
      contentType: found.contentType ?? null,
      title: found.title ?? null,
      findings: [...findings, ...compared.contradictions],
      note: compared.note,
      vouched: compared.vouched,
    }
  }

  /** A file that proves to others what does not hold. */
  const evidence = async (whose: string, name: string): Promise<Uint8Array> => {
    const file = kept.get(whose)?.answer.evidence.find((one) => one.name === name)
    if (!file) throw new PlatformError("not_found", `${name} is not there any more; open the history again`)
    return file.content
  }

  return { history, keptHistory, attachment, evidence }
}

/** @throws PlatformError `unknown_record` */
export function lineNamed(
  kept: ReadonlyMap<string, Kept>,
  whose: string,
  member: string,
  place: string,
): {
  readonly entry: TimelineEntry
  readonly line: SourceLine
  readonly of: { readonly place: HistoryPlace } | { readonly own: Uint8Array; readonly alias?: string }
  readonly purpose: FetchRequest["purpose"]
  readonly answer: HistoryAnswer
} {
  const one = kept.get(whose)
  for (const entry of one?.answer.timeline ?? [])
    for (const line of [...entry.sources, ...entry.older])
      if (one && placeOf(line) === place) {
        const of = whereOf(one, line, member)
        return { entry, line, of, purpose: one.purpose, answer: one.answer }
      }
  throw new PlatformError("unknown_record", `${place} is not among what is shown; open the history again`)
}

function whereOf({ places }: Kept, line: SourceLine, member: string) {
  const { own } = places
  if (line.custodian === member && own) return { own, ...(line.alias !== undefined && { alias: line.alias }) }
  return { place: placeOfLine(line, places.places) }
}

async function historyShown(
  whose: string,
  member: string,
  { places: { isVisitor }, purpose, answer, isFiltered, before }: Kept,
  language: Language,
): Promise<ShownHistory> {
  const timeline = await timelineIn(answer.timeline, language)
  const { custodians, joined, lost, notices, isComplete } = answer
  const answered: Answered = { ...answer, isPart: isFiltered }
  const files = answer.evidence.map(({ name }) => name)
  const lineShown = (line: SourceLine) => shownLine(line, files)
  const entries = timeline.map((entry, n): ShownEntry => {
    const { time, resourceType, title, marks, value, isStruckOut } = entry
    const { isDeleted = false, isDrugApart = false, sources, older } = entry
    const isNew = before !== undefined && sources.some((line) => !before.seen.has(nameOfLine(line)))
    const said = visibleAll({ when: timeAsWritten(entry), title, marks, value, resourceType })
    return {
      ...{ n, time, ...said, isNotSo: isNotSo(marks), isStruckOut, isDeleted, isDrugApart, isNew },
      ...{ sources: sources.map(lineShown), older: older.map(lineShown) },
    }
  })
  const isOwnAsked = answer.own !== null
  return {
    ...{ whose, member, isVisitor, purpose },
    isTooMuch:
      custodians.some(({ later }) => later > 0) ||
      timeline.some(({ sources }) => sources.some(({ isOmitted }) => isOmitted === true)),
    persons: patientsIn(timeline).map(({ custodian, patient }) =>
      visibleAll({ custodian, numbers: personOf(patient).numbers, ...personParts(patient) }),
    ),
    first: firstShown(timeline),
    gaps: gapsOf(answered),
    withheld: hiddenOf(answered).reduce((sum, { records }) => sum + records, 0),
    read: timeline.filter(({ isStruckOut }) => !isStruckOut).length,
    entries,
    custodians: custodians.map(({ handle: _handle, seen: _seen, tag: _tag, ...report }) => ({
      ...visibleAll(report),
    })),
    own: isOwnAsked ? { ...ownCounts(member, timeline), from: answer.own?.from ?? 0 } : null,
    ...{ joined, lost, notices, isComplete, isPart: isFiltered },
    evidence: answer.evidence.map(({ name, content }) => ({ name, size: content.length })),
    since: before?.at ?? null,
  }
}

export function shownLine(line: SourceLine, files: readonly string[]): ShownLine {
  const { custodian, index, version, status, height, isSuperseded, note } = line
  return {
    ...{ custodian, index, version, status, height, isSuperseded },
    place: placeOf(line),
    ...(note !== undefined && { note: visible(note) }),
    isDeletion: line.isDeletion === true,
    isOmitted: line.isOmitted === true,
    attachments: attachmentsOf(line).map(({ attachment: _attachment, ...shown }) => visibleAll(shown)),
    evidence: status === "mismatch" ? evidenceOf(custodian, index, files) : [],
  }
}

/**
 * Files are named by custodian and index (`server/exchange/evidence-files.ts`). One lie convicts: where the version has
 * none of its own, those of the same custodian are shown.
 */
function evidenceOf(custodian: string, index: number, files: readonly string[]): string[] {
  const theirs = files.filter((name) => name.startsWith(`evidence-${custodian}-`))
  const own = theirs.filter((name) => name === `evidence-${custodian}-${index}.aceso`)
  return own.length > 0 ? own : theirs
}
