import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import { after, before, describe, it } from "node:test"
import { type Bytes, PlatformError, randomBytes, recordCommitment, sha256, toHex, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import {
  type NewRecord,
  OWN_LOG,
  type StoredDisclosure,
  type StoredRecord,
  type Vault,
} from "../vault/vault.ts"

export interface VaultFixture {
  readonly open: (choices?: { readonly masterKey?: Bytes; readonly organisation?: string }) => Vault
  /** A key and a salt for a record version, in the vault's keyring. */
  readonly makeKey: (vault: Vault, recordId: Bytes, version: number) => { key: Bytes; salt: Bytes }
  /** What somebody does who can write to the vault's files, without the vault. */
  readonly tamper: {
    readonly ciphertext: (record: StoredRecord) => Bytes
    readonly setCiphertext: (record: StoredRecord, ciphertext: Bytes) => void
    readonly eraseKey: (record: StoredRecord) => void
  }
  /** New content under the right key, as an insider with the master key could write it. */
  readonly overwrite: (vault: Vault, record: StoredRecord, content: Bytes) => void
  /** Every file of the vault. */
  readonly files: () => readonly string[]
  /** A program that appends records to this vault and prints `ack <index> <record id>` for each. */
  readonly appendChild: () => readonly string[]
  readonly end: () => void
}

const SECRETS = ["Annabelle Featherstone", "2720599123456", "Pneumocystosis jirovecii", "Rue des Lilas 27"]
const ann = handleOf("ann at city")
const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}

/** What every vault does; each implementation runs it in its own test file. */
export function vaultSuite(name: string, start: () => VaultFixture): void {
  function inFixture(f: (vault: Vault, fixture: VaultFixture) => Promise<void>): () => Promise<void> {
    return async () => {
      const fixture = start()
      const vault = fixture.open()
      try {
        await f(vault, fixture)
      } finally {
        await vault.close()
        fixture.end()
      }
    }
  }

  async function append(
    vault: Vault,
    fixture: VaultFixture,
    content: string,
    choices: Partial<Pick<NewRecord, "log" | "recordId" | "version" | "fhirId">> = {},
  ): Promise<StoredRecord> {
    const { log = OWN_LOG, recordId = randomBytes(32), version = 1, fhirId = "r" } = choices
    const index = await vault.logSize(log)
    const { key, salt } = fixture.makeKey(vault, recordId, version)
    const operation = version === 1 ? ("create" as const) : ("update" as const)
    const commitment = recordCommitment(salt, utf8(content))
    const record = { log, index, recordId, version, operation, type: "Basic", fhirId, commitment }
    await vault.append([{ ...record, key, salt, content: utf8(content) }])
    return { ...record, height: null }
  }

  const disclosureOf = (n: number, more: Partial<StoredDisclosure> = {}): StoredDisclosure => ({
    handle: ann,
    n,
    tag: sha256(utf8(`tag ${n}`)).subarray(0, 16),
    salt: seedOf("salt"),
    auditEvent: utf8(`{"who":"${SECRETS[0]}"}`),
    body: utf8(`body ${SECRETS[2]}`),
    event: seedOf("event"),
    includeBy: 1000 - n,
    height: null,
    ...more,
  })

  const requestOf = (id: string, createdAt: number) => ({
    id: sha256(utf8(id)).subarray(0, 16),
    handle: ann,
    requester: "county",
    content: utf8(`{"reason":"${SECRETS[2]}"}`),
    createdAt,
    expiresAt: createdAt + 10,
    state: "open" as const,
  })

  describe(`vault ${name}: round trips`, () => {
    let fixture: VaultFixture
    let vault: Vault
    before(() => {
      fixture = start()
      vault = fixture.open()
    })
    after(async () => {
      await vault.close()
      fixture.end()
    })

    it("patients, by handle, FHIR id and alias", async () => {
      const added = await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
      assert.equal(added.alias, "person-1")
      await vault.addPatient({ handle: handleOf("bob"), fhirId: "p2", hasKey: true, alias: "bob" })
      for (const by of [{ handle: ann }, { fhirId: "p1" }, { alias: "person-1" }])
        assert.deepEqual(await vault.patient(by), added)
      assert.equal(await vault.patient({ alias: "nobody" }), undefined)
      await vault.setAlias(ann, "ann")
      await vault.setHasKey(ann)
      assert.deepEqual(
        (await vault.patients()).map(({ alias, hasKey }) => [alias, hasKey]),
        [
          ["ann", true],
          ["bob", true],
        ],
      )
      await assert.rejects(vault.addPatient({ handle: handleOf("c"), fhirId: "p1", hasKey: false }))
    })

    it("records: logs, versions, places, what waits", async () => {
      const id = randomBytes(32)
      const first = await append(vault, fixture, "{}", { recordId: id, fhirId: "x" })
      const inLog = await append(vault, fixture, "{}", { log: ann, fhirId: "x" })
      const second = await append(vault, fixture, '{"a":1}', { recordId: id, version: 2, fhirId: "x" })
      assert.deepEqual(await vault.log(OWN_LOG), [first, second])
      assert.deepEqual(await vault.log(ann), [inLog])
      assert.deepEqual(
        await Promise.all([OWN_LOG, ann, seedOf("none")].map((log) => vault.logSize(log))),
        [2, 1, 0],
      )
      assert.equal(await vault.newestVersion("Basic", "x"), 2)
      assert.equal(await vault.newestVersion("Basic", "none"), 0)
      assert.equal(await vault.newestVersion("Patient", "x"), 0)
      assert.deepEqual(await vault.newestPlaces("Basic", "x"), [second])
      assert.deepEqual(await vault.uncommitted(10), [first, second, inLog])
      assert.deepEqual(await vault.uncommitted(1), [first])
      await vault.markCommitted(OWN_LOG, 0, 7)
      await vault.markCommitted(OWN_LOG, 1, 9)
      assert.deepEqual(
        (await vault.log(OWN_LOG)).map(({ height }) => height),
        [7, 9],
      )
      assert.deepEqual(await vault.uncommitted(10), [inLog])
      assert.deepEqual(await vault.recordCount(), { records: 3, committed: 2 })
      const { salt, content } = await vault.content(second)
      assert.deepEqual(Buffer.from(content).toString(), '{"a":1}')
      assert.deepEqual(recordCommitment(salt, content), second.commitment)
    })

    it("a place in a log is given once", async () => {
      const { key, salt } = fixture.makeKey(vault, seedOf("again"), 1)
      const [there] = await vault.log(OWN_LOG)
      const again = { ...there, recordId: seedOf("again"), key, salt, content: utf8("{}") }
      await assert.rejects(vault.append([again]))
    })

    it("a bundle is kept once", async () => {
      assert.equal(await vault.keepBundle(utf8("{}"), 1), true)
      assert.equal(await vault.keepBundle(utf8("{}"), 2), false)
      assert.equal(await vault.keepBundle(utf8("{} "), 3), true)
    })

    it("a policy, and its next version", async () => {
      assert.equal(await vault.policy(ann), undefined)
      const documents = [{ content: utf8("consent"), salt: seedOf("s") }]
      const policy = { version: 1, root: seedOf("root"), documents, pending: utf8("signed") }
      await vault.setPolicy(ann, policy)
      assert.deepEqual(await vault.policy(ann), policy)
      const next = { version: 2, root: seedOf("root 2"), documents: [], pending: null }
      await vault.setPolicy(ann, next)
      assert.deepEqual(await vault.policy(ann), next)
    })

    it("requests, in order of time", async () => {
      const [late, early] = [requestOf("late", 9), requestOf("early", 5)]
      await vault.addRequest(late)
      await vault.addRequest(early)
      await vault.setRequestState(late.id, "declined")
      assert.deepEqual(await vault.requests(ann), [early, { ...late, state: "declined" }])
      assert.deepEqual(await vault.requests(handleOf("bob")), [])
    })

    it("disclosures: numbers from 1 without gaps, also when asked for at once", async () => {
      const numbers = await Promise.all([1, 2, 3].map(() => vault.nextDisclosure(ann)))
      assert.deepEqual(numbers, [1, 2, 3])
      await assert.rejects(vault.nextDisclosure(seedOf("nobody")), code("unknown_patient"))
      const all = [disclosureOf(1), disclosureOf(2, { body: null })]
      for (const one of all) await vault.addDisclosure(one)
      assert.deepEqual(await vault.disclosures(ann), all)
      assert.deepEqual(await vault.uncommittedDisclosures(), all.toReversed())
      await vault.markDisclosed([all[1].tag], 5)
      await vault.markDisclosed([], 6)
      assert.deepEqual(await vault.uncommittedDisclosures(), [all[0]])
      assert.equal((await vault.disclosures(ann))[1].height, 5)
    })

    it("audit keys: 32 bytes, one per handle", () => {
      assert.equal(vault.auditKey(ann).length, 32)
      assert.deepEqual(vault.auditKey(ann), vault.auditKey(ann))
      assert.notDeepEqual(vault.auditKey(ann), vault.auditKey(handleOf("bob")))
    })

    it("settings", async () => {
      await vault.setSetting("cursor", "1")
      await vault.setSetting("cursor", "2")
      assert.equal(await vault.setting("cursor"), "2")
      await vault.deleteSetting("cursor")
      assert.equal(await vault.setting("cursor"), undefined)
    })

    it("a nonce counts once until it expires", async () => {
      const nonce = seedOf("nonce").subarray(0, 16)
      assert.equal(await vault.useNonce(nonce, 100, 50), true)
      assert.equal(await vault.useNonce(nonce, 200, 60), false)
      assert.equal(await vault.useNonce(nonce, 200, 100), false)
      assert.equal(await vault.useNonce(nonce, 200, 101), true)
      const other = seedOf("nonce 2").subarray(0, 16)
      const race = await Promise.all([1, 2, 3].map(() => vault.useNonce(other, 300, 101)))
      assert.deepEqual(race, [true, false, false])
    })

    it("the blind index: by type, system and value; the first one stays", async () => {
      const identifier = { system: "urn:ssn", value: SECRETS[1] }
      await vault.addIdentifiers([{ type: "Patient", fhirId: "p1", ...identifier }])
      await vault.addIdentifiers([{ type: "Patient", fhirId: "p2", ...identifier }])
      assert.equal(await vault.findByIdentifier("Patient", identifier), "p1")
      const others = [
        ["Practitioner", identifier],
        ["Patient", { ...identifier, system: "urn:ss" }],
        ["Patient", { system: "urn:ss", value: `n${SECRETS[1]}` }],
      ] as const
      for (const [type, other] of others) assert.equal(await vault.findByIdentifier(type, other), undefined)
    })

    it("everything is there after it is opened again", async () => {
      const patients = await vault.patients()
      const [record] = await vault.log(ann)
      const key = vault.auditKey(ann)
      await vault.close()
      vault = fixture.open()
      assert.deepEqual(await vault.patients(), patients)
      assert.equal(Buffer.from((await vault.content(record)).content).toString(), "{}")
      assert.deepEqual(vault.auditKey(ann), key)
      assert.equal((await vault.policy(ann))?.version, 2)
      assert.equal(await vault.useNonce(seedOf("nonce 2").subarray(0, 16), 300, 101), false)
      assert.equal(await vault.keepBundle(utf8("{}"), 4), false)
      assert.equal(await vault.findByIdentifier("Patient", { system: "urn:ssn", value: SECRETS[1] }), "p1")
    })
  })

  describe(`vault ${name}: content`, () => {
    it(
      "moved to another row is record_damaged, in either direction",
      inFixture(async (vault, fixture) => {
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
      inFixture(async (vault, fixture) => {
        const first = await append(vault, fixture, '{"v":1}')
        const second = await append(vault, fixture, '{"v":2}', { recordId: first.recordId, version: 2 })
        fixture.tamper.setCiphertext(second, fixture.tamper.ciphertext(first))
        await assert.rejects(vault.content(second), code("record_damaged"))
      }),
    )
    it(
      "read as another organisation is record_damaged",
      inFixture(async (vault, fixture) => {
        const record = await append(vault, fixture, "{}")
        await vault.keepBundle(utf8("{}"), 1)
        await vault.setPolicy(ann, { version: 1, root: seedOf("r"), documents: [], pending: null })
        const other = fixture.open({ organisation: "county" })
        await assert.rejects(other.content(record), code("record_damaged"))
        await assert.rejects(other.policy(ann), code("record_damaged"))
        await other.close()
      }),
    )
    it(
      "claimed to be another record or version does not decrypt",
      inFixture(async (vault, fixture) => {
        const a = await append(vault, fixture, "{}")
        const b = await append(vault, fixture, "{}")
        await assert.rejects(vault.content({ ...a, recordId: b.recordId }), code("record_damaged"))
        await assert.rejects(vault.content({ ...a, version: 2 }), code("key_erased"))
      }),
    )
    it(
      "damaged anywhere, shortened or emptied is record_damaged",
      inFixture(async (vault, fixture) => {
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
      inFixture(async (vault, fixture) => {
        const record = await append(vault, fixture, '{"value":1.00}')
        fixture.overwrite(vault, record, utf8('{"value":1.0}'))
        await assert.rejects(vault.content(record), code("vault_mismatch"))
      }),
    )
    it(
      "without its key is key_erased; the others stay",
      inFixture(async (vault, fixture) => {
        const first = await append(vault, fixture, "{}")
        const second = await append(vault, fixture, "{}", { recordId: first.recordId, version: 2 })
        fixture.tamper.eraseKey(first)
        await assert.rejects(vault.content(first), code("key_erased"))
        await vault.content(second)
      }),
    )
    it(
      "that is not there is record_damaged",
      inFixture(async (vault, fixture) => {
        const record = await append(vault, fixture, "{}")
        await assert.rejects(vault.content({ ...record, index: 5 }), code("record_damaged"))
      }),
    )
    it(
      "a vault under another master key does not open",
      inFixture(async (vault, fixture) => {
        await append(vault, fixture, "{}")
        assert.throws(() => fixture.open({ masterKey: seedOf("wrong") }), code("record_damaged"))
      }),
    )
    it(
      "equal content has different ciphertexts and commitments",
      inFixture(async (vault, fixture) => {
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
      await vault.addIdentifiers([{ type: "Patient", fhirId: "p1", system: "urn:ssn", value: SECRETS[1] }])
      await append(vault, fixture, content, { log: ann })
      await vault.keepBundle(utf8(`${content} ${SECRETS[3]}`), 1)
      const documents = [{ content: utf8(SECRETS.join()), salt: seedOf("s") }]
      await vault.setPolicy(ann, { version: 1, root: seedOf("r"), documents, pending: null })
      await vault.addRequest(requestOf("a", 1))
      await vault.addDisclosure(disclosureOf(1))
      return content
    }
    it(
      "no name, national id or diagnosis is in any byte of them, before or after the log is folded in",
      inFixture(async (vault, fixture) => {
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
        await vault.close()
        look()
        await fixture.open().close()
      }),
    )
    it(
      "a setting holds documents too (visitors' copies): none is there in the clear",
      inFixture(async (vault, fixture) => {
        await vault.setSetting("visitors", SECRETS[0])
        for (const file of fixture.files())
          assert.equal(readFileSync(file).includes(SECRETS[0]), false, basename(file))
      }),
    )
    it(
      "no salt of a disclosure is beside its content (PRIVACY.md, Erasure: keys and salts lie apart)",
      inFixture(async (vault, fixture) => {
        await vault.addDisclosure(disclosureOf(1))
        for (const file of fixture.files().filter((path) => !basename(path).startsWith("keyring")))
          assert.equal(readFileSync(file).includes(Buffer.from(seedOf("salt"))), false, basename(file))
      }),
    )
    it(
      "are for their owner alone",
      inFixture(async (vault, fixture) => {
        await fill(vault, fixture)
        for (const file of fixture.files())
          assert.equal((statSync(file).mode & 0o777).toString(8), "600", file)
      }),
    )
  })

  describe(`vault ${name}: transactions`, () => {
    const fails = new Error("on purpose")

    it(
      "a failure rolls everything back, nested steps too",
      inFixture(async (vault, fixture) => {
        await vault.setSetting("kept", "1")
        const failing = vault.atomically(async () => {
          await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
          await append(vault, fixture, "{}")
          await vault.keepBundle(utf8("{}"), 1)
          await vault.addIdentifiers([{ type: "Patient", fhirId: "p1", system: "s", value: "v" }])
          await vault.atomically(() => vault.setSetting("kept", "2"))
          throw fails
        })
        await assert.rejects(failing, fails)
        assert.deepEqual(await vault.patients(), [])
        assert.deepEqual(await vault.recordCount(), { records: 0, committed: 0 })
        assert.equal(await vault.findByIdentifier("Patient", { system: "s", value: "v" }), undefined)
        assert.equal(await vault.setting("kept"), "1")
        assert.equal(await vault.keepBundle(utf8("{}"), 1), true)
      }),
    )
    it(
      "writers that are not inside wait, and are not rolled back with it",
      inFixture(async (vault) => {
        const { promise: gate, resolve: open } = Promise.withResolvers<void>()
        const order: string[] = []
        const failing = vault.atomically(async () => {
          await vault.setSetting("inside", "1")
          await gate
          order.push("inside")
          throw fails
        })
        const outside = vault.setSetting("outside", "1").then(() => order.push("outside"))
        const other = vault.useNonce(seedOf("n"), 10, 1)
        setTimeout(open, 20)
        await assert.rejects(failing, fails)
        await outside
        assert.equal(await other, true)
        assert.deepEqual(order, ["inside", "outside"])
        assert.equal(await vault.setting("outside"), "1")
        assert.equal(await vault.setting("inside"), undefined)
        assert.equal(await vault.useNonce(seedOf("n"), 10, 1), false)
      }),
    )
    it(
      "readers that are not inside do not see what may be rolled back",
      inFixture(async (vault, fixture) => {
        const { promise: gate, resolve: open } = Promise.withResolvers<void>()
        const { promise: written, resolve: wrote } = Promise.withResolvers<void>()
        const failing = vault.atomically(async () => {
          await append(vault, fixture, "{}")
          wrote()
          await gate
          throw fails
        })
        await written
        setTimeout(open, 50)
        const seen = await vault.uncommitted(10)
        open()
        await assert.rejects(failing, fails)
        assert.deepEqual(seen, [])
      }),
    )
    it(
      "100 at once each see the one before",
      inFixture(async (vault) => {
        const add = async () => {
          const before = Number((await vault.setting("count")) ?? 0)
          await new Promise(setImmediate)
          await vault.setSetting("count", String(before + 1))
        }
        await Promise.all(Array.from({ length: 100 }, () => vault.atomically(add)))
        assert.equal(await vault.setting("count"), "100")
      }),
    )
    it(
      "a record version whose transaction failed can be written again",
      inFixture(async (vault, fixture) => {
        const { recordId } = await append(vault, fixture, "{}")
        const update = { recordId, version: 2 }
        const failing = vault.atomically(async () => {
          await append(vault, fixture, '{"v":2}', update)
          throw fails
        })
        await assert.rejects(failing, fails)
        const again = await append(vault, fixture, '{"v":2}', update)
        assert.equal(Buffer.from((await vault.content(again)).content).toString(), '{"v":2}')
      }),
    )
    it(
      "an alias that somebody chose does not keep others from being added",
      inFixture(async (vault) => {
        await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
        await vault.setAlias(ann, "person-2")
        await vault.addPatient({ handle: handleOf("bob"), fhirId: "p2", hasKey: false })
        assert.equal((await vault.patients()).length, 2)
      }),
    )
    it("kill -9 in 20 rounds: every record that was reported is there and decrypts", async () => {
      const fixture = start()
      await fixture.open().close()
      const acknowledged = new Map<number, string>()
      for (let round = 0; round < 20; round++) {
        const child = spawn(process.execPath, fixture.appendChild(), { stdio: ["ignore", "pipe", "inherit"] })
        let text = ""
        let left = 3 + ((round * 7) % 40)
        child.stdout.on("data", (chunk: Buffer) => {
          text += chunk
          // Killed after so many records: the moment moves through key, content and commit.
          if (text.split("ack ").length > left) {
            left = Number.POSITIVE_INFINITY
            child.kill("SIGKILL")
          }
        })
        await once(child, "close")
        for (const [, index, id] of text.matchAll(/^ack (\d+) ([0-9a-f]{64})$/gm)) {
          assert.equal(acknowledged.has(Number(index)), false, `round ${round}: place ${index} given twice`)
          acknowledged.set(Number(index), id)
        }
        const vault = fixture.open()
        const log = await vault.log(OWN_LOG)
        assert.deepEqual(
          log.map(({ index }) => index),
          [...log.keys()],
        )
        for (const [index, id] of acknowledged) {
          assert.equal(toHex(log[index].recordId), id, `round ${round}: record ${index} is lost`)
        }
        for (const record of log) {
          const { content } = await vault.content(record)
          assert.equal(Buffer.from(content).toString(), `{"id":"${toHex(record.recordId)}"}`)
        }
        await vault.close()
      }
      assert.ok(acknowledged.size > 200, `only ${acknowledged.size} acknowledged`)
      fixture.end()
    })
  })
}
