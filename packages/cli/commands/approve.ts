import {
  type GrantPreview,
  grantFor,
  type InboxRequest,
  mustBeMeant,
  type PatientClient,
  PublicClient,
} from "@aceso/client"
import { type ConsentCopy, documentId, PlatformError, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { UNTIL } from "../moment.ts"
import { byBeginning } from "./by-beginning.ts"
import { mustAgree, mustBeAskable, sentenceOf, YES } from "./consent-words.ts"
import { findMove, shownMove } from "./patient-moves.ts"
import { classesOf, untilOf } from "./wishes.ts"

/** The open request whose id begins so; `all` for every one. */
export async function findRequests(client: PatientClient, id: string): Promise<InboxRequest[]> {
  const all = await client.inbox()
  const open = all.filter(({ state }) => state === "open")
  const idOf = ({ requestId }: InboxRequest) => toHex(requestId)
  if (id === "all") {
    if (open.length === 0)
      throw new PlatformError("unknown_request", "nothing waits: no request is open; see aceso requests")
    return open
  }
  const found = byBeginning(open, idOf, id)
  if (found) return [found]
  const answered = byBeginning(all, idOf, id)
  throw new PlatformError(
    "unknown_request",
    answered
      ? `the request ${idOf(answered).slice(0, 12)} is ${answered.state} already; see aceso requests`
      : `no open request has the id ${id}; see aceso requests`,
  )
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
    classes: {
      type: "string",
      words: "of what was asked only these FHIR types, comma-separated",
      value: "<list>",
    },
    until: { type: "string", words: `an earlier end than was asked: ${UNTIL}`, value: "<until>" },
    yes: YES,
  },
  example: "aceso approve 3fa9c2 --classes Observation,Condition --until 7d --as patient-1",
  async run(session, { positionals, values }) {
    const { client, person } = await session.patient()
    const move = await findMove(client, positionals[0])
    if (move) {
      await client.moves.agree(move)
      return { consents: [], previews: [], moves: [shownMove(move)] }
    }
    const isYes = values.yes === true
    const narrowed = {
      ...(values.classes !== undefined && { classes: classesOf(values.classes) }),
      ...(values.until !== undefined && { until: untilOf(values.until, 30) }),
    }
    const found = await findRequests(client, positionals[0])
    mustBeAskable(isYes)
    const previews: GrantPreview[] = []
    const sentences: string[] = []
    // Of all of them before the first is signed.
    const asked = found.map((request) => ({ request, terms: grantFor(request, narrowed) }))
    for (const { request, terms } of asked) {
      mustBeMeant({ ...terms, custodian: request.place.custodian, now: Date.now() })
      const preview = await client.preview(terms, request.place)
      previews.push(preview)
      sentences.push(sentenceOf(terms, preview, { isAnswer: true }))
    }
    await mustAgree(session, sentences, isYes)
    const copies = new Map<string, ConsentCopy[]>()
    const consents = []
    for (const request of found) {
      const { copy, payloadId } = await client.approve(request, narrowed)
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
    return { consents, previews, moves: [] }
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
