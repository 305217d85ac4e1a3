import type { StaffClient, UnfiledAnswer } from "@aceso/client"
import { gunzipped } from "@aceso/client/importing/gunzip.ts"
import { type Imported, Importing } from "@aceso/client/importing/importing.ts"
import type { InputFile, InputSource, SkippedFile } from "@aceso/client/importing/input-file.ts"
import { inOrder, isNamedAsFhir, lookInto, skippedByName } from "@aceso/client/importing/looking.ts"
import { type Bytes, PlatformError } from "@aceso/core"
import { visibleAll } from "@aceso/core/display/index.ts"
import { runningSha256 } from "@aceso/core/running-hash.ts"
import { type Fault, faultOf } from "../protocol.ts"
import { isTooLarge, MAX_DOCUMENT_BYTES, MAX_FILES, MAX_LINES_BYTES } from "./import-limits.ts"

/** A file as it was dropped on a page, or chosen there. */
export interface GivenFile {
  readonly file: File
  /** Below the folder that was given, such as `export/2026/a.json`. */
  readonly name: string
  /** Given by itself: taken whatever it is called. Those of a folder are taken by their names. */
  readonly isNamed: boolean
  /** It stands for a folder that begins with a dot: somebody's own, which is left out. */
  readonly isHidden?: boolean
}

/** How something that belongs to nobody names the patient for whom it waits; `other`: nobody for certain. */
export type WaitsBy = "number" | "id" | "other"

/** How far an import is. */
export type ImportStep =
  | { readonly step: "looking"; readonly done: number }
  | { readonly step: "sending"; readonly done: number; readonly files: number; readonly resources: number }
  /** @param blockAgeMs of the newest block */
  | { readonly step: "committing"; readonly waiting: number; readonly blockAgeMs: number }

/** What became of an import, also of one that ended before its end: what was taken stays taken. */
export interface ImportEnded extends Omit<Imported, "unfiled"> {
  readonly unfiled: readonly (Imported["unfiled"][number] & { readonly waitsBy: WaitsBy })[]
  readonly files: number
  readonly skipped: readonly Omit<SkippedFile, "folder">[]
  /** Somebody stopped it. */
  readonly isStopped: boolean
  /** Everything that was taken is in acknowledged blocks. */
  readonly isCommitted: boolean
  /** What ended it, or kept it from the ledger. */
  readonly fault?: Fault
}

class Stopped extends Error {}

/** Files of FHIR R4, as `aceso import` takes them: the same two passes, and the same name for where they come from. */
export function importCalls(client: StaffClient) {
  let isStopped = false
  const mustGoOn = () => {
    if (isStopped) throw new Stopped()
  }
  return {
    /** @param source what the files come from: ids in them are that source's */
    importFiles: async (
      given: readonly GivenFile[],
      source: string,
      onStep: (step: ImportStep) => void,
    ): Promise<ImportEnded> => {
      if (source.trim() === "" || given.length > MAX_FILES)
        throw new PlatformError(
          "bad_input",
          `an import through the page has the name of a source, and at most ${MAX_FILES} files`,
        )
      isStopped = false
      let files = 0
      let skipped: readonly SkippedFile[] = []
      const importing = new Importing({
        ...{ client, source: source.trim(), newHasher: runningSha256, mustGoOn },
        onProgress: (done, resources) => onStep({ step: "sending", done, files, resources }),
      })
      let fault: Fault | undefined
      let isCommitted = false
      try {
        const found: (InputFile | SkippedFile)[] = []
        for (const [i, one] of given.entries()) {
          mustGoOn()
          onStep({ step: "looking", done: i })
          found.push(await looked(one, i))
        }
        const all = inOrder(found)
        files = all.files.length
        skipped = all.skipped
        await importing.run(all)
        mustGoOn()
        await client.commit(({ waiting, blockAgeMs }) => {
          mustGoOn()
          onStep({ step: "committing", waiting, blockAgeMs })
        })
        isCommitted = true
      } catch (error) {
        if (!(error instanceof Stopped)) fault = faultOf(error)
      }
      const imported = importing.imported()
      return visibleAll({
        ...imported,
        unfiled: imported.unfiled.map((one) => ({ ...one, waitsBy: waitsByOf(one.reference) })),
        files,
        skipped: skipped.map(({ folder: _, ...rest }) => rest),
        ...{ isStopped, isCommitted },
        ...(fault && { fault }),
      })
    },
    /** What belongs to nobody here, a page of it. @param after the `next` of the page before */
    unfiled: async (after: number) => {
      const { unfiled, next } = await client.unfiled({ after, limit: PAGE })
      return { unfiled: unfiled.map(unfiledShown), next: next ?? null }
    },
    /** The import that runs ends before its next part. */
    stopImport: (): void => {
      isStopped = true
    },
  }
}

const PAGE = 50

const NUMBER = "identifier "

/** @param reference as a node tells it */
export function waitsByOf(reference: string): WaitsBy {
  if (reference.startsWith(NUMBER)) return "number"
  return /(^|[/:])Patient\/|^urn:/.test(reference) ? "id" : "other"
}

function unfiledShown({ reference, ...rest }: UnfiledAnswer["unfiled"][number]) {
  const waitsBy = waitsByOf(reference)
  return visibleAll({
    ...rest,
    waitsBy,
    reference: waitsBy === "number" ? reference.slice(NUMBER.length) : reference,
  })
}

const mib = (bytes: number) => `${bytes / 2 ** 20} MiB`

async function looked(given: GivenFile, number: number): Promise<InputFile | SkippedFile> {
  const { file, name, isNamed, isHidden } = given
  const source = inBrowser(file, name, number)
  if (isHidden) return { name, folder: source.folder, reason: "hidden_folder", why: "a hidden folder" }
  if (!isNamed && !isNamedAsFhir(name)) return skippedByName(source)
  if (isTooLarge(name, file.size))
    return {
      ...{ name, folder: source.folder, reason: "file_too_large" },
      why: `a page takes a bundle or a resource of at most ${mib(MAX_DOCUMENT_BYTES)}, and lines (.ndjson) of at most ${mib(MAX_LINES_BYTES)}; it was not read`,
    }
  return lookInto(source, runningSha256)
}

const inBrowser = (file: File, name: string, number: number): InputSource => ({
  ...{ path: `${number}/${name}`, name, folder: name.split("/").slice(0, -1).join("/") },
  sizeBytes: file.size,
  first: (bytes) => read(file.slice(0, bytes)),
  pieces: (isPacked) => (isPacked ? unpackedOf(file) : piecesOf(file.stream())),
  whole: () => read(file),
})

/** @throws PlatformError `file_unreadable` */
async function read(blob: Blob): Promise<Bytes> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    throw unreadable(cause)
  }
}

async function* unpackedOf(file: File): AsyncGenerator<Bytes> {
  try {
    yield* gunzipped(piecesOf(file.stream()))
  } catch (cause) {
    throw unreadable(cause)
  }
}

async function* piecesOf(stream: ReadableStream<Bytes>): AsyncGenerator<Bytes> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw unreadable(cause)
      })
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

const unreadable = (cause: unknown) =>
  new PlatformError(
    "file_unreadable",
    "a file cannot be read any more: it was changed, moved or deleted since it was chosen, or its gzip is not sound; choose the files again",
    { cause },
  )
