import { type Bytes, CASE_TAG, type Cbor, caseSeed, handleSeed, makeStock } from "@aceso/core"
import { type Caller, patientCaller, post } from "./http.ts"
import type { OwnCase } from "./own-case.ts"
import type { PatientPlace } from "./patient-place.ts"
import { okAnswer } from "./schemas.ts"

/** Keys that are looked for at once; a gap of so many unused ones is taken for the end. */
export const STOCK = 64

interface Parts {
  readonly network: string
  readonly seed: Bytes
  /** It acts for somebody else, by `keyOf`. */
  readonly isDelegate?: boolean
  /** The seed of the key by which the device calls the place; without it the handle's own. */
  readonly keyOf?: (place: PatientPlace) => Bytes
}

/** One-time keys of a device, by which it opens cases (CAPABILITIES.md, Case keys). */
export class CaseSeeds {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  of({ place, j }: Pick<OwnCase, "place" | "j">): Bytes {
    return caseSeed(this.baseOf(place), place.custodian, place.handle, j)
  }

  callerOf(one: Pick<OwnCase, "place" | "j">): Caller {
    return { seed: this.of(one), tag: CASE_TAG }
  }

  /** Leaves the next keys with a custodian: by them it knows whose case it is, and nobody else does. */
  async leave(place: PatientPlace, from: number): Promise<void> {
    const { network } = this.parts
    const { custodian, handle } = place
    const seed = this.keyOf(place)
    const stock = makeStock(this.baseOf(place), seed, { network, custodian, handle, from, count: STOCK })
    const question = { handle, stock } as unknown as Cbor
    await post(`${place.url}/patient/case-keys`, question, patientCaller(seed, place), okAnswer)
  }

  /** What case keys follow from: of a delegate who is entered a second time other ones than the first time. */
  private baseOf(place: PatientPlace): Bytes {
    return this.parts.isDelegate ? this.keyOf(place) : this.parts.seed
  }

  private keyOf(place: PatientPlace): Bytes {
    const { seed, keyOf } = this.parts
    return keyOf ? keyOf(place) : handleSeed(seed, place.custodian, place.handle, place.keyNumber)
  }
}
