import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { randomBytes } from "@aceso/core"
import type { Migration } from "./module-database.ts"
import { SqliteVault } from "./sqlite-vault.ts"

const first: Migration = {
  name: "notes",
  sql: "CREATE TABLE diary_notes (id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
  tables: { diary_notes: "rebuilt" },
}
const second: Migration = {
  name: "authors",
  sql: "ALTER TABLE diary_notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'; CREATE INDEX diary_by_author ON diary_notes (author)",
  tables: {},
}
const third: Migration = {
  name: "titles",
  sql: "CREATE TABLE diary_titles (id INTEGER PRIMARY KEY); INSERT INTO diary_titles SELECT id FROM diary_notes",
  tables: { diary_titles: "lost" },
}
const all = [first, second, third]

interface Tables {
  diary_notes: { id: number; words: string; author: string }
  diary_titles: { id: number }
}

describe("a module's own tables", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-module-"))
  const masterKey = randomBytes(32)
  let count = 0
  const vaultAt = (name: string) =>
    new SqliteVault({ folder: join(folder, name), organisation: "city", masterKey })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (let from = 0; from <= all.length; from++)
    it(`are brought from ${from} migrations to ${all.length}, with what was in them`, async () => {
      const name = `vault ${count++}`
      const before = vaultAt(name)
      const old = before.moduleDatabase<Tables>("diary", all.slice(0, from))
      if (from > 0)
        await old.atomically(async () => {
          await old.db
            .insertInto("diary_notes")
            .values({ id: 7, words: "hello" } as never)
            .execute()
        })
      if (from === all.length) await old.db.insertInto("diary_titles").values({ id: 7 }).execute()
      await before.close()
      const later = vaultAt(name)
      const now = later.moduleDatabase<Tables>("diary", all)
      const notes = await now.db.selectFrom("diary_notes").selectAll().execute()
      assert.deepEqual(
        notes.map((one) => ({ ...one })),
        from === 0 ? [] : [{ id: 7, words: "hello", author: "nobody" }],
      )
      assert.equal((await now.db.selectFrom("diary_titles").selectAll().execute()).length, from === 0 ? 0 : 1)
      await later.close()
    })

  const refused: readonly (readonly [string, string, Migration[], string])[] = [
    [
      "another module's table",
      "diary",
      [{ ...first, sql: "CREATE TABLE other_notes (id INTEGER)" }],
      "bad_migration",
    ],
    [
      "a table of the vault",
      "diary",
      [{ ...first, sql: "CREATE TABLE patients2 (id INTEGER)" }],
      "bad_migration",
    ],
    [
      "a table of which nobody says what a restore does to it",
      "diary",
      [{ ...first, tables: {} }],
      "bad_migration",
    ],
    [
      "an index by another name",
      "diary",
      [first, { ...second, sql: "CREATE INDEX by_words ON diary_notes (words)" }],
      "bad_migration",
    ],
    ["a module without a proper name", "Diary!", [first], "bad_migration"],
  ]
  for (const [what, module, migrations, code] of refused)
    it(`refuses ${what}, and nothing of it is there`, async () => {
      const vault = vaultAt(`vault ${count++}`)
      assert.throws(() => vault.moduleDatabase(module, migrations), { code })
      vault.moduleDatabase<Tables>("diary", all)
      await vault.close()
    })

  it("refuses a database that other migrations made", async () => {
    const vault = vaultAt(`vault ${count++}`)
    vault.moduleDatabase("diary", [first, { ...second, name: "something else" }])
    assert.throws(() => vault.moduleDatabase("diary", all), {
      code: "migration_differs",
      message: /something else/,
    })
    assert.throws(() => vault.moduleDatabase("diary", [first]), { code: "migration_differs" })
    await vault.close()
  })

  it("what a migration that fails had done is undone", async () => {
    const vault = vaultAt(`vault ${count++}`)
    const bad = { ...second, sql: `${second.sql}; CREATE TABLE diary_notes (id INTEGER)` }
    assert.throws(() => vault.moduleDatabase("diary", [first, bad]))
    const now = vault.moduleDatabase<Tables>("diary", all)
    assert.deepEqual(await now.db.selectFrom("diary_notes").selectAll().execute(), [])
    await vault.close()
  })

  it("seals and tags are the module's own", async () => {
    const vault = vaultAt(`vault ${count++}`)
    const [a, b] = ["diary", "letters"].map((name) => vault.moduleDatabase(name, []))
    const id = randomBytes(32)
    const plain = Uint8Array.of(1, 2, 3)
    assert.deepEqual(new Uint8Array(a.open("words", id, a.seal("words", id, plain))), plain)
    assert.throws(() => b.open("words", id, a.seal("words", id, plain)))
    assert.throws(() => a.open("words", randomBytes(32), a.seal("words", id, plain)))
    assert.notDeepEqual(a.tag("ann"), b.tag("ann"))
    assert.deepEqual(a.tag("ann"), a.tag("ann"))
    await vault.close()
  })
})
