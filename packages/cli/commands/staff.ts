import { type EndAnswer, endAnswer, type StaffAnswer, staffAnswer } from "@aceso/client"
import { type CommandInput, command } from "../command.ts"
import { day, table } from "../output.ts"
import { UsageError } from "../session.ts"

type Result =
  | { readonly did: "list"; readonly people: StaffAnswer["people"] }
  | ({ readonly did: "end" } & EndAnswer)

const USAGE = "aceso staff list | aceso staff end <name> [--as-of <time>]"

/** A date or time of ISO 8601, with its zone; a date alone is its beginning in UTC. */
function timeOf(value: CommandInput["values"][string]): number | null {
  if (value === undefined) return null
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(String(value))
  const ms = isIso ? Date.parse(String(value)) : Number.NaN
  if (Number.isNaN(ms) || ms < 0)
    throw new UsageError(`--as-of ${value}: expected a time such as 2026-11-27 or 2026-11-27T14:30Z`)
  return ms
}

export const staff = command<Result>({
  summary: "who works with the node; end a person's time, from this moment on or as of another",
  positional: "list|end <name>",
  options: {
    "as-of": { type: "string", words: "end: since or from when, such as 2026-11-27T14:30Z", value: "<time>" },
  },
  async run(session, { positionals, values }) {
    const [did, name, ...more] = positionals
    const isUsage =
      (did === "list" && name === undefined && values["as-of"] === undefined) ||
      (did === "end" && name !== undefined && more.length === 0)
    if (!isUsage) throw new UsageError(USAGE)
    const asOf = timeOf(values["as-of"])
    const { client } = session.staff()
    if (did === "list") {
      const { people } = staffAnswer.toJson({ people: await client.people() }) as StaffAnswer
      return { did, people }
    }
    return { did: "end", ...(endAnswer.toJson(await client.endStaff(name, asOf)) as EndAnswer) }
  },
  print(result) {
    if (result.did === "list")
      return table(
        ["name", "may do", "now", "from", "to", "key"],
        result.people.map(({ name, isAdministrator, role, isInForce, from, to, key }) => [
          name,
          [...(isAdministrator ? ["administrator"] : []), ...(role ? [role] : [])].join(", ") || "staff",
          isInForce ? "yes" : "no",
          from === undefined ? "" : day(from),
          to === undefined ? "" : day(to),
          String(key).slice(0, 16),
        ]),
      )
    const { name, to, isPublished } = result
    return [
      to > Date.now()
        ? `  ${name} can do nothing here from ${day(to)} UTC on`
        : `  ${name} can do nothing here any more (ended ${day(to)} UTC)`,
      isPublished
        ? "  the ledger has the directory without them"
        : "  the directory goes to the ledger as soon as it takes it; until then other custodians know the one before",
    ].join("\n")
  },
})
