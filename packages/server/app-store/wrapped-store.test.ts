import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { type Bytes, randomBytes, signWrapped, WRAPPED_BYTES, wrappedId } from "@aceso/core"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { WrappedStore, wrappedMigrations } from "./wrapped-store.ts"

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
  store.put(signWrapped(app, by, id, { version, content: contentOf(value) }))
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
        store.put({
          ...signWrapped(APP, seed, id, { version: 2, content: contentOf(2) }),
          record: { version: 2, content: contentOf(9) },
        }),
      "bad_signature",
    ],
    [
      "what was signed for another name",
      (id) => store.put({ ...signWrapped(APP, seed, fresh(), { version: 2, content: contentOf(9) }), id }),
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
    await assert.rejects(elsewhere.put(given), { code: "bad_signature" })
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
