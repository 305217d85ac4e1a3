import {
  type AccountEntry,
  account,
  auditEventHash,
  type Bytes,
  type Card,
  type Cbor,
  type ConsentCopy,
  decodeTrusted,
  disclosureTag,
  documentId,
  equalBytes,
  type GenesisDocument,
  type Grant,
  grantDocument,
  type Handle,
  handleSeed,
  list,
  type MemberId,
  makeCard,
  makeEnvelope,
  object,
  ownRecords,
  PATIENT_TAG,
  type Payload,
  type PendingRequest,
  PlatformError,
  type PolicyDocument,
  type PolicyState,
  pendingRequest,
  policyPath,
  policyRoot,
  policyState,
  rowKeyHash,
  verifyAttestation,
  verifyRow,
} from "@aceso/core"
import { post } from "./http.ts"
import { PublicClient } from "./node-client.ts"
import { PatientMoves } from "./patient-moves.ts"
import { expiryAfter, pendingOf, renewals, SUBMIT_BEFORE_EXPIRY_MS } from "./pending.ts"
import { checkDisclosure, type DisclosureCheck } from "./recheck.ts"
import { consentsAnswer, okAnswer } from "./schemas.ts"

export interface PatientPlace {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly keyNumber: number
  /** The custodian's node. */
  readonly url: string
}

/** A consent as its grantee gets it, and the transaction by which the ledger will know it. */
export interface Granted {
  readonly copy: ConsentCopy
  readonly payloadId: Bytes
}

export interface InboxRequest extends PendingRequest {
  readonly place: PatientPlace
}

/** One custodian's part of the account that a patient is given. */
export interface AccountPart {
  readonly custodian: MemberId
  readonly entries: readonly (AccountEntry & DisclosureCheck)[]
  /** Every counter from 1 to the highest is there, on the ledger as claimed, and none is beyond. */
  readonly isComplete: boolean
  readonly findings: readonly string[]
}

/** What a patient's own device does. The seed never leaves it; each custodian sees only its own handle. */
export class PatientClient {
  readonly network: string
  readonly places: readonly PatientPlace[]
  private readonly seed: Bytes
  private readonly policyDelayMs: number
  private anchor: GenesisDocument | undefined
  /** The newest height that any custodian showed: none may prove by an older state. */
  private newestHeight = 0

  constructor(options: {
    network: string
    seed: Bytes
    places: readonly PatientPlace[]
    policyDelayMs: number
    /** What the patient trusts; without it the genesis that the first node shows. */
    anchor?: GenesisDocument
  }) {
    this.network = options.network
    this.seed = options.seed
    this.places = options.places
    this.policyDelayMs = options.policyDelayMs
    this.anchor = options.anchor
  }

  /** A card for one organisation, on which every custodian has a statement of its own. */
  card(organisation: MemberId, now: number): Card {
    const places = this.places.map((place) => ({ ...place, seed: this.keyOf(place) }))
    return makeCard({ network: this.network, organisation, now }, places)
  }

  /** Requests that wait at any custodian; grouped on the device alone. Renews what expired there. */
  async inbox(): Promise<InboxRequest[]> {
    const answer = object({ requests: list(pendingRequest, 10_000) })
    const all = await Promise.all(
      this.places.map(async (place) => {
        const [{ requests }] = await Promise.all([
          this.ask(place, "requests", {}, answer),
          this.renewed(place),
        ])
        return requests.map((request) => ({ ...request, place }))
      }),
    )
    return all.flat()
  }

  /** Approves a request at its custodian, narrowed if the patient wishes. */
  async approve(
    request: InboxRequest,
    narrowed: { classes?: readonly string[]; until?: number } = {},
  ): Promise<Granted> {
    const { place, requester, purpose, from, to } = request
    return this.grantAt(place, {
      grantee: requester,
      purpose,
      classes: narrowed.classes ?? request.classes,
      until: Math.min(narrowed.until ?? request.until, request.until),
      ...(from !== undefined && { dataFrom: from }),
      ...(to !== undefined && { dataTo: to }),
      requestId: request.requestId,
    })
  }

  async decline(request: InboxRequest): Promise<void> {
    await this.ask(request.place, "decline", { requestId: request.requestId }, okAnswer)
  }

  /** Records that stand at the wrong patient. */
  get moves(): PatientMoves {
    const { network, places } = this
    return new PatientMoves({
      ...{ network, places },
      ask: (place, what, question, answer) => this.ask(place, what, question, answer),
      keyOf: (place) => this.keyOf(place),
    })
  }

  /** Grants at every custodian, or at one of them. */
  grant(grant: Omit<Grant, "custodian" | "now">, custodian?: MemberId): Promise<Granted[]> {
    const places = this.places.filter((place) => custodian === undefined || place.custodian === custodian)
    return Promise.all(places.map((place) => this.grantAt(place, { ...grant, requestId: null })))
  }

  private async grantAt(
    place: PatientPlace,
    grant: Omit<Grant, "custodian" | "now"> & { requestId: Bytes | null },
  ): Promise<Granted> {
    const { requestId, ...rest } = grant
    const document = grantDocument({ ...rest, custodian: place.custodian, now: Date.now() })
    const { version, all, payloadId } = await this.change(
      place,
      "grant",
      ({ documents }) => [...documents, document],
      requestId,
    )
    const index = all.length - 1
    const { custodian, handle } = place
    const path = policyPath(all, index)
    return { payloadId, copy: { custodian, handle, document, version, index, size: all.length, path } }
  }

  /** Takes a consent back, wherever it is. @throws PlatformError `unknown_consent` */
  async revoke(consentId: string): Promise<MemberId> {
    for (const place of this.places) {
      const { documents } = await this.policy(place)
      if (!documents.some((document) => documentId(document) === consentId)) continue
      await this.change(
        place,
        "revoke",
        (state) => state.documents.filter((document) => documentId(document) !== consentId),
        null,
      )
      return place.custodian
    }
    throw new PlatformError(
      "unknown_consent",
      `no consent of yours has the id ${consentId}; see aceso requests`,
    )
  }

  /**
   * The policy at a custodian. Changes that expired there before the ledger had them are renewed first.
   * @throws PlatformError `bad_answer` when changes wait that this device did not sign
   */
  async policy(place: PatientPlace): Promise<PolicyState> {
    return (await this.renewed(place)).state
  }

  private async renewed(place: PatientPlace): Promise<{ state: PolicyState; pending: readonly Payload[] }> {
    const { custodian, handle } = place
    const owner = { network: this.network, custodian, handle, seed: this.keyOf(place) }
    for (let attempt = 0; ; attempt++) {
      const state = await this.ask(place, "policy", {}, policyState)
      const pending = pendingOf(state, owner)
      const envelopes = renewals(pending, owner, this.policyDelayMs)
      if (envelopes.length === 0) return { state, pending }
      try {
        await this.ask(place, "renew", { envelopes }, okAnswer)
      } catch (error) {
        // Another device renewed them, or the ledger has them after all.
        if (codeOf(error) !== "policy_changed_meanwhile" || attempt >= MAX_ATTEMPTS) throw error
        await pause()
      }
    }
  }

  /**
   * Hands the grantee its copies: those of each handle by themselves, signed by its key, so that they do not say
   * that two handles are one person's. That is for a card to say.
   * @param url the grantee's node
   */
  async deliver(url: string, copies: readonly ConsentCopy[]): Promise<void> {
    if (copies.length === 0) throw new PlatformError("unknown_consent", "there is no consent to hand over")
    for (const place of this.places) {
      const own = copies.filter(
        ({ custodian, handle }) => custodian === place.custodian && equalBytes(handle, place.handle),
      )
      if (own.length === 0) continue
      const caller = { seed: this.keyOf(place), tag: PATIENT_TAG }
      await post(`${url}/consents`, { copies: own } as unknown as Cbor, caller, consentsAnswer)
    }
  }

  /** Who read what, when, why and by which consent; every line is evaluated again. */
  account(): Promise<AccountPart[]> {
    return Promise.all(this.places.map((place) => this.accountAt(place)))
  }

  private async accountAt(place: PatientPlace): Promise<AccountPart> {
    const { auditKey, entries } = await this.ask(place, "account", {}, account)
    const { records } = await this.ask(place, "records", {}, ownRecords)
    const { documents } = await this.policy(place)
    const moves = await this.moves.at(place)
    const findings: string[] = []
    const sorted = [...entries].sort((a, b) => a.n - b.n)
    const client = new PublicClient(place.url)
    let isComplete = true
    const checked: (AccountEntry & DisclosureCheck)[] = []
    for (const [i, entry] of sorted.entries()) {
      if (
        entry.n !== i + 1 ||
        !equalBytes(entry.tag, disclosureTag(auditKey, entry.n)) ||
        !equalBytes(auditEventHash(entry.salt, entry.auditEvent), entry.event)
      ) {
        findings.push(`entry ${i + 1} is missing or is not what the custodian committed to`)
        isComplete = false
      }
      const onLedger = await this.entryOnLedger(client, place.custodian, entry.tag)
      const isLogged = onLedger !== undefined && equalBytes(onLedger, entry.event)
      if (await this.isPromiseBroken(client, place.custodian, entry)) {
        findings.push(`a broken promise about entry ${entry.n} stands on the ledger`)
        isComplete = false
      }
      if (!isLogged) findings.push(`entry ${entry.n} is not on the ledger yet`)
      checked.push({ ...entry, ...checkDisclosure(entry, records, documents, isLogged, moves) })
    }
    const beyond = disclosureTag(auditKey, sorted.length + 1)
    if ((await this.entryOnLedger(client, place.custodian, beyond)) !== undefined) {
      findings.push(`the ledger has an entry ${sorted.length + 1} of yours that the custodian does not show`)
      isComplete = false
    }
    if (checked.some((entry) => !entry.isLogged)) isComplete = false
    return { custodian: place.custodian, entries: checked, isComplete, findings }
  }

  /** The committed hash under a tag; undefined with a proof, attested by the engine, that there is none. */
  private async entryOnLedger(
    client: PublicClient,
    custodian: MemberId,
    tag: Bytes,
  ): Promise<Bytes | undefined> {
    const row = await this.proven(client, "disclosures", [custodian, tag])
    return row ? ((decodeTrusted(row) as [number, Bytes])[1] as Bytes) : undefined
  }

  private async isPromiseBroken(
    client: PublicClient,
    custodian: MemberId,
    { tag, event }: AccountEntry,
  ): Promise<boolean> {
    return (await this.proven(client, "brokenPromises", [custodian, tag, event])) !== null
  }

  /** A row, or null, with a proof against a checkpoint that the engine attested and that is not an old one. */
  private async proven(client: PublicClient, table: string, key: readonly Cbor[]): Promise<Bytes | null> {
    const { proven, checkpoint, operator, comet } = await client.prove(table, key)
    const bad = (why: string) =>
      new PlatformError("bad_proof", `the node at ${client.url} gave a proof that does not hold: ${why}`)
    this.anchor ??= (await client.genesis()).document
    verifyAttestation({ checkpoint, operator, comet }, this.anchor, bad)
    const isFresh =
      Date.now() - checkpoint.time < MAX_CHECKPOINT_AGE_MS || checkpoint.height >= this.newestHeight
    this.newestHeight = Math.max(this.newestHeight, checkpoint.height)
    if (!isFresh) throw bad("its checkpoint is an old one")
    if (!verifyRow(checkpoint.stateRoot, rowKeyHash(table, key), proven.row, proven.proof))
      throw bad("it does not lead to the state root")
    return proven.row
  }

  private async change(
    place: PatientPlace,
    action: "grant" | "restrict" | "revoke",
    edit: (state: PolicyState) => readonly PolicyDocument[],
    requestId: Bytes | null,
  ): Promise<{ version: number; all: readonly PolicyDocument[]; payloadId: Bytes }> {
    for (let attempt = 0; ; attempt++) {
      const { state, pending } = await this.renewed(place)
      const documents = edit(state)
      const { custodian, handle } = place
      const { bytes: envelope, payloadId } = makeEnvelope(
        {
          network: this.network,
          contract: "policy",
          action,
          input: { custodian, handle, base: state.version, root: policyRoot(documents) },
          // After the change before it, so that the ledger takes them in order.
          expiry: expiryAfter(pending.at(-1)?.expiry ?? 0, this.policyDelayMs),
        },
        [this.keyOf(place)],
      )
      try {
        await this.ask(
          place,
          "change",
          { envelope, documents: documents as unknown as Cbor, requestId },
          okAnswer,
        )
        return { version: state.version + 1, all: documents, payloadId }
      } catch (error) {
        const code = codeOf(error)
        const soon = Date.now() + SUBMIT_BEFORE_EXPIRY_MS + SOON_MS
        const mayPass =
          code === "policy_changed_meanwhile" ||
          (code === "policy_pending" && pending.length > 0 && pending[0].expiry < soon)
        if (!mayPass || attempt >= MAX_ATTEMPTS) throw error
        await pause()
      }
    }
  }

  private ask<T>(
    place: PatientPlace,
    what: string,
    question: { readonly [name: string]: Cbor },
    answer: { parse(value: unknown): T } & object,
  ): Promise<T> {
    const caller = { seed: this.keyOf(place), tag: PATIENT_TAG }
    return post(
      `${place.url}/patient/${what}`,
      { handle: place.handle, ...question },
      caller,
      answer as never,
    )
  }

  private keyOf({ custodian, handle, keyNumber }: PatientPlace): Bytes {
    return handleSeed(this.seed, custodian, handle, keyNumber)
  }
}

const MAX_CHECKPOINT_AGE_MS = 90_000
const MAX_ATTEMPTS = 100
/** So long a change waits for room among those that wait for the ledger. */
const SOON_MS = 20_000
const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
const codeOf = (error: unknown) => (error instanceof PlatformError ? error.code : undefined)
