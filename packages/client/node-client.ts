import {
  type AccessWish,
  type Bytes,
  type Card,
  type Cbor,
  type FetchRequest,
  type Handle,
  type Infer,
  type MemberId,
  type ObjectRef,
  PlatformError,
  type PractitionerProof,
  practitionerProof,
  type Receipt,
  randomBytes,
  receipt,
  type ScanAnswer,
  STAFF_TAG,
  scanAnswer,
  signWord,
} from "@aceso/core"
import {
  type AttachmentAnswer,
  attachmentAnswer,
  type HistoryAnswer,
  type HistoryChoices,
  type HistoryPlace,
  historyAnswer,
} from "./history-schemas.ts"
import { type PostOptions, post } from "./http.ts"
import { JoinsClient } from "./joins-client.ts"
import { type LookUpAnswer, type LookUpWish, lookUpAnswer } from "./look-up-schemas.ts"
import { PublicClient } from "./public-client.ts"
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
  accessAnswer,
  blocksAnswer,
  type CommitAnswer,
  commitAnswer,
  type DisclosedAnswer,
  type DuplicatesAnswer,
  disclosedAnswer,
  duplicatesAnswer,
  forkAnswer,
  type ImportAnswer,
  type ImportQuestion,
  importAnswer,
  okAnswer,
  type PatientsAnswer,
  type PatientsQuestion,
  type Proposal,
  patientsAnswer,
  proposalsAnswer,
  proposeAnswer,
  reportAnswer,
  retryAnswer,
  type ShownPatient,
  tamperAnswer,
  type UnfiledAnswer,
  unfiledAnswer,
  type VersionsAnswer,
  type VisitorShown,
  type VisitorsAnswer,
  versionsAnswer,
  visitorAnswer,
  visitorsAnswer,
} from "./schemas.ts"
import { StaffCases } from "./staff-cases.ts"
import { StaffDelegates } from "./staff-delegates.ts"
import { StaffDesk } from "./staff-desk.ts"
import { StaffPeople } from "./staff-people.ts"
import { StaffReadings } from "./staff-readings.ts"
import { type StaffStatusAnswer, staffStatusAnswer } from "./status-schemas.ts"
import { type WriteAnswer, type WriteQuestion, writeAnswer } from "./write-schemas.ts"

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

  /** Records of own patients by type, code, time and patient, a page of them. */
  lookUp({ purpose = "TREAT", limit = 100, ...rest }: LookUpWish): Promise<LookUpAnswer> {
    const question = { purpose, limit, ...rest } as unknown as Cbor
    return post(`${this.url}/staff/look-up`, question, this.caller, lookUpAnswer)
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

  /** Writes in an own patient's record. */
  write(question: WriteQuestion): Promise<WriteAnswer> {
    return post(`${this.url}/staff/write`, question as unknown as Cbor, this.caller, writeAnswer, LONG)
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

  /** The merged history from these custodians. */
  history(
    places: readonly HistoryPlace[],
    purpose: FetchRequest["purpose"],
    { alsoOwn = null, ownSince, filter }: HistoryChoices = {},
  ): Promise<HistoryAnswer> {
    const asked = places.map((place) => this.asked(place, purpose))
    return post(
      `${this.url}/staff/history`,
      {
        ...{ purpose, asked, alsoOwn },
        ...(ownSince && { ownSince }),
        ...(filter && { filter }),
      } as unknown as Cbor,
      this.caller,
      historyAnswer,
      {
        timeoutMs: 60_000,
      },
    )
  }

  /**
   * A large object of a record that a history showed, or a Binary to which the record refers by url.
   * @param of whose record it is: another custodian's place, or this node's own handle
   * @throws PlatformError `object_missing`, `object_differs`, and what the custodian answers
   */
  attachment(
    of: { readonly place: HistoryPlace } | { readonly own: Handle; readonly alias?: string },
    purpose: FetchRequest["purpose"],
    index: number,
    wanted: ObjectRef | { readonly reference: string },
  ): Promise<AttachmentAnswer> {
    const isOwn = "own" in of
    const question = {
      purpose,
      asked: isOwn ? null : this.asked(of.place, purpose),
      own: isOwn ? { handle: of.own, ...(of.alias !== undefined && { alias: of.alias }) } : null,
      index,
      ...("root" in wanted
        ? { object: { root: wanted.root, size: wanted.size } }
        : { object: null, reference: wanted.reference }),
    }
    const options = { timeoutMs: 120_000 }
    return post(
      `${this.url}/staff/attachment`,
      question as unknown as Cbor,
      this.caller,
      attachmentAnswer,
      options,
    )
  }

  private asked({ custodian, handle, since }: HistoryPlace, purpose: FetchRequest["purpose"]) {
    const [nonce, time] = [randomBytes(16), Date.now()]
    const signature = signWord(custodian, purpose, handle, nonce, time, this.seed)
    return { custodian, handle, nonce, time, signature, ...(since && { since }) }
  }

  /** What the organisation takes part in, and what waits for the caller. */
  get cases(): StaffCases {
    return new StaffCases(this.url, this.caller)
  }

  /** Who acts for patients. */
  get delegates(): StaffDelegates {
    return new StaffDelegates(this.url, this.caller)
  }

  /** People who come to the desk. */
  get desk(): StaffDesk {
    return new StaffDesk(this.url, this.caller)
  }

  /** Who works with the node. */
  get people(): StaffPeople {
    return new StaffPeople(this.url, this.caller)
  }

  /** Who of them looked at whom. */
  get readings(): StaffReadings {
    return new StaffReadings(this.url, this.caller)
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

  /** Versions of contracts and processes that the node's release brings and no ballot decided yet. */
  versions(): Promise<VersionsAnswer> {
    return post(`${this.url}/staff/versions`, {}, this.caller, versionsAnswer)
  }

  /** Keys of rows about organisations, a page; the rows themselves `prove` shows. @param after the `next` of the page before */
  ledgerKeys(table: string, after: ScanAnswer["next"] = []): Promise<ScanAnswer> {
    const question = { table, prefix: [], after } as unknown as Cbor
    return post(`${this.url}/staff/ledger/keys`, question, this.caller, scanAnswer)
  }

  /** What the node keeps of another history that a member signed. @throws PlatformError `not_found` */
  async forkEvidence(height: number, member: MemberId): Promise<Bytes> {
    const { evidence } = await post(`${this.url}/staff/fork`, { height, member }, this.caller, forkAnswer)
    return evidence
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

  tamper(isUndo: boolean) {
    return post(`${this.url}/staff/tamper`, { undo: isUndo }, this.caller, tamperAnswer)
  }
}
