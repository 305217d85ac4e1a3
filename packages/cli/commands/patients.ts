import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { table } from "../output.ts"

export const patients = command({
  summary: "the aliases by which patients are named here",
  async run(session) {
    const all = await session.staff().client.patients()
    return all.map(({ handle, ...rest }) => ({ ...rest, handle: toHex(handle) }))
  },
  print: (all) =>
    table(
      ["alias", "records", "own key", "known as"],
      all.map((p) => [p.alias, p.records, p.hasKey ? "yes" : "no", `handle ${p.handle.slice(0, 12)}`]),
    ),
})
