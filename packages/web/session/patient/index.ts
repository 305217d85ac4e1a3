import type { PatientClient, SealedDevice } from "@aceso/client"
import { patientCaller } from "@aceso/client/http.ts"
import type { KeptNetwork } from "@aceso/client/kept-history.ts"
import { OwnRecords } from "@aceso/client/own-records.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import type { Hash } from "@aceso/core"
import { PlatformError } from "@aceso/core/errors.ts"
import { type Late, once } from "../late.ts"
import { liveCalls } from "../live.ts"
import { networkCalls } from "../network.ts"
import type { KnownPlace } from "../protocol.ts"
import { together } from "../together.ts"
import type { KeptHere } from "./kept.ts"
import type { OwnParts } from "./own-device.ts"
import { recordCalls } from "./records.ts"
import type { WholeCalls } from "./whole.ts"

/**
 * What a patient's page may ask of its session. Until its first page is there it has what reads records, and no more:
 * `whole` is loaded when somebody asks for the rest (`rest`).
 */
export async function patientSession({
  seed,
  places,
  isDelegate = false,
  genesis,
  memory,
  own,
}: {
  readonly seed: Uint8Array
  readonly places: readonly KnownPlace[]
  /** The seed is a delegate's, who acts for the person of these places. */
  readonly isDelegate?: boolean
  /** Of the network that the device joined: whoever shows another one is not believed. Absent: of a demo. */
  readonly genesis?: Uint8Array
  /** Loaded with the rest. */
  readonly memory: () => Promise<SealedDevice>
  /** Of whoever holds this device. */
  readonly own: OwnParts
}) {
  if (places.length === 0)
    throw new PlatformError(
      "patient_has_no_key",
      "no hospital knows this device yet: let one enrol it at its desk",
    )
  // A delegate's device keeps nothing of somebody else's records.
  const kept = isDelegate
    ? undefined
    : once(async () => new (await import("./kept.ts")).KeptHere(seed, places))
  const { network, policyDelayMs, url } = await networkOf(places, kept)
  const reader = new OwnRecords({
    network,
    seed,
    places,
    isDelegate,
    ...(genesis && { genesis: genesis as Hash }),
  })
  const device = once(memory)
  const whole = once(async (): Promise<PatientClient> => {
    const { PatientClient } = await import("@aceso/client/patient-client.ts")
    const longest = await longestDelay(places, policyDelayMs)
    return new PatientClient({
      ...{ network, seed, places, policyDelayMs: longest, isDelegate, reader, device: await device() },
    })
  })
  const streams = () =>
    places.map((place) => ({
      url: `${place.url}/patient/live`,
      caller: patientCaller(reader.keyOf(place), place),
    }))
  const early = together(
    networkCalls(url),
    recordCalls(reader, whole, { kept, network, policyDelayMs }),
    liveCalls(streams),
  )
  /** Calls that the first page does without; asked for by the session (worker.ts). */
  const rest = once(
    async (): Promise<object> =>
      together(early, (await import("./whole.ts")).wholeCalls(await whole(), await device(), own, reader)),
  )
  return { ...early, rest } as object as typeof early & Late<WholeCalls>
}

/** Of all hospitals that can be reached: none shortens what another one wants, by which times would tell who belongs together. */
async function longestDelay(places: readonly KnownPlace[], first: number): Promise<number> {
  const others = places.slice(1).map(async ({ url }) => {
    try {
      return (await new PublicClient(url).status()).policyDelayMs
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      return 0
    }
  })
  return Math.max(first, ...(await Promise.all(others)))
}

/**
 * As the first place says that can be reached; where none can, as it was when records were kept here.
 * @throws PlatformError `node_unreachable`
 */
async function networkOf(
  places: readonly KnownPlace[],
  kept: (() => Promise<KeptHere>) | undefined,
): Promise<KeptNetwork & { readonly url: string }> {
  let refusal: unknown
  for (const { url } of places)
    try {
      const { network, policyDelayMs } = await new PublicClient(url).status()
      return { network, policyDelayMs, url }
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "node_unreachable") throw error
      refusal ??= error
    }
  const before = await (await kept?.())?.network()
  if (before === undefined) throw refusal
  return { network: before.network, policyDelayMs: before.policyDelayMs, url: places[0].url }
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>
