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
  type Infer,
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
import { JoinsClient } from "./joins-client.ts"
import {
  type AskBackAnswer,
  askBackAnswer,
  type RecoveryAnswer,
  recoveryAnswer,
  type recoveryQuestion,
  unreviewedAnswer,
} from "./recovery-schemas.ts"
import {
  type AccessAnswer,
  type AttestedAnswer,
  accessAnswer,
  attestedAnswer,
  blocksAnswer,
  type CommitAnswer,
  commitAnswer,
  type DisclosedAnswer,
  type DuplicatesAnswer,
  disclosedAnswer,
  duplicatesAnswer,
  type EndAnswer,
  endAnswer,
  genesisAnswer,
  type HistoryAnswer,
  historyAnswer,
  type ImportAnswer,
  type ImportQuestion,
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
  provenRowsAnswer,
  reportAnswer,
  retryAnswer,
  type ShownPatient,
  type StaffAnswer,
  staffAnswer,
  submitAnswer,
  tamperAnswer,
  type UnfiledAnswer,
  unfiledAnswer,
  type VisitorShown,
  type VisitorsAnswer,
  visitorAnswer,
  visitorsAnswer,
} from "./schemas.ts"
import {
  type StaffStatusAnswer,
  type StatusAnswer,
  staffStatusAnswer,
  statusAnswer,
} from "./status-schemas.ts"

const COMMIT_PAUSE_MS = 1_000
/** A transaction that the node signs waits 2 minutes for its block. */
const BLOCK: PostOptions = { timeoutMs: 150_000 }

function mustHaveTaken({ waiting, refused }: CommitAnswer): void {
  if (refused.length > 0)
    throw new PlatformError(
      "ledger_refuses",
      `the ledger refuses part of it (${refused.join(", ")}); ${waiting} handles and records stay in the vault and can be read here; the node's output says more, and after mending the cause aceso retry tries again`,
    )
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

  /** Rows of a table that every member may read, `MAX_PROVEN` at most. The caller checks the proofs. */
  async prove(table: string, keys: readonly (readonly Cbor[])[], height = 0): Promise<ProvenAnswer> {
    const question = { table, keys: keys.map((key) => key.map((part) => encodeCbor(part))), height }
    const { body } = await postRaw(`${this.url}/ledger/prove`, encodeCbor(question), {
      seed: randomBytes(32),
      tag: "none",
    })
    return provenRowsAnswer.parse(decodeCbor(body), "answer")
  }
}

/** What reads many blocks, or asks many members. */
const LONG = { timeoutMs: 600_000 }

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

  /** The node's status with counts and sizes, which strangers are not told. */
  staffStatus(): Promise<StaffStatusAnswer> {
    return post(`${this.url}/staff/status`, {}, this.caller, staffStatusAnswer)
  }

  /** An own patient by alias; null: nobody is called so here. */
  async patient(alias: string): Promise<ShownPatient | null> {
    return (await this.patients({ alias, limit: 1 })).patients[0] ?? null
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

  /** @param where names the input in messages */
  import(
    input: Bytes,
    where: string,
    origin: Omit<ImportQuestion, "input" | "where"> = {},
  ): Promise<ImportAnswer> {
    const question = { where, input, ...origin } as unknown as Cbor
    return post(`${this.url}/staff/import`, question, this.caller, importAnswer, { timeoutMs: 300_000 })
  }

  /** One page of the resources that belong to nobody here. */
  unfiled({ after = 0, limit = 100 } = {}): Promise<UnfiledAnswer> {
    return post(`${this.url}/staff/unfiled`, { after, limit }, this.caller, unfiledAnswer)
  }

  /**
   * Resolves when everything that was imported is in acknowledged blocks.
   * @param onWait told again and again while the ledger has not taken everything
   * @throws PlatformError `ledger_refuses` when it refused some of it
   */
  async commit(onWait: (answer: CommitAnswer) => void = () => {}): Promise<void> {
    for (;;) {
      const answer = await post(`${this.url}/staff/commit`, {}, this.caller, commitAnswer)
      if (answer.isDone) return mustHaveTaken(answer)
      onWait(answer)
      await new Promise((resolve) => setTimeout(resolve, COMMIT_PAUSE_MS))
    }
  }

  /** Sends what the ledger refused again. @returns how much that is */
  async retry(): Promise<number> {
    return (await post(`${this.url}/staff/retry`, {}, this.caller, retryAnswer)).retried
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

  /** Mistaken identities. */
  get joins(): JoinsClient {
    return new JoinsClient(this.url, this.caller)
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
    return post(`${this.url}/staff/propose`, { changes }, this.caller, proposeAnswer, BLOCK)
  }

  /**
   * Proposals, the open ones first, each newest first; without `all` the open ones.
   * @param begins only those whose id begins so, in hexadecimal
   */
  async proposals(all: boolean, begins?: string): Promise<readonly Proposal[]> {
    const question = { all, ...(begins !== undefined && { begins }) }
    return (await post(`${this.url}/staff/proposals`, question, this.caller, proposalsAnswer)).proposals
  }

  vote(proposal: Bytes, yes: boolean) {
    return post(`${this.url}/staff/vote`, { proposal, yes }, this.caller, proposeAnswer, BLOCK)
  }

  /** Puts the hash of evidence on the ledger, once the node has checked it. */
  report(evidence: Bytes) {
    return post(`${this.url}/staff/report`, { evidence }, this.caller, reportAnswer, BLOCK)
  }

  /** What the vault lacks; `from`: whatever was committed up to that block is there. */
  recovery(): Promise<RecoveryAnswer> {
    return post(`${this.url}/staff/recovery`, {}, this.caller, recoveryAnswer, LONG)
  }

  declareRecovery(reason: Infer<typeof recoveryQuestion>["reason"]): Promise<RecoveryAnswer> {
    return post(`${this.url}/staff/recovery/declare`, { reason }, this.caller, recoveryAnswer, LONG)
  }

  /** Asks the other members for what opens disclosures that were lost here. */
  askBack(): Promise<AskBackAnswer> {
    return post(`${this.url}/staff/recovery/ask-back`, {}, this.caller, askBackAnswer, LONG)
  }

  /** Aliases of patients of whom decisions are lost that nobody has looked at. */
  async *unreviewed(): AsyncGenerator<string> {
    for (let after: Bytes | null = null; ; ) {
      const question: Cbor = { after, limit: 500 }
      const url = `${this.url}/staff/recovery/unreviewed`
      const { patients, next }: Infer<typeof unreviewedAnswer> = await post(
        url,
        question,
        this.caller,
        unreviewedAnswer,
      )
      yield* patients.map(({ alias }) => alias)
      if (!next) return
      after = next
    }
  }

  /** What has to stand of this patient, stands: nothing is withheld, parted or objected to that is not again. */
  async reviewed(alias: string): Promise<void> {
    await post(`${this.url}/staff/recovery/reviewed`, { alias }, this.caller, okAnswer)
  }

  async finishRecovery(): Promise<void> {
    await post(`${this.url}/staff/recovery/finish`, {}, this.caller, okAnswer, LONG)
  }

  /** An authority lets a member recover again within a year. */
  async permitRecovery(member: MemberId): Promise<void> {
    await post(`${this.url}/staff/recovery/permit`, { member }, this.caller, okAnswer)
  }

  /** With the patient there: the policy that a backup brought back is in force. */
  confirmPolicy(alias: string): Promise<DisclosedAnswer> {
    return post(`${this.url}/staff/recovery/confirm`, { alias }, this.caller, disclosedAnswer)
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
