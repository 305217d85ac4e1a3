import { importAnswer, importQuestion, unfiledAnswer, unfiledQuestion } from "@aceso/client"
import { PlatformError, toHex } from "@aceso/core"
import type { AcesoNode } from "../node/node.ts"
import type { StaffHandler } from "./handlers.ts"
import { encoded, parseBody } from "./signed.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

/** So much of each list goes into one answer; what belongs to nobody is listed by /staff/unfiled as well. */
const MAX_LISTED = 10_000

/** What comes in, and what of it belongs to nobody here; for those who may import. */
export const importRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/import": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { input, where, source, firstLine, run } = parseBody(importQuestion, body)
    // Before that, what is new would take the places of what was lost.
    if (node.services.readiness.recovery?.isRestored === false)
      throw new PlatformError(
        "not_restored",
        "the vault is behind the ledger: aceso recover-vault --declare <reason> comes first",
      )
    await mustKeepRecords(node)
    const summary = await node.services.importer.importAll([
      {
        input,
        where,
        ...(source && { source: toHex(source) }),
        ...(firstLine !== undefined && { firstLine }),
        ...(run && { run: { ...run, name: toHex(run.name) } }),
      },
    ])
    return encoded(
      importAnswer.parse({
        ...summary,
        refused: summary.refused
          .slice(0, MAX_LISTED)
          .map((one) => ({ ...one, where: cut(one.where), detail: cut(one.detail, 2000) })),
        unfiled: summary.unfiled.slice(0, MAX_LISTED).map((one) => ({
          ...one,
          where: cut(one.where),
          resource: cut(one.resource, 200),
          reference: cut(one.reference),
        })),
        filed: summary.filed
          .slice(0, MAX_LISTED)
          .map((one) => ({ ...one, resource: cut(one.resource, 200), reference: cut(one.reference) })),
        older: summary.older
          .slice(0, MAX_LISTED)
          .map((one) => ({ ...one, where: cut(one.where), resource: cut(one.resource, 200) })),
        unresolved: summary.unresolved.slice(0, 1000).map((one) => cut(one)),
        counts: {
          refused: summary.refused.length,
          unfiled: summary.unfiled.length,
          filed: summary.filed.length,
          older: summary.older.length,
          unresolved: summary.unresolved.length,
        },
      }),
    )
  },

  "/staff/unfiled": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { after, limit } = parseBody(unfiledQuestion, body)
    if (limit === 0) throw new PlatformError("bad_input", "limit: a page has at least one line")
    const found = await node.services.vault.unfiled(after, limit)
    const unfiled = found.map(({ number, type, fhirId, where, reference, foundAt }) => ({
      number,
      where: cut(where),
      resource: cut(`${type}/${fhirId}`, 200),
      reference: cut(reference),
      foundAt,
    }))
    const next = found.length === limit ? found.at(-1)?.number : undefined
    return encoded(unfiledAnswer.parse({ unfiled, ...(next !== undefined && { next }) }))
  },
}

/** Text of an input as an answer may hold it: some of it, never nothing, no mark of byte order at its beginning. */
function cut(text: string, length = 500): string {
  const shown = text
    .slice(0, length)
    .toWellFormed()
    .replace(/^\ufeff+/, "\ufffd")
  return shown === "" ? "(empty)" : shown
}

/** The ledger would refuse every record of an organisation that keeps none, and the vault would hold them for nothing. */
async function mustKeepRecords(node: AcesoNode): Promise<void> {
  const own = await node.services.ledger.ownMember()
  if (own?.abilities.includes("keepsRecords")) return
  const why = own
    ? `this organisation is in the directory as ${own.kind}, and keeps no records of patients; import at a custodian's node, or have the network give it that ability (aceso propose abilities)`
    : "the ledger does not know this organisation yet; import when its admission is in a block (aceso status)"
  throw new PlatformError("keeps_no_records", why)
}
