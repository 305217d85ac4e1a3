import {
  type AccessWish,
  type Bytes,
  type Card,
  type Cbor,
  type Countersigned,
  checkpointsAnswer,
  decodeCbor,
  encodeCbor,
  type FetchRequest,
  type GenesisDocument,
  type Handle,
  type MemberId,
  PlatformError,
  type PractitionerProof,
  practitionerProof,
  type Receipt,
  randomBytes,
  readGenesis,
  receipt,
  type SignedGenesis,
  STAFF_TAG,
  signWord,
} from "@aceso/core"
import { getJson, type PostOptions, post, postRaw } from "./http.ts"
import {
  type AccessAnswer,
  type AttestedAnswer,
  accessAnswer,
  attestedAnswer,
  blocksAnswer,
  type DuplicatesAnswer,
  duplicatesAnswer,
  genesisAnswer,
  type HistoryAnswer,
  historyAnswer,
  type ImportAnswer,
  importAnswer,
  memberAnswer,
  okAnswer,
  type PatientsAnswer,
  type PatientsQuestion,
  type Proposal,
  type ProvenAnswer,
  patientsAnswer,
  proposalsAnswer,
  proposeAnswer,
  provenRowAnswer,
  reportAnswer,
  type StatusAnswer,
  statusAnswer,
  submitAnswer,
  tamperAnswer,
  type VisitorShown,
  type VisitorsAnswer,
  visitorAnswer,
  visitorsAnswer,
} from "./schemas.ts"

/** What anybody may ask a node. */
export class PublicClient {
  readonly url: string

  constructor(url: string) {
    this.url = url.replace(/\/$/, "")
  }

  status(): Promise<StatusAnswer> {
    return getJson(`${this.url}/status`, statusAnswer)
  }

  async genesis(): Promise<{ signed: SignedGenesis; document: GenesisDocument }> {
    const signed = await getJson(`${this.url}/genesis`, genesisAnswer)
    return { signed, document: readGenesis(signed) }
  }

  async members() {
    return (await getJson(`${this.url}/members`, memberAnswer)).members
  }

  /** Checkpoints from this height on that the node's member signed, oldest first, as many as fit one answer. */
  async checkpoints(from: number, options: PostOptions = {}): Promise<readonly Countersigned[]> {
    return (await getJson(`${this.url}/checkpoints?from=${from}`, checkpointsAnswer, options)).checkpoints
  }

  /** A block's checkpoint and the validators' commit. The caller checks both. */
  attested(height: number, options: PostOptions = {}): Promise<AttestedAnswer> {
    return getJson(`${this.url}/attested?height=${height}`, attestedAnswer, options)
  }

  async urlOf(member: MemberId): Promise<string> {
    const found = (await this.members()).find((one) => one.member === member)
    if (!found) throw new PlatformError("unknown_member", `${member} is no member of this network`)
    return found.url
  }

  async submit(envelope: Bytes) {
    const { body } = await postRaw(`${this.url}/ledger/submit`, envelope, {
      seed: randomBytes(32),
      tag: "none",
    })
    return submitAnswer.parse(decodeCbor(body), "answer")
  }

  /** A row of a table that every member may read. The caller checks the proof. */
  async prove(table: string, key: readonly Cbor[], height = 0): Promise<ProvenAnswer> {
    const question = { table, key: key.map((part) => encodeCbor(part)), height }
    const { body } = await postRaw(`${this.url}/ledger/prove`, encodeCbor(question), {
      seed: randomBytes(32),
      tag: "none",
    })
    return provenRowAnswer.parse(decodeCbor(body), "answer")
  }
}

/** A node as one of the organisation's own people uses it. */
export class StaffClient extends PublicClient {
  private readonly seed: Bytes

  constructor(url: string, seed: Bytes) {
    super(url)
    this.seed = seed
  }

  private get caller() {
    return { seed: this.seed, tag: STAFF_TAG }
  }

  /** One page of the node's own patients. */
  patients(question: Partial<PatientsQuestion> = {}): Promise<PatientsAnswer> {
    const { after = 0, limit = 100, ...rest } = question
    return post(`${this.url}/staff/patients`, { after, limit, ...rest }, this.caller, patientsAnswer)
  }

  /** One page of the pairs of patients that may be one and wait for somebody to decide. */
  duplicates({ after = 0, limit = 100 } = {}): Promise<DuplicatesAnswer> {
    return post(`${this.url}/staff/duplicates`, { after, limit }, this.caller, duplicatesAnswer)
  }

  /** People whose records lie elsewhere, a page of them. @param after the `next` of the page before */
  visitors(after = 0, limit = 100): Promise<VisitorsAnswer> {
    return post(`${this.url}/staff/visitors`, { after, limit }, this.caller, visitorsAnswer)
  }

  async visitor(alias: string): Promise<VisitorShown | null> {
    return (await post(`${this.url}/staff/visitor`, { alias }, this.caller, visitorAnswer)).visitor
  }

  /**
   * @param where names the input in messages
   * @param source where it comes from, as 64 hexadecimal digits: ids of patients mean that source's
   */
  async import(input: Bytes, where: string, source?: string): Promise<ImportAnswer> {
    const from = source === undefined ? "" : `&source=${source}`
    const url = `${this.url}/staff/import?where=${encodeURIComponent(where)}${from}`
    const { body } = await postRaw(url, input, this.caller, { timeoutMs: 300_000 }, "application/fhir+json")
    return importAnswer.parse(decodeCbor(body), "answer")
  }

  /** Resolves when everything that was imported is in acknowledged blocks. */
  async commit(): Promise<void> {
    await post(`${this.url}/staff/commit`, {}, this.caller, okAnswer, { timeoutMs: 300_000 })
  }

  proof(): Promise<PractitionerProof> {
    return post(`${this.url}/staff/proof`, {}, this.caller, practitionerProof)
  }

  /** Asks for what a card's custodians hold; where no policy permits it, the request waits for the patient. */
  request(card: Card, wish: AccessWish): Promise<AccessAnswer> {
    const words = card.statements.map(({ custodian, handle }) => {
      const requestId = randomBytes(16)
      const time = Date.now()
      return {
        requestId,
        time,
        signature: signWord(custodian, wish.purpose, handle, requestId, time, this.seed),
      }
    })
    const question = { card, wish, words } as unknown as Cbor
    return post(`${this.url}/staff/request`, question, this.caller, accessAnswer, { timeoutMs: 60_000 })
  }

  /** The merged history from these custodians; `alsoOwn`: this node's own handle of the same person. */
  history(
    places: readonly { readonly custodian: MemberId; readonly handle: Handle }[],
    purpose: FetchRequest["purpose"],
    alsoOwn: Handle | null = null,
  ): Promise<HistoryAnswer> {
    const asked = places.map(({ custodian, handle }) => {
      const nonce = randomBytes(16)
      const time = Date.now()
      return {
        custodian,
        handle,
        nonce,
        time,
        signature: signWord(custodian, purpose, handle, nonce, time, this.seed),
      }
    })
    return post(
      `${this.url}/staff/history`,
      { purpose, asked, alsoOwn } as unknown as Cbor,
      this.caller,
      historyAnswer,
      {
        timeoutMs: 60_000,
      },
    )
  }

  receipt(payloadId: Bytes): Promise<Receipt> {
    return post(`${this.url}/staff/receipt`, { payloadId }, this.caller, receipt)
  }

  /** Encoded blocks from a height on, as many as fit one answer. */
  blocks(from: number) {
    return post(`${this.url}/staff/blocks`, { from }, this.caller, blocksAnswer, { timeoutMs: 60_000 })
  }

  /** Changes as the governance contract knows them, such as {do: "suspend", member}; decided together. */
  propose(changes: readonly Cbor[]) {
    return post(`${this.url}/staff/propose`, { changes }, this.caller, proposeAnswer)
  }

  /** Proposals, newest first; without `all` the open ones. */
  async proposals(all: boolean): Promise<readonly Proposal[]> {
    return (await post(`${this.url}/staff/proposals`, { all }, this.caller, proposalsAnswer)).proposals
  }

  vote(proposal: Bytes, yes: boolean) {
    return post(`${this.url}/staff/vote`, { proposal, yes }, this.caller, proposeAnswer)
  }

  /** Puts the hash of evidence on the ledger, once the node has checked it. */
  report(evidence: Bytes) {
    return post(`${this.url}/staff/report`, { evidence }, this.caller, reportAnswer)
  }

  tamper(isUndo: boolean) {
    return post(`${this.url}/staff/tamper`, { undo: isUndo }, this.caller, tamperAnswer)
  }
}
