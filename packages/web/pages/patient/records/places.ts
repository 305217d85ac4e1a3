import { type InjectionKey, inject } from "vue"

/** What pages of records know of organisations. */
export interface Places {
  /** Its name, or its id where it has none. */
  nameOf(custodian: string): string
  /** Why what it shows is not as the ledger has it; undefined: it is, or nothing is known. */
  reasonAt(custodian: string): string | undefined
}
export const PLACES: InjectionKey<Places> = Symbol("places")

export function usePlaces(): Places {
  const places = inject(PLACES)
  if (!places) throw new Error("a part of the records page stands outside of it")
  return places
}
