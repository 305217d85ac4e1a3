import { importAnswer, importQuestion, unfiledAnswer, unfiledQuestion } from "@aceso/client"
import { PlatformError, toHex } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { LARGE, staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import { mustKeepRecords } from "./keeps-records.ts"
import type { ImportSummary } from "./summary.ts"

/** So much of each list goes into one answer; what belongs to nobody is listed by /staff/unfiled as well. */
const MAX_LISTED = 10_000

/** What comes in, and what of it belongs to nobody here; for those who may import. */
export const importModule = serverModule({
  name: "import",
  needs: ["importer", "ledger", "readiness", "vault"],
  setup: ({ importer, ledger, readiness, vault }) => ({
    routes: [
      staffRoute({
        path: "/staff/import",
        summary: "FHIR R4 input, plain or gzip: a bundle, a resource, or lines of resources",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: importQuestion,
        answer: importAnswer,
        maxBytes: LARGE,
        async handle({ input, where, source, firstLine, run }) {
          // Before that, what is new would take the places of what was lost.
          if (readiness.recovery?.isRestored === false)
            throw new PlatformError(
              "not_restored",
              "the vault is behind the ledger: aceso recover-vault --declare <reason> comes first",
            )
          await mustKeepRecords(ledger)
          const summary = await importer.importAll([
            {
              input,
              where,
              ...(source && { source: toHex(source) }),
              ...(firstLine !== undefined && { firstLine }),
              ...(run && { run: { ...run, name: toHex(run.name) } }),
            },
          ])
          return shown(summary)
        },
      }),
      staffRoute({
        path: "/staff/unfiled",
        summary: "resources that belong to nobody here, by pages",
        check: mustBeAdministrator,
        question: unfiledQuestion,
        answer: unfiledAnswer,
        async handle({ after, limit }) {
          if (limit === 0) throw new PlatformError("bad_input", "limit: a page has at least one line")
          const found = await vault.unfiled(after, limit)
          const unfiled = found.map(({ number, type, fhirId, where, reference, foundAt }) => ({
            number,
            where: cut(where),
            resource: cut(`${type}/${fhirId}`, 200),
            reference: cut(reference),
            foundAt,
          }))
          const next = found.length === limit ? found.at(-1)?.number : undefined
          return { unfiled, ...(next !== undefined && { next }) }
        },
      }),
    ],
  }),
})

/** What has no room in an answer is counted. */
function shown(summary: ImportSummary) {
  const { refused, unfiled, filed, older, unresolved } = summary
  return {
    ...summary,
    refused: refused
      .slice(0, MAX_LISTED)
      .map((one) => ({ ...one, where: cut(one.where), detail: cut(one.detail, 2000) })),
    unfiled: unfiled.slice(0, MAX_LISTED).map((one) => ({
      ...one,
      where: cut(one.where),
      resource: cut(one.resource, 200),
      reference: cut(one.reference),
    })),
    filed: filed
      .slice(0, MAX_LISTED)
      .map((one) => ({ ...one, resource: cut(one.resource, 200), reference: cut(one.reference) })),
    older: older
      .slice(0, MAX_LISTED)
      .map((one) => ({ ...one, where: cut(one.where), resource: cut(one.resource, 200) })),
    unresolved: unresolved.slice(0, MAX_LISTED).map((one) => cut(one)),
    counts: {
      refused: refused.length,
      unfiled: unfiled.length,
      filed: filed.length,
      older: older.length,
      unresolved: unresolved.length,
    },
  }
}

/** Text of an input as an answer may hold it: some of it, never nothing, no mark of byte order at its beginning. */
function cut(text: string, length = 500): string {
  const shown = text
    .slice(0, length)
    .toWellFormed()
    .replace(/^\ufeff+/, "\ufffd")
  return shown === "" ? "(empty)" : shown
}
