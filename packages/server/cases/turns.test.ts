import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, PlatformError, sha256, toHex, utf8 } from "@aceso/core"
import { Inbox, inboxMigrations } from "../inbox/inbox.ts"
import { freshVault } from "../testing/fresh-vault.ts"
import type { CaseNow } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import { DEFAULT_ROLE, Turns } from "./turns.ts"

const DUE = 1_000

describe("turns", () => {
  const inbox = new Inbox(freshVault("turns").moduleDatabase("inbox", inboxMigrations))
  const idOf = (name: string) => sha256(utf8(name))
  const looked: string[] = []
  const gone = new Set<string>()
  let isUp = true
  /** Waits for this organisation, and stays so when it is late; `lapsing` ends then. */
  const cases = {
    names: ["question"],
    async at(id: Bytes, now: number) {
      if (!isUp) throw new PlatformError("engine_unreachable", "nobody answers")
      const name = toHex(id)
      looked.push(name)
      if (gone.has(name)) throw new PlatformError("unknown_case", "there is no such case")
      const isOver = name === toHex(idOf("lapsing")) && now >= DUE
      return {
        row: { size: 1, parties: [] },
        process: { name: "question" },
        standing: {
          state: { name: isOver ? "closed" : "asked", turn: isOver ? [] : ["hospital"] },
          since: 0,
          dueAt: isOver ? null : DUE,
        },
      } as never as CaseNow
    },
    ownParty: () => "hospital",
  } as never as Cases
  const turns = new Turns({
    ...{ cases, inbox, member: "city" },
    stocks: { handleOf: async () => undefined },
    documents: { at: async () => undefined },
  })
  const open = async () =>
    (await inbox.open({ roles: [DEFAULT_ROLE], limit: 200 })).map(({ id }) => toHex(id))

  it("looks once at all that is late, however much that is; what has lapsed is done", async () => {
    const late = Array.from({ length: 150 }, (_, i) => idOf(`late ${i}`))
    for (const id of [...late, idOf("lapsing")]) await turns.look(id, 0)
    looked.length = 0
    await turns.overdue(DUE - 1)
    assert.deepEqual(looked, [])
    await turns.overdue(DUE)
    assert.deepEqual(looked.toSorted(), [...late, idOf("lapsing")].map(toHex).sort())
    assert.deepEqual((await open()).sort(), late.map(toHex).sort())
    await turns.overdue(DUE + 1)
    assert.equal(looked.length, late.length + 1)
  })

  it("a case that is not known stops no other; what the ledger cannot say now is looked at later", async () => {
    const [lost, other] = [idOf("lost"), idOf("other")]
    for (const id of [lost, other]) await turns.look(id, 0)
    gone.add(toHex(lost))
    looked.length = 0
    isUp = false
    await assert.rejects(turns.overdue(DUE), { code: "engine_unreachable" })
    isUp = true
    await assert.rejects(turns.overdue(DUE), { code: "unknown_case" })
    assert.deepEqual(looked.toSorted(), [lost, other].map(toHex).sort())
    await turns.overdue(DUE)
    assert.equal(looked.length, 2)
    assert.ok((await open()).includes(toHex(lost)))
  })
})
