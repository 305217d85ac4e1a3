import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Importer, type ImportSummary } from "@aceso/server/import/importer.ts"
import { SqliteVault } from "@aceso/server/vault/sqlite-vault.ts"
import { type ExportFile, isLines } from "./exports-files.ts"
import { type Lying, lyingIn } from "./exports-vault.ts"

/** What became of a maker's files. */
export interface Run {
  /** What each import said of each file, by the file's path: one map for each time that all were imported. */
  readonly said: readonly ReadonlyMap<string, ImportSummary>[]
  /** What lay in the vault after the first time, and after the last. */
  readonly lying: readonly Lying[]
  readonly lyingLast: readonly Lying[]
  /** `Type/id` of what is listed as belonging to nobody. */
  readonly unfiled: ReadonlySet<string>
  /** Patients after each time. */
  readonly people: readonly number[]
  readonly peak: { readonly file: string; readonly ms: number }
}

/** Imports files into a vault of their own, all of them, as often as asked, and looks at what lies there then. */
export async function importAll(
  source: string,
  files: readonly ExportFile[],
  { times = 1 }: { readonly times?: number } = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "aceso-exports-"))
  const vault = new SqliteVault({ folder, organisation: "city", masterKey: new Uint8Array(32).fill(1) })
  try {
    const importer = new Importer(vault)
    const said: Map<string, ImportSummary>[] = []
    const people: number[] = []
    let lying: readonly Lying[] = []
    let unfiled: ReadonlySet<string> = new Set()
    let peak = { file: "", ms: 0 }
    for (let time = 0; time < times; time++) {
      const answers = new Map<string, ImportSummary>()
      for (const { where, bytes } of files) {
        const started = performance.now()
        answers.set(where, await importOne(importer, bytes, where, source))
        const ms = performance.now() - started
        if (ms > peak.ms) peak = { file: where, ms }
      }
      said.push(answers)
      people.push(await vault.patientCount())
      if (time > 0) continue
      lying = await lyingIn(vault)
      unfiled = await unfiledIn(vault)
    }
    const lyingLast = times > 1 ? await lyingIn(vault) : lying
    return { said, lying, lyingLast, unfiled, people, peak }
  } finally {
    await vault.close()
    rmSync(folder, { recursive: true })
  }
}

const importOne = (importer: Importer, input: Uint8Array, where: string, source: string) =>
  importer.importAll([{ input, where, source, ...(isLines(where) && { firstLine: 1 }) }])

async function unfiledIn(vault: SqliteVault): Promise<Set<string>> {
  const found = new Set<string>()
  for (let after = 0; ; ) {
    const page = await vault.unfiled(after, 500)
    for (const { type, fhirId } of page) found.add(`${type}/${fhirId}`)
    const last = page.at(-1)
    if (!last || page.length < 500) return found
    after = last.number
  }
}
