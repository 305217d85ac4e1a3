import { green, red, table } from "@aceso/cli/columns.ts"
import { command } from "@aceso/cli/command.ts"
import { localTime } from "@aceso/cli/output.ts"
import { toHex } from "@aceso/core"
import type { Listed } from "../client/library-client.ts"
import { AT, readerOf } from "./reader.ts"

const FINDINGS: Readonly<Record<NonNullable<Listed["finding"]>, string>> = {
  publication_differs: "not what the ledger has",
  publication_old: "an older version than the ledger has",
}

function stateOf({
  hash,
  finding,
  lacking,
}: Pick<Listed, "finding" | "lacking"> & { hash: unknown }): string {
  if (finding !== null) return red(FINDINGS[finding])
  if (hash === null) return "withdrawn"
  return lacking === null ? "copied" : `no copy (${lacking})`
}

export const list = command({
  summary: "all that is published, as a node has it",
  options: { at: AT },
  example: "aceso library list --at county-hospital",
  fails: "the node has something else than the ledger, or leaves something out",
  async run(session, { values }) {
    const { url, client } = await readerOf(session, values.at)
    const { entries, leftOut } = await client.list()
    return {
      node: url,
      publications: entries.map((one) => ({ ...one, hash: one.hash && toHex(one.hash) })),
      leftOut,
      ok: leftOut.length === 0 && entries.every(({ finding }) => finding === null),
    }
  },
  print: ({ node, publications, leftOut, ok }) =>
    [
      table(
        ["publication", "title", "version", "state"],
        publications.map((one) => [
          `${one.member}/${one.slug}`,
          [one.title ?? "", `(${[one.kind, ...(one.language === null ? [] : [one.language])].join(", ")})`]
            .join(" ")
            .trim(),
          `${one.version}, ${localTime(one.at)}`,
          stateOf(one),
        ]),
      ),
      ...leftOut.map(({ member, count }) =>
        red(`  ${count} of ${member} left out, which the ledger has: ask another node`),
      ),
      ok
        ? green(`  each verified against the ledger, at ${node}`)
        : red(`  ${node} is not what the ledger has`),
    ].join("\n"),
  status: ({ ok }) => (ok ? 0 : 1),
})
