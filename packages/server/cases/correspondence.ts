import { post } from "@aceso/client"
import type { Case } from "@aceso/contracts"
import {
  auditEventHash,
  type Bytes,
  type CaseAnswer,
  type CaseDocument,
  type Cbor,
  type Disclosed,
  EXCHANGE_TAG,
  encodeSealed,
  equalBytes,
  MAX_PROMISE_MS,
  type MemberId,
  makePull,
  PlatformError,
  type PublicKey,
  type PullQuestion,
  sealDocument,
  sealedAnswer,
  verifyPromise,
} from "@aceso/core"
import { documentEvent } from "../exchange/audit-event.ts"
import type { Disclosures } from "../exchange/disclosures.ts"
import { keysOf, memberAt } from "../exchange/members.ts"
import type { Promises } from "../exchange/promises.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import { type CaseNow, keysIn, memberOf, type Step } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import type { CaseDocuments, DocumentAt } from "./documents.ts"
import type { Stocks } from "./stocks.ts"

interface Parts {
  readonly ledger: LedgerClient
  readonly cases: Cases
  readonly documents: CaseDocuments
  readonly stocks: Stocks
  readonly disclosures: Disclosures
  readonly promises: Promises
  readonly outbound: Pick<Outbound, "fetch">
}

/** What a case is opened for by a person's own key (v3 PurposeOfUse, patient requested). */
const PURPOSE = "PATRQT"
/** Clocks of two machines. */
const MAX_CLOCK_MS = 120_000

/** Documents of cases on their way between those who take part (CAPABILITIES.md, Documents). */
export class Correspondence {
  private readonly ledger: LedgerClient
  private readonly cases: Cases
  private readonly documents: CaseDocuments
  private readonly stocks: Stocks
  private readonly disclosures: Disclosures
  private readonly promises: Promises
  private readonly outbound: Pick<Outbound, "fetch">

  constructor(parts: Parts) {
    this.ledger = parts.ledger
    this.cases = parts.cases
    this.documents = parts.documents
    this.stocks = parts.stocks
    this.disclosures = parts.disclosures
    this.promises = parts.promises
    this.outbound = parts.outbound
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
   * Where a member asks and the patient is known here, it is noted in that patient's disclosure log before it leaves.
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
    const disclosed = asker.member === undefined ? null : await this.note(row, question, asker.member)
    return encodeSealed(await sealDocument({ document, disclosed }, question, asker.key))
  }

  private async note(row: Case, at: DocumentAt, requester: MemberId): Promise<Disclosed | null> {
    const handle = await this.stocks.handleOf(keysIn(row))
    if (!handle) return null
    const { member: custodian } = this.ledger
    const facts = { custodian, requester, handle, time: Date.now(), purpose: PURPOSE, at }
    return this.disclosures.note(handle, documentEvent(facts), null)
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
    const { document, disclosed } = await open(sealed)
    await this.cases.mustBe(found, at, committed, document)
    if (disclosed) await this.watch(disclosed, author)
    await this.documents.keep(at, document, Date.now())
    return document
  }

  /** Whether a document is here, once it has been asked for: what is refused, or not to be had now, is not. */
  async fetched(
    found: CaseNow,
    at: DocumentAt,
    committed: { readonly step: Step; readonly commitment: Bytes },
  ): Promise<boolean> {
    try {
      await this.pull(found, at, committed)
      return true
    } catch (error) {
      if (error instanceof PlatformError) return false
      throw error
    }
  }

  /** @throws PlatformError `document_refused` where the promise that comes with a document is none */
  private async watch({ promise, auditEvent, auditSalt }: Disclosed, author: MemberId): Promise<void> {
    const { engine } = this.ledger
    const holds =
      promise.custodian === author &&
      promise.includeBy <= Date.now() + MAX_PROMISE_MS + MAX_CLOCK_MS &&
      (await keysOf(engine, author)).some((key) => equalBytes(key, promise.key)) &&
      equalBytes(auditEventHash(auditSalt, auditEvent), promise.event) &&
      verifyPromise(promise, engine.network)
    if (!holds)
      throw new PlatformError(
        "document_refused",
        `the promise of ${author} that the patient's audit will have this does not hold`,
      )
    await this.promises.watch(promise)
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
