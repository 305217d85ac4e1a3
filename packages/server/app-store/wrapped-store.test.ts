import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { type Bytes, randomBytes, signWrapped, WRAPPED_BYTES, wrappedId } from "@aceso/core"
import { freshVault } from "../testing/fresh-vault.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { RECORDS_PER_DAY, WrappedStore, wrappedMigrations } from "./wrapped-store.ts"

const APP = "https://app.north.example"
const folder = mkdtempSync(join(tmpdir(), "aceso-wrapped-"))
const masterKey = randomBytes(32)
const open = () => {
  const vault = new SqliteVault({ folder: join(folder, "vault"), organisation: "authority", masterKey })
  return { vault, store: new WrappedStore(vault.moduleDatabase("wrapped", wrappedMigrations), APP) }
}
const { vault, store } = open()
after(async () => {
  await vault.close().catch(() => {})
  rmSync(folder, { recursive: true, force: true })
})

const seed = randomBytes(32)
const contentOf = (value: number) => new Uint8Array(WRAPPED_BYTES).fill(value)
const put = (id: Bytes, version: number, value: number, by = seed, app = APP) =>
  store.put(signWrapped(app, by, id, { version, content: contentOf(value) }), "192.0.2.1")
const fresh = () => wrappedId("random", randomBytes(32))

describe("what devices keep with the app's operator", () => {
  it("is kept version by version, and the same again is taken as the first time", async () => {
    const id = fresh()
    assert.equal(await store.get(id), null)
    await put(id, 1, 1)
    await put(id, 1, 1)
    await put(id, 2, 2)
    assert.deepEqual(await store.get(id), { version: 2, content: contentOf(2) })
  })

  const rows: readonly (readonly [string, (id: Bytes) => Promise<unknown>, string])[] = [
    ["somebody else's next version", (id) => put(id, 2, 9, randomBytes(32)), "not_permitted"],
    ["an older version again", (id) => put(id, 0, 9), "record_changed_meanwhile"],
    ["the same version with another content", (id) => put(id, 1, 9), "record_changed_meanwhile"],
    ["a version that skips one", (id) => put(id, 3, 9), "record_changed_meanwhile"],
    ["a word for another app", (id) => put(id, 2, 9, seed, "https://app.south.example"), "bad_signature"],
    [
      "a signature over another content",
      (id) =>
        store.put(
          {
            ...signWrapped(APP, seed, id, { version: 2, content: contentOf(2) }),
            record: { version: 2, content: contentOf(9) },
          },
          "192.0.2.1",
        ),
      "bad_signature",
    ],
    [
      "what was signed for another name",
      (id) =>
        store.put(
          { ...signWrapped(APP, seed, fresh(), { version: 2, content: contentOf(9) }), id },
          "192.0.2.1",
        ),
      "bad_signature",
    ],
  ]
  for (const [comment, attack, code] of rows)
    it(`refuses ${comment}, and nothing changes`, async () => {
      const id = fresh()
      await put(id, 1, 1)
      await assert.rejects(attack(id), { code })
      assert.deepEqual(await store.get(id), { version: 1, content: contentOf(1) })
    })

  it("is nowhere but at the operator", async () => {
    const elsewhere = new WrappedStore(vault.moduleDatabase("wrapped", wrappedMigrations), undefined)
    const given = signWrapped(APP, seed, fresh(), { version: 1, content: contentOf(1) })
    await assert.rejects(elsewhere.put(given, "192.0.2.1"), { code: "bad_signature" })
  })

  // The attack: strangers fill the store for ever, so that no patient has a way back to a seed any more.
  it("takes so many new ones of one address within a day, and in all, and what is there goes on", async () => {
    const database = freshVault("wrapped-full").moduleDatabase("wrapped", wrappedMigrations)
    let now = 1_000_000
    const perAddress = RECORDS_PER_DAY + 50
    const full = new WrappedStore(database, APP, { perAddress, now: () => now })
    const content = contentOf(1)
    const add = (from: string, id = fresh(), version = 1) =>
      full.put(signWrapped(APP, seed, id, { version, content }), from)
    const own = fresh()
    // At once, so that the disk is waited for once.
    await database.atomically(async () => {
      await add("a", own)
      for (let i = 1; i < RECORDS_PER_DAY; i++) await add("a")
    })
    await assert.rejects(add("a"), { code: "too_many_requests", message: /within a day/ })
    await add("a", own, 2)
    await add("b")
    now += 24 * 3_600_000
    await database.atomically(async () => {
      for (let i = 0; i < 50; i++) await add("a")
    })
    await assert.rejects(add("a"), { code: "too_many_requests", message: /came 650 records/ })
    await add("a", own, 3)
    // An honest address comes back; the printed code of somebody who has not used it for years still opens.
    now += 31 * 24 * 3_600_000
    await add("a")
    now += 10 * 365 * 24 * 3_600_000
    assert.equal((await full.get(own))?.version, 3)
  })

  it("has owners whom nobody links: one seed is another under each name", () => {
    const [a, b] = [fresh(), fresh()].map(
      (id) => signWrapped(APP, seed, id, { version: 1, content: contentOf(1) }).owner,
    )
    assert.notDeepEqual(a, b)
  })

  it("is there after a restart", async () => {
    const id = fresh()
    await put(id, 1, 5)
    await vault.close()
    const again = open()
    assert.deepEqual(await again.store.get(id), { version: 1, content: contentOf(5) })
    await again.vault.close()
  })
})
