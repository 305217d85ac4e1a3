import assert from "node:assert/strict"
import { it } from "node:test"
import { days, defineProcess } from "./define.ts"
import { pictureOf } from "./picture.ts"
import { stateOf } from "./process.ts"
import { standingAt } from "./standing.ts"
import { taskOf } from "./task.ts"

const question = defineProcess({
  name: "question",
  parties: { person: "case key", hospital: { ability: "keepsRecords" } },
  opens: { by: "person", to: "asked", documents: ["Communication"], dueMs: days(14) },
  states: { answered: { turn: "person", dueMs: days(60), lapsesTo: "closed" } },
  steps: {
    answer: { from: "asked", by: "hospital", to: "answered", documents: ["Communication"] },
    close: { from: "answered", by: "person", to: "closed" },
  },
  lasts: { ms: days(365), to: "ended" },
})
const [id, openedAt] = [new Uint8Array(32).fill(7), Date.UTC(2026, 10, 28)]
const parties = [
  { party: "person", member: null },
  { party: "hospital", member: "city" },
]

it("a process is a picture: every way from one state to the next, the start and the ends", () => {
  assert.equal(
    pictureOf(question),
    [
      "stateDiagram-v2",
      "  [*] --> asked: opens (person)",
      "  asked --> answered: answer (hospital)",
      "  answered --> closed: close (person)",
      "  answered --> closed: not done in time",
      "  closed --> [*]",
      "  ended --> [*]",
    ].join("\n"),
  )
})

for (const [state, time, status, owner, end] of [
  ["asked", openedAt, "requested", "city", "2026-12-12T00:00:00.000Z"],
  ["answered", openedAt, "in-progress", undefined, "2027-01-27T00:00:00.000Z"],
  ["answered", openedAt + days(60), "completed", undefined, undefined],
  ["closed", openedAt, "completed", undefined, undefined],
] as const)
  it(`a case is a FHIR Task: ${state} after ${(time - openedAt) / days(1)} days is ${status}`, () => {
    const row = { state, since: openedAt, endsAt: openedAt + days(365) }
    const standing = standingAt(question, row, time)
    const task = taskOf({ id, process: question, openedAt, standing, parties })
    assert.deepEqual(
      [
        task.resourceType,
        task.intent,
        task.status,
        task.owner?.identifier.value,
        task.restriction?.period.end,
      ],
      ["Task", "order", status, owner, end],
    )
    assert.ok(stateOf(question, task.businessStatus.coding[0].code))
    assert.doesNotMatch(JSON.stringify(task), /person/)
  })
