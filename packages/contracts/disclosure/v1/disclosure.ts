import {
  accept,
  action,
  append,
  byMember,
  bytes,
  type Contract,
  concat,
  EMPTY_FRONTIER,
  equalBytes,
  eventType,
  eventTypes,
  type Frontier,
  hash32,
  list,
  memberId,
  nameOf,
  object,
  occurs,
  promise,
  put,
  reject,
  table,
  tables,
  uint,
  verifyPromise,
  views,
} from "@aceso/core"
import { keyOwner, memberStanding } from "../../views.ts"

const tag = bytes(16)

/** A custodian's log of releases and denials (PRIVACY.md, Disclosure). */
export const disclosureLogs = table({
  name: "disclosureLogs",
  key: [memberId],
  row: object({ size: uint(), peaks: list(hash32, 53) }),
  version: 1,
  readers: "public",
})

/** The same leaves by tag, so that the patient finds each one, and proves that one is not there. */
export const disclosures = table({
  name: "disclosures",
  key: [memberId, tag],
  row: object({ event: hash32, index: uint(), at: uint() }),
  version: 1,
  readers: "public",
})

export const brokenPromises = table({
  name: "brokenPromises",
  key: [memberId, tag, hash32],
  row: object({ reporter: memberId, includeBy: uint(), at: uint() }),
  version: 1,
  readers: "public",
})

export const mismatches = table({
  name: "mismatches",
  key: [memberId, hash32],
  row: object({ reporter: memberId, at: uint() }),
  version: 1,
  readers: "public",
})

export const promiseWasBroken = eventType({
  name: "promiseBroken",
  data: object({ custodian: memberId, tag, event: hash32, reporter: memberId }),
  readers: "members",
})
export const mismatchReported = eventType({
  name: "mismatchReported",
  data: object({ custodian: memberId, evidence: hash32, reporter: memberId }),
  readers: "members",
})

const commit = action({
  input: object({ base: uint(), leaves: list(object({ tag, event: hash32 }), 2048, 1) }),
  callers: "a custodian, for its own log",
  calledBy: byMember({ ability: "keepsRecords" }),
  apply(state, { base, leaves }, { caller, time }) {
    const before: Frontier = state.get(disclosureLogs, [caller.member]) ?? EMPTY_FRONTIER
    if (before.size !== base) return reject("log_changed_meanwhile")
    const writes = []
    const seen = new Set<string>()
    for (const { tag, event } of leaves) {
      const name = nameOf(tag)
      if (seen.has(name) || state.get(disclosures, [caller.member, tag])) return reject("tag_used")
      seen.add(name)
      writes.push(put(disclosures, [caller.member, tag], { event, index: base + writes.length, at: time }))
    }
    const log = append(
      before,
      leaves.map(({ tag, event }) => concat(tag, event)),
    )
    return accept([...writes, put(disclosureLogs, [caller.member], log)])
  },
})

/** A signed promise whose time has passed and whose entry is not there. */
const promiseBroken = action({
  input: object({ promise }),
  callers: "a member who holds the promise",
  urgent: true,
  calledBy: byMember(),
  apply(state, input, { caller, time, network }) {
    const { custodian, tag, event, includeBy, key } = input.promise
    const owner = state.see(keyOwner, [key])
    if (!owner || owner.member !== custodian || !verifyPromise(input.promise, network))
      return reject("bad_promise")
    // Whoever stole a key can promise in the custodian's name; declaring the theft is public.
    if (owner.compromisedAt !== null && includeBy >= owner.compromisedAt) return reject("key_compromised")
    if (time <= includeBy) return reject("promise_not_due")
    const entry = state.get(disclosures, [custodian, tag])
    if (entry && entry.at <= includeBy && equalBytes(entry.event, event)) return reject("promise_kept")
    if (state.get(brokenPromises, [custodian, tag, event])) return reject("already_reported")
    return accept(
      [put(brokenPromises, [custodian, tag, event], { reporter: caller.member, includeBy, at: time })],
      [occurs(promiseWasBroken, { custodian, tag, event, reporter: caller.member })],
    )
  },
})

/** Evidence of a record that does not fit its log; the evidence itself stays with whoever holds it. */
const reportMismatch = action({
  input: object({ custodian: memberId, evidence: hash32 }),
  callers: "a member who received the answer",
  calledBy: byMember(),
  apply(state, { custodian, evidence }, { caller, time }) {
    if (!state.see(memberStanding, [custodian])) return reject("unknown_member")
    if (state.get(mismatches, [custodian, evidence])) return reject("already_reported")
    return accept(
      [put(mismatches, [custodian, evidence], { reporter: caller.member, at: time })],
      [occurs(mismatchReported, { custodian, evidence, reporter: caller.member })],
    )
  },
})

export const disclosure: Contract = {
  name: "disclosure",
  version: 1,
  tables: tables(disclosureLogs, disclosures, brokenPromises, mismatches),
  events: eventTypes(promiseWasBroken, mismatchReported),
  reads: views(keyOwner, memberStanding),
  actions: { commit, promiseBroken, reportMismatch },
}
