import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  boundOf,
  caseId,
  faultsOf,
  isEnd,
  type Process,
  standingAt,
  stepOf,
  stepsByKeys,
  stepsInAll,
} from "@aceso/core"
import { atMost, defineProcess } from "@aceso/core/process/define.ts"
import fc from "fast-check"
import { consortium, memberFor, partyKey } from "../../testing/process-world.ts"
import { call } from "../../testing/state.ts"
import { hashOf, keyOf, NOW } from "../../testing/world.ts"
import { casePurses, cases, casesOf, paidInAdvance } from "./cases.ts"

const PARTIES = ["person", "clinic", "office"]
const STATES = ["first", "second", "third", "fourth", "done", "gone"]
const OPEN = STATES.slice(0, 4)

const stepDraft = fc.record({
  from: fc.uniqueArray(fc.constantFrom(...OPEN), { minLength: 1, maxLength: 3 }),
  by: fc.uniqueArray(fc.constantFrom(...PARTIES), { minLength: 1, maxLength: 2 }),
  to: fc.option(fc.constantFrom(...STATES), { nil: undefined }),
  atMost: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  isShared: fc.boolean(),
})
const stateDraft = fc.record({
  dueMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  lapsesTo: fc.option(fc.constantFrom(...STATES), { nil: undefined }),
})

/** Any process, sound or not: whoever is left with a step has the turn. */
const drafts = fc
  .record({
    steps: fc.array(stepDraft, { minLength: 2, maxLength: 8 }),
    states: fc.array(stateDraft, { minLength: 4, maxLength: 4 }),
    lastsMs: fc.integer({ min: 1, max: 2000 }),
    opener: fc.constantFrom("person", "clinic"),
  })
  .map(({ steps, states, lastsMs, opener }): Process => {
    const rules = steps.map(({ from, by, to, atMost: most, isShared }, i) => {
      const counts = most === undefined ? null : isShared ? "shared" : `step${i}`
      return {
        name: `step${i}`,
        from,
        by,
        to: to ?? null,
        documents: [],
        names: null,
        counts,
        guards: most === undefined || counts === null ? [] : [atMost(counts, most)],
      }
    })
    const used = new Set([
      "first",
      "gone",
      ...rules.flatMap(({ from, to }) => [...from, ...(to ? [to] : [])]),
    ])
    const lapses = states.flatMap(({ dueMs, lapsesTo }) => (dueMs && lapsesTo ? [lapsesTo] : []))
    return {
      name: "random",
      version: 1,
      parties: PARTIES.map((name) => ({
        name,
        is: name === "person" ? "key" : "member",
        comes: "opening",
        kind: null,
        ability: null,
        licence: null,
      })),
      opens: { by: opener, to: "first", documents: [] },
      states: STATES.filter((name) => used.has(name) || lapses.includes(name)).map((name) => {
        const draft = states[OPEN.indexOf(name)]
        const turn = [...new Set(rules.flatMap(({ from, by }) => (from.includes(name) ? by : [])))]
        const dueMs = turn.length > 0 ? (draft?.dueMs ?? null) : null
        return {
          name,
          turn,
          dueMs,
          lapsesTo: dueMs === null ? null : (draft?.lapsesTo ?? null),
        }
      }),
      steps: rules,
      lasts: { ms: lastsMs, to: "gone" },
      keepMs: 0,
    }
  })
const sound = drafts.filter((one) => faultsOf(one).length === 0)

const attempts = fc.array(
  fc.record({
    pick: fc.nat(1000),
    /** Mostly a step that there is, by one who has it; else anything by anybody. */
    isWild: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    by: fc.constantFrom(...PARTIES, "stranger", "nobody"),
    baseOff: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1),
    waitsMs: fc.integer({ min: 0, max: 8 }),
  }),
  { maxLength: 120 },
)

const signer = (by: string) =>
  by === "person" ? partyKey(by) : keyOf(by === "clinic" || by === "office" ? memberFor(by) : by)

describe("random histories of random processes", () => {
  it("no way back from an end, counters stay within their bounds, purses pay, every case ends", () => {
    let accepted = 0
    fc.assert(
      fc.property(sound, attempts, (process, history) => {
        const contract = casesOf([process])
        const state = consortium(process)
        const opener = process.opens.by
        const random = hashOf("random")
        const minute = Math.floor(NOW / 60_000)
        const opening = {
          process: "random",
          minute,
          random,
          parties: process.parties
            .filter(({ name, is }) => is === "key" || name !== opener)
            .map(({ name, is }) =>
              is === "key" ? { party: name, key: partyKey(name) } : { party: name, member: memberFor(name) },
            ),
          documents: [],
          capabilities: [],
        }
        const signers = opener === "person" ? [signer(opener), keyOf("stranger")] : [signer(opener)]
        const opened = call(state, contract, "open", opening, { signers, time: NOW })
        assert.ok("events" in opened, "rejection" in opened ? opened.rejection : "")
        const id = caseId(minute, opener === "person" ? partyKey(opener) : memberFor(opener), random)
        const rowNow = () => {
          const row = state.get(cases, [id])
          assert.ok(row)
          return row
        }
        let byKeys = 0
        let time = NOW
        for (const { pick, isWild, by: anybody, baseOff, waitsMs } of history) {
          time += waitsMs
          const before = rowNow()
          const standing = standingAt(process, before, time)
          const here = process.steps.filter(({ from }) => from.includes(standing.state.name))
          const chosen =
            (isWild ? undefined : here[pick % here.length]) ?? process.steps[pick % process.steps.length]
          const by = isWild ? anybody : chosen.by[pick % chosen.by.length]
          assert.ok(standing.isEnded || standing.state.turn.length > 0, "a state without an owner")
          const input = { case: id, base: before.size + baseOff, step: chosen.name, documents: [] }
          const called = call(state, contract, "step", input, { signers: [signer(by)], time })
          const after = rowNow()
          if ("rejection" in called) {
            assert.deepEqual(after, before)
            continue
          }
          accepted++
          const rule = stepOf(process, chosen.name)
          assert.ok(rule && !standing.isEnded && baseOff === 0)
          assert.ok(rule.from.includes(standing.state.name) && rule.by.includes(by))
          assert.equal(after.state, rule.to ?? standing.state.name)
          assert.equal(after.size, before.size + 1)
          const bound = boundOf(rule)
          const count = after.counters.find(({ name }) => name === rule.counts)?.count ?? 0
          assert.ok(bound === undefined || count <= bound)
          if (by === "person") byKeys++
          assert.ok(byKeys <= stepsByKeys(process), "more steps by keys than were paid")
          assert.ok(after.size - 1 <= stepsInAll(process), "more steps than the process allows")
        }
        const left = state.get(casePurses, [id])?.left ?? 0
        assert.ok(left >= 0 && left <= paidInAdvance(process))
        assert.ok(standingAt(process, rowNow(), NOW + process.lasts.ms).isEnded, "a case that does not end")
        return true
      }),
      { numRuns: 300 },
    )
    assert.ok(accepted > 300, `${accepted} steps were accepted`)
  })

  it("whatever is left to be done can be done: a walk of first steps comes to an end", () => {
    fc.assert(
      fc.property(sound, fc.array(fc.nat(50), { minLength: 200, maxLength: 200 }), (process, choices) => {
        let state = process.opens.to
        const counters = new Map<string, number>()
        for (const choice of choices) {
          const rule = process.states.find(({ name }) => name === state)
          assert.ok(rule)
          if (isEnd(rule)) return true
          const open = process.steps.filter((one) => {
            const bound = boundOf(one)
            return (
              one.from.includes(state) &&
              (bound === undefined || (counters.get(one.counts ?? "") ?? 0) < bound)
            )
          })
          // Where no step is left, time ends it.
          if (open.length === 0) return true
          const step = open[choice % open.length]
          if (step.counts) counters.set(step.counts, (counters.get(step.counts) ?? 0) + 1)
          state = step.to ?? state
        }
        assert.fail("two hundred steps and no end")
      }),
      { numRuns: 300 },
    )
  })

  it("what is refused as unsound has a reason that names where", () => {
    fc.assert(
      fc.property(drafts, (one) => {
        for (const fault of faultsOf(one))
          assert.match(fault, /^(party|state|states|step|opens|lasts|keys|a case|the )/)
        return true
      }),
      { numRuns: 300 },
    )
  })

  it("what defineProcess() makes of a draft is sound", () => {
    assert.throws(
      () =>
        defineProcess({
          name: "odd",
          parties: { a: "case key" },
          opens: { by: "a", to: "x" },
          steps: { go: { from: "x", by: "a", to: "x" } },
          lasts: { ms: 1, to: "y" },
        }),
      { code: "bad_process" },
    )
  })
})
