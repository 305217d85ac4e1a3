import { AppStore, type KeptPlaces, openedPlaces } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { KeptPerson } from "../protocol.ts"

/** Where a patient is known: as the app's operator keeps it, else as this device does. */
export async function knownPlaces(
  { app, places }: Pick<KeptPerson, "app" | "places">,
  seed: Uint8Array,
): Promise<KeptPlaces> {
  const kept = places ? await openedPlaces(seed, places) : { places: [] }
  if (app === undefined) return kept
  try {
    const found = await new AppStore(app, app).places(seed)
    return found.places.length >= kept.places.length ? found : kept
  } catch (error) {
    // Without a network the device goes by what it knows.
    if (error instanceof PlatformError && error.code === "node_unreachable") return kept
    throw error
  }
}
