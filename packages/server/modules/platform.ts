import { backupsModule } from "../backups/module.ts"
import { casesModule } from "../cases/module.ts"
import { delegatesModule } from "../delegates/module.ts"
import { enrolmentModule } from "../enrolment/module.ts"
import { custodianModule } from "../exchange/custodian.module.ts"
import { ownRecordsModule } from "../exchange/own-records.module.ts"
import { policiesModule } from "../exchange/policies.module.ts"
import { requesterModule } from "../exchange/requester.module.ts"
import { visitorsModule } from "../exchange/visitors.module.ts"
import { explorerModule } from "../explorer/module.ts"
import { importModule } from "../import/module.ts"
import { lookUpModule } from "../joins/look-up.module.ts"
import { joinsModule } from "../joins/module.ts"
import { patientsModule } from "../joins/patients.module.ts"
import { liveModule } from "../live/module.ts"
import { mailModule } from "../mail/module.ts"
import { metricsModule } from "../metrics/module.ts"
import { appWatchModule } from "../node/app-watch.module.ts"
import { cometModule } from "../node/comet.module.ts"
import { demoModule } from "../node/demo.module.ts"
import { governanceModule } from "../node/governance.module.ts"
import { ledgerModule } from "../node/ledger.module.ts"
import { networkRowsModule } from "../node/network-rows.module.ts"
import { staffModule } from "../node/staff.module.ts"
import { statusModule } from "../node/status.module.ts"
import { pairingModule } from "../pairing/module.ts"
import { noticesModule } from "../push/module.ts"
import { readingsModule } from "../readings/module.ts"
import { recordsModule } from "../records/module.ts"
import { recoveryModule } from "../recovery/module.ts"
import { settingsModule } from "../settings/module.ts"
import { writeModule } from "../write/module.ts"
import type { ServerModule } from "./module.ts"

/** What every node has, whichever capabilities it has besides; they start in this order. */
export const platformModules: readonly ServerModule[] = [
  statusModule,
  settingsModule,
  metricsModule,
  backupsModule,
  ledgerModule,
  explorerModule,
  appWatchModule,
  cometModule,
  governanceModule,
  networkRowsModule,
  demoModule,
  importModule,
  writeModule,
  recordsModule,
  patientsModule,
  lookUpModule,
  joinsModule,
  ownRecordsModule,
  readingsModule,
  policiesModule,
  custodianModule,
  requesterModule,
  visitorsModule,
  staffModule,
  pairingModule,
  enrolmentModule,
  recoveryModule,
  delegatesModule,
  casesModule,
  mailModule,
  liveModule,
  noticesModule,
]
