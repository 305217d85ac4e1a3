import {
  type Bytes,
  CARD_LIFETIME_MS,
  type Card,
  type Cbor,
  type ConsentCopy,
  documentId,
  type GenesisDocument,
  type Grant,
  grantDocument,
  type Handle,
  handleSeed,
  list,
  type MemberId,
  makeCardStatement,
  makeEnvelope,
  object,
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
  randomBytes,
  rowKeyHash,
  type Schema,
  text,
  verifyAttestation,
  verifyRow,
} from "@aceso/core"
import { type AccountPart, type AccountSource, readAccount } from "./account.ts"
import { post } from "./http.ts"
import { PublicClient } from "./node-client.ts"
import { expiryAfter, pendingOf, renewals, SUBMIT_BEFORE_EXPIRY_MS } from "./pending.ts"
import { okAnswer } from "./schemas.ts"

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

  /** A card for one organisation: an independent statement for each custodian. */
  card(organisation: MemberId, now: number): Card {
    return {
      statements: this.places.map((place) => {
        const { custodian, handle } = place
        const nonce = randomBytes(16)
        const expiry = now + CARD_LIFETIME_MS
        return makeCardStatement(
          { network: this.network, custodian, handle, organisation, expiry, nonce },
          this.keyOf(place),
        )
      }),
    }
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

  /** Hands the grantee its copies. @param url the grantee's node */
  async deliver(url: string, copies: readonly ConsentCopy[]): Promise<string> {
    const first = this.places.find((place) => place.custodian === copies[0]?.custodian)
    if (!first) throw new PlatformError("unknown_consent", "there is no consent to hand over")
    const caller = { seed: this.keyOf(first), tag: PATIENT_TAG }
    return (await post(`${url}/consents`, { copies } as unknown as Cbor, caller, object({ alias: text(64) })))
      .alias
  }

  /**
   * Who read what, when, why and by which consent; every line is evaluated again.
   * @param onPage told how far it is at a custodian
   */
  account(onPage: PageListener = () => {}): Promise<AccountPart[]> {
    return Promise.all(this.places.map((place) => this.accountAt(place, onPage)))
  }

  private accountAt(place: PatientPlace, onPage: PageListener): Promise<AccountPart> {
    const client = new PublicClient(place.url)
    const source: AccountSource = {
      custodian: place.custodian,
      ask: (what, question, answer) => this.ask(place, what, question, answer),
      proven: (table, keys) => this.proven(client, table, keys),
      policy: () => this.policy(place),
    }
    return readAccount(source, (entries, highest) => onPage(place.custodian, entries, highest))
  }

  /** Rows, or null, with proofs against a checkpoint that the engine attested and that is not an old one. */
  private async proven(
    client: PublicClient,
    table: string,
    keys: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    const { rows, checkpoint, operator, comet } = await client.prove(table, keys)
    const bad = (why: string) =>
      new PlatformError("bad_proof", `the node at ${client.url} gave a proof that does not hold: ${why}`)
    this.anchor ??= (await client.genesis()).document
    verifyAttestation({ checkpoint, operator, comet }, this.anchor, bad)
    const isFresh =
      Date.now() - checkpoint.time < MAX_CHECKPOINT_AGE_MS || checkpoint.height >= this.newestHeight
    this.newestHeight = Math.max(this.newestHeight, checkpoint.height)
    if (!isFresh) throw bad("its checkpoint is an old one")
    if (rows.length !== keys.length) throw bad("it is not about the rows that were asked for")
    return rows.map(({ row, proof }, i) => {
      if (!verifyRow(checkpoint.stateRoot, rowKeyHash(table, keys[i]), row, proof))
        throw bad("it does not lead to the state root")
      return row
    })
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
    answer: Schema<T>,
  ): Promise<T> {
    const caller = { seed: this.keyOf(place), tag: PATIENT_TAG }
    return post(`${place.url}/patient/${what}`, { handle: place.handle, ...question }, caller, answer)
  }

  private keyOf({ custodian, handle, keyNumber }: PatientPlace): Bytes {
    return handleSeed(this.seed, custodian, handle, keyNumber)
  }
}

/** Entries read of so many. */
export type PageListener = (custodian: MemberId, entries: number, highest: number) => void

const MAX_CHECKPOINT_AGE_MS = 90_000
const MAX_ATTEMPTS = 100
/** So long a change waits for room among those that wait for the ledger. */
const SOON_MS = 20_000
const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
const codeOf = (error: unknown) => (error instanceof PlatformError ? error.code : undefined)
