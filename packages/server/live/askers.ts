import { type HandlePlace, nameOf } from "@aceso/core"

/** The last ones are remembered: places, and who asked about each of them. */
const MAX_PLACES = 10_000
const MAX_NAMES = 16

const keyOf = ({ custodian, handle }: HandlePlace): string => `${custodian} ${nameOf(handle)}`

/** Who of this organisation asked about whom, so that they alone are told. In memory: what it forgets, pages look at again by themselves. */
export class Askers {
  private readonly byPlace = new Map<string, readonly string[]>()

  note(places: readonly HandlePlace[], name: string): void {
    for (const place of places) {
      const key = keyOf(place)
      const others = (this.byPlace.get(key) ?? []).filter((one) => one !== name)
      this.byPlace.delete(key)
      this.byPlace.set(key, [...others, name].slice(-MAX_NAMES))
    }
    for (const key of this.byPlace.keys()) {
      if (this.byPlace.size <= MAX_PLACES) break
      this.byPlace.delete(key)
    }
  }

  of(place: HandlePlace): readonly string[] {
    return this.byPlace.get(keyOf(place)) ?? []
  }
}
