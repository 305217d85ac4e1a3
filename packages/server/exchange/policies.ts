import { handles, policies } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  handle,
  hash32,
  isObject,
  judgeEnvelope,
  MAX_PENDING_CHANGES,
  memberId,
  nameOf,
  object,
  PlatformError,
  type Policy,
  type PolicyChange,
  type PolicyDocument,
  parseJson,
  policyRoot,
  readEnvelope,
  readPolicy,
  uint,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import { accepted } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredPolicy } from "../vault/vault.ts"

const changeInput = object({ custodian: memberId, handle, base: uint(), root: hash32 })
const SUBMIT_BEFORE_EXPIRY_MS = 5 * 60_000

/** What is in force for a handle, ready to decide with. */
export interface PolicyInForce {
  readonly version: number
  readonly root: Bytes | null
  readonly pending: readonly Bytes[]
  readonly policy: Policy
}

/** The patients' policies as this custodian keeps them (PRIVACY.md, Policy). */
export class Policies {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private submitting: Promise<void> = Promise.resolve()
  private readonly timers = new Map<string, NodeJS.Timeout>()
  onFault: (error: unknown) => void = () => {}

  constructor(vault: SqliteVault, ledger: LedgerClient) {
    this.vault = vault
    this.ledger = ledger
  }

  /** @throws PlatformError `policy_unknown` when the ledger knows a policy that this custodian lacks: it fails closed */
  async inForce(handle: Bytes): Promise<PolicyInForce> {
    const { engine, member } = this.ledger
    const [stored, onLedger] = await Promise.all([
      this.vault.policy(handle),
      engine.read(policies, [member, handle]),
    ])
    const version = onLedger?.version ?? 0
    if (!stored) {
      if (version > 0) throw unknownPolicy("its documents were never delivered here")
      return { version: 0, root: null, pending: [], policy: { consents: [] } }
    }
    const isCurrent =
      stored.version === version && onLedger !== undefined && equalBytes(stored.root, onLedger.root)
    // What is pending bridges the ledger's version and ours; more may be on the ledger than was noted yet.
    const missing = stored.version - version
    if (!isCurrent && (missing < 1 || missing > stored.pending.length))
      throw unknownPolicy("the ledger has another version")
    const pending = isCurrent ? [] : stored.pending.slice(-missing)
    return { version: stored.version, root: stored.root, pending, policy: readPolicy(stored.documents) }
  }

  documents(handle: Bytes): Promise<StoredPolicy | undefined> {
    return this.vault.policy(handle)
  }

  /**
   * Takes a change that the patient signed and obeys it at once; the ledger hears of it near the time that the
   * patient chose by the transaction's expiry.
   */
  async change(change: PolicyChange): Promise<void> {
    const { engine, member } = this.ledger
    const verdict = judgeEnvelope(change.envelope, engine.network)
    if (!verdict.ok) throw new PlatformError(verdict.rejection, verdict.detail)
    const { payload } = verdict.envelope
    if (payload.contract !== "policy") throw refused("the transaction is not one of the contract policy")
    const input = changeInput.parse(payload.input, "input")
    if (input.custodian !== member || !equalBytes(input.handle, change.handle))
      throw refused("the transaction is about another handle")
    const enrolled = await engine.read(handles, [member, change.handle])
    if (!enrolled?.key) throw new PlatformError("patient_has_no_key", "this patient has no key here yet")
    if (payload.signers.length !== 1 || !equalBytes(payload.signers[0], enrolled.key))
      throw refused("it is not signed by the handle's key")
    if (payload.expiry <= Date.now()) throw refused("the transaction has expired")
    if (!equalBytes(policyRoot(change.documents), input.root))
      throw refused("the documents do not give the root that was signed")
    readPolicy(change.documents)
    await this.vault.atomically(async () => {
      const before = await this.vault.policy(change.handle)
      const waiting = before?.pending ?? []
      if (waiting.length >= MAX_PENDING_CHANGES)
        throw new PlatformError(
          "policy_pending",
          `${waiting.length} changes wait for the ledger already; try again in a moment`,
        )
      const last = waiting.at(-1)
      if (last && payload.expiry <= readEnvelope(last).payload.expiry)
        throw new PlatformError(
          "policy_pending",
          "a change must expire after the one before it, which is not on the ledger yet",
        )
      const version = before?.version ?? 0
      if (input.base !== version)
        throw new PlatformError(
          "policy_changed_meanwhile",
          `the policy is at version ${version}; read it again and sign a new change`,
        )
      if (payload.action !== "grant") mustNotWiden(before?.documents ?? [], change.documents)
      const pending = [...waiting, change.envelope]
      await this.vault.setPolicy(change.handle, {
        version: version + 1,
        root: input.root,
        documents: change.documents,
        pending,
      })
    })
    this.schedule(change.handle, change.envelope)
  }

  /** Pending changes from before a restart. */
  async resume(): Promise<void> {
    for (const { handle } of await this.vault.patients()) {
      const stored = await this.vault.policy(handle)
      for (const envelope of stored?.pending ?? []) this.schedule(handle, envelope)
    }
  }

  /** Submits everything that waits, without waiting for its time. */
  async flush(): Promise<void> {
    for (const { handle } of await this.vault.patients()) {
      const stored = await this.vault.policy(handle)
      for (const envelope of stored?.pending ?? []) await this.submit(handle, envelope)
    }
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
  }

  private schedule(handle: Bytes, envelope: Bytes): void {
    const { expiry } = readEnvelope(envelope).payload
    const wait = Math.max(0, expiry - SUBMIT_BEFORE_EXPIRY_MS - Date.now())
    const name = nameOf(handle) + nameOf(envelope)
    clearTimeout(this.timers.get(name))
    const timer = setTimeout(() => {
      this.submit(handle, envelope).catch((error) => this.onFault(error))
    }, wait)
    timer.unref()
    this.timers.set(name, timer)
  }

  /** Submits a change and, first, those that it builds on. */
  private submit(handle: Bytes, envelope: Bytes): Promise<void> {
    const next = () => this.submitUpTo(handle, envelope)
    this.submitting = this.submitting.then(next, next)
    return this.submitting
  }

  private async submitUpTo(handle: Bytes, envelope: Bytes): Promise<void> {
    const waiting = (await this.vault.policy(handle))?.pending ?? []
    const upTo = waiting.findIndex((one) => equalBytes(one, envelope))
    for (const one of waiting.slice(0, upTo + 1)) {
      accepted(await this.ledger.engine.submit(one))
      await this.vault.atomically(async () => {
        const stored = await this.vault.policy(handle)
        if (!stored) return
        await this.vault.setPolicy(handle, {
          ...stored,
          pending: stored.pending.filter((other) => !equalBytes(other, one)),
        })
      })
    }
  }
}

const unknownPolicy = (why: string) =>
  new PlatformError(
    "policy_unknown",
    `the patient's policy is not fully known here (${why}); nothing is released`,
  )
const refused = (why: string) => new PlatformError("policy_unknown", `the change is refused: ${why}`)

/** A `restrict` or `revoke` may take documents away and add denials, nothing else. */
function mustNotWiden(before: readonly PolicyDocument[], after: readonly PolicyDocument[]): void {
  const known = new Set(before.map(({ content, salt }) => nameOf(salt) + nameOf(content)))
  const denials = (documents: readonly PolicyDocument[]) => documents.filter(isPureDenial)
  for (const document of after)
    if (!known.has(nameOf(document.salt) + nameOf(document.content)) && !isPureDenial(document))
      throw refused("it permits something new although it claims to restrict")
  const kept = new Set(after.map(({ salt }) => nameOf(salt)))
  for (const document of denials(before))
    if (!kept.has(nameOf(document.salt)))
      throw refused("it takes a denial away although it claims to restrict")
}

function isPureDenial({ content }: PolicyDocument): boolean {
  const consent = parseJson(content)
  if (!isObject(consent) || consent.status !== "active" || !isObject(consent.provision)) return false
  return consent.provision.type === "deny" && consent.provision.provision === undefined
}
