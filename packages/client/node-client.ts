import {
  type AccessRequest,
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
  isLoopbackUrl,
  type MemberId,
  nodeUrlFault,
  PlatformError,
  type PractitionerProof,
  practitionerProof,
  type Receipt,
  randomBytes,
  readGenesis,
  receipt,
  type Schema,
  type SignedGenesis,
  STAFF_TAG,
  signWord,
} from "@aceso/core"
import { type Fetch, getJson, type PostOptions, post, postRaw } from "./http.ts"
import {
  type AccessAnswer,
  type AttestedAnswer,
  accessAnswer,
  attestedAnswer,
  blocksAnswer,
  type EndAnswer,
  endAnswer,
  genesisAnswer,
  type HistoryAnswer,
  historyAnswer,
  type ImportAnswer,
  importAnswer,
  memberAnswer,
  okAnswer,
  type PatientsAnswer,
  type Proposal,
  type ProvenAnswer,
  patientsAnswer,
  proposalsAnswer,
  proposeAnswer,
  provenRowAnswer,
  reportAnswer,
  type StaffAnswer,
  type StatusAnswer,
  staffAnswer,
  statusAnswer,
  submitAnswer,
  tamperAnswer,
  visitorsAnswer,
} from "./schemas.ts"

export interface AccessWish {
  readonly purpose: FetchRequest["purpose"]
  readonly classes: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly until: number
  readonly reason: string
}

/** What anybody may ask a node. */
export class PublicClient {
  readonly url: string
  private readonly fetch: Fetch | undefined

  /** @param fetch what sends the requests; default: the global fetch */
  constructor(url: string, fetch?: Fetch) {
    this.url = url.replace(/\/$/, "")
    this.fetch = fetch
  }

  status(): Promise<StatusAnswer> {
    return this.get("/status", statusAnswer)
  }

  async genesis(): Promise<{ signed: SignedGenesis; document: GenesisDocument }> {
    const signed = await this.get("/genesis", genesisAnswer)
    return { signed, document: readGenesis(signed) }
  }

  async members() {
    return (await this.get("/members", memberAnswer)).members
  }

  /** Checkpoints from this height on that the node's member signed, oldest first, as many as fit one answer. */
  async checkpoints(from: number, options: PostOptions = {}): Promise<readonly Countersigned[]> {
    return (await this.get(`/checkpoints?from=${from}`, checkpointsAnswer, options)).checkpoints
  }

  /** A block's checkpoint and the validators' commit. The caller checks both. */
  attested(height: number, options: PostOptions = {}): Promise<AttestedAnswer> {
    return this.get(`/attested?height=${height}`, attestedAnswer, options)
  }

  private get<T>(path: string, answer: Schema<T>, options: PostOptions = {}): Promise<T> {
    return getJson(`${this.url}${path}`, answer, { ...(this.fetch && { fetch: this.fetch }), ...options })
  }

  /** @throws PlatformError `unknown_member`, `bad_url` when what the node shows is no node's URL */
  async urlOf(member: MemberId): Promise<string> {
    const found = (await this.members()).find((one) => one.member === member)
    if (!found) throw new PlatformError("unknown_member", `${member} is no member of this network`)
    // On the ledger of a network on loopback alone there are such URLs.
    const fault = nodeUrlFault(found.url, { mayBeLoopback: isLoopbackUrl(this.url) })
    if (fault !== undefined)
      throw new PlatformError("bad_url", `${member} is not asked at ${found.url}: ${fault}`)
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

  async patients(): Promise<PatientsAnswer["patients"]> {
    return (await post(`${this.url}/staff/patients`, {}, this.caller, patientsAnswer)).patients
  }

  /** People whose records lie elsewhere, with the places that their cards or consents named. */
  async visitors() {
    return (await post(`${this.url}/staff/visitors`, {}, this.caller, visitorsAnswer)).visitors
  }

  /** @param where names the input in messages */
  async import(input: Bytes, where: string): Promise<ImportAnswer> {
    const url = `${this.url}/staff/import?where=${encodeURIComponent(where)}`
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
  async request(card: Card, wish: AccessWish): Promise<AccessAnswer> {
    const proof = await this.proof()
    const requests = card.statements.map((statement) => {
      const requestId = randomBytes(16)
      const time = Date.now()
      const signature = signWord(
        statement.custodian,
        wish.purpose,
        statement.handle,
        requestId,
        time,
        this.seed,
      )
      const request: AccessRequest = {
        network: statement.network,
        requestId,
        statement,
        ...wish,
        time,
        practitioner: { proof, signature },
      }
      return encodeCbor(request as unknown as Cbor)
    })
    return post(`${this.url}/staff/request`, { requests }, this.caller, accessAnswer, { timeoutMs: 60_000 })
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

  /** Who works with the node, and since or until when. */
  async people(): Promise<StaffAnswer["people"]> {
    return (await post(`${this.url}/staff/list`, {}, this.caller, staffAnswer)).people
  }

  /** Ends a person's time. @param asOf ms; null: now */
  endStaff(name: string, asOf: number | null): Promise<EndAnswer> {
    return post(`${this.url}/staff/end`, { name, asOf }, this.caller, endAnswer)
  }

  tamper(isUndo: boolean) {
    return post(`${this.url}/staff/tamper`, { undo: isUndo }, this.caller, tamperAnswer)
  }
}
