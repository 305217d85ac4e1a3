import {
  handleKeyRow,
  type MemberId,
  makeEnvelope,
  PlatformError,
  type Rekeyed,
  rekeyedIn,
} from "@aceso/core"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import type { ProvenRows } from "./proven-rows.ts"
import { PublicClient } from "./public-client.ts"

/** Another key that the desk of a custodian put in place of the own one, as the ledger has it. */
export interface RekeyedPlace extends Rekeyed {
  readonly place: PatientPlace
}

const LIFETIME_MS = 120_000

export interface Rekeys {
  readonly all: readonly RekeyedPlace[]
  /** Who showed nothing that holds: another key may wait there. */
  readonly unseen: readonly { readonly custodian: MemberId; readonly fault: PlatformError }[]
}

/** Where another key was put in place of the patient's, each proven; one that says nothing hides no other one's. */
export async function rekeysOf(
  { places }: Pick<PatientCalls, "places">,
  rows: ProvenRows,
  now = Date.now(),
): Promise<Rekeys> {
  const asked = places.map(async (place) => {
    try {
      const [row] = await rows.at(place, "handles", [[]])
      const found = row && rekeyedIn(handleKeyRow(row), now)
      return { all: found ? [{ place, ...found }] : [], unseen: [] }
    } catch (fault) {
      if (!(fault instanceof PlatformError)) throw fault
      return { all: [], unseen: [{ custodian: place.custodian, fault }] }
    }
  })
  const answers = await Promise.all(asked)
  return { all: answers.flatMap(({ all }) => all), unseen: answers.flatMap(({ unseen }) => unseen) }
}

/**
 * Takes the other key back, by the one that still counts. Every node that the device knows is told: whoever puts a key in
 * place of another could keep it to itself.
 * @throws PlatformError `no_rekey`, `not_permitted`: this device has another key
 */
export async function cancelRekey(
  { network, keyOf, places }: Pick<PatientCalls, "network" | "keyOf" | "places">,
  place: PatientPlace,
): Promise<void> {
  const { custodian, handle, url } = place
  const expiry = Date.now() + LIFETIME_MS
  const payload = { network, contract: "people", action: "cancelRekey", input: { custodian, handle }, expiry }
  const { bytes } = makeEnvelope(payload, [keyOf(place)])
  const nodes = [...new Set([url, ...places.map((one) => one.url)])]
  const answers = await Promise.allSettled(nodes.map((node) => new PublicClient(node).submit(bytes)))
  const said = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value.rejection] : []))
  // Of those who have it in a block nobody says otherwise; who was told later says that it is there already.
  if (said.includes(null)) return
  const [rejection] = said
  const failed = answers.find((one) => one.status === "rejected")
  if (rejection == null) throw failed?.reason
  throw new PlatformError(rejection, `${WORDS[rejection] ?? "the ledger refused it"}; nothing was changed`)
}

const WORDS: Readonly<Record<string, string>> = {
  no_rekey: "no other key waits to take the place of yours: it was cancelled, or it counts already",
  not_permitted: "this device does not have the key that still counts",
  unknown_key: "this device does not have the key that still counts",
}
