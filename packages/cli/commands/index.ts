import type { CommandName } from "../broken-off.ts"
import { capabilityCommands } from "../capabilities.ts"
import type { Command, Group } from "../command.ts"
import { approve } from "./approve.ts"
import { attachment } from "./attachment.ts"
import { audit } from "./audit.ts"
import { backup } from "./backup.ts"
import { card } from "./card.ts"
import { confirm } from "./confirm.ts"
import { decline } from "./decline.ts"
import { delegates } from "./delegates.ts"
import { demo } from "./demo.ts"
import { enrol } from "./enrol.ts"
import { find } from "./find.ts"
import { grant } from "./grant.ts"
import { history } from "./history.ts"
import { importCommand } from "./import.ts"
import { inbox } from "./inbox.ts"
import { init } from "./init.ts"
import { join } from "./join.ts"
import { joinPatient } from "./join-patient.ts"
import { keys } from "./keys.ts"
import { network } from "./network.ts"
import { notices } from "./notices.ts"
import { patients } from "./patients.ts"
import { peers } from "./peers.ts"
import { proposals } from "./proposals.ts"
import { propose } from "./propose.ts"
import { rebuildLookUp } from "./rebuild-look-up.ts"
import { rebuildState } from "./rebuild-state.ts"
import { receipt } from "./receipt.ts"
import { record } from "./record.ts"
import { recoverVault } from "./recover-vault.ts"
import { register } from "./register.ts"
import { rekey } from "./rekey.ts"
import { report } from "./report.ts"
import { request } from "./request.ts"
import { requests } from "./requests.ts"
import { retry } from "./retry.ts"
import { revoke } from "./revoke.ts"
import { setup } from "./setup.ts"
import { staff } from "./staff.ts"
import { status } from "./status.ts"
import { tour } from "./tour.ts"
import { unfiled } from "./unfiled.ts"
import { up } from "./up.ts"
import { verify } from "./verify.ts"
import { visitors } from "./visitors.ts"
import { vote } from "./vote.ts"

const platform = {
  tour,
  status,
  patients,
  register,
  enrol,
  "join-patient": joinPatient,
  rekey,
  visitors,
  notices,
  import: importCommand,
  unfiled,
  retry,
  card,
  request,
  requests,
  inbox,
  approve,
  decline,
  grant,
  revoke,
  confirm,
  delegates,
  find,
  history,
  record,
  attachment,
  audit,
  receipt,
  verify,
  report,
  setup,
  init,
  network,
  join,
  up,
  peers,
  keys,
  propose,
  proposals,
  vote,
  staff,
  backup,
  "rebuild-state": rebuildState,
  "rebuild-look-up": rebuildLookUp,
  "recover-vault": recoverVault,
  demo,
} satisfies Record<CommandName, Command | Group>

/** All of the platform and of the capabilities. */
export const commands: Readonly<Record<string, Command | Group>> = { ...platform, ...capabilityCommands }
