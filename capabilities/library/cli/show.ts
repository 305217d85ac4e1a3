import { bold, dim, green, quoted } from "@aceso/cli/columns.ts"
import { command } from "@aceso/cli/command.ts"
import { elementLines } from "@aceso/cli/element-lines.ts"
import { localTime } from "@aceso/cli/output.ts"
import { isObject, parseJson, toHex } from "@aceso/core"
import { elementsOf } from "@aceso/core/display/index.ts"
import type { Publication } from "../client/publication.ts"
import { AT, PLACE, placeIn, readerOf } from "./reader.ts"

/** Text as the lines that were written, a resource element by element. */
function readAs({ contentType, content }: Publication) {
  if (contentType === "text/plain") return { lines: content.trimEnd().split("\n"), elements: [] }
  const resource = parseJson(content)
  return { lines: [], elements: isObject(resource) ? elementsOf(resource) : [] }
}

export const show = command({
  summary: "one publication, if it is what the ledger has",
  arguments: [PLACE],
  options: { at: AT },
  example: "aceso library show city-hospital/warfarin --at county-hospital",
  fails: "the node has another text or an older version, or it is withdrawn",
  async run(session, { positionals: [typed], values }) {
    const place = placeIn(typed)
    const { url, client } = await readerOf(session, values.at)
    const { publication, hash, ...rest } = await client.show(place)
    return { ...rest, ...publication, ...readAs(publication), hash: hash && toHex(hash), node: url }
  },
  keeps: ["elements"],
  texts: ["lines"],
  json: ({ lines: _lines, elements: _elements, ...shown }) => shown,
  print: (shown) =>
    [
      `  ${bold(shown.title)}`,
      dim(
        `  ${shown.kind} by ${shown.member}, version ${shown.version} of ${localTime(shown.at)}, ${shown.language}`,
      ),
      "",
      ...shown.lines.map(quoted),
      ...elementLines(shown.elements),
      "",
      green(`  verified: what ${shown.member} published, by the ledger; the copy is of ${shown.node}`),
    ].join("\n"),
})
