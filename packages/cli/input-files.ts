import { createHash } from "node:crypto"
import { createReadStream, type Dirent, readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import { gunzipped } from "@aceso/client/importing/gunzip.ts"
import type {
  InputFile,
  InputSource,
  Looked,
  NewHasher,
  SkippedFile,
  SkipReason,
} from "@aceso/client/importing/input-file.ts"
import { inOrder, isNamedAsFhir, lookInto, skippedByName } from "@aceso/client/importing/looking.ts"
import { type Bytes, messageOf } from "@aceso/core"
import { UsageError } from "./session.ts"

export const newHasher: NewHasher = () => createHash("sha256")

/**
 * The first pass over an import: what lies in the files, without keeping any of it.
 * @throws UsageError a path that was named cannot be read
 */
export async function lookAt(paths: readonly string[]): Promise<Looked> {
  const skipped: SkippedFile[] = []
  const found: (InputFile | SkippedFile)[] = []
  const seen = new Set<string>()
  for (const { path, name, isNamed } of paths.flatMap((one) => below(one, skipped))) {
    const real = realpathSync(path)
    if (seen.has(real)) continue
    seen.add(real)
    const source = onDisk(path, name)
    found.push(
      isNamed || isNamedAsFhir(path) ? await lookInto(source, newHasher) : await skippedByName(source),
    )
  }
  return inOrder([...skipped, ...found])
}

interface Found {
  readonly path: string
  readonly name: string
  /** Named in the command itself: taken whatever it is called. */
  readonly isNamed: boolean
}

function below(path: string, skipped: SkippedFile[]): Found[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, name: basename(path), isNamed: true }]
    return inFolder(path, path, skipped, new Set())
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** All files of a folder and of those below it, by name; a link back into what was walked is not followed. */
function inFolder(root: string, folder: string, skipped: SkippedFile[], walked: Set<string>): Found[] {
  const real = realpathSync(folder)
  if (walked.has(real)) return []
  walked.add(real)
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): Found[] => {
      const path = join(folder, entry.name)
      const name = relative(root, path)
      const skip = (reason: SkipReason, why: string) => {
        skipped.push({ name, reason, why, folder: resolve(folder) })
        return []
      }
      try {
        const kind = kindOf(entry, path)
        if (kind === "file") return [{ path, name, isNamed: false }]
        if (kind === "other") return skip("no_file", "no file")
        return entry.name.startsWith(".")
          ? skip("hidden_folder", "a hidden folder")
          : inFolder(root, path, skipped, walked)
      } catch (error) {
        return skip("unreadable", `cannot be read: ${messageOf(error)}`)
      }
    })
}

function kindOf(entry: Dirent, path: string): "file" | "folder" | "other" {
  const one = entry.isSymbolicLink() ? statSync(path) : entry
  return one.isDirectory() ? "folder" : one.isFile() ? "file" : "other"
}

const onDisk = (path: string, name: string): InputSource => ({
  ...{ path, name, folder: dirname(resolve(path)) },
  sizeBytes: statSync(path).size,
  first: async (bytes) => {
    const chunks: Buffer[] = []
    for await (const chunk of createReadStream(path, { end: bytes - 1 }) as AsyncIterable<Buffer>)
      chunks.push(chunk)
    return Buffer.concat(chunks)
  },
  pieces: (isPacked) => contentOf(path, isPacked),
  whole: async () => readFileSync(path),
})

/** The content of a file, unpacked. */
function contentOf(path: string, isPacked: boolean): AsyncIterable<Bytes> {
  const source: AsyncIterable<Buffer<ArrayBuffer>> = createReadStream(path, { highWaterMark: 2 ** 18 })
  return isPacked ? gunzipped(source) : source
}
