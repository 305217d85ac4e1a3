import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, put } from "@aceso/core"
import { act, admit, idOf, reinstate, suspend, VOTERS } from "../../testing/governance.ts"
import { MemoryState } from "../../testing/state.ts"
import { keyOf, keyRow, memberRow, world } from "../../testing/world.ts"
import { type Change, electorate, memberKeys, members, proposals } from "./governance.ts"

const ADMIT = [admit("new")]
const ID = idOf("authority", ADMIT)

describe("ballots over several transactions", () => {
  const status = (state: MemoryState, id: Bytes) => state.get(proposals, [id])?.status

  it("a ballot counts for the proposal that it names and for no other", () => {
    const state = world()
    const [one, two] = [[admit("one")], [admit("two")]]
    act(state, "propose", "authority", { changes: one })
    act(state, "propose", "authority", { changes: two })
    assert.equal(
      act(state, "vote", "city", { proposal: idOf("authority", one), yes: true }),
      "proposalPassed",
    )
    assert.equal(status(state, idOf("authority", two)), "open")
    assert.deepEqual(state.get(proposals, [idOf("authority", two)])?.yes, ["authority"])
    assert.equal(state.get(members, ["two"]), undefined)
  })

  it("the id names proposer, height and changes", () => {
    const ids = [
      idOf("authority", ADMIT),
      idOf("city", ADMIT),
      idOf("authority", ADMIT, 2),
      idOf("authority", [admit("new", "insurer")]),
    ]
    assert.equal(new Set(ids.map((id) => id.join())).size, ids.length)
  })

  it("a suspended member's vote is gone for later proposals; in open ones it stays counted", () => {
    const state = world()
    const early = [admit("early")]
    act(state, "propose", "county", { changes: early })
    const id = idOf("county", early)
    act(state, "propose", "authority", { changes: [suspend("county")] })
    act(state, "vote", "city", { proposal: idOf("authority", [suspend("county")]), yes: true })
    assert.deepEqual(state.get(electorate, []), { voters: ["authority", "city"] })
    // Its ballot stands, the majority is still that of three, and while suspended it casts no other.
    assert.deepEqual(state.get(proposals, [id])?.voters, VOTERS)
    assert.equal(act(state, "vote", "city", { proposal: id, yes: true }), "proposalPassed")
    assert.equal(act(state, "propose", "county", { changes: [admit("later")] }), "member_suspended")
    act(state, "propose", "authority", { changes: [admit("later")] }, 9)
    assert.deepEqual(state.get(proposals, [idOf("authority", [admit("later")], 9)])?.voters, [
      "authority",
      "city",
      "early",
    ])
  })

  it("who is reinstated votes again in what was open, and last in the list of voters", () => {
    const state = world()
    act(state, "propose", "authority", { changes: ADMIT })
    const out = [suspend("city")]
    act(state, "propose", "authority", { changes: out })
    act(state, "vote", "county", { proposal: idOf("authority", out), yes: true })
    assert.equal(act(state, "vote", "city", { proposal: ID, yes: true }), "member_suspended")
    const back = [reinstate("city")]
    act(state, "propose", "authority", { changes: back })
    act(state, "vote", "county", { proposal: idOf("authority", back), yes: true })
    assert.deepEqual(state.get(electorate, []), { voters: ["authority", "county", "city"] })
    assert.equal(act(state, "vote", "city", { proposal: ID, yes: true }), "proposalPassed")
  })

  it("of two proposals that admit one name the first wins, and the second changes nothing of it", () => {
    const state = world()
    const [first, second] = [[admit("new")], [admit("new", "insurer", keyOf("new two"))]]
    act(state, "propose", "authority", { changes: first })
    act(state, "propose", "city", { changes: second })
    act(state, "vote", "city", { proposal: idOf("authority", first), yes: true })
    const before = state.copy()
    assert.equal(
      act(state, "vote", "authority", { proposal: idOf("city", second), yes: true }),
      "proposalWithoutEffect",
    )
    // The proposal, and that it waits no more.
    assert.deepEqual(Object.keys(state.changesSince(before)).length, 2)
    assert.equal(state.get(memberKeys, [keyOf("new two")]), undefined)
  })

  it("every voter's yes and no over 1 to 7 voters: more than half, and never both", () => {
    for (let n = 1; n <= 7; n++)
      for (let ballots = 0; ballots < 2 ** (n - 1); ballots++) {
        const names = Array.from({ length: n }, (_, i) => `v${i}`)
        const state = new MemoryState().write([
          ...names.flatMap((name) => [
            put(members, [name], memberRow(name, "custodian")),
            put(memberKeys, [keyOf(name)], keyRow(name)),
          ]),
          put(electorate, [], { voters: names }),
        ])
        act(state, "propose", "v0", { changes: ADMIT })
        const id = idOf("v0", ADMIT)
        let [yes, no] = [1, 0]
        for (let i = 1; i < n && status(state, id) === "open"; i++) {
          const isYes = ((ballots >> (i - 1)) & 1) === 1
          if (isYes) yes++
          else no++
          act(state, "vote", `v${i}`, { proposal: id, yes: isYes })
        }
        const expected = 2 * yes > n ? "passed" : 2 * no >= n ? "rejected" : "open"
        assert.equal(status(state, id), expected, `${n} voters, ballots ${ballots.toString(2)}`)
        assert.notEqual(expected, "open", "when all have voted it is decided")
      }
  })

  it("two proposals that each leave a voter cannot leave none together", () => {
    const state = world()
    const [first, second] = [[suspend("authority")], [suspend("city"), suspend("county")]]
    act(state, "propose", "authority", { changes: first })
    act(state, "propose", "authority", { changes: second })
    const vote = (by: string, changes: readonly Change[]) =>
      act(state, "vote", by, { proposal: idOf("authority", changes), yes: true })
    assert.equal(vote("city", first), "proposalPassed")
    assert.equal(vote("county", second), "proposalWithoutEffect")
    assert.deepEqual(state.get(electorate, []), { voters: ["city", "county"] })
    assert.equal(vote("city", second), "proposal_closed")
  })
})
