import { entryOf } from "@aceso/core/display/index.ts"
import { capabilityHolds } from "./capabilities.ts"

const NOTHING = "nothing was changed"
const SENT = "what the node had taken already holds"
const IN_FORCE = "what had been sent already counts: aceso requests shows what waits and what is in force"
const AGAIN = "run the same line again: it goes on where it stands"

/** What holds of a command that is broken off, in words, by its first name. */
const HOLDS = {
  tour: "aceso tour begins anew, and takes back what this one left",
  status: NOTHING,
  patients: `${SENT}: aceso patients joins, or moves, shows it`,
  register: `${SENT}: aceso patients shows it`,
  enrol: "a code that was made dies by itself; aceso patients shows who has a key",
  "join-patient":
    "if the desk says that you have a key by now, it is this device's; else ask for another code there",
  rekey: `${SENT}: aceso requests, or aceso audit, shows it`,
  visitors: NOTHING,
  notices: `${SENT}: aceso notices shows it`,
  import: "what the node had taken stays; run the same line again for the rest, what is there is passed over",
  unfiled: NOTHING,
  retry: SENT,
  card: NOTHING,
  request: "custodians that were asked already keep the request until it is answered or runs out",
  requests: NOTHING,
  inbox: NOTHING,
  approve: IN_FORCE,
  decline: IN_FORCE,
  grant: IN_FORCE,
  revoke: IN_FORCE,
  confirm: `${SENT}; run the same line again for the rest`,
  delegates: `${SENT}: aceso delegates shows it`,
  find: NOTHING,
  history: "nothing was changed; custodians that had answered already have logged it",
  record: "no file was written; a custodian that had answered already has logged it",
  attachment: "no file was written; a custodian that had answered already has logged it",
  audit: NOTHING,
  receipt: NOTHING,
  verify: NOTHING,
  report: SENT,
  setup: "what is whole in the folder stays; run the same line again to go on",
  init: NOTHING,
  network: NOTHING,
  join: NOTHING,
  up: "the node is not running",
  peers: NOTHING,
  keys: AGAIN,
  propose: `${SENT}: aceso proposals shows it`,
  proposals: NOTHING,
  vote: `${SENT}: aceso proposals shows it`,
  staff: `${SENT}: aceso staff list shows it; a code that nobody confirmed dies within ten minutes`,
  backup: "there is no backup; a folder with .part at its end is what was begun, the next backup removes it",
  "rebuild-state": AGAIN,
  "rebuild-look-up": "the next start of the node makes the rest of the index",
  "recover-vault": AGAIN,
  demo: SENT,
}

/** Each command says here what holds of it; commands/index.ts has these and no others. */
export type CommandName = keyof typeof HOLDS

/** @param name of the command that was read; undefined where it was none yet */
export function brokenOff(name: string | undefined): string {
  const [first] = name?.split(" ") ?? []
  const holds =
    (first === undefined ? undefined : (entryOf(HOLDS, first) ?? entryOf(capabilityHolds, first))) ?? NOTHING
  return `broken off; ${holds}`
}
