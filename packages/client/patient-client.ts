import {
  type AccountEntry,
  type Bytes,
  type Card,
  type Cbor,
  type ConsentCopy,
  documentId,
  type GenesisDocument,
  grantDocument,
  type Hash,
  isSamePlace,
  list,
  type MemberId,
  makeCard,
  type ObjectRef,
  object,
  PlatformError,
  type PolicyState,
  type Process,
  pendingRequest,
  type Schema,
} from "@aceso/core"
import { type AccountPart, type AccountSource, readAccount, readLine } from "./account.ts"
import { CaseClient } from "./case-client.ts"
import { PatientDelegates } from "./delegates.ts"
import { Deliveries } from "./deliveries.ts"
import { type Device, forgetfulDevice } from "./device.ts"
import {
  type GrantPreview,
  type GrantTerms,
  grantFor,
  mustBeMeant,
  type Narrowed,
  previewGrant,
} from "./grants.ts"
import { patientCaller, post } from "./http.ts"
import { LedgerMembers } from "./ledger-members.ts"
import type { LedgerProofs } from "./ledger-proofs.ts"
import type { OwnHistory } from "./own-history.ts"
import { OwnRecords } from "./own-records.ts"
import { PatientMoves } from "./patient-moves.ts"
import {
  copyOf,
  type Granted,
  type InboxRequest,
  type PageListener,
  type PatientPlace,
  unknownConsent,
} from "./patient-place.ts"
import { PolicyChanges } from "./policy-changes.ts"
import { PublicClient } from "./public-client.ts"
import { hasReleased, type KnownRecord, type RecordVersion } from "./recheck.ts"
import { cancelRekey, type Rekeys, rekeysOf } from "./rekeys.ts"
import { consentsAnswer, okAnswer } from "./schemas.ts"
import { Signers } from "./signers.ts"
import { standingTo } from "./standing.ts"

/**
 * What a patient's own device does, or a delegate's for somebody else. The seed never leaves it; each custodian sees only
 * its own handle.
 */
export class PatientClient {
  readonly network: string
  readonly places: readonly PatientPlace[]
  /** It acts for somebody else. */
  readonly isDelegate: boolean
  readonly delegates: PatientDelegates
  private readonly seed: Bytes
  private readonly proofs: LedgerProofs
  private readonly reader: OwnRecords
  private readonly device: Device
  private readonly deliveries: Deliveries
  private readonly changes: PolicyChanges

  constructor(options: {
    network: string
    seed: Bytes
    places: readonly PatientPlace[]
    /** What read for this device before: what was proven to it stays known. Without one it begins anew. */
    reader?: OwnRecords
    /** How long a change of a policy waits in the mean before the ledger hears of it. */
    policyDelayMs: number
    /** From where that is drawn, at least 0 and below 1; without it by chance, as it has to be outside of tests. */
    drawUnit?: () => number
    /** The seed is a delegate's, and the places are those of the person for whom it acts. */
    isDelegate?: boolean
    /** What the patient trusts; without it the genesis that the first node shows. */
    anchor?: GenesisDocument
    /** Its hash: nodes that show another one are not believed. */
    genesis?: Hash
    /** What the device remembers; without one it forgets with the process. */
    device?: Device
  }) {
    this.network = options.network
    this.seed = options.seed
    this.places = options.places
    this.isDelegate = options.isDelegate ?? false
    this.reader = options.reader ?? new OwnRecords(options)
    this.proofs = this.reader.proofs
    this.device = options.device ?? forgetfulDevice()
    this.deliveries = new Deliveries(options.network, this.device, {
      memberOfKey: (custodian, key) => this.proofs.memberOfKey(this.nodeOf(custodian), key),
      event: (custodian, tag) => this.proofs.disclosure(this.nodeOf(custodian), custodian, tag),
    })
    const { calls, rows } = this.reader
    this.delegates = new PatientDelegates(calls, rows, this.device)
    const signers = new Signers({
      ...{ keyOf: calls.keyOf, isDelegate: this.isDelegate, rows },
      mayDecide: async (place, key) =>
        (await this.delegates.scopeOf(place, key))?.may.includes("decide") ?? false,
      keyOfMember: ({ url, custodian }) =>
        new LedgerMembers(this.proofs, new PublicClient(url)).keyOf(custodian),
      memberOfKey: ({ url }, key) => this.proofs.memberOfKey(new PublicClient(url), key),
    })
    this.changes = new PolicyChanges({
      ...{ network: this.network, policyDelayMs: options.policyDelayMs, drawUnit: options.drawUnit },
      ...{ ask: calls.ask, signers, deliveries: this.deliveries },
    })
  }

  /**
   * A card for one organisation, on which every custodian has a statement of its own.
   * @throws PlatformError `not_permitted`: a delegate has none
   */
  card(organisation: MemberId, now: number): Card {
    if (this.isDelegate)
      throw new PlatformError(
        "not_permitted",
        "a card says that all its places are one's own: a delegate has none",
      )
    const places = this.places.map((place) => ({ ...place, seed: this.keyOf(place) }))
    return makeCard({ network: this.network, organisation, now }, places)
  }

  /** Requests that wait at any custodian; grouped on the device alone. Renews what expired there. */
  async inbox(): Promise<InboxRequest[]> {
    return (await Promise.all(this.places.map((place) => this.inboxAt(place)))).flat()
  }

  async inboxAt(place: PatientPlace): Promise<InboxRequest[]> {
    const answer = object({ requests: list(pendingRequest, 10_000) })
    const [{ requests }] = await Promise.all([
      this.ask(place, "requests", {}, answer),
      this.changes.renewed(place),
    ])
    return requests.map((request) => ({ ...request, place }))
  }

  /** Organisations of the network, as the ledger has them. */
  get members(): LedgerMembers {
    return new LedgerMembers(this.proofs, new PublicClient(this.places[0].url))
  }

  /** Approves a request at its custodian, narrowed if the patient wishes; what is open already is not signed twice. */
  async approve(request: InboxRequest, narrowed: Narrowed = {}): Promise<Granted> {
    const { place, requestId } = request
    const terms = grantFor(request, narrowed)
    const { documents } = await this.policy(place)
    const meant = { ...terms, custodian: place.custodian, now: Date.now() }
    const standing = standingTo(documents, meant).find(({ relation }) => relation === "covers")
    if (!standing) return this.grantAt(place, terms, requestId)
    const { payloadId } = await this.changes.make(place, "grant", (state) => state.documents, requestId)
    return { payloadId, copy: await this.copy(place, standing.document.id) }
  }

  /** What a grant would open today at a custodian, before anything is signed. */
  async preview(terms: GrantTerms, place: PatientPlace): Promise<GrantPreview> {
    const { documents } = await this.policy(place)
    const grant = { ...terms, custodian: place.custodian, now: Date.now() }
    return previewGrant({ ask: (...question) => this.ask(place, ...question) }, documents, grant)
  }

  async decline(request: InboxRequest): Promise<void> {
    await this.ask(request.place, "decline", { requestId: request.requestId }, okAnswer)
  }

  /**
   * The own records of all custodians, held against the ledger.
   * @param onPage told how far it is at a custodian
   */
  history(onPage?: PageListener): Promise<OwnHistory> {
    return this.reader.history(onPage)
  }

  /**
   * A large object of one of the own records.
   * @param index of the record, in its log
   */
  attachment(place: PatientPlace, index: number, object: ObjectRef): Promise<Bytes> {
    return this.reader.attachment(place, index, object)
  }

  /** Cases of the person. @param processes those that are known here */
  cases(processes: readonly Process[]): CaseClient {
    const { network, seed, proofs } = this
    const alsoAsk = this.places.map(({ url }) => url)
    const { keyOf } = this.reader.calls
    const { isDelegate } = this
    return new CaseClient({
      network,
      seed,
      isDelegate,
      keyOf,
      proofs,
      processes,
      alsoAsk,
      device: this.device,
    })
  }

  /** Where the desk of a custodian put another key in place of this one, as the ledger has it. */
  rekeys(): Promise<Rekeys> {
    return rekeysOf(this.reader.calls, this.reader.rows)
  }

  /** Takes such a key back before it counts. @throws PlatformError `no_rekey`, `not_permitted` */
  cancelRekey(place: PatientPlace): Promise<void> {
    return cancelRekey(this.reader.calls, place)
  }

  /** A line of the own audit, with what opens it. @throws PlatformError `unknown_line` */
  auditLine(place: PatientPlace, n: number): Promise<AccountEntry> {
    return readLine(this.sourceOf(place), n)
  }

  /** Records that stand at the wrong patient. */
  get moves(): PatientMoves {
    return new PatientMoves(this.reader.calls)
  }

  /** Grants at every place but the grantee's own, or at those that this custodian keeps. */
  grant(grant: GrantTerms, custodian?: MemberId): Promise<Granted[]> {
    const all = this.places.filter((place) => custodian === undefined || place.custodian === custodian)
    const others = all.filter((place) => place.custodian !== grant.grantee)
    // Where there is no other, it is refused.
    const places = others.length > 0 ? others : all
    return Promise.all(places.map((place) => this.grantAt(place, grant)))
  }

  /** @param requestId which request it answers; null: none */
  async grantAt(place: PatientPlace, grant: GrantTerms, requestId: Bytes | null = null): Promise<Granted> {
    const meant = { ...grant, custodian: place.custodian, now: Date.now() }
    mustBeMeant(meant)
    const document = grantDocument(meant)
    const { version, all, salt, payloadId } = await this.changes.make(
      place,
      "grant",
      ({ documents }) => [...documents, document],
      requestId,
    )
    return { payloadId, copy: copyOf(place, document, { version, documents: all, salt }) }
  }

  /** The copy of a consent in force, for a grantee that may not have it. @throws PlatformError `unknown_consent` */
  async copy(place: PatientPlace, consentId: string): Promise<ConsentCopy> {
    const { documents, salt, version } = await this.policy(place)
    const document = documents.find((one) => documentId(one) === consentId)
    if (!document || !salt) throw unknownConsent(consentId)
    return copyOf(place, document, { version, documents, salt })
  }

  /** Takes a consent back, wherever it is, or at this place. @throws PlatformError `unknown_consent` */
  async revoke(consentId: string, at?: PatientPlace): Promise<MemberId> {
    for (const place of at ? [at] : this.places) {
      const { documents } = await this.policy(place)
      if (!documents.some((document) => documentId(document) === consentId)) continue
      await this.changes.make(
        place,
        "revoke",
        (state) => state.documents.filter((document) => documentId(document) !== consentId),
        null,
      )
      return place.custodian
    }
    throw unknownConsent(consentId)
  }

  /**
   * The policy at a custodian. Changes that expired there before the ledger had them are renewed first.
   * @throws PlatformError `bad_answer` when changes wait that this device did not sign
   */
  async policy(place: PatientPlace): Promise<PolicyState> {
    const { state } = await this.changes.renewed(place)
    await this.deliveries.shown(place, state)
    return state
  }

  /** What waits for the person's word, as it stands at each custodian: to be seen before `confirm`. */
  async toConfirm(): Promise<
    readonly { readonly place: PatientPlace; readonly documents: PolicyState["documents"] }[]
  > {
    const all = this.places.map(async (place) => ({ place, ...(await this.changes.renewed(place)) }))
    return (await Promise.all(all))
      .filter(({ state, needsWord }) => needsWord || !state.isConfirmed)
      .map(({ place, state }) => ({ place, documents: state.documents }))
  }

  /**
   * Confirms what custodians restored from a backup, and what a delegate left behind whose time has ended, by signing
   * anew what they show: whoever asks for it has to have seen what that is (`policy`).
   * @returns the custodians where something waited for that
   */
  async confirm(): Promise<MemberId[]> {
    const confirmed: MemberId[] = []
    for (const place of this.places) {
      const { state, needsWord } = await this.changes.renewed(place)
      if (state.isConfirmed && !needsWord) continue
      await this.changes.make(place, "grant", () => state.documents, null, true)
      confirmed.push(place.custodian)
    }
    return confirmed
  }

  /**
   * Hands the grantee its copies: those of each handle by themselves, signed by its key, so that they do not say
   * that two handles are one person's. That is for a card to say.
   * @param url the grantee's node
   */
  async deliver(url: string, copies: readonly ConsentCopy[]): Promise<void> {
    if (copies.length === 0) throw new PlatformError("unknown_consent", "there is no consent to hand over")
    for (const place of this.places) {
      const own = copies.filter((copy) => isSamePlace(copy, place))
      if (own.length === 0) continue
      const caller = patientCaller(this.keyOf(place), place)
      await post(`${url}/consents`, { copies: own } as unknown as Cbor, caller, consentsAnswer)
    }
  }

  /**
   * Who read what, when, why and by which consent; every line is evaluated again.
   * @param onPage told how far it is at a custodian
   */
  account(onPage: PageListener = () => {}): Promise<AccountPart[]> {
    return Promise.all(this.places.map((place) => this.accountAt(place, onPage)))
  }

  /** Who was given a version of an own record at its custodian; the log is checked as a whole. */
  readers(place: PatientPlace, wanted: RecordVersion, onPage: PageListener = () => {}): Promise<AccountPart> {
    const isAbout = (entry: AccountEntry, known: ReadonlyMap<string, KnownRecord>) =>
      hasReleased(entry, wanted, known)
    const told = (entries: number, highest: number) => onPage(place.custodian, entries, highest)
    return readAccount(this.sourceOf(place), told, Date.now(), isAbout)
  }

  /** The same of one custodian. */
  accountAt(place: PatientPlace, onPage: PageListener): Promise<AccountPart> {
    return readAccount(this.sourceOf(place), (entries, highest) => onPage(place.custodian, entries, highest))
  }

  private sourceOf(place: PatientPlace): AccountSource {
    const client = new PublicClient(place.url)
    return {
      custodian: place.custodian,
      ask: (what, question, answer) => this.ask(place, what, question, answer),
      proven: (table, keys) => this.proofs.rows(client, table, keys),
      policy: () => this.policy(place),
      differences: () => this.deliveries.differences(place),
      policies: () => this.deliveries.policies(place),
      moves: () => this.moves.at(place),
    }
  }

  private nodeOf(custodian: MemberId): PublicClient {
    const place = this.places.find((one) => one.custodian === custodian)
    if (!place) throw new PlatformError("unknown_member", `this device knows no node of ${custodian}`)
    return new PublicClient(place.url)
  }

  private ask<T>(
    place: PatientPlace,
    what: string,
    question: { readonly [name: string]: Cbor },
    answer: Schema<T>,
  ): Promise<T> {
    return this.reader.ask(place, what, question, answer)
  }

  private keyOf(place: PatientPlace): Bytes {
    return this.reader.keyOf(place)
  }
}
