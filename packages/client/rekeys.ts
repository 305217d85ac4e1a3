import { handleKeyRow, makeEnvelope, PlatformError, type Rekeyed, rekeyedIn } from "@aceso/core"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import type { ProvenRows } from "./proven-rows.ts"
import { PublicClient } from "./public-client.ts"

/** Another key that the desk of a custodian put in place of the own one, as the ledger has it. */
export interface RekeyedPlace extends Rekeyed {
  readonly place: PatientPlace
}

const LIFETIME_MS = 120_000

/** Where another key was put in place of the patient's, each proven. @throws PlatformError `bad_proof`, those of the nodes */
export async function rekeysOf(
  { places }: Pick<PatientCalls, "places">,
  rows: ProvenRows,
  now = Date.now(),
): Promise<RekeyedPlace[]> {
  const all = places.map(async (place) => {
    const [row] = await rows.at(place, "handles", [[]])
    const found = row && rekeyedIn(handleKeyRow(row), now)
    return found ? [{ place, ...found }] : []
  })
  return (await Promise.all(all)).flat()
}

/**
 * Takes the other key back, by the one that still counts.
 * @throws PlatformError `no_rekey`, `not_permitted`: this device has another key
 */
export async function cancelRekey(
  { network, keyOf }: Pick<PatientCalls, "network" | "keyOf">,
  place: PatientPlace,
): Promise<void> {
  const { custodian, handle, url } = place
  const expiry = Date.now() + LIFETIME_MS
  const payload = { network, contract: "people", action: "cancelRekey", input: { custodian, handle }, expiry }
  const { bytes } = makeEnvelope(payload, [keyOf(place)])
  const { rejection } = await new PublicClient(url).submit(bytes)
  if (rejection !== null)
    throw new PlatformError(rejection, `${WORDS[rejection] ?? "the ledger refused it"}; nothing was changed`)
}

const WORDS: Readonly<Record<string, string>> = {
  no_rekey: "no other key waits to take the place of yours: it was cancelled, or it counts already",
  not_permitted: "this device does not have the key that still counts",
  unknown_key: "this device does not have the key that still counts",
}
