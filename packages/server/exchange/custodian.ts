import {
  type AccessQuery,
  type AccessRequest,
  type Bytes,
  bodyHash,
  type Cbor,
  checkCardStatement,
  concerns,
  type Disclosed,
  drugHash,
  encodeCbor,
  encodeChunks,
  encodeSealed,
  equalBytes,
  type FetchRequest,
  LOG_START,
  type Manifest,
  type ManifestBody,
  type ManifestLine,
  nameOf,
  type PendingRequest,
  PlatformError,
  requestHash,
  seal,
  sealingInfo,
  sentHash,
  signManifest,
  toHex,
} from "@aceso/core"
import { keyOfHandle } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { withAttachment } from "./attachments.ts"
import { auditEvent, auditSummary } from "./audit-event.ts"
import { DenialBudget } from "./denials.ts"
import type { Disclosures } from "./disclosures.ts"
import type { Policies } from "./policies.ts"
import { checkPractitioner } from "./practitioners.ts"
import {
  countOf,
  type OpenedObject,
  type Released,
  type Selected,
  type Selection,
  Selector,
  type Sought,
} from "./selection.ts"
import { WaitingRequests } from "./waiting-requests.ts"

const MAX_AGE_MS = 60_000
/** LEDGER.md, Time: three heartbeats. */
const STALE_MS = 90_000

/** Who asks for what: as a policy decides it, and as the disclosure log names it. */
function asked(
  custodian: string,
  requester: string,
  { proof }: FetchRequest["practitioner"],
  { purpose, handle }: Pick<FetchRequest, "purpose" | "handle">,
) {
  const { key, role, name } = proof.practitioner
  const time = Date.now()
  const query: AccessQuery = { member: requester, practitioner: toHex(key), role, purpose, time }
  return { query, audit: { custodian, requester, practitioner: { key, role, name }, purpose, handle, time } }
}

const denialEvent = (
  audit: ReturnType<typeof asked>["audit"],
  reason: string,
  policyVersion: number,
): Bytes => auditEvent({ ...audit, outcome: "deny", reason, policyVersion, released: 0, withheld: 0 })

const NO_OBJECT =
  "there is no such attachment, no consent opens it, or, of a file by its url, nothing shows that it is this patient's"

/** What a dishonest custodian of the tests changes; an honest node has none of these. */
export interface Dishonesty {
  readonly body?: (body: ManifestBody) => ManifestBody
  readonly records?: (records: readonly Released[]) => readonly Released[]
  /** Forgets to bring AuditEvents to the ledger. */
  readonly forgetsPromises?: true
}

/** Thrown by refusals that were logged: what the requester gets to check them. */
export class Denial extends PlatformError {
  readonly disclosed: Disclosed

  constructor(code: string, message: string, disclosed: Disclosed) {
    super(code, message)
    this.disclosed = disclosed
  }
}

/** Answers requests for records: policy, AuditEvent, manifest, sealing (PRIVACY.md, Exchange). */
export class Custodian {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly policies: Policies
  private readonly disclosures: Disclosures
  private readonly waiting: WaitingRequests
  private readonly denials = new DenialBudget()
  readonly selector: Selector
  dishonesty: Dishonesty = {}
  /** Each is told of a request that waits for a patient from now on: whose. */
  readonly onWaiting: ((handle: Bytes) => void)[] = []

  constructor(vault: SqliteVault, ledger: LedgerClient, policies: Policies, disclosures: Disclosures) {
    this.vault = vault
    this.ledger = ledger
    this.policies = policies
    this.disclosures = disclosures
    this.selector = new Selector(vault, ledger)
    this.waiting = new WaitingRequests(vault, disclosures)
  }

  /** @returns the sealed answer; @throws Denial, PlatformError */
  fetch(request: FetchRequest, requester: string): Promise<Bytes> {
    if (!request.object && !request.file) return this.answer(request, requester)
    return withAttachment(`member ${requester}`, () => this.answer(request, requester))
  }

  private async answer(request: FetchRequest, requester: string): Promise<Bytes> {
    const { engine, member } = this.ledger
    this.mustBeMine(request.network, request.custodian, request.time)
    const { checkpoint } = await this.freshStatus()
    const { practitioner } = request
    await checkPractitioner(engine, requester, practitioner, request)
    const { query, audit } = asked(member, requester, practitioner, request)
    const patient = await this.vault.patient({ handle: request.handle })
    const deny = async (code: string, message: string, version: number) => {
      if (!this.denials.take(requester, query.practitioner, query.time))
        throw new PlatformError(
          "too_many_requests",
          "too many requests of this practitioner, or this organisation, were refused here within the hour; ask again later, or with a consent",
        )
      const event = denialEvent(audit, code, version)
      throw new Denial(code, message, await this.disclosures.note(patient?.handle, event, null))
    }
    const missing = "no consent of the patient permits this; ask for one with a card (aceso request)"
    if (!patient) return deny("policy_missing", missing, 0)
    const inForce = await this.policyOrDenial(patient.handle, deny)
    if (!concerns(inForce.policy, query)) return deny("policy_missing", missing, inForce.version)
    const { filter, since } = request
    const sought = { handle: patient.handle, height: checkpoint.height, inForce, query, filter, since }
    const selected = await this.selected(request, sought)
    if (!selected) return deny("object_missing", NO_OBJECT, inForce.version)
    const { opened } = selected
    const records = this.dishonesty.records?.(selected.records) ?? selected.records
    const withdrawn = countOf(selected, "withdrawn")
    const notRequested = countOf(selected, "not_requested")
    // Whoever asks since an answer that still holds was permitted something before.
    const isOpened = selected.from !== undefined || records.length + withdrawn + notRequested > 0
    if (!isOpened) return deny("policy_missing", missing, inForce.version)
    let body: ManifestBody = {
      network: engine.network,
      requestHash: requestHash(request),
      responder: member,
      recipient: requester,
      handle: patient.handle,
      purpose: request.purpose,
      time: query.time,
      height: checkpoint.height,
      policyVersion: inForce.version,
      policyRoot: inForce.root,
      policyState: inForce.pending.length > 0 ? "pending" : "current",
      pendingChange: inForce.pending.at(-1) ?? null,
      pendingBefore: inForce.pending.slice(0, -1),
      ...(filter && { filter }),
      view: selected.view,
      ...(opened && { object: namedObject(opened) }),
      ...(selected.drugs.length > 0 && { drugs: namedDrugs(selected.drugs) }),
      ...(selected.from && { from: selected.from }),
      lines: withSent(selected, records),
    }
    body = this.dishonesty.body?.(body) ?? body
    const event = auditEvent({
      ...audit,
      outcome: "permit",
      policyVersion: inForce.version,
      released: selected.records.length,
      drugs: selected.drugs.length,
      attachmentBytes: opened?.object.size ?? 0,
      withheld: countOf(selected, "not_permitted", "damaged"),
      withdrawn,
      notRequested,
      later: countOf(selected, "later"),
      from: opened ? 0 : (selected.from?.size ?? 0),
      bodyHash: bodyHash(body),
    })
    // Whoever withdraws a record tells those to whom it was released before: nothing comes between.
    const disclosed = await this.vault.atomically(async () => {
      await mustStand(this.vault, patient.handle, opened ? [opened.record] : selected.records)
      return this.disclosures.note(patient.handle, event, encodeCbor(body as unknown as Cbor))
    })
    const manifest = signManifest({ body, ...disclosed }, this.ledger.seed)
    const messages = [
      encodeManifest(manifest),
      ...(opened ? objectMessages(opened) : encodeChunks(records)),
      ...drugMessages(selected.drugs),
    ]
    return encodeSealed(
      await seal(request.suite, request.oneTimeKey, sealingInfo(request, requester), messages),
    )
  }

  private selected({ object, file }: FetchRequest, sought: Sought): Promise<Selection | undefined> {
    if (object) return this.selector.object(sought, object)
    return file ? this.selector.file(sought, file) : this.selector.select(sought)
  }

  /** Sums up the denials that were too many to be logged one by one, one entry per requester and hour. */
  async noteUnlogged(isEnding = false): Promise<void> {
    for (const unlogged of this.denials.due(Date.now(), isEnding)) {
      const event = auditSummary({ custodian: this.ledger.member, ...unlogged })
      await this.disclosures.note(undefined, event, null)
    }
  }

  /**
   * Keeps a request for the patient to decide, unless the policy permits something already.
   * @returns the id of the request that waits: of an earlier one where the statement was used before
   */
  async request(
    request: AccessRequest,
    requester: string,
  ): Promise<{ readonly outcome: "permitted" | "pending"; readonly requestId: Bytes }> {
    const { engine, member } = this.ledger
    const { statement } = request
    this.mustBeMine(request.network, statement.custodian, request.time)
    // No consent can name whoever keeps the records: the patient could never answer it.
    if (requester === member)
      throw new PlatformError(
        "bad_input",
        "these are this organisation's own records: nobody is asked for them",
      )
    checkCardStatement(statement, { network: engine.network, organisation: requester, now: Date.now() })
    const patient = await this.vault.patient({ handle: statement.handle })
    const key = await keyOfHandle(engine, member, statement.handle)
    if (!patient || !key || !equalBytes(key, statement.key))
      throw new PlatformError("bad_card", "the card is not signed by the patient's key at this custodian")
    const { handle } = statement
    const nonce = request.requestId
    await checkPractitioner(engine, requester, request.practitioner, {
      custodian: member,
      purpose: request.purpose,
      handle,
      nonce,
      time: request.time,
    })
    const { query, audit } = asked(member, requester, request.practitioner, {
      purpose: request.purpose,
      handle,
    })
    const inForce = await this.policies.inForce(handle)
    if (concerns(inForce.policy, query)) {
      const { checkpoint } = await engine.status()
      const { records } = await this.selector.select({ handle, height: checkpoint.height, inForce, query })
      if (records.length > 0) return { outcome: "permitted", requestId: request.requestId }
    }
    const event = denialEvent(audit, "policy_missing", inForce.version)
    const requestId = await this.waiting.keep(request, requester, event)
    // One that waited already is told once.
    if (equalBytes(requestId, request.requestId)) for (const told of this.onWaiting) told(handle)
    return { outcome: "pending", requestId }
  }

  private mustBeMine(network: string, custodian: string, time: number): void {
    if (network !== this.ledger.engine.network || custodian !== this.ledger.member)
      throw new PlatformError("wrong_recipient", "the request is for another custodian or network")
    if (Math.abs(Date.now() - time) > MAX_AGE_MS)
      throw new PlatformError("request_expired", "the request is older than 60 s; send it again")
  }

  /** A custodian releases only on a ledger that it knows to be fresh. */
  private async freshStatus() {
    const status = await this.ledger.engine.status()
    const seen = status.statement?.time ?? status.checkpoint.time
    if (Date.now() - seen > STALE_MS)
      throw new PlatformError(
        "ledger_stale",
        "this node's ledger is not up to date; nothing is released until it is",
      )
    return status
  }

  private async policyOrDenial(
    handle: Bytes,
    deny: (code: string, message: string, version: number) => Promise<never>,
  ) {
    try {
      return await this.policies.inForce(handle)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "policy_unknown")
        return deny("policy_unknown", error.message, 0)
      throw error
    }
  }

  /** The patient's own view of the requests that wait. */
  pending(handle: Bytes): Promise<PendingRequest[]> {
    return this.waiting.ofPatient(handle)
  }
}

const namedObject = ({ record, commitment, object }: OpenedObject): ManifestBody["object"] => ({
  index: record.index,
  commitment,
  root: object.root,
  size: object.size,
  ...(object.reference !== undefined && { reference: object.reference }),
})

const namedDrugs = (drugs: Selection["drugs"]) =>
  drugs.map(({ reference, content }) => ({ reference, sent: drugHash(content) }))

/** All in one message, the last one. */
const drugMessages = (drugs: Selection["drugs"]): Bytes[] =>
  drugs.length > 0 ? [encodeCbor(drugs.map(({ content }) => content))] : []

/** The hashes of the chunks, then the chunks. */
const objectMessages = ({ object }: OpenedObject): Bytes[] => [
  encodeCbor([...object.hashes]),
  ...object.chunks,
]

/** Lines say by hash what travels beside them. */
function withSent({ from = LOG_START, lines }: Selection, records: readonly Released[]): ManifestLine[] {
  const byIndex = new Map(records.map((record) => [record.index, record]))
  return lines.map((line, i) => {
    const record = byIndex.get(from.size + i)
    return record ? { ...line, sent: sentHash(record.salt, record.content) } : line
  })
}

/** @throws PlatformError `busy` when one of the records was withdrawn since it was selected */
async function mustStand(vault: SqliteVault, handle: Bytes, records: readonly Selected[]): Promise<void> {
  const withheld = await vault.withheldIn(handle)
  if (records.some(({ recordId, content }) => content.length > 0 && withheld.has(nameOf(recordId))))
    throw new PlatformError("busy", "a record was withdrawn while the answer was made; ask again")
}

const encodeManifest = (manifest: Manifest): Bytes => encodeCbor(manifest as unknown as Cbor)
