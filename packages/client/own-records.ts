import {
  assembled,
  type Bytes,
  type Cbor,
  chunksOf,
  delegateSeed,
  type GenesisDocument,
  type Hash,
  handleSeed,
  type ObjectRef,
  ownAttachment,
  type Schema,
  sha256,
} from "@aceso/core"
import { patientCaller, post } from "./http.ts"
import { LedgerProofs } from "./ledger-proofs.ts"
import { type OwnHistory, readOwnHistory } from "./own-history.ts"
import type { PageListener, PatientCalls, PatientPlace } from "./patient-place.ts"
import { ProvenRows } from "./proven-rows.ts"

/** Who reads: a patient, or a delegate for somebody else. */
export interface ReaderOptions {
  readonly network: string
  readonly seed: Bytes
  readonly places: readonly PatientPlace[]
  /** The seed is a delegate's, and the places are those of the person for whom it acts. */
  readonly isDelegate?: boolean
  /** What the patient trusts; without it, and without `genesis`, the genesis that the first node shows. */
  readonly anchor?: GenesisDocument
  /** Its hash: nodes that show another one are not believed. */
  readonly genesis?: Hash
}

/**
 * What a device reads of its patient's own records, and no more of what it can do: a page has this before all the rest
 * is loaded (`PatientClient`).
 */
export class OwnRecords {
  readonly network: string
  readonly places: readonly PatientPlace[]
  readonly proofs: LedgerProofs
  readonly rows: ProvenRows
  private readonly seed: Bytes
  private readonly isDelegate: boolean

  constructor({ network, seed, places, isDelegate = false, anchor, genesis }: ReaderOptions) {
    this.network = network
    this.seed = seed
    this.places = places
    this.isDelegate = isDelegate
    this.proofs = new LedgerProofs(anchor, genesis && { genesis })
    this.rows = new ProvenRows(this.proofs, this.calls.ask)
  }

  get calls(): PatientCalls {
    return {
      ...{ network: this.network, places: this.places },
      ask: (place, what, question, answer) => this.ask(place, what, question, answer),
      keyOf: (place) => this.keyOf(place),
    }
  }

  /**
   * The own records of all custodians, held against the ledger.
   * @param onPage told how far it is at a custodian
   */
  history(onPage?: PageListener): Promise<OwnHistory> {
    return readOwnHistory(this.calls, this.rows, this.proofs, onPage)
  }

  /**
   * A large object of one of the own records.
   * @param index of the record, in its log
   */
  async attachment(place: PatientPlace, index: number, { root, size }: ObjectRef): Promise<Bytes> {
    const { content } = await this.ask(place, "attachment", { index, object: { root, size } }, ownAttachment)
    return assembled({ root, size }, chunksOf(content).map(sha256), chunksOf(content))
  }

  ask<T>(
    place: PatientPlace,
    what: string,
    question: { readonly [name: string]: Cbor },
    answer: Schema<T>,
  ): Promise<T> {
    const caller = patientCaller(this.keyOf(place), place)
    return post(`${place.url}/patient/${what}`, { handle: place.handle, ...question }, caller, answer)
  }

  keyOf({ custodian, handle, keyNumber }: PatientPlace): Bytes {
    const derived = this.isDelegate ? delegateSeed : handleSeed
    return derived(this.seed, custodian, handle, keyNumber)
  }
}
