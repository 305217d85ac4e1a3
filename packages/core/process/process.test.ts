import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { questionDraft as draft } from "../testing/question.ts"
import {
  after,
  atMost,
  days,
  defineProcess,
  differs,
  equals,
  licensed,
  newTag,
  type ProcessDraft,
} from "./define.ts"
import { mostOf, stepsByKeys, stepsInAll } from "./graph.ts"
import { type Process, processHash, stepOf } from "./process.ts"
import { standingAt } from "./standing.ts"

const but = (more: Partial<ProcessDraft>): ProcessDraft => ({ ...draft, ...more })
const steps = (more: ProcessDraft["steps"]): ProcessDraft => but({ steps: { ...draft.steps, ...more } })

describe("process", () => {
  it("says in full what was left out", () => {
    const full = defineProcess(draft)
    assert.deepEqual(
      full.states.find(({ name }) => name === "decided"),
      {
        name: "decided",
        turn: [],
        dueMs: null,
        lapsesTo: null,
      },
    )
    assert.equal(full.states.find(({ name }) => name === "asked")?.dueMs, days(14))
    assert.deepEqual(full.states.find(({ name }) => name === "passedOn")?.turn, ["authority"])
    assert.deepEqual(stepOf(full, "ask")?.guards, [atMost("ask", 3)])
    assert.equal(full.version, 1)
  })

  it("has one hash, whatever is left out, and another one for each change", () => {
    const hash = (one: Process) => Buffer.from(processHash(one)).toString("hex")
    assert.equal(hash(defineProcess(draft)), hash(defineProcess(but({ version: 1, keepMs: days(365) }))))
    const changed = [
      but({ version: 2 }),
      but({ keepMs: days(1) }),
      but({ lasts: { ms: days(364), to: "closed" } }),
      steps({ close: { from: "answered", by: "patient", to: "closed" } }),
    ]
    assert.equal(new Set([draft, ...changed].map((one) => hash(defineProcess(one)))).size, 5)
  })

  it("knows how often each step can be done, and what keys can do", () => {
    const full = defineProcess(draft)
    const most = (name: string) => {
      const step = stepOf(full, name)
      assert.ok(step)
      return mostOf(full, step)
    }
    // Between three questions more and before the first: four answers.
    assert.deepEqual(
      [most("ask"), most("answer"), most("passOn"), most("decide"), most("close")],
      [3, 4, 2, 1, 1],
    )
    assert.equal(stepsByKeys(full), 6)
    assert.equal(stepsInAll(full), 11)
  })

  const bad: readonly (readonly [comment: string, draft: ProcessDraft, says: RegExp])[] = [
    [
      "a state that nothing leads to",
      but({ states: { ...draft.states, lost: { turn: "patient" } } }),
      /lost/,
    ],
    [
      "a state without an end",
      steps({
        stick: { from: "asked", by: "patient", to: "stuck" },
        stay: { from: "stuck", by: "patient", to: "stuck", atMost: 3 },
      }),
      /stuck: no end can be reached/,
    ],
    ["no end at all", but({ lasts: { ms: days(1), to: "asked" } }), /asked is no end/],
    [
      "a guard on a counter that nobody counts",
      steps({ ask: { from: "answered", by: "patient", to: "asked", guards: [atMost("questions", 3)] } }),
      /no step counts questions/,
    ],
    [
      "a way round without end",
      steps({ ask: { from: "answered", by: "patient", to: "asked" } }),
      /without end/,
    ],
    [
      "a way round that only time ends",
      but({
        states: {
          ...draft.states,
          asked: { turn: "hospital", lapsesTo: "answered" },
          answered: { turn: "patient", dueMs: 5, lapsesTo: "asked" },
        },
      }),
      /without end/,
    ],
    [
      "a step that stays where it is, without end",
      steps({ note: { from: "asked", by: "patient" } }),
      /without end/,
    ],
    [
      "a step out of an end",
      steps({ reopen: { from: "closed", by: "patient", to: "asked", atMost: 1 } }),
      /closed is no end/,
    ],
    [
      "a state that is nobody's, with a step",
      but({ states: { ...draft.states, asked: { turn: [] } } }),
      /leads out of an end/,
    ],
    [
      "a turn of somebody who can do nothing",
      but({ states: { ...draft.states, asked: { turn: "authority" } } }),
      /authority's turn/,
    ],
    [
      "nobody's turn where several could act",
      but({ states: { passedOn: {} } }),
      /asked: say whose turn it is/,
    ],
    [
      "a party that nobody knows",
      steps({ answer: { from: "asked", by: "doctor", to: "answered" } }),
      /no party doctor/,
    ],
    [
      "a state that a slip of the pen made",
      steps({ answer: { from: "asked", by: "hospital", to: "answerd" } }),
      /answered: nothing leads there/,
    ],
    [
      "a party that no step names",
      steps({ passOn: { from: "asked", by: "patient", to: "passedOn" } }),
      /no step names it/,
    ],
    [
      "a licence of a key",
      steps({ close: { from: "asked", by: "patient", to: "closed", guards: [licensed("treat")] } }),
      /no licence/,
    ],
    [
      "a key that differs",
      steps({ close: { from: "asked", by: "patient", to: "closed", guards: [differs("hospital")] } }),
      /told apart/,
    ],
    [
      "after a deadline that there is not",
      steps({
        decide: { from: "passedOn", by: "authority", to: "decided", guards: [after("due")] },
        close: { from: ["answered", "passedOn"], by: "patient", to: "closed", guards: [after("due")] },
      }),
      /./,
    ],
    [
      "a document that is not brought",
      steps({
        decide: {
          from: "passedOn",
          by: "authority",
          to: "decided",
          guards: [equals("Task", "Communication")],
        },
      }),
      /brings no Task/,
    ],
    [
      "a document that nobody commits",
      steps({
        decide: {
          from: "passedOn",
          by: "authority",
          to: "decided",
          documents: ["Task"],
          guards: [equals("Task", "Letter")],
        },
      }),
      /nobody commits Letter/,
    ],
    [
      "more steps by keys than anybody pays for",
      steps({ ask: { from: "answered", by: "patient", to: "asked", atMost: 1000 } }),
      /keys can take/,
    ],
    [
      "more tags than a case keeps",
      steps({ ask: { from: "answered", by: "patient", to: "asked", atMost: 60, guards: [newTag()] } }),
      /tags/,
    ],
    ["at most never", steps({ ask: { from: "answered", by: "patient", to: "asked", atMost: 0 } }), /never/],
    [
      "a deadline at once",
      but({ states: { ...draft.states, asked: { turn: "hospital", dueMs: 0 } } }),
      /at once/,
    ],
    [
      "a lapse at no time",
      but({ states: { ...draft.states, passedOn: { lapsesTo: "closed" } } }),
      /at no time/,
    ],
    [
      "an opener who is not there",
      but({ opens: { ...draft.opens, by: "authority" } }),
      /no party that is there/,
    ],
    ["opening into an end", but({ opens: { ...draft.opens, to: "closed" } }), /no state in which/],
  ]
  for (const [comment, one, says] of bad)
    it(`refuses ${comment}`, () => {
      if (comment.startsWith("after a deadline")) {
        const states = { ...draft.states, passedOn: { turn: "authority" } }
        assert.throws(() => defineProcess({ ...one, states }), {
          code: "bad_process",
          message: /nothing is due/,
        })
        return
      }
      assert.throws(() => defineProcess(one), { code: "bad_process", message: says })
    })

  it("refuses names that are none", () => {
    assert.throws(() => defineProcess(but({ name: "Not a name" })), { code: "bad_input" })
  })
})

describe("standingAt", () => {
  const full = defineProcess(draft)
  const row = (state: string, since: number, endsAt = days(365)) => ({ state, since, endsAt })
  const cases: readonly (readonly [string, ReturnType<typeof row>, number, object])[] = [
    ["in time", row("asked", 0), days(14) - 1, { name: "asked", isLate: false, isEnded: false }],
    [
      "late from the moment on that was the last",
      row("asked", 0),
      days(14),
      { name: "asked", isLate: true, isEnded: false },
    ],
    [
      "a deadline that lapses",
      row("answered", 5),
      days(60) + 5,
      { name: "closed", isLate: false, isEnded: true },
    ],
    ["just before it", row("answered", 5), days(60) + 4, { name: "answered", isLate: false, isEnded: false }],
    [
      "the end of the case, whatever its state",
      row("asked", 0, days(365)),
      days(365),
      { name: "closed", isLate: false, isEnded: true },
    ],
    [
      "the end of the case before a deadline",
      row("answered", days(350)),
      days(365),
      { name: "closed", isLate: false, isEnded: true },
    ],
  ]
  for (const [comment, at, time, wanted] of cases)
    it(comment, () => {
      const { state, isLate, isEnded } = standingAt(full, at, time)
      assert.deepEqual({ name: state.name, isLate, isEnded }, wanted)
    })
})
