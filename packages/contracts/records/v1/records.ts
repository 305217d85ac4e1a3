import {
  accept,
  action,
  byMember,
  bytes,
  type Contract,
  EMPTY_LOG,
  eventType,
  eventTypes,
  grow,
  handle,
  hash32,
  list,
  lostRanges,
  memberId,
  nameOf,
  object,
  occurs,
  optional,
  type Parties,
  put,
  type RecordLog,
  type Recovery,
  reject,
  steps,
  table,
  tables,
  uint,
  views,
} from "@aceso/core"
import { enrolment, recoveriesOf } from "../../views.ts"

const recordLog = object({
  size: uint(),
  peaks: list(hash32, 53),
  steps,
  lost: lostRanges,
  recovered: uint(),
})

/**
 * The record log of a handle (PRIVACY.md, Records): size and the peaks that its root follows from; when it grew, and
 * what the custodian's recoveries lost of it (PRIVACY.md, Recovery).
 */
export const recordLogs = table({
  name: "recordLogs",
  key: [memberId, handle],
  row: recordLog,
  version: 1,
  readers: "parties",
  parties: (_row, [custodian]): Parties => ({ members: [custodian], keys: [] }),
})

/** A custodian's own log: what lies in no patient's compartment. */
export const ownLogs = table({
  name: "ownLogs",
  key: [memberId],
  row: recordLog,
  version: 1,
  readers: "parties",
  parties: (_row, [custodian]): Parties => ({ members: [custodian], keys: [] }),
})

export const committed = eventType({
  name: "committed",
  data: object({ custodian: memberId }),
  readers: "parties",
  parties: ({ custodian }): Parties => ({ members: [custodian], keys: [] }),
})

/** Entries side by side, 32 bytes each. */
const entries = bytes(32, 258_048, 32)

const commit = action({
  input: object({
    logs: list(object({ handle, base: uint(), entries }), 4096),
    own: optional(object({ base: uint(), entries })),
  }),
  callers: "a custodian, for its own handles",
  calledBy: byMember({ ability: "keepsRecords" }),
  apply(state, { logs, own }, { caller, height }) {
    if (logs.length === 0 && !own) return reject("nothing_to_commit")
    const before = state.see(recoveriesOf, [caller.member]) ?? NONE
    const writes = []
    const seen = new Set<string>()
    for (const log of logs) {
      const name = nameOf(log.handle)
      if (seen.has(name)) return reject("handle_twice")
      seen.add(name)
      const there = state.get(recordLogs, [caller.member, log.handle])
      if (!there && !state.see(enrolment, [caller.member, log.handle])) return reject("handle_not_enrolled")
      if ((there?.size ?? 0) !== log.base) return reject("log_changed_meanwhile")
      writes.push(put(recordLogs, [caller.member, log.handle], extend(there, log.entries, height, before)))
    }
    if (own) {
      const there = state.get(ownLogs, [caller.member])
      if ((there?.size ?? 0) !== own.base) return reject("log_changed_meanwhile")
      writes.push(put(ownLogs, [caller.member], extend(there, own.entries, height, before)))
    }
    return accept(writes, [occurs(committed, { custodian: caller.member })])
  },
})

const NONE: readonly Recovery[] = []

function extend(
  log: RecordLog | undefined,
  entries: Uint8Array,
  height: number,
  before: readonly Recovery[],
): RecordLog {
  const leaves = []
  // A part of a short array costs more than all else here: V8 moves its bytes out of the heap first.
  if (entries.length === 32) leaves.push(entries)
  else for (let at = 0; at < entries.length; at += 32) leaves.push(entries.subarray(at, at + 32))
  return grow(log ?? EMPTY_LOG, leaves, height, before)
}

export const records: Contract = {
  name: "records",
  version: 1,
  tables: tables(recordLogs, ownLogs),
  events: eventTypes(committed),
  reads: views(enrolment, recoveriesOf),
  actions: { commit },
}
