import { caseKeys, caseSteps, cases, directories, directoryVersions } from "@aceso/contracts"
import {
  type Bytes,
  type CaseDocument,
  type caseStepQuestion,
  type DocumentFinding,
  type DocumentPlace,
  documentCommitment,
  documentFault,
  equalBytes,
  type Infer,
  type MemberId,
  PlatformError,
  type Process,
  type PublicKey,
  standingAt,
  stepOf,
} from "@aceso/core"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import { type CaseNow, type Committed, memberOf, type Step } from "./case-now.ts"
import type { ContentRules } from "./content-rules.ts"
import type { CaseDocuments, DocumentAt } from "./documents.ts"

/** Cases as one organisation takes part in them: read from the ledger, own steps done there. */
export class Cases {
  private readonly ledger: LedgerClient
  private readonly documents: CaseDocuments
  private readonly rules: ContentRules
  private readonly processes: readonly Process[]

  constructor(
    ledger: LedgerClient,
    documents: CaseDocuments,
    rules: ContentRules,
    processes: readonly Process[],
  ) {
    this.ledger = ledger
    this.documents = documents
    this.rules = rules
    this.processes = processes
  }

  /** Of the processes that this node knows. */
  get names(): readonly string[] {
    return [...new Set(this.processes.map(({ name }) => name))]
  }

  /** @throws PlatformError `unknown_case` */
  async at(id: Bytes, now = Date.now()): Promise<CaseNow> {
    const row = await this.ledger.engine.read(cases, [id])
    const process =
      row && this.processes.find(({ name, version }) => name === row.process && version === row.version)
    if (!row || !process)
      throw new PlatformError("unknown_case", "there is no such case, or this node does not know its process")
    return { id, row, process, standing: standingAt(process, row, now) }
  }

  /** What was done in a case, in order. @throws PlatformError `unknown_case`: its rows went meanwhile */
  async stepsOf({ id, row }: CaseNow): Promise<readonly Step[]> {
    const steps: Step[] = []
    for (let n = 0; n < row.size; n++) {
      const step = await this.ledger.engine.read(caseSteps, [id, n])
      if (!step) throw new PlatformError("unknown_case", "the case has gone meanwhile")
      steps.push(step)
    }
    return steps
  }

  /** A step that commits a document, with the commitment. @throws PlatformError `unknown_document` */
  async committed({ case: id, n, name }: DocumentAt): Promise<Committed> {
    const step = await this.ledger.engine.read(caseSteps, [id, n])
    const document = step?.documents.find((one) => one.name === name)
    if (step && document) return { step, commitment: document.commitment }
    throw new PlatformError("unknown_document", `step ${n} of this case commits no ${name}`)
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

  /** The party that this organisation is; undefined: it takes no part. */
  ownParty({ row }: CaseNow): string | undefined {
    return row.parties.find(({ member }) => member === this.ledger.member)?.party
  }

  /** The same. @throws PlatformError `not_permitted` */
  mustTakePart(found: CaseNow): string {
    const party = this.ownParty(found)
    if (party !== undefined) return party
    throw new PlatformError("not_permitted", "this organisation takes no part in that case")
  }

  /** @throws PlatformError `document_refused` where it is not what a step commits; those of the content's rule */
  async mustBe(
    found: CaseNow,
    at: DocumentAt,
    { step, commitment }: Committed,
    document: CaseDocument,
  ): Promise<void> {
    const author = memberOf(found.row, step.party)
    const fault = documentFault(document, {
      place: this.placeOf(at),
      commitment,
      at: step.at,
      ...(author !== null && {
        member: { member: author, directory: await this.directoryAt(author, step.at) },
      }),
    })
    if (fault)
      throw new PlatformError("document_refused", `the document is not what was committed: ${WORDS[fault]}`)
    await this.rules.mustHold({ found, at, party: step.party, content: document.content })
  }

  placeOf({ case: id, n, name }: DocumentAt): DocumentPlace {
    return { network: this.ledger.engine.network, case: id, n, name }
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
   * A step in the word of a person of this organisation; its documents are kept here before it is sent.
   * @param key that person's
   * @throws PlatformError `case_changed_meanwhile`, `unknown_step`, `document_refused`; those of the content's rule;
   * Rejection of the contract
   */
  async step(
    { case: id, step, documents, base, names }: Infer<typeof caseStepQuestion>,
    key: Bytes,
  ): Promise<{ payloadId: Bytes; n: number }> {
    const found = await this.at(id)
    if (found.row.size !== base)
      throw new PlatformError(
        "case_changed_meanwhile",
        "something was done in this case since; look at it again",
      )
    const rule = stepOf(found.process, step)
    if (!rule || rule.documents.length !== documents.length)
      throw new PlatformError(
        "unknown_step",
        `${found.process.name} has no step ${step} with ${documents.length} documents`,
      )
    const written = documents.map((document, i) => ({
      document,
      at: { case: id, n: base, name: rule.documents[i] },
      commitment: documentCommitment(document.salt, document.content),
    }))
    await this.mustBeInTheWordOf(key, written)
    const party = this.mustTakePart(found)
    for (const { at, document } of written)
      await this.rules.mustHold({ found, at, party, content: document.content })
    for (const { at, document } of written) await this.documents.keep(at, document, Date.now())
    try {
      const { payloadId } = await this.ledger.call("cases", "step", {
        case: id,
        base,
        step,
        documents: written.map(({ commitment }) => commitment),
        ...(names !== undefined && { names }),
      })
      return { payloadId, n: base }
    } catch (error) {
      // What the ledger refused will never be asked for; of what is not known to be refused all stays.
      if (error instanceof Rejection)
        for (const { at, commitment } of written) await this.documents.forget(at, commitment)
      throw error
    }
  }

  private async mustBeInTheWordOf(
    key: Bytes,
    written: readonly {
      readonly document: CaseDocument
      readonly at: DocumentAt
      readonly commitment: Bytes
    }[],
  ): Promise<void> {
    const { engine, member } = this.ledger
    const directory = await engine.read(directories, [member])
    for (const { document, at, commitment } of written) {
      const fault =
        document.word && !equalBytes(document.word.proof.practitioner.key, key)
          ? "another_word"
          : documentFault(document, {
              place: this.placeOf(at),
              commitment,
              at: Date.now(),
              member: { member, directory: directory?.root ?? new Uint8Array(32) },
            })
      if (fault) throw new PlatformError("document_refused", `the document cannot be sent: ${WORDS[fault]}`)
    }
  }
}

const WORDS: Readonly<Record<DocumentFinding, string>> = {
  another_document: "it is another document",
  nobody_signed: "nobody of that organisation signed it",
  not_of_the_directory: "who signed it was not in that organisation's directory then",
  another_word: "the signature is for something else",
}
