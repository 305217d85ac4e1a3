import { type InboxRequest, type PatientClient, PublicClient } from "@aceso/client"
import { type ConsentCopy, documentId, PlatformError, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { findMove, shownMove } from "./patient-moves.ts"
import { classesOf, UNTIL, untilOf } from "./wishes.ts"

/** Open requests by a prefix of their id; `all` for every one. */
export async function findRequests(client: PatientClient, id: string): Promise<InboxRequest[]> {
  const open = (await client.inbox()).filter(({ state }) => state === "open")
  const found = id === "all" ? open : open.filter(({ requestId }) => toHex(requestId).startsWith(id))
  if (found.length === 0)
    throw new PlatformError("unknown_request", `no open request has the id ${id}; see aceso requests`)
  return found
}

/** Gives each grantee its copies of the consents. */
export async function deliverAll(
  client: PatientClient,
  nodeUrl: string,
  byGrantee: ReadonlyMap<string, ConsentCopy[]>,
): Promise<void> {
  for (const [grantee, copies] of byGrantee)
    await client.deliver(await new PublicClient(nodeUrl).urlOf(grantee), copies)
}

export const approve = command({
  summary: "grant a request, narrowed if you like, or agree that a record is moved",
  arguments: [
    {
      name: "id|all",
      words: "which, as aceso requests shows it; the beginning of it will do; all: every request",
    },
  ],
  options: {
    classes: { type: "string", words: "only these FHIR types, comma-separated", value: "<list>" },
    until: { type: "string", words: `a shorter time: ${UNTIL}`, value: "<until>" },
  },
  example: "aceso approve 3fa9c2 --classes Observation,Condition --until 7d --as patient-1",
  async run(session, { positionals, values }) {
    const { client, person } = await session.patient()
    const move = await findMove(client, positionals[0])
    if (move) {
      await client.moves.agree(move)
      return { consents: [], moves: [shownMove(move)] }
    }
    const found = await findRequests(client, positionals[0])
    const copies = new Map<string, ConsentCopy[]>()
    const consents = []
    for (const request of found) {
      const classes = values.classes === undefined ? undefined : classesOf(values.classes)
      const until = values.until === undefined ? undefined : untilOf(values.until, 30)
      const { copy, payloadId } = await client.approve(request, { classes, until })
      copies.set(request.requester, [...(copies.get(request.requester) ?? []), copy])
      consents.push({
        consent: documentId(copy.document),
        custodian: copy.custodian,
        grantee: request.requester,
        version: copy.version,
        payloadId: toHex(payloadId),
      })
    }
    await deliverAll(client, person.node, copies)
    return { consents, moves: [] }
  },
  print: ({ consents, moves }) =>
    [
      ...moves.map(({ id, custodian }) => `  move ${id} at ${custodian}: agreed, signed by your key`),
      ...consents.map(
        (c) =>
          `  consent ${c.consent.slice(0, 12)}: ${c.grantee} may read at ${c.custodian} (policy version ${c.version}, signed by your key)`,
      ),
    ].join("\n"),
})
