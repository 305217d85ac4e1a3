import { type PatientClient, PatientNotices, type SealedDevice } from "@aceso/client"
import type { OwnRecords } from "@aceso/client/own-records.ts"
import { capabilityPatientCalls } from "../capabilities.ts"
import { together } from "../together.ts"
import { accessCalls } from "./access.ts"
import { auditCalls } from "./audit.ts"
import { cardCalls } from "./card.ts"
import { delegateCalls } from "./delegates.ts"
import { Known } from "./known.ts"
import { memoryCalls } from "./memory.ts"
import { noticeCalls } from "./notices.ts"
import { type OwnParts, ownDeviceCalls } from "./own-device.ts"
import { rekeyCalls } from "./rekeys.ts"
import { requestCalls } from "./requests.ts"

/** What the first page does without. */
export function wholeCalls(client: PatientClient, device: SealedDevice, own: OwnParts, reader: OwnRecords) {
  const known = new Known(client)
  return together(
    accessCalls(known),
    requestCalls(known),
    rekeyCalls(known),
    auditCalls(known),
    cardCalls(known),
    delegateCalls(known),
    memoryCalls(device),
    ownDeviceCalls(own),
    // The app's operator is who serves this app.
    noticeCalls(new PatientNotices(reader.calls, own.seed, location.origin)),
    capabilityPatientCalls(client),
    {
      /** Where the person is known, and where that is. */
      ownNodes: () => client.places.map(({ custodian, url }) => ({ custodian, url })),
    },
  )
}
export type WholeCalls = ReturnType<typeof wholeCalls>
