import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { inbox } from "./commands/inbox.ts"
import type { Session } from "./session.ts"

/** As a node answers: by deadline, those whom it does not know behind the others. */
const item = (i: number, dueAt: number, patient: string | null) => ({
  ...{ id: new Uint8Array(32).fill(i), capability: "messages", state: "asked", steps: 1 },
  ...{ since: 1, dueAt, patient, delegate: null },
})
const session = (more: boolean) =>
  ({
    person: () => ({ kind: "staff" }),
    staff: () => ({
      client: {
        cases: {
          page: async () => ({
            items: [item(1, 50, "patient-1"), item(2, 60, "patient-2"), item(3, 1, null)],
            more,
          }),
        },
      },
    }),
  }) as never as Session
const run = (more: boolean) => inbox.run(session(more), {} as never, {} as never)

describe("aceso inbox", () => {
  it("has strangers behind those who are known, whatever is due first, and says that there is more", async () => {
    const all = await run(true)
    assert.deepEqual(
      all.items.map(({ with: who }) => who),
      ["patient patient-1", "patient patient-2", ""],
    )
    assert.match(inbox.print(all), /more than these 3 wait/)
    assert.doesNotMatch(inbox.print(await run(false)), /more than/)
  })
})
