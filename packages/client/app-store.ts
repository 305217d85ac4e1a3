import {
  type Bytes,
  type Cbor,
  gotWrapped,
  type Hash,
  PlatformError,
  signWrapped,
  type WrappedRecord,
} from "@aceso/core"
import { type Believed, believedPlaces, type PlaceLedger, SILENT_LEDGER } from "./believed-places.ts"
import { nobody, post } from "./http.ts"
import { okAnswer } from "./schemas.ts"
import {
  isSameKept,
  type KeptPlaces,
  mergedPlaces,
  NO_PLACES,
  opened,
  openedPlaces,
  placesId,
  sealed,
  sealedPlaces,
  type WayBack,
  withPlace,
  withWay,
} from "./wrapping.ts"

/** What a device keeps with the app's operator. */
export class AppStore {
  private readonly url: string
  private readonly origin: string
  private readonly ledger: PlaceLedger

  /**
   * @param url where the app is reached @param origin the first that the genesis names for it
   * @param ledger without it nothing of the record is taken that this device knows otherwise
   */
  constructor(url: string, origin: string, ledger: PlaceLedger = SILENT_LEDGER) {
    this.url = url.replace(/\/$/, "")
    this.origin = origin
    this.ledger = ledger
  }

  async get(id: Hash): Promise<WrappedRecord | null> {
    return (await this.call("get", { id }, gotWrapped)).record
  }

  /** The next version. @throws PlatformError `record_changed_meanwhile`, `not_permitted` */
  async put(seed: Bytes, id: Hash, content: Bytes, version: number): Promise<void> {
    await this.call(
      "put",
      signWrapped(this.origin, seed, id, { version, content }) as unknown as Cbor,
      okAnswer,
    )
  }

  /** The seed under another secret; what lies there of this seed already stays. */
  async keepSeed(seed: Bytes, id: Hash, key: Bytes): Promise<void> {
    if (await this.get(id)) return
    await this.put(seed, id, await sealed(key, id, seed), 1)
  }

  /** The same, and every device of that seed puts it there again where it was lost. */
  async keepWay(seed: Bytes, way: WayBack, here: KeptPlaces = NO_PLACES): Promise<KeptPlaces> {
    await this.keepSeed(seed, way.id, way.key)
    return this.change(seed, (kept) => withWay(kept, way), here)
  }

  /** @throws PlatformError `unknown_code`: nothing lies there; `wrong_secret` */
  async seed(id: Hash, key: Bytes): Promise<Bytes> {
    const record = await this.get(id)
    if (!record)
      throw new PlatformError(
        "unknown_code",
        "nothing is kept by this: check what was typed, or which passkey it was",
      )
    return opened(key, id, record.content)
  }

  /** As they lie there: whoever has the seed may have put them there. */
  async places(seed: Bytes): Promise<KeptPlaces> {
    const record = await this.get(placesId(seed))
    return record ? openedPlaces(seed, record.content) : { places: [] }
  }

  /** What a device that knows these takes of them. */
  async believed(seed: Bytes, here: KeptPlaces): Promise<KeptPlaces> {
    return (await this.judged(seed, here, await this.places(seed))).kept
  }

  /** Adds or renews one, whatever another device put there meanwhile. */
  addPlace(seed: Bytes, place: KeptPlaces["places"][number], here = NO_PLACES): Promise<KeptPlaces> {
    return this.change(seed, (kept) => withPlace(kept, place), here)
  }

  /**
   * Changes what is kept, whatever another device put there meanwhile. What of that is believed: `believedPlaces`.
   * @param here as this device knows it: what the operator has lost since is put there again
   */
  async change(
    seed: Bytes,
    edit: (kept: KeptPlaces) => KeptPlaces,
    here: KeptPlaces = NO_PLACES,
  ): Promise<KeptPlaces> {
    const id = placesId(seed)
    for (let attempt = 1; ; attempt++) {
      const record = await this.get(id)
      const found = record ? await openedPlaces(seed, record.content) : NO_PLACES
      const { kept, left } = await this.judged(seed, here, found)
      const next = edit(kept)
      const told = mergedPlaces(left, next)
      if (record && isSameKept(told, found)) return next
      try {
        await this.put(seed, id, await sealedPlaces(seed, told), (record?.version ?? 0) + 1)
        return next
      } catch (error) {
        const isOvertaken = error instanceof PlatformError && error.code === "record_changed_meanwhile"
        if (!isOvertaken || attempt >= MAX_ATTEMPTS) throw error
      }
    }
  }

  private judged(seed: Bytes, here: KeptPlaces, record: KeptPlaces): Promise<Believed> {
    return believedPlaces(seed, here, record, this.ledger)
  }

  private call<T>(what: string, question: Cbor, answer: Parameters<typeof post<T>>[3]): Promise<T> {
    return post(`${this.url}/wrapped/${what}`, question, nobody(), answer)
  }
}

const MAX_ATTEMPTS = 10
