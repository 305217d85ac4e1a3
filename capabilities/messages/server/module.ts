import { disclosures } from "@aceso/contracts"
import { auditEventHash, equalBytes, type Handle, PlatformError, readAuditEvent } from "@aceso/core"
import { keysIn } from "@aceso/server/cases/case-now.ts"
import type { Arriving } from "@aceso/server/cases/content-rules.ts"
import { serverModule } from "@aceso/server/modules/module.ts"
import { type AuditLine, readMessage } from "../client/communication.ts"
import { messages } from "../definition/process.ts"

/** Messages as a node takes them: plain text; a complaint only about a line that is what it says, and the writer's own. */
export const messagesModule = serverModule({
  name: "messages",
  needs: ["contentRules", "engine", "config", "stocks", "vault"],
  setup({ contentRules, engine, config: { member }, stocks, vault }) {
    const mustBeOwnLine = async ({ tag }: AuditLine, { found }: Arriving) => {
      const there = await vault.disclosure(tag)
      const handle: Handle | undefined = await stocks.handleOf(keysIn(found.row))
      if (!there || !handle || !equalBytes(there.handle, handle))
        throw new PlatformError(
          "not_your_line",
          "the complaint is about a line of the audit that is not the writer's own",
        )
    }
    /** On the ledger as told; the line of another custodian is this organisation's affair where it names it. */
    const mustBeOnLedger = async ({ custodian, tag, salt, auditEvent }: AuditLine) => {
      const row = await engine.read(disclosures, [custodian, tag])
      if (!row || !equalBytes(row.event, auditEventHash(salt, auditEvent)))
        throw new PlatformError(
          "line_differs",
          `the complaint is about a line of the audit of ${custodian} that the ledger does not have so, or not yet`,
        )
    }
    const mustConcern = ({ custodian, auditEvent }: AuditLine, { found }: Arriving) => {
      const own = found.row.parties.find((one) => one.member === member)?.party
      if (own !== "organisation" || custodian === member) return
      if (readAuditEvent(auditEvent)?.requester !== member)
        throw new PlatformError(
          "line_of_another",
          `the complaint is about an access at ${custodian} by somebody else than ${member}: write to one of these`,
        )
    }
    contentRules.add(messages.name, async (arriving) => {
      const { about } = readMessage(arriving.content)
      if (!about) return
      if (arriving.party !== "patient")
        throw new PlatformError("not_your_line", "only the person whose audit it is complains about a line")
      if (about.custodian === member) await mustBeOwnLine(about, arriving)
      await mustBeOnLedger(about)
      mustConcern(about, arriving)
    })
    return {}
  },
})
