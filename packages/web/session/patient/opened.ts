import type { KeptPlaces, SealedDevice } from "@aceso/client"
import { PlatformError } from "@aceso/core/errors.ts"
import type { OpenedSession } from "../protocol.ts"
import { actsAs, actsForOf } from "./acts.ts"
import { patientSession } from "./index.ts"

/** A patient's session, and beside it one for each whom they act for, opened when somebody asks. */
export async function openedPatient({
  seed,
  kept: first,
  genesis,
  remembers,
}: {
  readonly seed: Uint8Array
  readonly kept: KeptPlaces
  /** Of the network that the device joined; absent: of a demo, whose first node is believed. */
  readonly genesis?: Uint8Array
  readonly remembers: boolean
}) {
  const held = { kept: first }
  const own = { seed, held }
  const sessions = new Map<string, Promise<object>>()
  const memory = async (isExpected: boolean, ...whose: (string | Uint8Array | number)[]) => {
    const [{ memoryOf, SealedDevice }, { indexedStore }] = await Promise.all([
      import("@aceso/client/sealed-device.ts"),
      import("../memory/indexed.ts"),
    ])
    const { id, key } = memoryOf(seed, ...whose)
    const device: SealedDevice = new SealedDevice(indexedStore(id), key, isExpected)
    await device.begin()
    return device
  }
  const open = (as?: string): Promise<object> => {
    if (as === undefined)
      return patientSession({ seed, places: held.kept.places, genesis, memory: () => memory(remembers), own })
    const found = held.kept.delegations?.find((one) => actsAs(one) === as)
    if (!found) throw new PlatformError("unknown_person", "this device acts for nobody of that name")
    const { custodian, handle, keyNumber, url } = found
    return patientSession({
      ...{ seed, places: [{ custodian, handle, keyNumber, url }], isDelegate: true, genesis, own },
      memory: () => memory(false, custodian, handle, keyNumber),
    })
  }
  const callsOf = (as?: string): Promise<object> => {
    // Whoever accepts anew for the same person has another key for them.
    const key = held.kept.delegations?.find((one) => actsAs(one) === as)?.keyNumber
    const name = `${as ?? ""}#${key ?? 0}`
    const known = sessions.get(name)
    if (known) return known
    const opening = (async () => open(as))()
    sessions.set(name, opening)
    opening.catch(() => sessions.delete(name))
    return opening
  }
  const ownPlaces = held.kept.places.length
  const actsFor = actsForOf(held.kept)
  // Whoever has no records of their own begins with those of somebody else.
  if (ownPlaces > 0 || actsFor.length === 0) await callsOf()
  return { shown: { ownPlaces, actsFor } satisfies OpenedSession, callsOf }
}
