import { toHex } from "@aceso/core"
import { dim, table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { UsageError } from "../session.ts"

const PAGE = 100
const ONE_PERSON =
  "  the same person may stand here more than once: only a card says that several places are one person's"

export const visitors = command({
  summary: "people whose records lie elsewhere: who showed a card here, or gave copies of consents",
  options: {
    after: { type: "string", words: "the next page: what the page before named", value: "<number>" },
  },
  example: "aceso visitors --as county-doctor",
  async run(session, { values }) {
    const after = values.after ?? "0"
    if (typeof after !== "string" || !/^\d{1,15}$/.test(after))
      throw new UsageError("--after takes the number that the page before named")
    const page = await session.staff().client.visitors(Number(after), PAGE)
    const shown = page.visitors.map(({ places, ...visitor }) => ({
      ...visitor,
      places: places.map(({ custodian, handle }) => ({ custodian, handle: toHex(handle) })),
    }))
    return { visitors: shown, next: page.next }
  },
  print: ({ visitors, next }) =>
    [
      table(
        ["alias", "since", "at", "also known as"],
        visitors.map((v) => [
          v.alias,
          localTime(v.since),
          [...new Set(v.places.map(({ custodian }) => custodian))].sort().join(", "),
          v.also.join(", "),
        ]),
      ),
      ...(visitors.length > 1 ? [dim(ONE_PERSON)] : []),
      ...(next === null ? [] : [`  more: aceso visitors --after ${next}`]),
    ].join("\n"),
})
