import { post } from "@aceso/client"
import {
  type Bytes,
  type CaseAnswer,
  type CaseDocument,
  type Cbor,
  EXCHANGE_TAG,
  encodeSealed,
  equalBytes,
  type MemberId,
  makePull,
  PlatformError,
  type PublicKey,
  type PullQuestion,
  sealDocument,
  sealedAnswer,
} from "@aceso/core"
import { keysOf, memberAt } from "../exchange/members.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import { type CaseNow, keysIn, memberOf, type Step } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import type { CaseDocuments, DocumentAt } from "./documents.ts"
import type { Stocks } from "./stocks.ts"

/** Documents of cases on their way between those who take part (CAPABILITIES.md, Documents). */
export class Correspondence {
  private readonly ledger: LedgerClient
  private readonly cases: Cases
  private readonly documents: CaseDocuments
  private readonly stocks: Stocks
  private readonly outbound: Pick<Outbound, "fetch">

  constructor(
    ledger: LedgerClient,
    cases: Cases,
    documents: CaseDocuments,
    stocks: Stocks,
    outbound: Pick<Outbound, "fetch">,
  ) {
    this.ledger = ledger
    this.cases = cases
    this.documents = documents
    this.stocks = stocks
    this.outbound = outbound
  }

  /**
   * Takes a document that its author hands over: it has to be what the ledger says.
   * @throws PlatformError `unknown_case`, `not_permitted`, `unknown_document`, `document_refused`
   */
  async take(at: DocumentAt, document: CaseDocument): Promise<void> {
    const found = await this.cases.at(at.case)
    this.cases.mustTakePart(found)
    await this.cases.mustBe(found, at, await this.cases.committed(at), document)
    await this.documents.keep(at, document, Date.now())
  }

  /**
   * Hands out a document to somebody who takes part.
   * @param asker the member, or the case key, that signed the question
   * @returns the sealed answer
   * @throws PlatformError `wrong_network`, `unknown_case`, `not_permitted`, `unknown_document`, `document_not_here`
   */
  async hand(
    question: PullQuestion,
    asker: { readonly member?: MemberId; readonly key: PublicKey },
  ): Promise<Bytes> {
    if (question.network !== this.ledger.engine.network)
      throw new PlatformError("wrong_network", "the question is for another network")
    const { row } = await this.cases.at(question.case)
    const takesPart = row.parties.some(
      ({ member, key }) =>
        (member !== null && member === asker.member) || (key !== null && equalBytes(key, asker.key)),
    )
    if (!takesPart)
      throw new PlatformError("not_permitted", "only those who take part in a case get its documents")
    const { commitment } = await this.cases.committed(question)
    const document = await this.documents.at(question, commitment)
    if (!document)
      throw new PlatformError("document_not_here", "this organisation does not have that document (any more)")
    return encodeSealed(await sealDocument(document, question, asker.key))
  }

  /**
   * Fetches a document from the member that committed it, and keeps it.
   * @throws PlatformError those of the other node, `document_refused`, `node_unreachable`
   */
  private async pull(
    found: CaseNow,
    at: DocumentAt,
    committed: { readonly step: Step; readonly commitment: Bytes },
  ): Promise<CaseDocument> {
    const { engine, seed, key } = this.ledger
    const author = memberOf(found.row, committed.step.party)
    if (author === null)
      throw new PlatformError("document_not_here", "whoever wrote it hands it over by itself")
    const { url } = await memberAt(engine, author)
    const { question, open } = await makePull(this.cases.placeOf(at), key as PublicKey)
    const sealed = await post(
      `${url}/exchange/document`,
      question as unknown as Cbor,
      { seed, tag: EXCHANGE_TAG },
      sealedAnswer,
      { fetch: this.outbound.fetch, responderKeys: await keysOf(engine, author) },
    )
    const document = await open(sealed)
    await this.cases.mustBe(found, at, committed, document)
    await this.documents.keep(at, document, Date.now())
    return document
  }

  /**
   * A case in which this organisation takes part, for its people. What members have not handed over is asked of them.
   * @throws PlatformError `unknown_case`, `not_permitted`
   */
  async shown(id: Bytes): Promise<CaseAnswer> {
    const found = await this.cases.at(id)
    const party = this.cases.mustTakePart(found)
    const { row, process, standing } = found
    const steps = await this.cases.stepsOf(found)
    return {
      process: process.name,
      version: process.version,
      state: standing.state.name,
      since: standing.since,
      dueAt: standing.dueAt,
      isLate: standing.isLate,
      isEnded: standing.isEnded,
      party,
      patient: await this.stocks.aliasOf(keysIn(row)),
      size: row.size,
      parties: row.parties.map(({ party, member }) => ({ party, member })),
      steps: await Promise.all(
        steps.map(async (one, n) => {
          const { step, party, at, isAssisted, documents } = one
          const contents = documents.map(async ({ name, commitment }) => {
            const place = { case: id, n, name }
            try {
              const kept = await this.documents.at(place, commitment)
              const document = kept ?? (await this.pull(found, place, { step: one, commitment }))
              return { name, document, lacking: null }
            } catch (error) {
              if (!(error instanceof PlatformError)) throw error
              return { name, document: null, lacking: error.code }
            }
          })
          return { step, party, at, isAssisted, documents: await Promise.all(contents) }
        }),
      ),
    }
  }
}
