import { deletedIn, type ExportFile, resourcesOf, type SentResource } from "./exports-files.ts"
import type { Run, Said } from "./exports-run.ts"
import { referencesOf, Sent } from "./exports-sent.ts"
import { type Lying, OWN } from "./exports-vault.ts"

/** What became of one resource of a file. */
export type State =
  /** It stands in a patient's record, in the organisation's own, or in the list of what belongs to nobody. */
  | "patient"
  | "own"
  | "unfiled"
  /** A conditional create found it. */
  | "existing"
  /** The outcome of a search, which is no record. */
  | "left out"
  /** Its source has changed it since, or deleted it. */
  | "older"
  | "deleted"
  | `refused: ${string}`
  | "missing"

export interface Accounted {
  readonly one: SentResource
  readonly print: string
  /** What it refers to, as it was written: two that say the same but for this contradict each other still. */
  readonly references: string
  readonly state: State
  readonly lying: readonly Lying[]
}

export interface Account {
  readonly resources: readonly Accounted[]
  /** Files that hold no JSON that can be read, with the reasons that the import gave. */
  readonly unreadable: readonly { readonly where: string; readonly reasons: readonly string[] }[]
  readonly sent: Sent
}

/** Finds each resource of each file again: by what the first import of the file said, and by its content in the vault. */
export function accountOf(files: readonly ExportFile[], { said, skipped, lying, unfiled }: Run): Account {
  const read = files.map((file) => ({ file, sent: resourcesOf(file) }))
  const sent = new Sent(read.flatMap(({ sent }) => (typeof sent === "string" ? [] : sent)))
  const byPrint = Map.groupBy(lying, ({ type, print }) => `${type} ${print}`)
  const deleted = new Set(files.flatMap(deletedIn))
  const resources: Accounted[] = []
  const unreadable: { where: string; reasons: string[] }[] = []
  for (const { file, sent: all } of read) {
    const answer = said[0].get(file.where) ?? NOT_SENT
    // What is skipped may be a folder with all below it.
    const why = prefixesOf(file.where)
      .map((path) => skipped.get(path))
      .find((one) => one !== undefined)
    const reasons = [
      ...(why === undefined ? [] : [`skipped: ${why}`]),
      ...answer.refused.map(({ reason }) => reason),
    ]
    if (typeof all === "string") {
      unreadable.push({ where: file.where, reasons })
      continue
    }
    const refused = why === undefined ? refusalsOf(answer) : () => "skipped"
    for (const one of all) {
      const print = sent.printOf(one)
      const equal = byPrint.get(`${one.resource.resourceType} ${print}`) ?? []
      // Equal contents under several ids: its own, where it kept it.
      const named = one.isCreate ? [] : equal.filter(({ id }) => id === one.resource.id)
      const found = named.length > 0 ? named : equal
      const state = stateOf(one, refused, found, answer, unfiled, deleted)
      const references = JSON.stringify(referencesOf(one.resource).map(({ reference }) => reference ?? null))
      resources.push({ one, print, references, state, lying: found })
    }
  }
  return { resources, unreadable, sent }
}

function stateOf(
  { index, isOutcome, resource }: SentResource,
  refused: (index: number) => string | undefined,
  found: readonly Lying[],
  { existing, older }: Said,
  unfiled: ReadonlySet<string>,
  deleted: ReadonlySet<string>,
): State {
  const reason = refused(index)
  if (reason !== undefined) return `refused: ${reason}`
  if (isOutcome) return "left out"
  if (found.some(({ where }) => where.some((name) => name !== OWN))) return "patient"
  if (found.some(({ type, id }) => unfiled.has(`${type}/${id}`))) return "unfiled"
  if (found.length > 0) return "own"
  if (older.has(`${resource.resourceType}/${resource.id}`)) return "older"
  if (deleted.has(`${resource.resourceType}/${resource.id}`)) return "deleted"
  return existing > 0 ? "existing" : "missing"
}

const prefixesOf = (path: string): string[] =>
  path.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"))

const NOT_SENT: Said = {
  taken: 0,
  refused: [],
  existing: 0,
  isKnown: false,
  older: new Set(),
  stored: 0,
  people: 0,
}

/** Why the resource at a place was refused: by itself, or with all the others of its file. */
function refusalsOf({ refused, taken, isKnown }: Said): (index: number) => string | undefined {
  if (refused.length === 0) return () => undefined
  const places = new Map(refused.map(({ reason, detail }) => [placeOf(detail), reason]))
  const isNothing = taken === 0 && !isKnown
  const [first] = refused
  return (index) => places.get(index) ?? (isNothing || places.has(undefined) ? first.reason : undefined)
}

/** Entries are counted from 0, lines from 1. */
function placeOf(detail: string): number | undefined {
  const [, kind, number] = /^(entry|line) (\d+)/.exec(detail) ?? []
  return number === undefined ? undefined : Number(number) - (kind === "line" ? 1 : 0)
}

export const nameOf = ({ one: { where, index, resource } }: Accounted): string =>
  `${where}${index < 0 ? "" : ` #${index}`} ${resource.resourceType}/${resource.id ?? ""}`
