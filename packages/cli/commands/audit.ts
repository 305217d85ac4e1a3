import type { CheckedEntry } from "@aceso/client"
import { toHex } from "@aceso/core"
import { green, red } from "../columns.ts"
import { command } from "../command.ts"

export const audit = command({
  summary: "who read what, when, why and by which consent, and whether the log is complete",
  example: "aceso audit --as patient-1",
  fails: "the log is not complete, a promise was broken, or a line contradicts the consent",
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
          ...(c.entries.length === 0 ? ["  (none)"] : c.entries.map(entryLines)),
        ].join("\n"),
      )
      .join("\n"),
  status: ({ custodians }) =>
    custodians.every((c) => c.isComplete && c.entries.every((e) => e.contradictions.length === 0)) ? 0 : 1,
})

type Shown = Omit<CheckedEntry, "tag" | "event">

/** Who asked and why, then what came of it, behind the time. */
function entryLines(e: Shown): string {
  const lead = `  ${String(e.n).padStart(3)}  ${e.time.slice(0, 19).replace("T", " ")}`
  const who = e.outcome === "changed" ? "you" : `${e.requester} (${e.role}), ${e.purpose}`
  return `${lead}  ${who}, policy version ${e.policyVersion}\n${" ".repeat(lead.length)}  ${outcomeOf(e)}`
}

function outcomeOf(e: Shown): string {
  if (e.outcome === "denied") return `denied: ${e.reason}`
  if (e.outcome === "changed") return `your policy: ${e.reason}`
  const withdrawn = e.withdrawn > 0 ? `, ${e.withdrawn} withdrawn as somebody else's` : ""
  const lies =
    e.contradictions.length > 0 ? red(`; ${e.contradictions.length} lines contradict your consent`) : ""
  return `${e.released} records (${kinds(e.types)}), ${e.withheld} withheld${withdrawn}${lies}`
}

const kinds = (types: Readonly<Record<string, number>>): string =>
  Object.entries(types)
    .map(([type, count]) => `${count} ${type}`)
    .join(", ")
