import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { toHex } from "@aceso/core"
import { freshVault } from "../testing/fresh-vault.ts"
import { MOST_AN_HOUR, SettingChanges, settingsMigrations } from "./changes.ts"

const NOON = Date.parse("2026-11-29T12:00:00Z")
const changed = (by: string, at = NOON) => ({ at, by, name: "dummyPercent", from: "25", to: "3" })

describe("changes of settings", () => {
  const made = () => new SettingChanges(freshVault("changes").moduleDatabase("settings", settingsMigrations))

  it("are shown by pages, newest first, each once", async () => {
    const changes = made()
    for (let n = 0; n < 7; n++) await changes.note({ ...changed("ann", NOON + n), to: String(n) })
    const found: string[] = []
    let before: number | null = null
    for (let pages = 0; pages < 3; pages++) {
      const page: Awaited<ReturnType<typeof changes.page>> = await changes.page(before, 3)
      found.push(...page.changes.map(({ to }) => to))
      before = page.next ?? null
      if (before === null) break
    }
    assert.deepEqual(found, ["6", "5", "4", "3", "2", "1", "0"])
    assert.equal(before, null)
  })

  it("of one person are bounded an hour, and hide nobody else's", async () => {
    const changes = made()
    await changes.note(changed("bob"))
    for (let n = 0; n < MOST_AN_HOUR; n++) await changes.note(changed("ann"))
    await assert.rejects(changes.note(changed("ann")), { code: "too_many_changes" })
    await changes.note(changed("bob"))
    await changes.note(changed("ann", NOON + 3_600_000))
    assert.equal((await changes.page(null, 100)).changes.length, MOST_AN_HOUR + 3)
  })

  it("that did not come to it are gone, and nothing of any stands in the clear", async () => {
    const vault = freshVault("changes")
    const database = vault.moduleDatabase<{
      settings_changes: { id: Uint8Array; who: Uint8Array; content: Uint8Array }
    }>("settings", settingsMigrations)
    const changes = new SettingChanges(database as never)
    await changes.withdraw(await changes.note(changed("ann")))
    assert.deepEqual(await changes.page(null, 10), { changes: [] })
    await changes.note({ ...changed("a-name-to-find") })
    const [row] = await database.db.selectFrom("settings_changes").selectAll().execute()
    for (const bytes of [row.id, row.who, row.content])
      assert.ok(!toHex(bytes).includes(toHex(new TextEncoder().encode("a-name-to-find"))))
  })
})
