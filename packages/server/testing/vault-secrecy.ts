import assert from "node:assert/strict"
import { readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import { describe, it } from "node:test"
import { toHex, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import type { Vault } from "../vault/vault.ts"
import {
  ann,
  append,
  code,
  disclosureOf,
  inFixture,
  requestOf,
  SECRETS,
  type VaultFixture,
} from "./vault-fixture.ts"

/** What a vault's files show to somebody without the master key, and what they let him change. */
export function vaultSecrecy(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: content`, () => {
    it(
      "moved to another row is record_damaged, in either direction",
      inFixture(start, async (vault, fixture) => {
        const a = await append(vault, fixture, '{"same":1}')
        const b = await append(vault, fixture, '{"same":1}')
        const [cipherA, cipherB] = [a, b].map(fixture.tamper.ciphertext)
        fixture.tamper.setCiphertext(a, cipherB)
        fixture.tamper.setCiphertext(b, cipherA)
        for (const record of [a, b]) await assert.rejects(vault.content(record), code("record_damaged"))
        fixture.tamper.setCiphertext(a, cipherA)
        await vault.content(a)
      }),
    )
    it(
      "an older version in place of the newest is record_damaged",
      inFixture(start, async (vault, fixture) => {
        const first = await append(vault, fixture, '{"v":1}')
        const second = await append(vault, fixture, '{"v":2}', { recordId: first.recordId, version: 2 })
        fixture.tamper.setCiphertext(second, fixture.tamper.ciphertext(first))
        await assert.rejects(vault.content(second), code("record_damaged"))
      }),
    )
    it(
      "read as another organisation is record_damaged",
      inFixture(start, async (vault, fixture) => {
        const record = await append(vault, fixture, "{}")
        await vault.keepBundle(utf8("{}"), utf8("{}"), 1)
        await vault.setPolicy(ann, {
          version: 1,
          root: seedOf("r"),
          salt: seedOf("s"),
          documents: [],
          pending: [],
        })
        const other = fixture.open({ organisation: "county" })
        await assert.rejects(other.content(record), code("record_damaged"))
        await assert.rejects(other.policy(ann), code("record_damaged"))
        await other.close()
      }),
    )
    it(
      "claimed to be another record or version does not decrypt",
      inFixture(start, async (vault, fixture) => {
        const a = await append(vault, fixture, "{}")
        const b = await append(vault, fixture, "{}")
        await assert.rejects(vault.content({ ...a, recordId: b.recordId }), code("record_damaged"))
        await assert.rejects(vault.content({ ...a, version: 2 }), code("key_erased"))
      }),
    )
    it(
      "damaged anywhere, shortened or emptied is record_damaged",
      inFixture(start, async (vault, fixture) => {
        const record = await append(vault, fixture, `{"text":"${"x".repeat(20)}"}`)
        const whole = fixture.tamper.ciphertext(record)
        const flipped = Array.from(whole.keys(), (i) => whole.map((byte, j) => (i === j ? byte ^ 1 : byte)))
        const shortened = [0, 1, 27, 28, whole.length - 1].map((size) => whole.subarray(0, size))
        for (const damaged of [...flipped, ...shortened, new Uint8Array([...whole, 0])]) {
          fixture.tamper.setCiphertext(record, damaged)
          await assert.rejects(vault.content(record), code("record_damaged"))
        }
      }),
    )
    it(
      "changed under the right key is vault_mismatch",
      inFixture(start, async (vault, fixture) => {
        const record = await append(vault, fixture, '{"value":1.00}')
        fixture.overwrite(vault, record, utf8('{"value":1.0}'))
        await assert.rejects(vault.content(record), code("vault_mismatch"))
      }),
    )
    it(
      "without its key is key_erased; the others stay",
      inFixture(start, async (vault, fixture) => {
        const first = await append(vault, fixture, "{}")
        const second = await append(vault, fixture, "{}", { recordId: first.recordId, version: 2 })
        fixture.tamper.eraseKey(first)
        await assert.rejects(vault.content(first), code("key_erased"))
        await vault.content(second)
      }),
    )
    it(
      "that is not there is record_damaged",
      inFixture(start, async (vault, fixture) => {
        const record = await append(vault, fixture, "{}")
        await assert.rejects(vault.content({ ...record, index: 5 }), code("record_damaged"))
      }),
    )
    it(
      "a vault under another master key does not open",
      inFixture(start, async (vault, fixture) => {
        await append(vault, fixture, "{}")
        assert.throws(() => fixture.open({ masterKey: seedOf("wrong") }), code("wrong_key"))
      }),
    )
    it(
      "equal content has different ciphertexts and commitments",
      inFixture(start, async (vault, fixture) => {
        const records = [await append(vault, fixture, "{}"), await append(vault, fixture, "{}")]
        const ciphertexts = records.map((record) => toHex(fixture.tamper.ciphertext(record)))
        assert.equal(new Set(ciphertexts).size, 2)
        assert.equal(new Set(records.map(({ commitment }) => toHex(commitment))).size, 2)
      }),
    )
  })

  describe(`vault ${name}: files`, () => {
    async function fill(vault: Vault, fixture: VaultFixture): Promise<string> {
      const content = JSON.stringify({ name: SECRETS[0], identifier: SECRETS[1], code: SECRETS[2] })
      await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
      await vault.setIdentifiers("Patient", "p1", [{ system: "urn:ssn", value: SECRETS[1] }])
      await vault.setTerms("p1", [SECRETS[0], SECRETS[1]])
      await vault.setSource(SECRETS[3], { type: "Patient", id: SECRETS[1], base: SECRETS[3] }, "p1")
      await append(vault, fixture, content, { log: ann })
      await vault.keepBundle(utf8(content), utf8(`${content} ${SECRETS[3]}`), 1)
      const documents = [{ content: utf8(SECRETS.join()), salt: seedOf("s") }]
      await vault.setPolicy(ann, { version: 1, root: seedOf("r"), salt: seedOf("s"), documents, pending: [] })
      await vault.addRequest(requestOf("a", 1))
      await vault.addDisclosure(disclosureOf(1))
      return content
    }
    it(
      "no name, national id or diagnosis is in any byte of them, before or after the log is folded in",
      inFixture(start, async (vault, fixture) => {
        await fill(vault, fixture)
        const look = () => {
          const files = fixture.files()
          assert.ok(files.length >= 2, files.join())
          for (const file of files) {
            const bytes = readFileSync(file)
            for (const secret of SECRETS)
              for (const encoding of ["utf8", "utf16le"] as const)
                assert.equal(bytes.includes(Buffer.from(secret, encoding)), false, `${file}: ${secret}`)
          }
        }
        assert.ok(fixture.files().some((file) => statSync(file).size > 10_000))
        look()
        // Another connection that opens and closes makes SQLite fold the log in.
        await fixture.open().close()
        look()
      }),
    )
    it(
      "a setting may hold documents too: none is there in the clear",
      inFixture(start, async (vault, fixture) => {
        await vault.setSetting("anything", SECRETS[0])
        for (const file of fixture.files())
          assert.equal(readFileSync(file).includes(SECRETS[0]), false, basename(file))
      }),
    )
    it(
      "no salt of a disclosure is beside its content (PRIVACY.md, Erasure: keys and salts lie apart)",
      inFixture(start, async (vault, fixture) => {
        await vault.addDisclosure(disclosureOf(1))
        for (const file of fixture.files().filter((path) => !basename(path).startsWith("keyring")))
          assert.equal(readFileSync(file).includes(Buffer.from(seedOf("salt"))), false, basename(file))
      }),
    )
    it(
      "are for their owner alone",
      inFixture(start, async (vault, fixture) => {
        await fill(vault, fixture)
        for (const file of fixture.files())
          assert.equal((statSync(file).mode & 0o777).toString(8), "600", file)
      }),
    )
  })
}
