import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { green, red, table } from "../output.ts"

export const audit = command({
  summary: "who read what, when, why and by which consent, and whether the log is complete",
  async run(session) {
    const { client } = await session.patient()
    const parts = await client.account((custodian, entries, highest) => {
      if (entries < highest) session.progress(`  ${custodian}: ${entries} of ${highest} entries`)
    })
    return {
      custodians: parts.map(({ custodian, entries, isComplete, findings, recoveries }, i) => ({
        custodian,
        handle: toHex(client.places[i].handle),
        isComplete,
        findings,
        recoveries,
        entries: entries.map(({ tag, event, ...rest }) => ({
          ...rest,
          tag: toHex(tag),
          event: toHex(event),
        })),
      })),
    }
  },
  print: ({ custodians }) =>
    custodians
      .map((c) =>
        [
          `  ${c.custodian}: ${c.isComplete ? green("complete") : red("not complete")}${c.findings.length > 0 ? ` (${c.findings.join("; ")})` : ""}`,
          ...c.recoveries.map(
            ({ from, at, reason }) =>
              `  ${c.custodian} recovered on ${new Date(at).toISOString().slice(0, 10)} (${reason}): what it committed after block ${from} was lost there`,
          ),
          ...(c.recoveries.length > 0
            ? [`  if the desk there does not know you any more, you are lost-${c.handle.slice(0, 16)}`]
            : []),
          table(
            ["", "when", "who", "role", "why", "policy", "what"],
            c.entries.map((e) => [
              e.n,
              e.time.slice(0, 19).replace("T", " "),
              e.outcome === "changed" ? "you" : e.requester,
              e.outcome === "changed" ? "" : e.role,
              e.outcome === "changed" ? "" : e.purpose,
              `version ${e.policyVersion}`,
              e.outcome === "denied"
                ? `denied: ${e.reason}`
                : e.outcome === "changed"
                  ? `your policy: ${e.reason}`
                  : `${e.released} records (${kinds(e.types)}), ${e.withheld} withheld${e.withdrawn > 0 ? `, ${e.withdrawn} withdrawn as somebody else's` : ""}${e.contradictions.length > 0 ? red(`; ${e.contradictions.length} lines contradict your consent`) : ""}`,
            ]),
          ),
        ].join("\n"),
      )
      .join("\n"),
  status: ({ custodians }) =>
    custodians.every((c) => c.isComplete && c.entries.every((e) => e.contradictions.length === 0)) ? 0 : 1,
})

const kinds = (types: Readonly<Record<string, number>>): string =>
  Object.entries(types)
    .map(([type, count]) => `${count} ${type}`)
    .join(", ")
