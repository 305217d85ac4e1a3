import { documentId, PlatformError } from "@aceso/core"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"

export const revoke = command({
  summary: "take a consent back; the custodian obeys at once",
  positional: "<consent|all>",
  async run(session, { positionals }) {
    const { client } = await session.patient()
    const [id] = positionals
    if (!id) throw new UsageError("which consent? its id from aceso requests, or all")
    const revoked: { consent: string; custodian: string }[] = []
    for (const place of client.places)
      for (const document of (await client.policy(place)).documents) {
        const consent = documentId(document)
        if (id === "all" || consent.startsWith(id))
          revoked.push({ consent, custodian: await client.revoke(consent) })
      }
    if (revoked.length === 0)
      throw new PlatformError("unknown_consent", `no consent of yours has the id ${id}; see aceso requests`)
    return { revoked }
  },
  print: ({ revoked }) =>
    revoked
      .map((r) => `  ${r.consent.slice(0, 12)} at ${r.custodian}: taken back, obeyed at once`)
      .join("\n"),
})
