import { handles, recordLogs } from "@aceso/contracts"
import {
  type AccessQuery,
  type AccessRequest,
  type Bytes,
  bodyHash,
  type Cbor,
  checkCardStatement,
  concerns,
  decide,
  encodeCbor,
  encodeChunks,
  encodeSealed,
  equalBytes,
  type FetchRequest,
  factsOf,
  isObject,
  type Manifest,
  type ManifestBody,
  type ManifestLine,
  NO_FACTS,
  nameOf,
  type PendingRequest,
  PlatformError,
  parseJson,
  requestHash,
  seal,
  sealingInfo,
  sentHash,
  signManifest,
  toHex,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredRecord } from "../vault/vault.ts"
import { auditEvent, auditSummary } from "./audit-event.ts"
import { DenialBudget } from "./denials.ts"
import type { Disclosed, Disclosures } from "./disclosures.ts"
import type { Policies, PolicyInForce } from "./policies.ts"
import { checkPractitioner } from "./practitioners.ts"
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

/** What a dishonest custodian of the tests changes; an honest node has none of these. */
export interface Dishonesty {
  readonly body?: (body: ManifestBody) => ManifestBody
  readonly records?: (records: readonly Released[]) => readonly Released[]
  /** Forgets to bring AuditEvents to the ledger. */
  readonly forgetsPromises?: true
}

export interface Released {
  readonly index: number
  readonly salt: Bytes
  readonly content: Bytes
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
  dishonesty: Dishonesty = {}

  constructor(vault: SqliteVault, ledger: LedgerClient, policies: Policies, disclosures: Disclosures) {
    this.vault = vault
    this.ledger = ledger
    this.policies = policies
    this.disclosures = disclosures
    this.waiting = new WaitingRequests(vault, disclosures)
  }

  /** @returns the sealed answer; @throws Denial, PlatformError */
  async fetch(request: FetchRequest, requester: string): Promise<Bytes> {
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
    const selected = await this.select(patient.handle, checkpoint.height, inForce, query)
    const records = this.dishonesty.records?.(selected.records) ?? selected.records
    if (records.length === 0 && selected.withdrawn === 0)
      return deny("policy_missing", missing, inForce.version)
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
      lines: withSent(selected.lines, records),
    }
    body = this.dishonesty.body?.(body) ?? body
    const withheld = selected.lines.filter(
      ({ status }) => status === "not_permitted" || status === "damaged",
    ).length
    const event = auditEvent({
      ...audit,
      outcome: "permit",
      policyVersion: inForce.version,
      released: selected.records.length,
      withheld,
      withdrawn: selected.withdrawn,
      bodyHash: bodyHash(body),
    })
    // Whoever withdraws a record tells those to whom it was released before: nothing comes between.
    const disclosed = await this.vault.atomically(async () => {
      await mustStand(this.vault, patient.handle, selected.records)
      return this.disclosures.note(patient.handle, event, encodeCbor(body as unknown as Cbor))
    })
    const manifest = signManifest({ body, ...disclosed }, this.ledger.seed)
    const messages = [encodeManifest(manifest), ...encodeChunks(records)]
    return encodeSealed(
      await seal(request.suite, request.oneTimeKey, sealingInfo(request, requester), messages),
    )
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
    checkCardStatement(statement, { network: engine.network, organisation: requester, now: Date.now() })
    const patient = await this.vault.patient({ handle: statement.handle })
    const enrolled = await engine.read(handles, [member, statement.handle])
    if (!patient || !enrolled?.key || !equalBytes(enrolled.key, statement.key))
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
      const { records } = await this.select(handle, checkpoint.height, inForce, query)
      if (records.length > 0) return { outcome: "permitted", requestId: request.requestId }
    }
    const event = denialEvent(audit, "policy_missing", inForce.version)
    return { outcome: "pending", requestId: await this.waiting.keep(request, requester, event) }
  }

  /** Which records a policy opens, and a line for every entry that the ledger's log had at that height. */
  private async select(handle: Bytes, height: number, { policy }: PolicyInForce, query: AccessQuery) {
    const { engine, member } = this.ledger
    const size = (await engine.read(recordLogs, [member, handle], height))?.size ?? 0
    const log = await this.vault.log(handle)
    const withheld = await this.vault.withheldIn(handle)
    const lines: Line[] = []
    for (const { index, entry } of await this.vault.lostEntries(handle))
      lines[index] = { entry: null, lost: entry, status: "lost", sent: null }
    const records: Selected[] = []
    for (const record of log) {
      if (record.index >= size) break
      const { recordId, version, operation, commitment } = record
      const isWithheld = withheld.has(nameOf(recordId))
      const { status, released } = await this.judge(record, policy, query, isWithheld)
      lines[record.index] = { entry: { recordId, version, operation, commitment }, status, sent: null }
      if (released) records.push({ ...released, recordId })
    }
    if (lines.length < size || lines.includes(undefined as never))
      throw new PlatformError(
        "vault_behind",
        `the vault lacks some of the ${size} entries that the ledger has of a log; restart the node, which then says what is missing`,
      )
    const withdrawn = lines.filter(({ status }) => status === "withdrawn").length
    return { lines, records, withdrawn }
  }

  private async judge(
    record: StoredRecord,
    policy: PolicyInForce["policy"],
    query: AccessQuery,
    isWithheld: boolean,
  ): Promise<{ status: Line["status"]; released?: Released }> {
    let opened: { salt: Bytes; content: Bytes }
    try {
      opened = await this.vault.content(record)
    } catch (error) {
      if (error instanceof PlatformError && VAULT_FAULTS.has(error.code)) return { status: "damaged" }
      throw error
    }
    // A dummy or a deletion has no content: whoever may read everything is shown that, all others see one more withheld line.
    const resource = opened.content.length === 0 ? undefined : parseJson(opened.content)
    const facts = isObject(resource) ? factsOf(resource) : NO_FACTS
    if (decide(policy, query, facts) !== "permit") return { status: "not_permitted" }
    // Said only to whom it would be released: to all others it is one more withheld line.
    if (isWithheld && resource !== undefined) return { status: "withdrawn" }
    return { status: "released", released: { index: record.index, ...opened } }
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

type Line = ManifestLine
interface Selected extends Released {
  readonly recordId: Bytes
}

const VAULT_FAULTS = new Set(["record_damaged", "vault_mismatch", "key_erased"])

/** Lines say by hash what travels beside them. */
function withSent(lines: readonly Line[], records: readonly Released[]): Line[] {
  const byIndex = new Map(records.map((record) => [record.index, record]))
  return lines.map((line, index) => {
    const record = byIndex.get(index)
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
