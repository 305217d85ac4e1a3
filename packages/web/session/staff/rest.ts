import type { StaffClient } from "@aceso/client"
import { blocksAt } from "@aceso/client/blocks.ts"
import { capabilityStaffCalls, processes } from "../capabilities.ts"
import { ledgerCalls } from "../ledger.ts"
import type { StaffIdentity } from "../protocol.ts"
import { together } from "../together.ts"
import { authorityCalls } from "./authority.ts"
import { ballotCalls } from "./ballots.ts"
import { deskCalls } from "./desk.ts"
import { historyCalls, type Kept } from "./history.ts"
import { identityCalls } from "./identities.ts"
import { importCalls } from "./importing.ts"
import { lookCalls } from "./looks.ts"
import { nodeCalls } from "./node.ts"
import { peopleCalls } from "./people.ts"
import { recordCalls } from "./record.ts"
import { recoveryCalls } from "./recovery.ts"
import { visitorCalls } from "./visitors.ts"
import { writingCalls } from "./writing.ts"

/** What a first page does without: records of patients, the desk, administrators, and the ledger. */
export function restCalls(client: StaffClient, identity: StaffIdentity) {
  const { member } = identity
  const kept = new Map<string, Kept>()
  return together(
    visitorCalls(client),
    historyCalls(client, member, kept),
    recordCalls(member, kept),
    writingCalls(client, member, kept),
    capabilityStaffCalls(client, identity),
    deskCalls(client),
    peopleCalls(client),
    nodeCalls(client, identity),
    ledgerCalls(identity.node, identity.seed, processes),
    ballotCalls(client, identity),
    authorityCalls(client, blocksAt(identity.node, identity.seed)),
    importCalls(client),
    identityCalls(client),
    lookCalls(client),
    recoveryCalls(client, identity),
  )
}
