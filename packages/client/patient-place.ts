import {
  type Bytes,
  type Cbor,
  type ConsentCopy,
  type Handle,
  hasNoRecordCriteria,
  type MemberId,
  type PendingRequest,
  type Place,
  PlatformError,
  type PolicyDocument,
  type PolicyState,
  policyPlace,
  type Schema,
  toHex,
} from "@aceso/core"

export interface PatientPlace {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly keyNumber: number
  /** The custodian's node. */
  readonly url: string
}

/** Of one's own places each by a name of its own: somebody may be known at one custodian by two handles. */
export const placeName = ({ custodian, handle }: Place): string =>
  `${custodian}.${toHex(handle).slice(0, 16)}`

/** Those that a name means: a custodian's, or the beginning of the full name of one, behind its point. */
export const placesNamed = <P extends Place>(places: readonly P[], name: string): readonly P[] =>
  places.filter(
    (place) =>
      place.custodian === name ||
      (name.startsWith(`${place.custodian}.`) && placeName(place).startsWith(name)),
  )

/** The one place that a name means; undefined: there is none, or there are two. */
export function placeNamed<P extends Place>(places: readonly P[], name: string): P | undefined {
  const found = placesNamed(places, name)
  return found.length === 1 ? found[0] : undefined
}

/** What the device of one patient, or of a delegate, does at its custodians. */
export interface PatientCalls {
  readonly network: string
  readonly places: readonly PatientPlace[]
  ask<T>(
    place: PatientPlace,
    what: string,
    question: { readonly [name: string]: Cbor },
    answer: Schema<T>,
  ): Promise<T>
  /** The seed of the key by which it acts. */
  keyOf(place: PatientPlace): Bytes
}

/** A consent as its grantee gets it, and the transaction by which the ledger will know it. */
export interface Granted {
  readonly copy: ConsentCopy
  readonly payloadId: Bytes
}

export interface InboxRequest extends PendingRequest {
  readonly place: PatientPlace
}

/** Entries read of so many. */
export type PageListener = (custodian: MemberId, entries: number, highest: number) => void

/** The copy of a consent, as its grantee gets it. */
export function copyOf(
  { custodian, handle }: PatientPlace,
  document: PolicyDocument,
  { version, documents, salt }: Pick<PolicyState, "version" | "documents"> & { readonly salt: Bytes },
): ConsentCopy {
  const { index, path } = policyPlace(documents, salt, document)
  // Who gets the whole policy may see an omission; anybody else learns nothing of the other documents.
  const whole = documents.length === 1 && hasNoRecordCriteria(document) ? { whole: salt } : {}
  return { custodian, handle, document, version, index, path: [...path], ...whole }
}

export const unknownConsent = (consentId: string) =>
  new PlatformError("unknown_consent", `no consent of yours has the id ${consentId}; see aceso requests`)
