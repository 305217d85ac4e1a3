import type { PatientClient } from "@aceso/client"
import { OwnRecords } from "@aceso/client/own-records.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import { PlatformError } from "@aceso/core/errors.ts"
import { late } from "../late.ts"
import { networkCalls } from "../network.ts"
import type { KnownPlace } from "../protocol.ts"
import { together } from "../together.ts"
import { recordCalls } from "./records.ts"
import type { WholeCalls } from "./whole.ts"

/**
 * What a patient's page may ask of its session. Until its first page is there it has what reads records, and no more:
 * `whole` is loaded when somebody asks for the rest (`late.ts` makes calls of that kind).
 */
export async function patientSession({
  seed,
  places,
  isDelegate = false,
}: {
  readonly seed: Uint8Array
  readonly places: readonly KnownPlace[]
  /** The seed is a delegate's, who acts for the person of these places. */
  readonly isDelegate?: boolean
}) {
  if (places.length === 0)
    throw new PlatformError(
      "patient_has_no_key",
      "no hospital knows this device yet: let one enrol it at its desk",
    )
  const { network, policyDelayMs } = await new PublicClient(places[0].url).status()
  const reader = new OwnRecords({ network, seed, places })
  let client: Promise<PatientClient> | undefined
  const whole = (): Promise<PatientClient> => {
    client ??= import("@aceso/client/patient-client.ts").then(
      ({ PatientClient }) => new PatientClient({ network, seed, places, policyDelayMs, isDelegate, reader }),
    )
    // What could not be loaded is tried again.
    client.catch(() => {
      client = undefined
    })
    return client
  }
  const rest = late<WholeCalls>(NAMES, async () => (await import("./whole.ts")).wholeCalls(await whole()))
  return together(networkCalls(places[0].url), recordCalls(reader, whole), rest)
}
export type PatientSession = Awaited<ReturnType<typeof patientSession>>

const NAMES: { readonly [K in keyof WholeCalls]: true } = {
  access: true,
  account: true,
  acting: true,
  agreeToMove: true,
  approve: true,
  card: true,
  confirm: true,
  decline: true,
  delegates: true,
  endAllDelegates: true,
  endDelegate: true,
  enterDelegate: true,
  grant: true,
  inviteDelegate: true,
  libraryList: true,
  libraryText: true,
  messagesCase: true,
  messagesLine: true,
  messagesOwn: true,
  messagesStep: true,
  messagesWrite: true,
  opened: true,
  organisations: true,
  ownPlaces: true,
  places: true,
  previewApproval: true,
  previewGrant: true,
  readAcceptance: true,
  refuseMove: true,
  requests: true,
  takeBack: true,
  titles: true,
  toConfirm: true,
  inbox: true,
  waiting: true,
}
