import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { lookAt, newHasher } from "@aceso/cli/input-files.ts"
import type { ImportAnswer, ImportQuestion } from "@aceso/client"
import { Importing } from "@aceso/client/importing/importing.ts"
import type { InputFile } from "@aceso/client/importing/input-file.ts"
import { type Bytes, toHex } from "@aceso/core"
import { Importer, type ImportInput } from "@aceso/server/import/importer.ts"
import { SqliteVault } from "@aceso/server/vault/sqlite-vault.ts"
import { type Lying, lyingIn } from "./exports-vault.ts"

/** What an import said of one file, all that was sent of it taken together. */
export interface Said {
  /** Of each part of the file what was said when it was sent last; of a part that was here before nothing. */
  readonly taken: number
  readonly refused: ImportAnswer["refused"]
  readonly existing: number
  readonly isKnown: boolean
  /** `Type/id` of what was left out because its source has changed it since. */
  readonly older: ReadonlySet<string>
  /** Whatever was stored of it, and whoever was made. */
  readonly stored: number
  readonly people: number
}

export interface Run {
  /** By the paths of the files below the maker's folder; one map for each time that all were imported. */
  readonly said: readonly ReadonlyMap<string, Said>[]
  /** Why files were not sent, by their paths. */
  readonly skipped: ReadonlyMap<string, string>
  /** What lay in the vault after the first time, and after the last. */
  readonly lying: readonly Lying[]
  readonly lyingLast: readonly Lying[]
  /** `Type/id` of what is listed as belonging to nobody. */
  readonly unfiled: ReadonlySet<string>
  /** Patients after each time. */
  readonly people: readonly number[]
}

interface Choices {
  readonly times?: number
  /** Files as if their names had another order. */
  readonly isReversed?: boolean
}

/** Imports a folder into a vault of its own as `aceso import <folder> --source <name>` does, and looks at what lies there. */
export async function importFolder(path: string, source: string, choices: Choices = {}): Promise<Run> {
  const { times = 1, isReversed = false } = choices
  const looked = await lookAt([path])
  const files = isReversed ? reversed(looked.files) : looked.files
  return withVault(async (vault) => {
    const importer = new Importer(vault)
    const [said, people]: [Map<string, Said>[], number[]] = [[], []]
    let [lying, unfiled]: [readonly Lying[], ReadonlySet<string>] = [[], new Set()]
    for (let time = 0; time < times; time++) {
      const sending = new Sending(importer)
      await new Importing({ client: sending, source, newHasher, onProgress: () => {} }).run({
        ...looked,
        files,
      })
      said.push(sending.said())
      people.push(await vault.patientCount())
      if (time > 0) continue
      lying = await lyingIn(vault)
      unfiled = await unfiledIn(vault)
    }
    const lyingLast = times > 1 ? await lyingIn(vault) : lying
    const skipped = new Map(looked.skipped.map(({ name, why }) => [name, why]))
    return { said, skipped, lying, lyingLast, unfiled, people }
  })
}

/** Takes inputs one after the other, each as an import of its own, all from one source. */
export const importEach = (
  inputs: readonly Pick<ImportInput, "input" | "where" | "firstLine">[],
): Promise<Pick<Run, "lying" | "unfiled"> & { readonly refused: readonly string[] }> =>
  withVault(async (vault) => {
    const importer = new Importer(vault)
    const refused: string[] = []
    for (const input of inputs) {
      const summary = await importer.importAll([{ ...input, source: "a" }])
      refused.push(...summary.refused.map(({ reason }) => reason))
    }
    return { refused, lying: await lyingIn(vault), unfiled: await unfiledIn(vault) }
  })

async function withVault<T>(f: (vault: SqliteVault) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "aceso-exports-"))
  const vault = new SqliteVault({ folder, organisation: "city", masterKey: new Uint8Array(32).fill(1) })
  try {
    return await f(vault)
  } finally {
    await vault.close()
    rmSync(folder, { recursive: true })
  }
}

/** The command goes by what files hold, then by their names. */
function reversed(files: readonly InputFile[]): InputFile[] {
  const rank = ({ hasPatients, hasConditions }: InputFile) => Number(hasConditions) * 2 + Number(!hasPatients)
  return files.toReversed().sort((a, b) => rank(a) - rank(b))
}

/** Stands where the command has a node: the importer behind it answers at once. */
class Sending {
  private readonly importer: Importer
  private readonly answers = new Map<string, Map<number, ImportAnswer[]>>()

  constructor(importer: Importer) {
    this.importer = importer
  }

  async import(
    input: Bytes,
    where: string,
    origin: Omit<ImportQuestion, "input" | "where">,
  ): Promise<ImportAnswer> {
    const { source, firstLine, run } = origin
    const summary = await this.importer.importAll([
      {
        input,
        where,
        ...(source && { source: toHex(source) }),
        ...(firstLine !== undefined && { firstLine }),
        ...(run && { run: { ...run, name: toHex(run.name) } }),
      },
    ])
    const { refused, unfiled, filed, older, unresolved } = summary
    const counts = {
      refused: refused.length,
      unfiled: unfiled.length,
      filed: filed.length,
      older: older.length,
      unresolved: unresolved.length,
    }
    const answer = { ...summary, counts }
    const parts = this.answers.get(where) ?? new Map<number, ImportAnswer[]>()
    const part = firstLine ?? 0
    this.answers.set(where, parts.set(part, [...(parts.get(part) ?? []), answer]))
    return answer
  }

  said(): Map<string, Said> {
    return new Map([...this.answers].map(([where, parts]) => [where, together([...parts.values()])]))
  }
}

function together(parts: readonly (readonly ImportAnswer[])[]): Said {
  const sum = (all: readonly ImportAnswer[], of: (one: ImportAnswer) => number) =>
    all.reduce((total, one) => total + of(one), 0)
  const all = parts.flat()
  const last = parts.flatMap((answers) => answers.slice(-1))
  return {
    taken: sum(last, ({ resources, unchanged, existing }) => resources + unchanged + existing),
    refused: last.flatMap(({ refused }) => refused),
    existing: sum(last, ({ existing }) => existing),
    isKnown: last.some(({ duplicates }) => duplicates > 0),
    older: new Set(all.flatMap(({ older }) => older.map(({ resource }) => resource))),
    stored: sum(all, ({ resources }) => resources),
    people: sum(all, ({ patients }) => patients),
  }
}

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
