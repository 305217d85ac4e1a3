import { createHash } from "node:crypto"
import { dirname } from "node:path"
import { type ImportAnswer, type ImportQuestion, type StaffClient, stillUnfiled } from "@aceso/client"
import { type Bytes, PlatformError, sha256, utf8 } from "@aceso/core"
import type { InputFile, Looked } from "./input-files.ts"
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
}

/** So much of each list is kept; beyond it is counted alone. */
const MAX_KEPT = 10_000
/** Refused because something was not here yet: it may be by now. */
const MAY_COME = new Set(["no_match", "refers_to_refused"])

/** Faults of an input and not of the node, the caller or the way. */
const OF_ONE_INPUT = new Set(["bad_input", "bad_cbor", "too_deep", "too_large", "body_cut", "too_slow"])

/** A name of something unread in which Patients may be. */
const MAY_HOLD_PATIENTS = /patient|json|\.(?:zip|gz|bz2|xz|zst|tar|xml)\b/i

/** Told now and then: files that are done, and resources so far. */
type Progress = (files: number, resources: number) => void
const FILES_SHOWN = 10
const PARTS_SHOWN = 20

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
 * Each folder is a source, with those below it that bring no Patients, unless --source names one for all. What it calls
 * Patient/1 is its own: whose record it is that names a Patient whom its own source has not sent, nobody guesses.
 */
export class Importing {
  private readonly client: StaffClient
  private readonly source: string | undefined
  private readonly onProgress: Progress
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

  /** @param source what --source names */
  constructor(client: StaffClient, source: string | undefined, onProgress: Progress) {
    this.client = client
    this.source = source
    this.onProgress = onProgress
  }

  async run({ files, skipped }: Looked): Promise<Imported> {
    for (const { folder, hasPatients } of files) if (hasPatients) this.ofPatients.add(folder)
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
        if (part.number % PARTS_SHOWN === PARTS_SHOWN - 1) this.onProgress(i, this.totals.resources)
      }
      if ((i + 1) % FILES_SHOWN === 0 || i + 1 === files.length) this.onProgress(i + 1, this.totals.resources)
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
    const all = createHash("sha256")
    for (const file of files) all.update(hashOf(this.sourceOf(file))).update(file.hash)
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
    const name = `${file.path} ${part.number}`
    const where = file.name.slice(-200).toWellFormed()
    if (!("input" in part)) {
      this.refused.set(name, { some: [{ where, reason: part.reason, detail: part.detail }], count: 1 })
      return undefined
    }
    const { input, firstLine } = part
    const answer = await this.sent(input, where, {
      source: hashOf(this.sourceOf(file)),
      ...(firstLine !== undefined && { firstLine }),
      ...(run && { run }),
    })
    if (!("counts" in answer)) {
      this.refused.set(name, { some: [{ where, ...answer }], count: 1 })
      return undefined
    }
    this.count(answer, isAgain)
    this.refused.delete(name)
    if (answer.counts.refused > 0)
      this.refused.set(name, { some: answer.refused.slice(0, 1000), count: answer.counts.refused })
    return answer
  }

  /** What the node does not take of one input is refused; whatever stands in the way of all of them ends the import. */
  private async sent(...input: Parameters<StaffClient["import"]>) {
    try {
      return await this.client.import(...input)
    } catch (error) {
      const isNodes = error instanceof PlatformError && error.details.status !== undefined
      if (!isNodes || !OF_ONE_INPUT.has(error.code)) throw error
      return { reason: error.code, detail: error.message }
    }
  }

  /** What is sent again was counted before, but for what it brings now. */
  private count(answer: ImportAnswer, isAgain: boolean): void {
    for (const name of COUNTED)
      if (!isAgain || (name !== "duplicates" && name !== "existing" && name !== "unchanged"))
        this.totals[name] += answer[name]
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

  /** Where files come from: what --source names, else a folder. Names and paths stay here. */
  private sourceOf({ folder }: InputFile): string {
    return this.source === undefined ? `folder ${this.folderOf(folder)}` : `source ${this.source}`
  }

  /** The folder that they lie in; of one without Patients below one with Patients, that one. */
  private folderOf(folder: string): string {
    for (let at = folder; !this.unclear.has(at) || this.ofPatients.has(at); at = dirname(at)) {
      if (this.ofPatients.has(at)) return at
      if (dirname(at) === at) break
    }
    return folder
  }

  private get refusedCount(): number {
    return this.refused.values().reduce((sum, { count }) => sum + count, 0)
  }

  private imported(): Imported {
    return {
      ...this.totals,
      filed: this.filed,
      refused: [...this.refused.values()].flatMap(({ some }) => some).slice(0, MAX_KEPT),
      refusedCount: this.refusedCount,
      unfiled: this.unfiled,
      unfiledCount: this.unfiled.length + this.unfiledBeyond,
      older: this.older,
      olderCount: this.olderCount,
      unresolved: [...this.unresolved],
      unresolvedCount: this.unresolved.size + this.unresolvedBeyond,
    }
  }
}

/** Which parts are worth sending again. */
function note(answer: ImportAnswer, file: InputFile, number: number, { later, byUrn }: WorthAgain): void {
  const add = (parts: Parts) => parts.set(file, (parts.get(file) ?? new Set()).add(number))
  if (answer.refused.some(({ reason }) => MAY_COME.has(reason))) add(later)
  if (answer.unresolved.some((one) => one.startsWith("urn:"))) add(byUrn)
}

const hashOf = (source: string): Bytes => sha256(utf8(source))
