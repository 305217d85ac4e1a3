import { documentId, PlatformError } from "@aceso/core"
import { command } from "../command.ts"
import { byBeginning } from "./by-beginning.ts"

export const revoke = command({
  summary: "take a consent back; the custodian obeys at once",
  arguments: [{ name: "consent|all", words: "its id as aceso requests shows it, or the beginning of it" }],
  example: "aceso revoke all --as patient-1",
  async run(session, { positionals }) {
    const { client } = await session.patient()
    const [id] = positionals
    const policies = await Promise.all(client.places.map((place) => client.policy(place)))
    const all = policies.flatMap(({ documents }) => documents.map(documentId))
    const meant = id === "all" ? all : [byBeginning(all, (one) => one, id)].filter((one) => one !== undefined)
    if (meant.length === 0)
      throw new PlatformError(
        "unknown_consent",
        id === "all"
          ? "there is no consent of yours to take back; see aceso requests"
          : `no consent of yours has the id ${id}; see aceso requests`,
      )
    const revoked: { consent: string; custodian: string }[] = []
    for (const consent of meant) revoked.push({ consent, custodian: await client.revoke(consent) })
    return { revoked }
  },
  print: ({ revoked }) =>
    revoked
      .map((r) => `  ${r.consent.slice(0, 12)} at ${r.custodian}: taken back, obeyed at once`)
      .join("\n"),
})
