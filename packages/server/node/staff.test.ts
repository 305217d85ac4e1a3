import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { directories, directoryVersions } from "@aceso/contracts"
import {
  directoryRoot,
  PlatformError,
  type PractitionerProof,
  provePractitioner,
  publicKey,
  signWord,
  verifyPractitioner,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { checkPractitioner } from "../exchange/practitioners.ts"
import { startLedger, type TestLedger } from "../testing/custodian.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { Directory } from "./directory.ts"
import { LedgerClient } from "./ledger-client.ts"
import { Personnel } from "./personnel.ts"
import { Staff, type StaffMember } from "./staff.ts"
import { StaffEnds } from "./staff-ends.ts"
import { MAX_PEOPLE, StaffTable, staffMigrations } from "./staff-table.ts"

const HOUR_MS = 3_600_000
const FOR_EVER = 4_102_444_800_000
const person = (name: string, more: Partial<StaffMember> = {}): StaffMember => ({
  name,
  key: publicKey(seedOf(name)),
  isAdministrator: false,
  ...more,
})
const doctor = (name: string, from = 0, to = FOR_EVER): StaffMember =>
  person(name, { practitioner: { role: "doctor", salt: seedOf(`salt of ${name}`), from, to } })
const admin = (name: string, more: Partial<StaffMember> = {}) =>
  person(name, { isAdministrator: true, ...more })
const directoryOf = (client: LedgerClient, staff: Staff, onFault: (fault: unknown) => void) =>
  new Directory(client, staff, new StaffEnds(client, staff), onFault)
const code = (wanted: string) => (error: unknown) => error instanceof PlatformError && error.code === wanted

describe("who may act", () => {
  const now = 1_000_000
  const rows: [string, StaffMember, boolean][] = [
    ["anybody without a time", person("ann"), true],
    ["before the beginning", person("ann", { from: now + 1 }), false],
    ["from the beginning on", person("ann", { from: now }), true],
    ["up to the end", person("ann", { to: now + 1 }), true],
    ["at the end", person("ann", { to: now }), false],
    ["an administrator at the end", admin("ann", { to: now }), false],
    ["a practitioner", doctor("ann"), true],
    ["a practitioner at the end of the role", doctor("ann", 0, now), false],
    ["a practitioner before the beginning of the role", doctor("ann", now + 1), false],
    [
      "an administrator whose role as a practitioner ended",
      { ...doctor("ann", 0, now), isAdministrator: true },
      true,
    ],
  ]
  for (const [comment, one, may] of rows)
    it(`${comment}: ${may ? "yes" : "no"}`, () => {
      const staff = new Staff([one])
      assert.equal(staff.byKey(one.key, now)?.name, may ? "ann" : undefined)
    })

  it("not somebody else's key", () => {
    assert.equal(new Staff([person("ann")]).byKey(publicKey(seedOf("bob"))), undefined)
  })
})

describe("the end of a person's time", () => {
  const now = Date.now()
  const keyOf = (name: string) => publicKey(seedOf(name))

  it("holds at once, also for the directory's leaf", () => {
    const staff = new Staff([admin("root"), doctor("ann")])
    assert.deepEqual(staff.end("ann", now, now).to, now)
    assert.equal(staff.byKey(keyOf("ann"), now), undefined)
    assert.deepEqual(
      staff.practitioners().map(({ practitioner }) => practitioner.to),
      [now],
    )
  })

  it("may lie back, where a key was lost, or ahead, and only ever comes nearer", () => {
    const staff = new Staff([admin("root"), doctor("ann")])
    assert.equal(staff.end("ann", now + HOUR_MS, now).to, now + HOUR_MS)
    assert.ok(staff.byKey(keyOf("ann"), now))
    assert.equal(staff.end("ann", now - HOUR_MS, now).to, now - HOUR_MS)
    assert.equal(staff.end("ann", now + HOUR_MS, now).to, now - HOUR_MS)
    assert.equal(staff.byKey(keyOf("ann"), now), undefined)
  })

  it("is not that of the last administrator, whoever else there is", () => {
    const others = [admin("left", { to: now }), admin("later", { from: now + 1 }), doctor("ann")]
    const staff = new Staff([admin("root"), ...others])
    assert.throws(() => staff.end("root", now, now), code("last_administrator"))
    assert.ok(staff.byKey(keyOf("root"), now))
    assert.throws(() => staff.end("nobody", now, now), code("unknown_person"))
  })

  it("is not ahead of another administrator's who will be gone by then", () => {
    const staff = new Staff([admin("root"), admin("temporary", { to: now + HOUR_MS })])
    assert.throws(() => staff.end("root", now + 2 * HOUR_MS, now), code("last_administrator"))
    assert.throws(() => staff.end("root", now, now), code("last_administrator"), "in an hour nobody is left")
  })

  it("leaves an administrator at every later moment, in whatever order the ends are told", () => {
    const staff = new Staff([admin("root"), admin("second"), admin("third")])
    staff.end("second", now + 3 * HOUR_MS, now)
    staff.end("third", now + HOUR_MS, now)
    assert.throws(() => staff.end("root", now + 2 * HOUR_MS, now), code("last_administrator"))
    assert.throws(() => staff.end("root", now + 4 * HOUR_MS, now), code("last_administrator"))
  })

  it("holds for the key, whatever name goes with it", () => {
    const staff = new Staff([admin("root"), { ...admin("anna"), key: keyOf("ann") }])
    staff.endKey(keyOf("ann"), now)
    assert.equal(staff.byKey(keyOf("ann"), now), undefined)
    assert.ok(staff.byKey(keyOf("root"), now))
  })
})

/** Vaults in a folder of their own, each by a name. */
const folder = mkdtempSync(join(tmpdir(), "aceso-staff-"))
after(() => rmSync(folder, { recursive: true, force: true }))
function peopleOf(name: string) {
  const at = join(folder, name)
  const vault = new SqliteVault({ folder: at, organisation: "city", masterKey: seedOf("vault") })
  return { at, vault, table: new StaffTable(vault.moduleDatabase("staff", staffMigrations)) }
}

describe("the people in a vault", () => {
  it("are as they were, also after a restart, in the order in which they came", async () => {
    const all = [admin("root", { from: 1 }), doctor("zoe"), person("ann", { addedBy: "root" })]
    const first = peopleOf("order")
    for (const one of all) await first.table.add(one)
    assert.deepEqual(await first.table.all(), all)
    await first.table.keep({ ...all[2], to: 5 })
    await first.vault.close()
    const second = peopleOf("order")
    assert.deepEqual(await second.table.all(), [all[0], all[1], { ...all[2], to: 5 }])
    await second.vault.close()
  })

  it("are in no byte of its files: no name, no key, no role", async () => {
    const { at, vault, table } = peopleOf("sealed")
    await table.add({ ...doctor("zarathustra"), isAdministrator: true, addedBy: "ariadne" })
    const key = Buffer.from(publicKey(seedOf("zarathustra")))
    for (const file of readdirSync(at)) {
      const content = readFileSync(join(at, file))
      for (const told of ["zarathustra", "ariadne", "doctor", key, key.toString("hex")])
        assert.equal(content.includes(told), false, file)
    }
    await vault.close()
  })

  const refused: readonly (readonly [what: string, one: StaffMember, says: RegExp])[] = [
    [
      "a name that somebody has",
      person("ann", { key: publicKey(seedOf("other")) }),
      /called ann here already/,
    ],
    [
      "a name that somebody had",
      person("gone", { key: publicKey(seedOf("other")) }),
      /called gone here already/,
    ],
    ["a key that somebody has", { ...person("anna"), key: publicKey(seedOf("ann")) }, /has this key already/],
  ]
  for (const [what, one, says] of refused)
    it(`refuse ${what}`, async () => {
      const { vault, table } = peopleOf(what)
      await table.add(person("ann"))
      await table.add(person("gone", { to: 1 }))
      const before = await table.all()
      await assert.rejects(table.add(one), { code: "person_exists", message: says })
      assert.deepEqual(await table.all(), before)
      await vault.close()
    })

  it("take one of two who come at once with one name", async () => {
    const { vault, table } = peopleOf("at once")
    const both = ["first", "second"].map((seed) => person("ann", { key: publicKey(seedOf(seed)) }))
    const outcomes = await Promise.allSettled(both.map((one) => table.add(one)))
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
    const won = outcomes.findIndex(({ status }) => status === "fulfilled")
    assert.deepEqual(await table.all(), [both[won]])
    await vault.close()
  })

  it("are bounded", async () => {
    const { vault, table } = peopleOf("many")
    await vault.atomically(async () => {
      for (let i = 0; i < MAX_PEOPLE; i++) await table.add(person(`p-${i}`))
    })
    await assert.rejects(table.add(person("one-more")), { code: "too_many_people" })
    await vault.close()
  })
})

describe("the directory", () => {
  let ledger: TestLedger
  let client: LedgerClient
  before(async () => {
    ledger = await startLedger("city", "county")
    client = new LedgerClient(ledger.engine, "city", seedOf("city"))
  })
  after(() => ledger.end())

  const versionsOf = async (member: string) => (await ledger.engine.read(directories, [member]))?.version ?? 0
  const word = (name: string, proof: PractitionerProof, time = Date.now()) => {
    const spoken = {
      custodian: "county",
      purpose: "TREAT",
      handle: seedOf("handle"),
      nonce: new Uint8Array(16),
      time,
    }
    const { custodian, purpose, handle, nonce } = spoken
    return {
      spoken,
      word: { proof, signature: signWord(custodian, purpose, handle, nonce, time, seedOf(name)) },
    }
  }
  /** What a custodian elsewhere says of a practitioner's word. */
  const check = async (name: string, proof: PractitionerProof) => {
    const { spoken, word: signed } = word(name, proof)
    return checkPractitioner(ledger.engine, "city", signed, spoken).then(
      () => "taken",
      (error: PlatformError) => error.code,
    )
  }

  it("goes to the ledger with each end: the word of whoever was ended is taken nowhere", async () => {
    const staff = new Staff([admin("root"), doctor("ann"), doctor("bob")])
    const directory = directoryOf(client, staff, assert.ifError)
    await directory.publish()
    const before = await versionsOf("city")
    const kept = directory.proofOf(publicKey(seedOf("ann"))) as PractitionerProof
    assert.equal(await check("ann", kept), "taken")
    staff.end("ann", Date.now())
    await directory.follow()
    assert.equal(await versionsOf("city"), before + 1)
    // The attack: the proof from before the end, and the new one.
    assert.equal(await check("ann", kept), "unknown_practitioner")
    const fresh = directory.proofOf(publicKey(seedOf("ann"))) as PractitionerProof
    assert.equal(await check("ann", fresh), "unknown_practitioner")
    assert.equal(
      await check("bob", directory.proofOf(publicKey(seedOf("bob"))) as PractitionerProof),
      "taken",
    )
  })

  it("of each version stays: what was signed before stays checkable, but not since a key was lost", async () => {
    const staff = new Staff([admin("root"), doctor("ann"), doctor("bob")])
    const directory = directoryOf(client, staff, assert.ifError)
    await directory.publish()
    const version = await versionsOf("city")
    const earlier = directory.proofOf(publicKey(seedOf("ann"))) as PractitionerProof
    const signedAt = Date.now() - 2 * HOUR_MS
    const lostAt = Date.now() - HOUR_MS
    staff.end("ann", lostAt)
    await directory.follow()
    const then = await ledger.engine.read(directoryVersions, ["city", version])
    const now = await ledger.engine.read(directoryVersions, ["city", version + 1])
    assert.ok(then && now && then.from <= now.from)
    // By the root of then, with the opening that the document carries.
    assert.ok(verifyPractitioner(then.root, earlier, signedAt))
    // By the newest root: still for what was signed before the loss, no longer for what came after.
    const newest = directory.proofOf(publicKey(seedOf("ann"))) as PractitionerProof
    assert.ok(verifyPractitioner(now.root, newest, signedAt))
    assert.ok(!verifyPractitioner(now.root, newest, lostAt))
    assert.ok(!verifyPractitioner(now.root, earlier, signedAt))
  })

  it("is published again until the ledger has it, told once, with the newest people", async () => {
    let failures = 3
    const engine = new Proxy(ledger.engine, {
      get(target, name) {
        if (name === "submit")
          return async (envelope: Uint8Array) => {
            if (failures-- > 0) throw new PlatformError("busy", "the ledger takes nothing now")
            return target.submit(envelope)
          }
        const value = Reflect.get(target, name, target)
        return typeof value === "function" ? value.bind(target) : value
      },
    }) as Engine
    const faults: unknown[] = []
    const staff = new Staff([admin("root"), doctor("dan"), doctor("eve")])
    const directory = directoryOf(new LedgerClient(engine, "city", seedOf("city")), staff, (fault) =>
      faults.push(fault),
    )
    const following = directory.follow()
    // While it waits, another one ends: one more call changes nothing but what is published.
    staff.end("eve", Date.now())
    assert.equal(directory.follow(), following)
    await following
    assert.ok(failures <= 0)
    assert.deepEqual(
      faults.map((fault) => (fault as PlatformError).code),
      ["directory_waits"],
    )
    const row = await ledger.engine.read(directories, ["city"])
    assert.deepEqual(row?.root, Uint8Array.from(directoryRoot(staff.practitioners())))
  })

  it("gives proofs of what the ledger has, while a change is on its way", async () => {
    const staff = new Staff([admin("root"), doctor("ann"), doctor("bob")])
    const directory = directoryOf(client, staff, assert.ifError)
    await directory.publish()
    staff.end("ann", Date.now())
    const proof = directory.proofOf(publicKey(seedOf("bob"))) as PractitionerProof
    assert.equal(await check("bob", proof), "taken")
    assert.notDeepEqual(proof, provePractitioner(staff.practitioners(), 1))
  })
})

describe("an end on the ledger", () => {
  let ledger: TestLedger
  let client: LedgerClient
  before(async () => {
    ledger = await startLedger("city", "county")
    client = new LedgerClient(ledger.engine, "city", seedOf("city"))
  })
  after(() => ledger.end())

  const heights = async () => (await ledger.engine.status()).checkpoint.height
  const mayAct = (staff: Staff, ...names: string[]) =>
    names.filter((name) => staff.byKey(publicKey(seedOf(name))))
  /** A node's people as they are after its start on this vault. */
  async function nodeOn(name: string) {
    const { vault, table } = peopleOf(name)
    const staff = new Staff()
    const staffEnds = new StaffEnds(client, staff)
    const directory = new Directory(client, staff, staffEnds, assert.ifError)
    const personnel = new Personnel({ staff, staffTable: table, staffEnds, directory })
    await personnel.begin()
    return { vault, table, staff, staffEnds, directory, personnel }
  }

  it("is there once, also beyond one transaction, and also where it lies ahead", async () => {
    const many = Array.from({ length: 150 }, (_, i) => person(`p-${i}`, { to: 1_000 + i }))
    const staff = new Staff([admin("root"), ...many, person("stays"), person("later", { to: FOR_EVER })])
    const ends = new StaffEnds(client, staff)
    const before = await heights()
    await ends.publish()
    assert.equal((await heights()) - before, 2)
    await ends.publish()
    assert.equal((await heights()) - before, 2)
    const another = new StaffEnds(client, new Staff())
    const found = [admin("root"), ...many.slice(148), person("stays"), person("later")]
    assert.deepEqual(await Promise.all(found.map(({ key }) => another.of(key))), [
      ...[undefined, 1_148, 1_149, undefined],
      FOR_EVER,
    ])
  })

  it("holds whatever an older vault says, for practitioners and for everybody else", async () => {
    const { vault, table } = await nodeOn("older")
    for (const one of [admin("root"), admin("left"), doctor("gone")]) await table.add(one)
    await vault.close()
    const newer = new Staff([admin("root"), admin("left"), doctor("gone")])
    newer.end("left", 5_000)
    newer.end("gone", 6_000)
    await new StaffEnds(client, newer).publish()
    const again = await nodeOn("older")
    assert.deepEqual(mayAct(again.staff, "root", "left", "gone"), ["root"])
    assert.equal(again.staff.practitioners()[0].practitioner.to, 6_000)
    await again.vault.close()
  })

  it("that the ledger has not taken outlives a restart, and gets there by itself", async () => {
    const first = await nodeOn("crash")
    for (const one of [admin("root"), person("lee"), person("kim")]) await first.table.add(one)
    first.staff.take(await first.table.all())
    // The process ends before the ledger took them.
    for (const [name, asOf] of [
      ["lee", 8_000],
      ["kim", Date.now() + HOUR_MS],
    ] as const)
      await first.table.keep(first.staff.end(name, asOf))
    await first.vault.close()
    const again = await nodeOn("crash")
    assert.deepEqual(mayAct(again.staff, "root", "lee", "kim"), ["root", "kim"])
    for (const name of ["lee", "kim"])
      assert.equal(await again.staffEnds.of(publicKey(seedOf(name))), undefined)
    await again.directory.publish()
    assert.equal(await again.staffEnds.of(publicKey(seedOf("lee"))), 8_000)
    assert.ok(await again.staffEnds.of(publicKey(seedOf("kim"))), "an end that lies ahead is there too")
    await again.vault.close()
  })

  it("keeps its key out for good: nobody is taken on with it, under whatever name", async () => {
    const { vault, table, personnel, directory, staff } = await nodeOn("key")
    for (const one of [admin("root"), person("joe")]) await table.add(one)
    await personnel.begin()
    await personnel.end("joe", 9_000)
    await directory.follow()
    // A vault that never heard of joe.
    const other = await nodeOn("other")
    for (const name of ["joe", "joseph"])
      await assert.rejects(
        other.personnel.add({ name, key: publicKey(seedOf("joe")), isAdministrator: true }, "root"),
        code("person_ended"),
      )
    assert.deepEqual(await other.table.all(), [])
    await assert.rejects(
      personnel.add({ name: "joe", key: publicKey(seedOf("new key")), isAdministrator: false }, "root"),
      code("person_exists"),
    )
    assert.equal(staff.all.length, 2)
    await other.vault.close()
    await vault.close()
  })

  it("somebody who is new may act when the call returns, and stands in the directory", async () => {
    const { vault, staff, directory, personnel } = await nodeOn("new")
    await directory.publish()
    const key = publicKey(seedOf("newcomer"))
    const person = { name: "newcomer", key, isAdministrator: false, role: "nurse" }
    assert.deepEqual(await personnel.add(person, "root"), { name: "newcomer", isPublished: true })
    assert.equal(staff.byKey(key)?.addedBy, "root")
    assert.equal(personnel.proofOf(key).practitioner.role, "nurse")
    await vault.close()
    // As well after a restart.
    const again = await nodeOn("new")
    assert.equal(again.staff.byKey(key)?.practitioner?.role, "nurse")
    await again.vault.close()
  })

  it("where the vault cannot keep it holds all the same, and is said", async () => {
    const { vault, table, staff, personnel, directory } = await nodeOn("broken")
    for (const one of [admin("root"), person("sam")]) await table.add(one)
    await personnel.begin()
    table.keep = () => Promise.reject(new Error("the disk is full"))
    await assert.rejects(personnel.end("sam", 4_000), {
      code: "end_not_kept",
      message: /sam can do nothing here from then on, .*the disk is full.*run aceso staff end sam again/,
    })
    assert.deepEqual(mayAct(staff, "root", "sam"), ["root"])
    await directory.follow()
    await vault.close()
    // The ledger had it by then.
    const again = await nodeOn("broken")
    assert.deepEqual(mayAct(again.staff, "root", "sam"), ["root"])
    await again.vault.close()
  })
})
