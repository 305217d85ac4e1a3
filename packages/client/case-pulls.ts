import {
  type Bytes,
  type CaseDocument,
  type CaseRow,
  type CaseStepRow,
  type Cbor,
  documentCommitment,
  documentFault,
  equalBytes,
  type MemberId,
  makePull,
  PlatformError,
  publicKey,
  sealedAnswer,
} from "@aceso/core"
import { type Caller, post } from "./http.ts"
import type { LedgerMembers } from "./ledger-members.ts"
import type { Outbox } from "./outbox.ts"

/** A case, as far as its documents are concerned. */
interface Documented {
  readonly id: Bytes
  readonly row: Pick<CaseRow, "parties">
  readonly steps: readonly CaseStepRow[]
}

interface Parts {
  readonly network: string
  readonly outbox: Outbox
  readonly there: LedgerMembers
  /** By the case's key. */
  readonly caller: Caller
}

/** A document as the ledger has it in a step; `author`: the member that did the step, null: a key. */
interface Committed {
  readonly n: number
  readonly name: string
  readonly commitment: Bytes
  readonly at: number
  readonly author: MemberId | null
}

/**
 * A document of the case, held against the ledger: from the member that wrote it, an own one from a member that has it.
 * @throws PlatformError `unknown_document`, `document_refused`, those of the node
 */
export async function documentOf(
  parts: Parts,
  found: Documented,
  n: number,
  name: string,
): Promise<CaseDocument> {
  const step = found.steps[n]
  const committed = step?.documents.find((one) => one.name === name)
  const author = found.row.parties.find(({ party }) => party === step?.party)
  if (!committed || !author) throw new PlatformError("unknown_document", `there is no ${name} in step ${n}`)
  const own = author.member === null ? await parts.outbox.of({ case: found.id, n, name }) : undefined
  if (own && equalBytes(documentCommitment(own.salt, own.content), committed.commitment)) return own
  const members = found.row.parties.flatMap(({ member }) => member ?? [])
  let fault: unknown = new PlatformError("document_not_here", "no member of the case has the document")
  for (const member of author.member === null ? members : [author.member])
    try {
      return await pull(parts, found, { ...committed, n, author: author.member, at: step.at }, member)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      fault = error
    }
  throw fault
}

async function pull(
  { network, there, caller }: Parts,
  found: Documented,
  { n, name, commitment, at, author }: Committed,
  from: MemberId,
): Promise<CaseDocument> {
  const place = { network, case: found.id, n, name }
  const { question, open } = await makePull(place, publicKey(caller.seed))
  const url = `${await there.urlOf(from)}/case/document`
  const sealed = await post(url, question as unknown as Cbor, caller, sealedAnswer)
  const { document } = await open(sealed)
  const member = author !== null && { member: author, directory: await there.directoryAt(author, at) }
  const fault = documentFault(document, { place, commitment, at, ...(member && { member }) })
  if (fault) throw new PlatformError("document_refused", `the document is not what was committed (${fault})`)
  return document
}
