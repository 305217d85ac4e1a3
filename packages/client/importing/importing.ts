import { type Bytes, PlatformError, sha256, utf8 } from "@aceso/core"
import type { StaffClient } from "../node-client.ts"
import type { ImportAnswer, ImportQuestion } from "../schemas.ts"
import { stillUnfiled } from "../unfiled.ts"
import type { InputFile, Looked, NewHasher } from "./input-file.ts"
import { type InputPart, type PartRefused, partsOf } from "./input-parts.ts"

const COUNTED = [
  "resources",
  "patients",
  "duplicates",
  "possibleDuplicates",
  "existing",
  "unchanged",
  "renamed",
] as const

type Refused = ImportAnswer["refused"][number]

/** What is told of one import. */
export interface Imported extends Readonly<Record<(typeof COUNTED)[number], number>> {
  readonly filed: number
  readonly refused: readonly Refused[]
  readonly refusedCount: number
  readonly unfiled: ImportAnswer["unfiled"]
  readonly unfiledCount: number
  readonly older: ImportAnswer["older"]
  readonly olderCount: number
  readonly unresolved: readonly string[]
  readonly unresolvedCount: number
  /** Inputs of which some stands beside what another source calls by the same id, and how much. */
  readonly renamedIn: readonly { readonly where: string; readonly count: number }[]
  /** How much of what is counted stands in none of these lists. */
  readonly beyond: Readonly<Record<"refused" | "unfiled" | "older" | "unresolved" | "renamed", number>>
}

/** So much of each list is kept; beyond it is counted alone, and said to be so. */
export const MAX_KEPT = 100_000
/** Refused because something was not here yet: it may be by now. */
const MAY_COME = new Set(["no_match", "refers_to_refused"])

/** Faults of an input and not of the node, the caller or the way. */
const OF_ONE_INPUT = new Set(["bad_input", "bad_cbor", "too_deep", "too_large", "body_cut", "too_slow"])

/** A name of something unread in which Patients may be. */
const MAY_HOLD_PATIENTS = /patient|json|\.(?:zip|gz|bz2|xz|zst|tar|xml)\b/i

/** What an import goes by. */
export interface ImportingParts {
  readonly client: Pick<StaffClient, "import">
  /** What the files come from; undefined: each folder is a source of its own. */
  readonly source: string | undefined
  readonly newHasher: NewHasher
  /** Told after each part, and after each file: files that are done, and resources so far. */
  onProgress(files: number, resources: number): void
  /** Ends it between two parts. @throws PlatformError why */
  mustGoOn?(): void
}

/** More than any file has parts, so that each has a position of its own. */
const PARTS_OF_A_FILE = 2 ** 20

/** Parts of a file by their numbers. */
type Parts = Map<InputFile, Set<number>>

/** Parts that are sent again: once what they ask for is here, or once all urns are known. */
interface WorthAgain {
  readonly later: Parts
  readonly byUrn: Parts
}

/**
 * The second pass over an import. Files go with Patients first; what asked for something that was not here yet is sent
 * again as long as that brings more of it. So it does not matter which file comes first.
 *
 * Each folder is a source, with those below it that bring no Patients, unless one is named for all. What it calls
 * Patient/1 is its own: whose record it is that names a Patient whom its own source has not sent, nobody guesses.
 */
export class Importing {
  private readonly parts: ImportingParts
  private readonly totals = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<
    (typeof COUNTED)[number],
    number
  >
  private filed = 0
  private unfiled: ImportAnswer["unfiled"] = []
  private unfiledBeyond = 0
  private readonly older: ImportAnswer["older"][number][] = []
  private olderCount = 0
  private readonly unresolved = new Set<string>()
  private unresolvedBeyond = 0
  /** Folders that bring Patients, and those of which not everything was read. */
  private readonly ofPatients = new Set<string>()
  private readonly unclear = new Set<string>()
  private readonly numbers = new Map<InputFile, number>()
  /** What is sent once more comes after all files. */
  private takenAtAgain = 0
  /** What each part of a file was refused for, when it was sent last. */
  private readonly refused = new Map<string, { readonly some: readonly Refused[]; readonly count: number }>()

  /** How many of them are kept. */
  private refusedKept = 0

  private readonly renamedIn = new Map<string, number>()

  constructor(parts: ImportingParts) {
    this.parts = parts
  }

  async run({ files, skipped }: Looked): Promise<Imported> {
    for (const { from, hasPatients } of files) if (hasPatients) this.ofPatients.add(from.folder)
    // What was not read may have been Patients.
    for (const { folder, name } of skipped) if (MAY_HOLD_PATIENTS.test(name)) this.unclear.add(folder)
    let later: Parts = new Map()
    const byUrn: Parts = new Map()
    const name = this.runOf(files)
    this.takenAtAgain = files.length * PARTS_OF_A_FILE
    for (const [i, file] of files.entries()) this.numbers.set(file, i)
    for (const [i, file] of files.entries()) {
      for await (const part of partsOf(file)) {
        const run = this.runAt(name, file, part.number)
        const answer = await this.send(file, part, { run })
        if (answer) note(answer, file, part.number, { later, byUrn })
        this.parts.onProgress(i, this.totals.resources)
      }
      this.parts.onProgress(i + 1, this.totals.resources)
    }
    while (later.size > 0) {
      const before = this.refusedCount
      const still: Parts = new Map()
      await this.again(later, name, { later: still, byUrn })
      if (this.refusedCount >= before) break
      later = still
    }
    // Whatever any file calls by a urn is known now.
    await this.again(byUrn, name, { later: new Map(), byUrn: new Map() })
    return this.imported()
  }

  private runAt(name: Bytes, file: InputFile, part: number) {
    const position = (this.numbers.get(file) ?? 0) * PARTS_OF_A_FILE + part
    return { name, position, takenAt: position }
  }

  /** Of all files in their order: where they come from, and what is in them. */
  private runOf(files: readonly InputFile[]): Bytes {
    const all = this.parts.newHasher()
    for (const file of files) {
      all.update(hashOf(this.sourceOf(file)))
      all.update(file.hash)
    }
    return new Uint8Array(all.digest())
  }

  private async again(parts: Parts, name: Bytes, worth: WorthAgain): Promise<void> {
    for (const [file, numbers] of parts)
      for await (const part of partsOf(file)) {
        if (!numbers.has(part.number)) continue
        const run = { ...this.runAt(name, file, part.number), takenAt: this.takenAtAgain++ }
        const answer = await this.send(file, part, { isAgain: true, run })
        if (answer) note(answer, file, part.number, worth)
      }
  }

  private async send(
    file: InputFile,
    part: InputPart | PartRefused,
    { isAgain = false, run }: { isAgain?: boolean; run: ImportQuestion["run"] },
  ): Promise<ImportAnswer | undefined> {
    this.parts.mustGoOn?.()
    const name = `${file.from.path} ${part.number}`
    const where = file.from.name.slice(-200).toWellFormed()
    if (!("input" in part)) {
      this.keepRefused(name, [{ where, reason: part.reason, detail: part.detail }], 1)
      return undefined
    }
    const { input, firstLine } = part
    const answer = await this.sent(input, where, {
      source: hashOf(this.sourceOf(file)),
      ...(firstLine !== undefined && { firstLine }),
      ...(run && { run }),
    })
    if (!("counts" in answer)) {
      this.keepRefused(name, [{ where, ...answer }], 1)
      return undefined
    }
    this.count(answer, isAgain, where)
    this.keepRefused(name, answer.refused, answer.counts.refused)
    return answer
  }

  /** What a part was refused for now, in place of what it was refused for before. */
  private keepRefused(name: string, all: readonly Refused[], count: number): void {
    this.refusedKept -= this.refused.get(name)?.some.length ?? 0
    this.refused.delete(name)
    if (count === 0) return
    const some = all.slice(0, MAX_KEPT - this.refusedKept)
    this.refusedKept += some.length
    this.refused.set(name, { some, count })
  }

  /** What the node does not take of one input is refused; whatever stands in the way of all of them ends the import. */
  private async sent(...input: Parameters<StaffClient["import"]>) {
    try {
      return await this.parts.client.import(...input)
    } catch (error) {
      const isNodes = error instanceof PlatformError && error.details.status !== undefined
      if (!isNodes || !OF_ONE_INPUT.has(error.code)) throw error
      return { reason: error.code, detail: error.message }
    }
  }

  /** What is sent again was counted before, but for what it brings now. */
  private count(answer: ImportAnswer, isAgain: boolean, where: string): void {
    for (const name of COUNTED)
      if (!isAgain || (name !== "duplicates" && name !== "existing" && name !== "unchanged"))
        this.totals[name] += answer[name]
    if (answer.renamed > 0 && (this.renamedIn.size < MAX_KEPT || this.renamedIn.has(where)))
      this.renamedIn.set(where, (this.renamedIn.get(where) ?? 0) + answer.renamed)
    this.filed += answer.counts.filed
    const all = [...stillUnfiled(this.unfiled, answer), ...answer.unfiled]
    this.unfiled = all.slice(0, MAX_KEPT)
    if (!isAgain)
      this.unfiledBeyond += all.length - this.unfiled.length + answer.counts.unfiled - answer.unfiled.length
    if (!isAgain) {
      this.older.push(...answer.older.slice(0, MAX_KEPT - this.older.length))
      this.olderCount += answer.counts.older
    }
    for (const one of answer.unresolved)
      if (this.unresolved.size < MAX_KEPT) this.unresolved.add(one)
      else if (!this.unresolved.has(one)) this.unresolvedBeyond++
    this.unresolvedBeyond += answer.counts.unresolved - answer.unresolved.length
  }

  /** Where files come from: what was named, else a folder. Names and paths stay here. */
  private sourceOf({ from }: InputFile): string {
    const { source } = this.parts
    return source === undefined ? `folder ${this.folderOf(from.folder)}` : `source ${source}`
  }

  /** The folder that they lie in; of one without Patients below one with Patients, that one. */
  private folderOf(folder: string): string {
    for (let at = folder; !this.unclear.has(at) || this.ofPatients.has(at); at = parentOf(at)) {
      if (this.ofPatients.has(at)) return at
      if (parentOf(at) === at) break
    }
    return folder
  }

  private get refusedCount(): number {
    return this.refused.values().reduce((sum, { count }) => sum + count, 0)
  }

  /** What was taken so far; also of an import that ended before its end. */
  imported(): Imported {
    const renamedIn = [...this.renamedIn].map(([where, count]) => ({ where, count }))
    const listed = renamedIn.reduce((sum, { count }) => sum + count, 0)
    return {
      ...this.totals,
      filed: this.filed,
      refused: [...this.refused.values()].flatMap(({ some }) => some),
      refusedCount: this.refusedCount,
      unfiled: this.unfiled,
      unfiledCount: this.unfiled.length + this.unfiledBeyond,
      older: this.older,
      olderCount: this.olderCount,
      unresolved: [...this.unresolved],
      unresolvedCount: this.unresolved.size + this.unresolvedBeyond,
      renamedIn,
      beyond: {
        refused: this.refusedCount - this.refusedKept,
        unfiled: this.unfiledBeyond,
        older: this.olderCount - this.older.length,
        unresolved: this.unresolvedBeyond,
        renamed: this.totals.renamed - listed,
      },
    }
  }
}

/** Which parts are worth sending again. */
function note(answer: ImportAnswer, file: InputFile, number: number, { later, byUrn }: WorthAgain): void {
  const add = (parts: Parts) => parts.set(file, (parts.get(file) ?? new Set()).add(number))
  if (answer.refused.some(({ reason }) => MAY_COME.has(reason))) add(later)
  if (answer.unresolved.some((one) => one.startsWith("urn:"))) add(byUrn)
}

/** The folder in which a folder lies; of one that lies in none, itself. */
function parentOf(folder: string): string {
  const at = folder.lastIndexOf("/")
  return at > 0 ? folder.slice(0, at) : at === 0 ? "/" : folder
}

const hashOf = (source: string): Bytes => sha256(utf8(source))
