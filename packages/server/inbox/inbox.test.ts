import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import { freshVault } from "../testing/fresh-vault.ts"
import { Inbox, type InboxItem, inboxMigrations, MAX_INBOX_PAGE } from "./inbox.ts"

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

  it("what is to be looked at is named until it was, also where nothing waits", async () => {
    const look = (name: string, at: number | null, isOfStranger = false) =>
      inbox.lookAgain({ id: idOf(name), capability: "messages", at, isOfStranger })
    const due = (now: number, limit = 10) => inbox.toLookAt(now, limit, CAPABILITIES)
    await inbox.put(item("late", { dueAt: 100 }))
    await look("late", 100)
    await look("another's turn", 101, true)
    await look("ended", null)
    assert.deepEqual(await due(99), [])
    for (const others of [[], ["another"]]) assert.deepEqual(await inbox.toLookAt(100, 10, others), [])
    assert.deepEqual(await due(100), [idOf("late")])
    assert.deepEqual(await due(200, 1), [idOf("late")])
    await look("late", 300)
    assert.deepEqual(await due(200), [idOf("another's turn")])
    await inbox.leave(idOf("another's turn"))
    assert.deepEqual(await due(200), [])
    assert.deepEqual(await due(300), [idOf("late")])
    assert.ok((await open(["doctor"])).includes("late"))
  })

  it("knows whether it was somebody's who is known here", async () => {
    const known = () =>
      Promise.all(["late", "another's turn", "never"].map((name) => inbox.isOfKnown(idOf(name))))
    assert.deepEqual(await known(), [true, false, false])
  })

  it("of those whom nobody here knows behind all others, and one more than a page", async () => {
    const others = Array.from({ length: MAX_INBOX_PAGE }, (_, i) => idOf(`known ${i}`))
    await inbox.put(item("a stranger", { role: "guard", dueAt: 1, isOfStranger: true }))
    for (const id of others) await inbox.put(item("known", { id, role: "guard", dueAt: 500 }))
    assert.equal((await open(["guard"], undefined, MAX_INBOX_PAGE)).includes("a stranger"), false)
    assert.equal((await open(["guard"], undefined, MAX_INBOX_PAGE + 1)).at(-1), "a stranger")
  })

  it("what was there before there were looks is looked at once", async () => {
    const vault = freshVault("inbox-before")
    const before = vault.moduleDatabase("inbox", inboxMigrations.slice(0, 1))
    const row = { capability: "messages", role: "doctor", what: new Uint8Array(1), since: 1, due_at: 5 }
    const db = before.db as unknown as {
      insertInto(table: string): { values(row: object): { execute(): Promise<unknown> } }
    }
    for (const [name, done_at] of [
      ["open", null],
      ["done", 3],
    ] as const)
      await db
        .insertInto("inbox_items")
        .values({ ...row, id: idOf(name), done_at, is_of_stranger: 0 })
        .execute()
    const now = new Inbox(vault.moduleDatabase("inbox", inboxMigrations))
    const found = (await now.toLookAt(0, 10, CAPABILITIES)).map((id) => Buffer.from(id).toString("hex"))
    assert.deepEqual(
      found.sort(),
      ["open", "done"].map((name) => Buffer.from(idOf(name)).toString("hex")).sort(),
    )
  })

  it("tells whoever waits", async () => {
    const changed = inbox.changed(60_000)
    await inbox.put(item("news"))
    await changed
  })
})
