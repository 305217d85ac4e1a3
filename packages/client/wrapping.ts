import {
  type Bytes,
  bytes,
  type Cbor,
  decodeCbor,
  domainBytes,
  domainHash,
  encodeCbor,
  equalBytes,
  type Hash,
  handle,
  hash32,
  hkdf,
  type Infer,
  isSamePlace,
  list,
  memberId,
  object,
  optional,
  type Place,
  PlatformError,
  text,
  toHex,
  uint,
  WRAPPED_BYTES,
  wrappedId,
} from "@aceso/core"
import { LENGTH_BYTES, NONCE_BYTES, openWith, padded, sealWith, TAG_BYTES, unpadded } from "./aes-gcm.ts"

const PADDED_BYTES = WRAPPED_BYTES - NONCE_BYTES - TAG_BYTES
const MAX_PLAIN_BYTES = PADDED_BYTES - LENGTH_BYTES

const keptPlace = { custodian: memberId, handle, keyNumber: uint(1000), url: text(200) }
/** For whom this seed acts: an invitation that was accepted by a key of this number. */
export const keptDelegation = object({ ...keptPlace, person: text(120) })
export type KeptDelegation = Infer<typeof keptDelegation>
export const MAX_DELEGATIONS = 16
export const MAX_PLACES = 64
const MARK_BYTES = 16
const MAX_FORGOTTEN = 64
const MAX_WAYS = 8
/** Under which id the seed lies, and the key that opens it there. */
const wayBack = object({ id: hash32, key: hash32 })
export type WayBack = Infer<typeof wayBack>

/** What is known of where a patient is, and for whom they act; sealed under the seed. */
export const keptPlaces = object({
  places: list(object(keptPlace), MAX_PLACES),
  /** Absent in what was written before there were any. */
  delegations: optional(list(keptDelegation, MAX_DELEGATIONS)),
  /** Marks of delegations that are over: a copy that still has them does not bring them back. */
  forgotten: optional(list(bytes(MARK_BYTES, MARK_BYTES), MAX_FORGOTTEN)),
  /** By which the seed is found with the operator, so that a device puts it there again where it was lost. */
  ways: optional(list(wayBack, MAX_WAYS)),
})
export type KeptPlaces = Infer<typeof keptPlaces>

const keyOf = (secret: Bytes, what: string): Bytes =>
  hkdf(secret, new Uint8Array(0), domainBytes("wrap", what), 32)
/** The key under a passkey's PRF output (WebAuthn Level 3, section 10.1.4), or under a passphrase's Argon2id. */
export const prfKey = (output: Bytes): Bytes => keyOf(output, "prf")
export const passphraseKey = (stretched: Bytes): Bytes => keyOf(stretched, "passphrase")
const placesKey = (seed: Bytes): Bytes => keyOf(seed, "places")
export const placesId = (seed: Bytes): Hash => wrappedId("places", keyOf(seed, "places-id"))

/** AES-256-GCM over content and padding: all have one size. @param id to which it is bound @throws RangeError */
export async function sealed(key: Bytes, id: Hash, plain: Bytes): Promise<Bytes> {
  if (plain.length > MAX_PLAIN_BYTES)
    throw new RangeError(`more than ${MAX_PLAIN_BYTES} bytes cannot be kept`)
  return sealWith(key, id, padded(plain, PADDED_BYTES))
}

/** @throws PlatformError `wrong_secret`: not by this key, or changed */
export async function opened(key: Bytes, id: Hash, content: Bytes): Promise<Bytes> {
  const all = await openWith(key, id, content)
  if (!all)
    throw new PlatformError("wrong_secret", "this does not open it: another passkey, passphrase or code does")
  const plain = unpadded(all)
  if (!plain) throw new PlatformError("wrong_secret", "what was kept makes no sense")
  return plain
}

/** Places as a device keeps them, sealed under its seed. @throws PlatformError `wrong_secret` */
export const openedPlaces = async (seed: Bytes, content: Bytes): Promise<KeptPlaces> =>
  keptPlaces.parse(decodeCbor(await opened(placesKey(seed), placesId(seed), content)), "places")

export const sealedPlaces = (seed: Bytes, kept: KeptPlaces): Promise<Bytes> =>
  sealed(placesKey(seed), placesId(seed), encodeCbor(kept as unknown as Cbor))

const placeName = ({ custodian, handle }: Place): string => `${custodian}/${toHex(handle)}`
const markOf = ({ custodian, handle, keyNumber }: KeptDelegation): Bytes =>
  domainHash("forgotten", custodian, handle, keyNumber).slice(0, MARK_BYTES)

/** The highest key number of each, in the order of their first; of the same number the last. */
function highest<T extends Place & { readonly keyNumber: number }>(all: readonly T[]): T[] {
  const found = new Map<string, T>()
  for (const one of all) {
    const before = found.get(placeName(one))
    if (!before || before.keyNumber <= one.keyNumber) found.set(placeName(one), one)
  }
  return [...found.values()]
}
const distinct = <T>(all: readonly T[], nameOf: (one: T) => string, most: number): T[] =>
  [...new Map(all.map((one) => [nameOf(one), one])).values()].slice(-most)

/**
 * What two copies know together: any of them may be older, after a restore of the operator or on a device that was away.
 * Nothing is lost by it but what was forgotten on purpose.
 */
export function mergedPlaces(one: KeptPlaces, other: KeptPlaces): KeptPlaces {
  const forgotten = distinct([...(one.forgotten ?? []), ...(other.forgotten ?? [])], toHex, MAX_FORGOTTEN)
  const gone = new Set(forgotten.map(toHex))
  const acting = [...(one.delegations ?? []), ...(other.delegations ?? [])]
  const live = highest(acting.filter((found) => !gone.has(toHex(markOf(found)))))
  const ways = distinct([...(one.ways ?? []), ...(other.ways ?? [])], ({ id }) => toHex(id), MAX_WAYS)
  return {
    places: highest([...one.places, ...other.places]).slice(-MAX_PLACES),
    ...(live.length > 0 && { delegations: live.slice(-MAX_DELEGATIONS) }),
    ...(forgotten.length > 0 && { forgotten }),
    ...(ways.length > 0 && { ways }),
  }
}

export const NO_PLACES: KeptPlaces = { places: [] }
/** Whether both copies know the same. */
export const isSameKept = (one: KeptPlaces, other: KeptPlaces): boolean =>
  equalBytes(
    encodeCbor(mergedPlaces(one, NO_PLACES) as unknown as Cbor),
    encodeCbor(mergedPlaces(other, NO_PLACES) as unknown as Cbor),
  )

export const withPlace = (kept: KeptPlaces, place: KeptPlaces["places"][number]): KeptPlaces =>
  mergedPlaces(kept, { places: [place] })
export const withWay = (kept: KeptPlaces, way: WayBack): KeptPlaces =>
  mergedPlaces(kept, { places: [], ways: [way] })

const marked = (kept: KeptPlaces, over: readonly KeptDelegation[]): KeptPlaces =>
  mergedPlaces(kept, { places: [], forgotten: over.map(markOf) })
/** The newest are kept. */
export function withDelegation(kept: KeptPlaces, delegation: KeptDelegation): KeptPlaces {
  const before = kept.delegations ?? []
  const others = before.filter((one) => !isSamePlace(one, delegation))
  const left = others.slice(-(MAX_DELEGATIONS - 1))
  const isIt = (one: KeptDelegation) => isSamePlace(one, delegation) && one.keyNumber === delegation.keyNumber
  const over = before.filter((one) => !left.includes(one) && !isIt(one))
  return marked({ ...kept, delegations: [...left, delegation] }, over)
}
export const withoutDelegation = (kept: KeptPlaces, place: Place): KeptPlaces =>
  marked(
    kept,
    (kept.delegations ?? []).filter((one) => isSamePlace(one, place)),
  )
/** A key of this number was one's own for that person before, and is over. */
export const isForgotten = (kept: KeptPlaces, delegation: KeptDelegation): boolean =>
  (kept.forgotten ?? []).some((mark) => equalBytes(mark, markOf(delegation)))
