import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, it } from "node:test"
import {
  canonicalJson,
  type JsonObject,
  largeObject,
  parseJson,
  sha256,
  toBase64,
  utf8,
  withoutLargeData,
} from "@aceso/core"
import { handleOf } from "@aceso/ledger/testing/network.ts"
import type { Vault } from "../vault/vault.ts"
import { ann, inFixture, type VaultFixture } from "./vault-fixture.ts"

const content = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 31 + (i >> 9)) & 0xff)
const { root, size } = largeObject(content)
const text = JSON.stringify({ resourceType: "Binary", contentType: "image/png", data: toBase64(content) })
const { resource, objects } = withoutLargeData(parseJson(text) as JsonObject)
const bob = handleOf("bob")

/** Large objects of records. */
export function vaultObjects(name: string, start: () => VaultFixture): void {
  const put = async (
    vault: Vault,
    fixture: VaultFixture,
    { log = ann, id = "a", version = 1, isBrought = true, kept = resource as JsonObject } = {},
  ) => {
    const recordId = sha256(utf8(id))
    const index = await vault.logSize(log)
    const { key, salt } = fixture.makeKey(vault, recordId, version)
    const what = { operation: "create" as const, type: "Binary", fhirId: id, commitment: sha256(utf8(id)) }
    const brought = isBrought ? { objects } : {}
    const record = { log, index, recordId, version, ...what }
    await vault.append([{ ...record, key, salt, content: canonicalJson(kept), ...brought }])
    return { ...record, height: null }
  }
  const bytesOf = async (vault: Vault, record: Awaited<ReturnType<typeof put>>) => {
    const found = await vault.objectOf(record, root)
    return found && Buffer.concat(found.chunks)
  }

  describe(`vault ${name}: large objects`, () => {
    it(
      "come back whole, with the hashes of their chunks",
      inFixture(start, async (vault, fixture) => {
        const found = await vault.objectOf(await put(vault, fixture), root)
        assert.ok(found && Buffer.concat(found.chunks).equals(content))
        assert.deepEqual(found.hashes, found.chunks.map(sha256))
        assert.equal(size, content.length)
      }),
    )
    it(
      "are opened by those records alone that refer to them",
      inFixture(start, async (vault, fixture) => {
        const first = await put(vault, fixture)
        const other = await put(vault, fixture, {
          id: "b",
          isBrought: false,
          kept: { resourceType: "Binary" },
        })
        assert.equal(await vault.objectOf(other, root), undefined)
        assert.equal(await vault.objectOf(first, sha256(utf8("other"))), undefined)
        assert.equal(await vault.objectOf({ ...first, log: bob }, root), undefined)
      }),
    )
    it(
      "are kept once: a new version, and the record in another log, need not bring them again",
      inFixture(start, async (vault, fixture) => {
        await put(vault, fixture)
        const bytes = () => fixture.files().reduce((sum, file) => sum + readFileSync(file).length, 0)
        const before = bytes()
        const places = [{ version: 2 }, { log: bob, id: "c" }, { id: "d" }]
        for (const place of places) {
          const record = await put(vault, fixture, { ...place, isBrought: place.id === "d" })
          assert.ok((await bytesOf(vault, record))?.equals(content))
        }
        assert.ok(bytes() - before < content.length)
      }),
    )
    it(
      "that nobody brought leave nothing behind",
      inFixture(start, async (vault, fixture) => {
        await assert.rejects(put(vault, fixture, { isBrought: false }), /not there/)
        assert.equal(await vault.logSize(ann), 0)
      }),
    )
    it(
      "cannot be read without the keys",
      inFixture(start, async (vault, fixture) => {
        await put(vault, fixture)
        for (const file of fixture.files()) {
          const bytes = readFileSync(file)
          for (const part of [content.subarray(1000, 1032), root, sha256(content.subarray(0, 262_144))])
            assert.equal(bytes.indexOf(part), -1, file)
        }
      }),
    )
  })
}
