import { Importing } from "@aceso/client/importing/importing.ts"
import { PlatformError } from "@aceso/core"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { lookAt, newHasher } from "../input-files.ts"
import { UsageError } from "../session.ts"
import { waitsForLedger } from "../waiting.ts"

const IN_VAULT = "the records are in the vault; Ctrl-C is safe"
/** Lines of each list that are printed. */
const SHOWN = 20
const FILES_SHOWN = 10
const PARTS_SHOWN = 20

export const importCommand = command({
  summary:
    "take FHIR R4 (bundles, resources, NDJSON; plain or gzip) into the vault and commit it on the ledger",
  arguments: [
    {
      name: "file|folder",
      words: "a .json, .ndjson or .jsonl file, also with .gz; or a folder, with all below it",
    },
    { name: "file|folder", words: "more of them, as one import", count: "any" },
  ],
  options: {
    source: {
      type: "string",
      words: "what the files come from: ids in them are that source's (default: their folder)",
      value: "<name>",
    },
  },
  example: "aceso import ./export --source north-hospital --folder /var/lib/aceso",
  fails: "nothing was imported, and something was refused or skipped",
  async run(session, { positionals, values }) {
    const source = values.source === undefined ? undefined : String(values.source)
    if (source === "") throw new UsageError("--source: name what the files come from, such as north-hospital")
    const looked = await lookAt(positionals)
    const { files } = looked
    const skipped = looked.skipped.map(({ name, why }) => ({ name, why }))
    if (files.length + skipped.length === 0) throw new UsageError(`${positionals.join(" ")} holds no file`)
    const { client } = session.staff()
    const started = performance.now()
    const importing = new Importing({
      ...{ client, source, newHasher },
      onProgress: shownNowAndThen(files.length, (line) => session.progress(line)),
    })
    const { renamedIn: _, ...imported } = await importing.run(looked)
    await client.commit(({ waiting, blockAgeMs }) => {
      session.progress(`${waitsForLedger(blockAgeMs, IN_VAULT)} (${waiting} to go)`)
    })
    const seconds = (performance.now() - started) / 1000
    const { resources, duplicates, existing, unchanged, refused } = imported
    if (resources + duplicates + existing + unchanged === 0) {
      const why =
        refused.length > 0
          ? `${refused[0].where}: ${refused[0].detail} (${refused[0].reason})`
          : skipped.map(({ name, why }) => `${name}: ${why}`)[0]
      if (why !== undefined) throw new PlatformError("import_refused", `nothing was imported; ${why}`)
    }
    return {
      files: files.length,
      skipped,
      ...imported,
      seconds,
      resourcesPerSecond: Math.round(resources / seconds),
    }
  },
  print: (s) =>
    [
      `  ${s.resources} resources new or changed, ${s.patients} new patients, from ${s.files} file${s.files === 1 ? "" : "s"}; every version committed on the ledger (${s.resourcesPerSecond} resources/s)`,
      `  ${s.existing} there already, ${s.unchanged} unchanged, ${s.duplicates} files seen before, ${s.refusedCount} refused, ${s.unresolvedCount} references that lead nowhere (kept)`,
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
      ...(s.olderCount > 0
        ? [
            `  ${s.olderCount} version${s.olderCount === 1 ? "" : "s"} left out: ${s.olderCount === 1 ? "its" : "their"} source has changed the same since, by its own clock (meta.lastUpdated), and that is here already. If that clock was once ahead, let the source write the record anew; or take out meta.lastUpdated of what is left out, and import it again`,
          ]
        : []),
      ...list(
        s.older.map((one) => [one.where, one.resource, one.saidAt, one.newer]),
        s.beyond.older,
        ["left out", "resource", "changed there", "here is that of"],
      ),
      ...list(
        s.refused.map((one) => [one.where, one.reason, one.detail]),
        s.beyond.refused,
        ["refused", "reason", "detail"],
      ),
      ...list(
        s.skipped.map(({ name, why }) => [name, why]),
        0,
        ["skipped", "why"],
      ),
      ...(s.unfiledCount > 0
        ? [
            `  ${s.unfiledCount} resource${s.unfiledCount === 1 ? " belongs" : "s belong"} to nobody here: they name no patient whom their source (--source, else the folder) has sent; those that name one wait for that one`,
          ]
        : []),
      ...list(
        s.unfiled.map((one) => [one.where, one.resource, one.reference]),
        s.beyond.unfiled,
        ["nobody's", "resource", "refers to"],
        "; aceso unfiled lists all of them",
      ),
    ].join("\n"),
})

/** Every tenth file, the last one, and now and then within a file of many parts. */
function shownNowAndThen(count: number, show: (line: string) => void) {
  let [before, parts] = [0, 0]
  return (done: number, resources: number) => {
    const isFile = done > before
    parts = isFile ? 0 : parts + 1
    before = done
    if (isFile ? done % FILES_SHOWN === 0 || done === count : parts % PARTS_SHOWN === 0)
      show(`  ${done} of ${count} files, ${resources} resources`)
  }
}

/** The first lines of a list, and how many more there are. @param beyond so many are counted and in no list */
export function list(
  rows: readonly string[][],
  beyond: number,
  head: readonly string[],
  more = "",
): string[] {
  if (rows.length === 0) return []
  const shown = rows.slice(0, SHOWN)
  const left = rows.length - shown.length
  return [
    table(head, shown),
    ...(left > 0 ? [`  and ${left} more (--json has them)${more}`] : []),
    ...(beyond > 0 ? [`  and ${beyond} more that are counted alone${more}`] : []),
  ]
}
