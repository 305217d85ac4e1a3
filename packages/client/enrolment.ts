import {
  type Bytes,
  type Cbor,
  type EnrolmentInvitation,
  equalBytes,
  type GenesisDocument,
  genesisHash,
  handleKeyRow,
  handleSeed,
  keyAt,
  type MemberId,
  PAIRING_TAG,
  PlatformError,
  type PublicKey,
  publicKey,
  REKEY_MS,
  randomBytes,
  readGenesis,
  rowsAnswer,
  type Schema,
  type SignedGenesis,
  signFirstKey,
} from "@aceso/core"
import { firstKeyAnswer, type PersonTold, personTold } from "./enrolment-schemas.ts"
import { post } from "./http.ts"
import { LedgerMembers } from "./ledger-members.ts"
import { LedgerProofs, rowsAt } from "./ledger-proofs.ts"
import { NewDevice } from "./new-device.ts"
import type { PatientPlace } from "./patient-place.ts"
import { PublicClient } from "./public-client.ts"

/** Whom a device is about to join, as the ledger has it. */
export interface Joining {
  readonly custodian: MemberId
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly network: string
}

/** What the device signs counts only if a block takes it within so long, ms. */
const EXPIRY_MS = 120_000
/** A handle may get its row while the device signs. */
const TRIES = 3
const PAUSE_MS = 1000
/** What a node answers that has just been started again, or nothing at all. */
const LOST = ["node_unreachable", "not_started", "engine_unreachable", "busy"] as const
/** What a node in trouble answers, and a proxy before it. */
const UNSURE = ["internal_fault", "bad_answer"] as const

/**
 * A patient's device that joins a custodian at its desk: it pairs by a key of its own that follows from nothing, and is
 * told the handle only when the digits were typed (docs/decisions/0044).
 */
export class PatientEnrolment {
  readonly joining: Joining
  /** What the device trusts from now on. */
  readonly genesis: SignedGenesis
  private readonly invitation: EnrolmentInvitation
  private readonly proofs: LedgerProofs
  private readonly members: LedgerMembers
  /** Made for this pairing, and forgotten with it. */
  private readonly pairingSeed = randomBytes(32)
  /** From when the key counts that was put in place of a lost one, ms; null: it is the first, and counts. */
  countsFrom: number | null = null
  /** What was signed has been sent, and nobody has said that it was refused. */
  mayBeThere = false
  private device: NewDevice | undefined
  private told: PersonTold | undefined

  private constructor(
    invitation: EnrolmentInvitation,
    joining: Joining,
    genesis: SignedGenesis,
    ledger: { readonly proofs: LedgerProofs; readonly members: LedgerMembers },
  ) {
    this.invitation = invitation
    this.joining = joining
    this.genesis = genesis
    this.proofs = ledger.proofs
    this.members = ledger.members
  }

  /**
   * Holds an invitation against the ledger: that organisation is a member there, and this is its node. Uses nothing up.
   * @param trusted the genesis by which the device went before
   * @throws PlatformError `wrong_network`, `unknown_member`, `bad_url`, `bad_proof`, `bad_genesis`
   */
  static async meet(invitation: EnrolmentInvitation, trusted?: SignedGenesis): Promise<PatientEnrolment> {
    const { url, custodian, network } = invitation
    if (trusted && !equalBytes(genesisHash(trusted), invitation.genesis))
      throw wrongNetwork(
        `this device belongs to the network ${readGenesis(trusted).network}, which is another`,
      )
    const node = new PublicClient(url)
    const { signed, document } = await node.genesis()
    if (!equalBytes(genesisHash(signed), invitation.genesis) || document.network !== network)
      throw wrongNetwork(`the node at ${url} is not of the network that the code names`)
    const proofs = new LedgerProofs(document satisfies GenesisDocument)
    const members = new LedgerMembers(proofs, node)
    const { name, kind, url: onLedger } = await members.active(custodian)
    if (onLedger !== url)
      throw new PlatformError(
        "bad_url",
        `the code leads to ${url}, and the ledger has the node of ${custodian} at ${onLedger}: join nobody there, and tell the desk`,
      )
    return new PatientEnrolment(invitation, { custodian, name, kind, url, network }, signed, {
      proofs,
      members,
    })
  }

  /**
   * Uses the code up.
   * @returns the six digits that the person reads out at the desk
   * @throws PlatformError `unknown_code`, `code_used`, `wrong_recipient`, those of NewDevice.begin
   */
  async begin(): Promise<string> {
    const { url, code, network, custodian } = this.invitation
    const device = await NewDevice.begin(url, code, this.pairingSeed, network)
    if (device.begun.kind !== "patient" || device.begun.member !== custodian)
      throw new PlatformError(
        "wrong_recipient",
        "this code is for something else than to join as a patient; ask for another one at the desk",
      )
    this.device = device
    return device.digits
  }

  /** Resolves when the digits were typed at the desk. @throws PlatformError `unknown_code` */
  async confirmed(signal?: AbortSignal): Promise<void> {
    await this.device?.confirmed(signal)
  }

  /** Who this device is to be, as the custodian has recorded it: the person has to see it. @throws PlatformError `unknown_key` */
  async person(): Promise<PersonTold> {
    const told = await this.ask("person", {}, personTold)
    const isOther = this.told && !equalBytes(this.told.handle, told.handle)
    if (told.custodian !== this.joining.custodian || isOther)
      throw new PlatformError("bad_answer", `${this.joining.url} answers for somebody else; tell the desk`)
    if (!(await this.members.keysOf(told.custodian)).some((key) => equalBytes(key, told.memberKey)))
      throw new PlatformError(
        "bad_answer",
        `${this.joining.url} signs by a key that is not ${told.custodian}'s`,
      )
    this.told = told
    return told
  }

  /** Where the records of that person lie, for a device with any seed; nothing is signed yet. */
  placeOf({ custodian, handle, keyNumber }: PersonTold): PatientPlace {
    return { custodian, handle, keyNumber, url: this.joining.url }
  }

  /**
   * Signs the enrolment by the key that follows from the device's seed, and proves that the ledger has it.
   * @param seed of the device: whatever else it has joined, nobody here learns
   * Called again after a fault, it signs nothing where the ledger has the key by then.
   * @throws PlatformError `key_exists`, `unknown_key`, `bad_answer`, `bad_proof`; in place of a lost one also `rekey_pending`,
   *   `no_rekey`, `policy_pending`, `known_secret`
   */
  async enrol(seed: Bytes): Promise<PatientPlace> {
    let told = this.told ?? (await this.person())
    const place = this.placeOf(told)
    const keySeed = handleSeed(seed, place.custodian, place.handle, place.keyNumber)
    const { network } = this.joining
    const isRekey = told.action === "rekey"
    if (this.mayBeThere && (await this.isThere(place, publicKey(keySeed), isRekey))) return place
    if (await this.isKnownTo(seed)) throw knownSecret()
    for (let left = TRIES; ; left--) {
      const expiry = Date.now() + EXPIRY_MS
      try {
        await this.deliver(signFirstKey({ network, ...told }, keySeed, expiry), expiry)
        break
      } catch (error) {
        // The ledger has got a row of the handle since, or has none yet.
        const isOther = error instanceof PlatformError && OTHER_ROW.some((code) => code === error.code)
        if (!isOther || left === 0) throw error
        told = await this.person()
      }
    }
    // What the node says is not enough.
    if (!(await this.isThere(place, publicKey(keySeed), isRekey)))
      throw new PlatformError(
        "bad_answer",
        `${place.url} says that the key is enrolled, and the ledger does not have it`,
      )
    return place
  }

  /**
   * Whether the key that is to be replaced follows from this seed: whoever has the lost device has the next one too.
   * @throws PlatformError `bad_proof`
   */
  async isKnownTo(seed: Bytes): Promise<boolean> {
    const told = this.told ?? (await this.person())
    if (told.action !== "rekey") return false
    const { custodian, handle } = told
    const row = await this.row(this.placeOf(told))
    if (!row) return false
    const { key } = keyAt(row, Date.now())
    const numbers = Array.from({ length: Math.min(told.keyNumber, MAX_EARLIER) }, (_, i) => i + 1)
    return numbers.some(
      (n) => key !== null && equalBytes(key, publicKey(handleSeed(seed, custodian, handle, n))),
    )
  }

  /** The very same again where the answer was lost, as long as the ledger might take it. */
  private async deliver(envelope: Bytes, expiry: number): Promise<void> {
    for (;;)
      try {
        await this.ask("enrol", { envelope }, firstKeyAnswer)
        this.mayBeThere = true
        return
      } catch (error) {
        const said = error instanceof PlatformError ? error : undefined
        const isLost = LOST.some((code) => code === said?.code)
        const isRefused = said?.details.status !== undefined && !UNSURE.some((code) => code === said.code)
        if (isLost || !isRefused) this.mayBeThere = true
        if (!isLost || Date.now() >= expiry) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
  }

  /** @throws PlatformError `bad_proof` */
  private async isThere(place: PatientPlace, own: PublicKey, isRekey: boolean): Promise<boolean> {
    const found = await this.row(place)
    const key = isRekey ? found?.next?.key : found && keyAt(found, Date.now()).key
    if (isRekey && found?.next) this.countsFrom = found.next.since + REKEY_MS
    return key !== undefined && key !== null && equalBytes(key, own)
  }

  private async row({ url, custodian, handle }: PatientPlace) {
    const source = rowsAt(url, (rows) => this.ask("rows", { rows: rows as unknown as Cbor }, rowsAnswer))
    const [row] = await this.proofs.rows(source, "handles", [[custodian, handle]])
    return row && handleKeyRow(row)
  }

  private ask<T>(what: string, question: { readonly [name: string]: Cbor }, answer: Schema<T>): Promise<T> {
    const caller = { seed: this.pairingSeed, tag: PAIRING_TAG }
    return post(`${this.joining.url}/pairing/${what}`, question, caller, answer, { timeoutMs: 150_000 })
  }
}

/** Of so many keys at one custodian it is looked whether they follow from a seed. */
const MAX_EARLIER = 64
export const knownSecret = () =>
  new PlatformError(
    "known_secret",
    "the secret of this device is that of the lost one, and whoever has that one would have the new key as well: this needs a new secret; nothing was signed",
  )
const OTHER_ROW = ["handle_exists", "handle_not_enrolled"] as const
const wrongNetwork = (why: string) =>
  new PlatformError("wrong_network", `${why}; join nobody there, and tell the desk`)
