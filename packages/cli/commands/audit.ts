import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { green, red, table } from "../output.ts"

export const audit = command({
  summary: "who read what, when, why and by which consent, and whether the log is complete",
  async run(session) {
    const { client } = await session.patient()
    const parts = await client.account()
    return {
      custodians: parts.map(({ custodian, entries, isComplete, findings }) => ({
        custodian,
        isComplete,
        findings,
        entries: entries.map(({ auditEvent, body, tag, salt, event, ...rest }) => ({
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
          table(
            ["", "when", "who", "role", "why", "policy", "what"],
            c.entries.map((e) => [
              e.n,
              e.time.slice(0, 19).replace("T", " "),
              e.requester,
              e.role,
              e.purpose,
              `version ${e.policyVersion}`,
              e.outcome === "denied"
                ? `denied: ${e.reason}`
                : `${e.released.length} records (${kinds(e.released)}), ${e.withheld} withheld${e.withdrawn > 0 ? `, ${e.withdrawn} withdrawn as somebody else's` : ""}${e.contradictions.length > 0 ? red(`; ${e.contradictions.length} lines contradict your consent`) : ""}`,
            ]),
          ),
        ].join("\n"),
      )
      .join("\n"),
  status: ({ custodians }) =>
    custodians.every((c) => c.isComplete && c.entries.every((e) => e.contradictions.length === 0)) ? 0 : 1,
})

function kinds(released: readonly { readonly type: string }[]): string {
  const counts = Map.groupBy(released, ({ type }) => type)
  return [...counts].map(([type, all]) => `${all.length} ${type}`).join(", ")
}
