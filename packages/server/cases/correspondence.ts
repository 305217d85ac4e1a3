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
  type HandedDocument,
  MAX_PROMISE_MS,
  type MemberId,
  makePull,
  mustBeSealingKey,
  PlatformError,
  type PublicKey,
  type PullQuestion,
  readAuditEvent,
  sealDocument,
  sealedAnswer,
  toHex,
  verifyPromise,
} from "@aceso/core"
import { documentEvent } from "../exchange/audit-event.ts"
import type { Disclosures } from "../exchange/disclosures.ts"
import { keysOf, memberAt } from "../exchange/members.ts"
import type { Promises } from "../exchange/promises.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import { type CaseNow, type Committed, keysIn, memberOf } from "./case-now.ts"
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
/** So long a member has to answer with one document, ms. */
const PULL_MS = 10_000

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
    // What cannot be sealed to the question's key is noted nowhere.
    await mustBeSealingKey(question.suite, question.oneTimeKey)
    const disclosed = asker.member === undefined ? null : await this.note(row, question, asker.member)
    return encodeSealed(await sealDocument({ document, disclosed }, question, asker.key))
  }

  private async note(row: Case, at: DocumentAt, requester: MemberId): Promise<Disclosed | null> {
    const handle = await this.stocks.handleOf(keysIn(row))
    if (!handle) return null
    const { member: custodian } = this.ledger
    const before = await this.documents.handedTo(at, requester)
    const again = before && (await this.disclosures.again(before))
    if (again) return again
    const facts = { custodian, requester, handle, time: Date.now(), purpose: PURPOSE, at }
    const disclosed = await this.disclosures.note(handle, documentEvent(facts), null)
    await this.documents.setHandedTo(at, requester, disclosed.promise.tag)
    return disclosed
  }

  /**
   * Fetches a document from the member that committed it, and keeps it; an own one that was lost from the others.
   * @throws PlatformError those of the other node, `document_refused`, `node_unreachable`
   */
  private async pull(found: CaseNow, at: DocumentAt, committed: Committed): Promise<CaseDocument> {
    const author = memberOf(found.row, committed.step.party)
    // What a person wrote, another member may have, and what this organisation has lost.
    const sources = author === null || author === this.ledger.member ? this.others(found) : [author]
    let fault = new PlatformError("document_not_here", "nobody who takes part has it, or hands it over now")
    for (const source of sources)
      try {
        return await this.pullFrom(source, found, at, committed)
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        fault = error
      }
    throw fault
  }

  /** What people have written in a case and is not here. @throws PlatformError `unknown_case`, `not_permitted` */
  async lacking(id: Bytes): Promise<readonly { readonly n: number; readonly name: string }[]> {
    const found = await this.cases.at(id)
    this.cases.mustTakePart(found)
    const lacking: { n: number; name: string }[] = []
    for (const [n, { party, documents }] of (await this.cases.stepsOf(found)).entries())
      for (const { name, commitment } of memberOf(found.row, party) === null ? documents : [])
        if (!(await this.documents.at({ case: id, n, name }, commitment))) lacking.push({ n, name })
    return lacking
  }

  private others({ row }: CaseNow): MemberId[] {
    return row.parties.flatMap(({ member }) =>
      member === null || member === this.ledger.member ? [] : member,
    )
  }

  private async pullFrom(
    source: MemberId,
    found: CaseNow,
    at: DocumentAt,
    committed: Committed,
  ): Promise<CaseDocument> {
    const { engine, seed, key } = this.ledger
    const { url } = await memberAt(engine, source)
    const { question, open } = await makePull(this.cases.placeOf(at), key as PublicKey)
    const sealed = await post(
      `${url}/exchange/document`,
      question as unknown as Cbor,
      { seed, tag: EXCHANGE_TAG },
      sealedAnswer,
      { fetch: this.outbound.fetch, responderKeys: await keysOf(engine, source), timeoutMs: PULL_MS },
    )
    return this.keep(found, at, committed, source, await open(sealed))
  }

  private async keep(
    found: CaseNow,
    at: DocumentAt,
    committed: Committed,
    author: MemberId,
    { document, disclosed }: HandedDocument,
  ): Promise<CaseDocument> {
    await this.cases.mustBe(found, at, committed, document)
    if (disclosed) await this.watch(disclosed, author, at)
    await this.documents.keep(at, document, Date.now())
    return document
  }

  /**
   * A document that its author handed out by mail, held against the ledger as any other.
   * @throws PlatformError `unknown_case`, `unknown_document`, `document_refused`
   */
  async arrived(at: DocumentAt, from: MemberId, handed: HandedDocument): Promise<void> {
    const found = await this.cases.at(at.case)
    const committed = await this.cases.committed(at)
    if (memberOf(found.row, committed.step.party) !== from)
      throw new PlatformError("document_refused", `${from} did not write that document`)
    await this.keep(found, at, committed, from, handed)
  }

  /** Asks for a document: `unreachable` where its author does not answer; refused or not to be had, it is `lacking`. */
  async fetched(
    found: CaseNow,
    at: DocumentAt,
    committed: Committed,
  ): Promise<"here" | "unreachable" | "lacking"> {
    try {
      await this.pull(found, at, committed)
      return "here"
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      return error.code === "node_unreachable" ? "unreachable" : "lacking"
    }
  }

  /** @throws PlatformError `document_refused` where the promise that comes with a document is none */
  private async watch(
    { promise, auditEvent, auditSalt }: Disclosed,
    author: MemberId,
    { case: id, n, name }: DocumentAt,
  ): Promise<void> {
    const { engine, member } = this.ledger
    const facts = readAuditEvent(auditEvent)
    const holds =
      promise.custodian === author &&
      facts?.requester === member &&
      facts.caseDocument === `${toHex(id)}/${n}/${name}` &&
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
      ...(await this.stocks.whose(keysIn(row))),
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
