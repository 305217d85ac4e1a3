import { MAX_FILES } from "../../../session/staff/import-limits.ts"
import type { GivenFile } from "../../../session/staff/importing.ts"

/** More is not taken; the page says so. */
const ENOUGH = MAX_FILES + 1

/** Files of an input: of one for folders with their place in it. */
export function chosenIn({ files }: Pick<HTMLInputElement, "files">): GivenFile[] {
  const found: GivenFile[] = []
  const hidden = new Set<string>()
  for (const file of files ?? []) {
    if (found.length >= ENOUGH) break
    const name = file.webkitRelativePath
    const folder = hiddenIn(name)
    if (name === "") found.push({ file, name: file.name, isNamed: true })
    else if (folder === undefined) found.push({ file, name, isNamed: false })
    else if (!hidden.has(folder)) {
      hidden.add(folder)
      found.push(hiddenFolder(folder))
    }
  }
  return found
}

/** The first folder on the way that begins with a dot: it is somebody's own, as `aceso import` has it. */
function hiddenIn(path: string): string | undefined {
  const parts = path.split("/").slice(0, -1)
  const at = parts.findIndex((part, i) => i > 0 && part.startsWith("."))
  return at < 0 ? undefined : parts.slice(0, at + 1).join("/")
}

/** What stands for it: nothing in it is read. */
const hiddenFolder = (name: string): GivenFile => ({
  ...{ file: new File([], name), name, isNamed: false, isHidden: true },
})

/** What was dropped: files, and whatever lies in folders. */
export async function droppedIn(transfer: DataTransfer): Promise<GivenFile[]> {
  const found: GivenFile[] = []
  // All of them at once: after the first wait nothing of it can be asked for any more.
  const entries = [...transfer.items].map((one) => one.webkitGetAsEntry?.() ?? one.getAsFile())
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, name: entry.name, isNamed: true })
    else if (entry) await walk(entry, true, found)
    if (found.length >= ENOUGH) break
  }
  return found.slice(0, ENOUGH)
}

async function walk(entry: FileSystemEntry, isNamed: boolean, found: GivenFile[]): Promise<void> {
  if (found.length >= ENOUGH) return
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      ;(entry as FileSystemFileEntry).file(resolve, reject)
    })
    found.push({ file, name: entry.fullPath.replace(/^\//, ""), isNamed })
    return
  }
  if (!isNamed && entry.name.startsWith(".")) {
    found.push(hiddenFolder(entry.fullPath.replace(/^\//, "")))
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject)
    })
    if (some.length === 0) return
    for (const one of some.sort((a, b) => (a.name < b.name ? -1 : 1))) await walk(one, false, found)
  }
}
