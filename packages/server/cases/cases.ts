import { post } from "@aceso/client"
import {
  type Case,
  type caseSteps as CaseSteps,
  caseKeys,
  caseSteps,
  cases,
  directories,
  directoryVersions,
} from "@aceso/contracts"
import {
  type Bytes,
  type CaseAnswer,
  type CaseDocument,
  type Cbor,
  caseDocument,
  type caseStepQuestion,
  type DocumentPlace,
  decodeCbor,
  decodeSealed,
  documentCommitment,
  documentFault,
  EXCHANGE_TAG,
  encodeCbor,
  encodeSealed,
  equalBytes,
  type Infer,
  type MemberId,
  makeOneTimeKey,
  PlatformError,
  type Process,
  type PublicKey,
  type PullQuestion,
  pullInfo,
  randomBytes,
  type Standing,
  seal,
  sealedAnswer,
  standingAt,
} from "@aceso/core"
import { keysOf, memberAt } from "../exchange/members.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import type { CaseDocuments } from "./documents.ts"

export type Step = Infer<typeof CaseSteps.row>

/** A case as it stands now, with all that was done in it. */
export interface CaseNow {
  readonly id: Bytes
  readonly row: Case
  readonly process: Process
  readonly standing: Standing
  readonly steps: readonly Step[]
}

/** A document of a case, as far as it is here. */
export interface DocumentNow {
  readonly n: number
  readonly name: string
  readonly commitment: Bytes
  readonly document: CaseDocument | undefined
}

/** Cases as one organisation takes part in them: read from the ledger, documents kept here. */
export class Cases {
  private readonly ledger: LedgerClient
  private readonly documents: CaseDocuments
  private readonly processes: readonly Process[]
  private readonly outbound: Pick<Outbound, "fetch">

  constructor(
    ledger: LedgerClient,
    documents: CaseDocuments,
    processes: readonly Process[],
    outbound: Pick<Outbound, "fetch">,
  ) {
    this.ledger = ledger
    this.documents = documents
    this.processes = processes
    this.outbound = outbound
  }

  /** @throws PlatformError `unknown_case` */
  async at(id: Bytes, now = Date.now()): Promise<CaseNow> {
    const { engine } = this.ledger
    const row = await engine.read(cases, [id])
    const process =
      row && this.processes.find(({ name, version }) => name === row.process && version === row.version)
    if (!row || !process)
      throw new PlatformError("unknown_case", "there is no such case, or this node does not know its process")
    const steps: Step[] = []
    for (let n = 0; n < row.size; n++) {
      const step = await engine.read(caseSteps, [id, n])
      if (step) steps.push(step)
    }
    return { id, row, process, standing: standingAt(process, row, now), steps }
  }

  /** The case that a one-time key belongs to. */
  async ofKey(key: PublicKey): Promise<Bytes | undefined> {
    return (await this.ledger.engine.read(caseKeys, [key]))?.case
  }

  /** @throws PlatformError `not_permitted` where the key is not of this case */
  async mustHaveKey(id: Bytes, key: PublicKey): Promise<void> {
    const own = await this.ofKey(key)
    if (!own || !equalBytes(own, id)) throw new PlatformError("not_permitted", "the key is of another case")
  }

  /** Whether a member takes part. */
  isParty = ({ row }: Pick<CaseNow, "row">, member: MemberId): boolean =>
    row.parties.some((one) => one.member === member)

  /** Own party's name; undefined: this organisation takes no part. */
  ownParty({ row }: Pick<CaseNow, "row">): string | undefined {
    return row.parties.find((one) => one.member === this.ledger.member)?.party
  }

  /** Every document of a case, those that are not here without content. */
  async documentsOf({ id, steps }: Pick<CaseNow, "id" | "steps">): Promise<readonly DocumentNow[]> {
    const all: DocumentNow[] = []
    for (const [n, { documents }] of steps.entries())
      for (const { name, commitment } of documents)
        all.push({
          n,
          name,
          commitment,
          document: await this.documents.at({ case: id, n, name }, commitment),
        })
    return all
  }

  /**
   * Takes a document that its author hands over: it has to be what the ledger says.
   * @throws PlatformError `unknown_case`, `unknown_document`, `document_refused`
   */
  async take(place: Omit<DocumentPlace, "network">, document: CaseDocument): Promise<void> {
    const found = await this.at(place.case)
    if (this.ownParty(found) === undefined)
      throw new PlatformError("not_permitted", "this organisation takes no part in that case")
    await this.mustBe(found, place, document)
    await this.documents.keep(place, document, Date.now())
  }

  private async mustBe(
    { steps, row }: CaseNow,
    place: Omit<DocumentPlace, "network">,
    document: CaseDocument,
  ): Promise<void> {
    const step = steps.at(place.n)
    const committed = step?.documents.find(({ name }) => name === place.name)
    if (!step || !committed)
      throw new PlatformError("unknown_document", `step ${place.n} of this case commits no ${place.name}`)
    const author = row.parties.find(({ party }) => party === step.party)?.member ?? null
    const fault = documentFault(document, {
      place: { network: this.ledger.engine.network, ...place },
      commitment: committed.commitment,
      at: step.at,
      ...(author !== null && {
        member: { member: author, directory: await this.directoryAt(author, step.at) },
      }),
    })
    if (fault)
      throw new PlatformError("document_refused", `the document is not what was committed: ${WORDS[fault]}`)
  }

  /** The root of a member's directory at a time. */
  private async directoryAt(member: MemberId, time: number): Promise<Bytes> {
    const { engine } = this.ledger
    const newest = await engine.read(directories, [member])
    for (let version = newest?.version ?? 0; version > 0; version--) {
      const row = await engine.read(directoryVersions, [member, version])
      if (row && row.from <= time) return row.root
    }
    throw new PlatformError("unknown_practitioner", `${member} had published no directory by then`)
  }

  /**
   * Hands out a document to somebody who takes part.
   * @param asker the member, or the case key, that signed the question
   * @returns the sealed answer
   * @throws PlatformError `not_permitted`, `unknown_document`, `document_not_here`
   */
  async hand(
    question: PullQuestion,
    asker: { readonly member?: MemberId; readonly key: PublicKey },
  ): Promise<Bytes> {
    if (question.network !== this.ledger.engine.network)
      throw new PlatformError("wrong_network", "the question is for another network")
    const found = await this.at(question.case)
    const isParty =
      (asker.member !== undefined && this.isParty(found, asker.member)) ||
      found.row.parties.some(({ key }) => key !== null && equalBytes(key, asker.key))
    if (!isParty)
      throw new PlatformError("not_permitted", "only those who take part in a case get its documents")
    const committed = found.steps.at(question.n)?.documents.find(({ name }) => name === question.name)
    if (!committed)
      throw new PlatformError("unknown_document", `there is no ${question.name} in step ${question.n}`)
    const document = await this.documents.at(question, committed.commitment)
    if (!document)
      throw new PlatformError("document_not_here", "this organisation does not have that document (any more)")
    const info = pullInfo(question, asker.key)
    return encodeSealed(
      await seal(question.suite, question.oneTimeKey, info, [encodeCbor(document as unknown as Cbor)]),
    )
  }

  /**
   * Fetches a document from the member that committed it, and keeps it.
   * @throws PlatformError those of the other node, `document_refused`, `node_unreachable`
   */
  async pull(
    found: CaseNow,
    { n, name }: { readonly n: number; readonly name: string },
  ): Promise<CaseDocument> {
    const { engine, seed, key } = this.ledger
    const author = found.row.parties.find(({ party }) => party === found.steps.at(n)?.party)?.member
    if (!author) throw new PlatformError("document_not_here", "whoever wrote it hands it over by itself")
    const { url } = await memberAt(engine, author)
    const oneTime = await makeOneTimeKey()
    const question: PullQuestion = {
      network: engine.network,
      case: found.id,
      n,
      name,
      nonce: randomBytes(16),
      suite: oneTime.suite,
      oneTimeKey: oneTime.publicKey,
    }
    const sealed = await post(
      `${url}/exchange/document`,
      question as unknown as Cbor,
      { seed, tag: EXCHANGE_TAG },
      sealedAnswer,
      { fetch: this.outbound.fetch, responderKeys: await keysOf(engine, author) },
    )
    const [opened] = await oneTime.open(
      pullInfo(question, key as PublicKey),
      decodeSealed(encodeSealed(sealed)),
    )
    const document = caseDocument.parse(decodeCbor(opened), "document")
    const place = { case: found.id, n, name }
    await this.mustBe(found, place, document)
    await this.documents.keep(place, document, Date.now())
    return document
  }

  /**
   * A case in which this organisation takes part, for its people. What members have not handed over is asked of them.
   * @throws PlatformError `unknown_case`, `not_permitted`
   */
  async shown(id: Bytes): Promise<CaseAnswer> {
    const found = await this.at(id)
    const party = this.ownParty(found)
    if (party === undefined)
      throw new PlatformError("not_permitted", "this organisation takes no part in that case")
    const documents = await this.documentsOf(found)
    const { row, process, standing, steps } = found
    const { name, version } = process
    const contents = await Promise.all(
      documents.map(
        async (one) => one.document ?? (await this.pull(found, one).catch(() => undefined)) ?? null,
      ),
    )
    return {
      process: name,
      version,
      state: standing.state.name,
      since: standing.since,
      dueAt: standing.dueAt,
      isLate: standing.isLate,
      isEnded: standing.isEnded,
      party,
      size: row.size,
      parties: row.parties.map(({ party, member }) => ({ party, member })),
      steps: steps.map(({ step, party, at, isAssisted }, n) => ({
        ...{ step, party, at, isAssisted },
        documents: documents.flatMap((one, i) =>
          one.n === n ? [{ name: one.name, document: contents[i] }] : [],
        ),
      })),
    }
  }

  /**
   * A step in the word of a person of this organisation.
   * @param key that person's
   * @throws PlatformError `case_changed_meanwhile`, `unknown_step`, `document_refused`; Rejection of the contract
   */
  async stepBy(
    question: Infer<typeof caseStepQuestion>,
    key: Bytes,
  ): Promise<{ payloadId: Bytes; n: number }> {
    const { step, documents, base, names } = question
    const found = await this.at(question.case)
    if (found.row.size !== base)
      throw new PlatformError(
        "case_changed_meanwhile",
        "something was done in this case since; look at it again",
      )
    const rule = found.process.steps.find(({ name }) => name === step)
    if (!rule || rule.documents.length !== documents.length)
      throw new PlatformError(
        "unknown_step",
        `${found.process.name} has no step ${step} with ${documents.length} documents`,
      )
    const { engine, member } = this.ledger
    const directory = await engine.read(directories, [member])
    const commitments = documents.map(({ salt, content }) => documentCommitment(salt, content))
    documents.forEach((document, i) => {
      const place = { network: engine.network, case: found.id, n: base, name: rule.documents[i] }
      const fault =
        document.word && !equalBytes(document.word.proof.practitioner.key, key)
          ? "another_word"
          : documentFault(document, {
              place,
              commitment: commitments[i],
              at: Date.now(),
              member: { member, directory: directory?.root ?? new Uint8Array(32) },
            })
      if (fault) throw new PlatformError("document_refused", `the document cannot be sent: ${WORDS[fault]}`)
    })
    return this.step(found, step, documents, commitments, names)
  }

  /**
   * Keeps the own documents and does a step.
   * @throws Rejection of the contract; `document_refused` where a document is not in the word of whoever acts
   */
  async step(
    found: CaseNow,
    step: string,
    documents: readonly CaseDocument[],
    commitments: readonly Bytes[],
    names?: MemberId,
  ): Promise<{ readonly payloadId: Bytes; readonly n: number }> {
    const rule = found.process.steps.find(({ name }) => name === step)
    if (!rule) throw new PlatformError("unknown_step", `${found.process.name} has no step ${step}`)
    const n = found.row.size
    for (const [i, document] of documents.entries())
      await this.documents.keep({ case: found.id, n, name: rule.documents[i] }, document, Date.now())
    const input = {
      case: found.id,
      base: n,
      step,
      documents: [...commitments],
      ...(names !== undefined && { names }),
    }
    const { payloadId } = await this.ledger.call("cases", "step", input)
    return { payloadId, n }
  }
}

const WORDS = {
  another_document: "it is another document",
  nobody_signed: "nobody of that organisation signed it",
  not_of_the_directory: "who signed it was not in that organisation's directory then",
  another_word: "the signature is for something else",
}
