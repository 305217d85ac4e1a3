import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import { freshVault } from "../testing/fresh-vault.ts"
import { Inbox, type InboxItem, inboxMigrations } from "./inbox.ts"

const CAPABILITIES = ["messages"]

describe("inbox", () => {
  const inbox = new Inbox(freshVault("inbox").moduleDatabase("inbox", inboxMigrations))

  const idOf = (name: string) => sha256(utf8(name))
  const item = (name: string, more: Partial<InboxItem> = {}): InboxItem => ({
    id: idOf(name),
    capability: "messages",
    role: "doctor",
    what: { name },
    since: 1,
    dueAt: null,
    ...more,
  })
  const open = async (roles: readonly string[], person?: string, limit = 10) =>
    (await inbox.open({ roles, limit, ...(person !== undefined && { person }) })).map(
      ({ what }) => (what as { name: string }).name,
    )

  it("what is due first stands first, what has no deadline last; other roles do not see it", async () => {
    await inbox.put(item("later", { dueAt: 50 }))
    await inbox.put(item("whenever"))
    await inbox.put(item("soon", { dueAt: 10 }))
    await inbox.put(item("for the desk", { role: "clerk", dueAt: 5 }))
    assert.deepEqual(await open(["doctor"]), ["soon", "later", "whenever"])
    assert.deepEqual(await open(["doctor", "clerk"], undefined, 2), ["for the desk", "soon"])
    assert.deepEqual(await open(["nurse"]), [])
  })

  it("what is somebody's own is seen by nobody else", async () => {
    await inbox.put(item("for Dr. Chen", { person: "chen", dueAt: 1 }))
    assert.deepEqual((await open(["doctor"], "chen"))[0], "for Dr. Chen")
    assert.ok(!(await open(["doctor"], "mueller")).includes("for Dr. Chen"))
    assert.ok(!(await open(["doctor"])).includes("for Dr. Chen"))
  })

  it("an item is there once, as it is now; what is done is gone, and comes back when it is put again", async () => {
    await inbox.put(item("soon", { dueAt: 60 }))
    assert.deepEqual(await open(["doctor"]), ["later", "soon", "whenever"])
    await inbox.done(idOf("later"), 5)
    await inbox.done(idOf("later"), 6)
    assert.deepEqual(await open(["doctor"]), ["soon", "whenever"])
    await inbox.put(item("later", { dueAt: 50 }))
    assert.deepEqual(await open(["doctor"]), ["later", "soon", "whenever"])
  })

  it("what passed its deadline is named until it is looked at, and stays open", async () => {
    await inbox.put(item("late", { dueAt: 100 }), 99)
    await inbox.put(item("later still", { dueAt: 101 }), 99)
    assert.deepEqual(await inbox.overdue(99, 10, CAPABILITIES), [])
    for (const others of [[], ["another"]]) assert.deepEqual(await inbox.overdue(100, 10, others), [])
    assert.deepEqual(await inbox.overdue(100, 10, CAPABILITIES), [idOf("late")])
    assert.deepEqual(await inbox.overdue(200, 1, CAPABILITIES), [idOf("late")])
    await inbox.put(item("late", { dueAt: 100 }), 200)
    assert.deepEqual(await inbox.overdue(200, 1, CAPABILITIES), [idOf("later still")])
    await inbox.late(idOf("later still"), 200)
    assert.deepEqual(await inbox.overdue(200, 10, CAPABILITIES), [])
    assert.ok((await open(["doctor"])).includes("late"))
    await inbox.put(item("late", { dueAt: 300 }), 200)
    assert.deepEqual(await inbox.overdue(300, 10, CAPABILITIES), [idOf("late")])
    for (const name of ["late", "later still"]) await inbox.done(idOf(name), 300)
    assert.deepEqual(await inbox.overdue(300, 10, CAPABILITIES), [])
  })

  it("tells whoever waits", async () => {
    const changed = inbox.changed(60_000)
    await inbox.put(item("news"))
    await changed
  })
})
