import { readdirSync, readFileSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { type ImportAnswer, stillWaiting } from "@aceso/client"
import { messageOf, PlatformError, sha256, toHex, utf8 } from "@aceso/core"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { waitsForLedger } from "../waiting.ts"

/** Files of a folder, those about patients first so that others find them. */
function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path)
      .filter((name) => /\.json(\.gz)?$/.test(name))
      .sort((a, b) => isOfPatients(b) - isOfPatients(a) || (a < b ? -1 : 1))
      .map((name) => join(path, name))
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

const isOfPatients = (name: string) => Number(name.toLowerCase().startsWith("patient"))

const IN_VAULT = "the records are in the vault; Ctrl-C is safe"
/** Where files come from: what --source names, else the folder that they lie in. Names and paths stay here. */
function sourceOf(file: string, named: string | undefined): string {
  const source = named === undefined ? `folder ${dirname(resolve(file))}` : `source ${named}`
  return toHex(sha256(utf8(source)))
}

export const importCommand = command({
  summary: "take FHIR R4 bundles or resources (plain or gzip) into the vault and commit them on the ledger",
  arguments: [{ name: "file|folder", words: "a .json or .json.gz file, or a folder of them" }],
  options: {
    source: {
      type: "string",
      words: "what the files come from: ids in them are that source's (default: their folder)",
      value: "<name>",
    },
  },
  example: "aceso import ./export --source north-hospital --folder /var/lib/aceso",
  fails: "nothing was imported, and something was refused",
  async run(session, { positionals, values }) {
    const [path] = positionals
    const source = values.source === undefined ? undefined : String(values.source)
    if (source === "") throw new UsageError("--source: name what the files come from, such as north-hospital")
    const files = filesOf(path)
    if (files.length === 0) throw new UsageError(`${path} holds no .json or .json.gz file`)
    const { client } = session.staff()
    const started = performance.now()
    const total = {
      resources: 0,
      patients: 0,
      duplicates: 0,
      possibleDuplicates: 0,
      existing: 0,
      unchanged: 0,
      renamed: 0,
    }
    let filed = 0
    const refused: ImportAnswer["refused"][number][] = []
    let waiting: ImportAnswer["waiting"] = []
    const unresolved: string[] = []
    for (const [i, file] of files.entries()) {
      const answer = await client.import(readFileSync(file), basename(file), sourceOf(file, source))
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += answer[name]
      refused.push(...answer.refused)
      waiting = [...stillWaiting(waiting, answer), ...answer.waiting]
      filed += answer.filed.length
      unresolved.push(...answer.unresolved)
      if ((i + 1) % 10 === 0 || i + 1 === files.length)
        session.progress(`  ${i + 1} of ${files.length} files, ${total.resources} resources`)
    }
    await client.commit(({ waiting, blockAgeMs }) => {
      session.progress(`${waitsForLedger(blockAgeMs, IN_VAULT)} (${waiting} to go)`)
    })
    const seconds = (performance.now() - started) / 1000
    const summary = {
      files: files.length,
      ...total,
      filed,
      refused,
      waiting,
      unresolved,
      seconds,
      resourcesPerSecond: Math.round(total.resources / seconds),
    }
    if (total.resources + total.duplicates + total.existing + total.unchanged === 0 && refused.length > 0)
      throw new PlatformError(
        "import_refused",
        `nothing was imported; ${refused[0].where}: ${refused[0].detail} (${refused[0].reason})`,
      )
    return summary
  },
  print: (s) =>
    [
      `  ${s.resources} resources of ${s.patients} new patients from ${s.files} file${s.files === 1 ? "" : "s"}, every version committed on the ledger (${s.resourcesPerSecond} resources/s)`,
      `  ${s.existing} there already, ${s.unchanged} unchanged, ${s.duplicates} files seen before, ${s.refused.length} refused, ${s.unresolved.length} references that lead nowhere (kept)`,
      ...(s.possibleDuplicates > 0
        ? [
            `  ${s.possibleDuplicates} possible duplicate${s.possibleDuplicates === 1 ? "" : "s"} among patients, kept apart; see aceso patients duplicates`,
          ]
        : []),
      ...(s.filed > 0 ? [`  ${s.filed} that had waited for their patient stand with the patient now`] : []),
      ...(s.renamed > 0
        ? [
            `  ${s.renamed} stand beside what another source calls by the same id; if it is the same source, import both with the same --source`,
          ]
        : []),
      ...(s.waiting.length > 0
        ? [
            `  ${s.waiting.length} belong to nobody here: their source (--source, else the folder) has not sent that Patient; they wait for it`,
            table(
              ["nobody's", "resource", "refers to"],
              s.waiting.map((one) => [one.where, one.resource, one.reference]),
            ),
          ]
        : []),
      ...(s.refused.length > 0
        ? [
            table(
              ["refused", "reason", "detail"],
              s.refused.map((r) => [r.where, r.reason, r.detail]),
            ),
          ]
        : []),
    ].join("\n"),
})
