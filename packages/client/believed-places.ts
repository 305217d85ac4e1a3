import { type Bytes, isSamePlace, type MemberId } from "@aceso/core"
import type { PatientPlace } from "./patient-place.ts"
import {
  isForgotten,
  type KeptDelegation,
  type KeptPlaces,
  MAX_DELEGATIONS,
  MAX_PLACES,
  mergedPlaces,
} from "./wrapping.ts"

/** What the ledger says of places, or that nobody shows it now. */
export interface PlaceLedger {
  /**
   * Where a custodian's node is; undefined: nobody shows it now.
   * @param known where this device asked it before
   */
  urlOf(custodian: MemberId, known: string | undefined): Promise<string | undefined>
  /** Whether the key of that number, as it follows from the seed, counts at a place. */
  counts(seed: Bytes, place: PatientPlace, isDelegate: boolean): Promise<"yes" | "no" | "unknown">
}
/** Nobody shows anything. */
export const SILENT_LEDGER: PlaceLedger = { urlOf: async () => undefined, counts: async () => "unknown" }

export interface Believed {
  readonly kept: KeptPlaces
  /** What the record has and could neither be proven nor refuted: it stays there, to be asked about again. */
  readonly left: KeptPlaces
}

/**
 * What a device takes of the record that lies with the app's operator. Whoever has the seed can write there, also a thief of
 * an earlier device: a key's number, an address and the end of a delegation count only where the ledger has them, and
 * otherwise as this device knew them.
 * @param here as this device knows it @param record what lies with the operator
 */
export async function believedPlaces(
  seed: Bytes,
  here: KeptPlaces,
  record: KeptPlaces,
  ledger: PlaceLedger,
): Promise<Believed> {
  return new Judging(seed, here, record, ledger).run()
}

/** Which of two is kept, and whether it can be asked again. */
interface Judged<T> {
  readonly kept?: T
  readonly left?: T
}

class Judging {
  private readonly seed: Bytes
  private readonly here: KeptPlaces
  private readonly record: KeptPlaces
  private readonly ledger: PlaceLedger
  private readonly urls = new Map<MemberId, Promise<string | undefined>>()

  constructor(seed: Bytes, here: KeptPlaces, record: KeptPlaces, ledger: PlaceLedger) {
    this.seed = seed
    this.here = here
    this.record = record
    this.ledger = ledger
  }

  async run(): Promise<Believed> {
    const { here, record } = this
    const places = await this.all(here.places, record.places, (own, found) =>
      own ? this.contested(own, found, false) : this.newPlace(found, false),
    )
    const live = (here.delegations ?? []).filter((one) => !isForgotten(here, one))
    const theirs = (record.delegations ?? []).filter((one) => !isForgotten(here, one))
    const ended = live.filter((one) => isForgotten(record, one))
    const standing = await Promise.all(ended.map(async (one) => ((await this.hasEnded(one)) ? [] : [one])))
    const kept = standing.flat()
    // Its end is not believed, so that nothing takes its place either.
    const marks = (record.forgotten ?? []).filter(
      (mark) => !kept.some((one) => isForgotten({ places: [], forgotten: [mark] }, one)),
    )
    const left = live.filter((one) => !ended.includes(one) || kept.includes(one))
    const delegations = await this.all(
      left,
      theirs.filter((one) => !kept.some((own) => isSamePlace(own, one))),
      (own, found) => (own ? this.contested(own, found, true) : this.newPlace(found, true)),
    )
    // Where there are too many, what this device had stays: of marks and ways the last ones do.
    return {
      kept: mergedPlaces(
        { places: [], forgotten: marks, ways: record.ways },
        {
          ...here,
          places: places.kept.slice(0, MAX_PLACES),
          delegations: delegations.kept.slice(0, MAX_DELEGATIONS),
        },
      ),
      left: { places: places.left, delegations: delegations.left, forgotten: record.forgotten },
    }
  }

  private async all<T extends PatientPlace>(
    own: readonly T[],
    found: readonly T[],
    judge: (own: T | undefined, found: T) => Promise<Judged<T>>,
  ): Promise<{ readonly kept: T[]; readonly left: T[] }> {
    const ownOf = (one: T) => own.find((known) => isSamePlace(known, one))
    const others = found.filter((one) => !isAlike(ownOf(one), one))
    const judged = await Promise.all(others.map((one) => judge(ownOf(one), one)))
    const told = judged.flatMap(({ kept }) => kept ?? [])
    return {
      kept: [
        ...own.map((one) => told.find((other) => isSamePlace(one, other)) ?? one),
        ...told.filter((one) => !ownOf(one)),
      ],
      left: judged.flatMap(({ left }) => left ?? []),
    }
  }

  /** This device has another number or address. */
  private async contested<T extends PatientPlace>(own: T, found: T, isDelegate: boolean): Promise<Judged<T>> {
    const url = await this.urlOf(own.custodian, own.url)
    if (url === undefined) return { kept: own, left: found }
    const [here, there] = [own, found].map((one) => ({ ...one, url }))
    if (own.keyNumber === found.keyNumber) return { kept: here }
    const isTheirs = await this.ledger.counts(this.seed, there, isDelegate)
    if (isTheirs === "yes") {
      const isOwn = isDelegate ? await this.ledger.counts(this.seed, here, isDelegate) : "no"
      return { kept: isOwn === "yes" ? here : there }
    }
    return isTheirs === "no" ? { kept: here } : { kept: here, left: there }
  }

  private async newPlace<T extends PatientPlace>(found: T, isDelegate: boolean): Promise<Judged<T>> {
    const url = await this.urlOf(found.custodian, undefined)
    if (url === undefined) return { left: found }
    const place = { ...found, url }
    // A device that knows nothing has nothing that could be taken from it.
    const { places, delegations = [] } = this.here
    if (places.length === 0 && delegations.length === 0) return { kept: place }
    const counts = await this.ledger.counts(this.seed, place, isDelegate)
    return counts === "yes" ? { kept: place } : { left: place }
  }

  private async hasEnded(own: KeptDelegation): Promise<boolean> {
    const url = await this.urlOf(own.custodian, own.url)
    if (url === undefined) return false
    return (await this.ledger.counts(this.seed, { ...own, url }, true)) === "no"
  }

  private urlOf(custodian: MemberId, known: string | undefined): Promise<string | undefined> {
    const own = known ?? this.here.places.find((one) => one.custodian === custodian)?.url
    const asked = this.urls.get(custodian) ?? this.ledger.urlOf(custodian, own)
    this.urls.set(custodian, asked)
    return asked
  }
}

const isAlike = (own: PatientPlace | undefined, found: PatientPlace): boolean =>
  own?.keyNumber === found.keyNumber && own.url === found.url
