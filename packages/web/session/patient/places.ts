import {
  AppStore,
  isSameKept,
  type KeptPlaces,
  NO_PLACES,
  openedPlaces,
  type PlaceLedger,
  placeLedger,
  prfKey,
  sealedPlaces,
} from "@aceso/client"
import { equalBytes, type Hash, PlatformError } from "@aceso/core"
import type { KeptPerson, Secret } from "../protocol.ts"

export interface Known {
  readonly kept: KeptPlaces
  /** Sealed, where this device has to keep more than it did. */
  readonly renewed?: Uint8Array
}

/**
 * Where a patient is known: what this device and the app's operator know together, as far as the ledger has what only the
 * operator knows. What the operator lacks is put there again: it may have been set back to an older backup.
 */
export async function knownPlaces(
  { app, places, genesis }: Pick<KeptPerson, "app" | "places" | "genesis">,
  seed: Uint8Array,
  ledger?: PlaceLedger,
): Promise<Known> {
  const here = places ? await openedPlaces(seed, places) : NO_PLACES
  if (app === undefined) return { kept: here }
  let both: KeptPlaces | undefined
  let kept: KeptPlaces
  try {
    const bring = (found: KeptPlaces) => {
      both = found
      return found
    }
    const store = new AppStore(app, app, ledger ?? placeLedger(app, genesis as Hash))
    kept = await store.change(seed, bring, here)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    // Without the operator, or by what nobody can open there, the device goes by what it knows.
    if (!both && here.places.length > 0) return { kept: here }
    if (!both && error.code === "wrong_secret") throw error
    if (!both) return { kept: here }
    // What was not brought there is brought at the next unlocking.
    kept = both
  }
  return isSameKept(kept, here) ? { kept } : { kept, renewed: await sealedPlaces(seed, kept) }
}

/** By which this seed is found with the operator: put there again where it was lost. @throws PlatformError */
export async function putWaysBack(
  { app, by, wrapId }: Pick<KeptPerson, "app" | "by" | "wrapId">,
  secret: Secret,
  seed: Uint8Array,
  { ways = [] }: KeptPlaces,
): Promise<void> {
  if (app === undefined) return
  const store = new AppStore(app, app)
  const own = by.what === "passkey" && "prf" in secret ? [{ id: wrapId, key: prfKey(secret.prf) }] : []
  const others = ways.filter(({ id }) => !own.some((one) => equalBytes(one.id, id)))
  for (const { id, key } of [...own, ...others]) await store.keepSeed(seed, id, key)
}
