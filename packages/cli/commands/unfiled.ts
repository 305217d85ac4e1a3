import { table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { PAGE, pageOf } from "./patients-list.ts"

export const unfiled = command({
  summary: "records that belong to nobody here, with the file that brought them and what they name",
  options: PAGE,
  example: "aceso unfiled --limit 20",
  async run(session, input) {
    const { unfiled, next } = await session.staff().client.unfiled(pageOf(input))
    if (next !== undefined) session.progress(`  there may be more: --after ${next}`)
    return unfiled
  },
  print: (rows) =>
    rows.length === 0
      ? "  (none)"
      : table(
          ["n", "since", "file", "resource", "refers to"],
          rows.map((one) => [one.number, localTime(one.foundAt), one.where, one.resource, one.reference]),
        ),
})
