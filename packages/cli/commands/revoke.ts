import { documentId, PlatformError } from "@aceso/core"
import { command } from "../command.ts"

export const revoke = command({
  summary: "take a consent back; the custodian obeys at once",
  arguments: [{ name: "consent|all", words: "its id as aceso requests shows it, or the beginning of it" }],
  example: "aceso revoke all --as patient-1",
  async run(session, { positionals }) {
    const { client } = await session.patient()
    const [id] = positionals
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
