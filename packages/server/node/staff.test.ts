import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { directories, directoryVersions } from "@aceso/contracts"
import {
  directoryRoot,
  fromHex,
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
import type { StaffMember } from "./config.ts"
import { Directory } from "./directory.ts"
import { LedgerClient } from "./ledger-client.ts"
import { Staff } from "./staff.ts"
import { goneFromFile, StaffEnds } from "./staff-ends.ts"

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
/** Of a vault what the people of a node need. */
function settings() {
  const all = new Map<string, string>()
  return {
    setting: async (name: string) => all.get(name),
    setSetting: async (name: string, text: string) => void all.set(name, text),
  }
}
const directoryOf = (client: LedgerClient, staff: Staff, onFault: (fault: unknown) => void) =>
  new Directory(client, staff, new StaffEnds(client, settings(), staff), onFault)
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

  it("stays when the file is read again, whatever the file says; who is not in it is out", () => {
    const staff = new Staff([admin("root"), doctor("ann"), doctor("bob")])
    staff.end("ann", now, now)
    staff.replace([admin("root"), doctor("ann"), doctor("cat")])
    assert.deepEqual(
      ["root", "ann", "bob", "cat"].map((name) => staff.byKey(keyOf(name), now) !== undefined),
      [true, false, false, true],
    )
    // Not under another name either.
    staff.replace([admin("root"), { ...admin("anna"), key: keyOf("ann") }])
    assert.equal(staff.byKey(keyOf("ann"), now), undefined)
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

  const heldBy = (staff: Staff, vault = settings()) => ({ vault, ends: new StaffEnds(client, vault, staff) })
  const heights = async () => (await ledger.engine.status()).checkpoint.height

  it("is known to whoever has the key and the ledger, once, also beyond one transaction", async () => {
    const many = Array.from({ length: 150 }, (_, i) => person(`p-${i}`, { to: 1_000 + i }))
    const staff = new Staff([admin("root"), ...many, person("stays"), person("later", { to: FOR_EVER })])
    const { ends } = heldBy(staff)
    const before = await heights()
    await ends.publish()
    assert.equal((await heights()) - before, 2)
    await ends.publish()
    assert.equal((await heights()) - before, 2)
    const { ends: another } = heldBy(new Staff([]))
    const found = await another.of([admin("root"), ...many.slice(148), person("stays"), person("later")])
    assert.deepEqual([...found.values()], [1_148, 1_149])
  })

  it("holds whatever an older file says, for practitioners and for everybody else", async () => {
    const staff = new Staff([admin("root"), admin("left"), doctor("gone")])
    staff.end("left", 5_000)
    staff.end("gone", 6_000)
    await heldBy(staff).ends.publish()
    const restored = [admin("root"), admin("left"), doctor("gone")]
    const again = new Staff(restored)
    for (const [key, asOf] of await heldBy(again).ends.of(restored)) again.endKey(fromHex(key), asOf)
    const mayAct = ["root", "left", "gone"].filter((name) => again.byKey(publicKey(seedOf(name))))
    assert.deepEqual(mayAct, ["root"])
    assert.equal(again.practitioners()[0].practitioner.to, 6_000)
  })

  it("who disappears from the file between two starts is named until ended or back", async () => {
    const vault = settings()
    await heldBy(new Staff([admin("root"), person("ann"), person("bob")]), vault).ends.note()
    const staff = new Staff([admin("root")])
    const { ends } = heldBy(staff, vault)
    const gone = await ends.gone()
    assert.deepEqual(
      gone.map(({ name }) => name),
      ["ann", "bob"],
    )
    await ends.note()
    staff.endKey(gone[0].key, 7_000)
    assert.deepEqual(
      (await ends.gone()).map(({ name }) => name),
      ["bob"],
    )
    assert.match(goneFromFile(gone).message, /^ann, bob stood in node\.json before/)
    staff.replace([admin("root"), person("bob")])
    assert.deepEqual(await ends.gone(), [])
  })

  it("that the ledger has not taken outlives a restart, also of somebody who is in no file any more", async () => {
    const vault = settings()
    const staff = new Staff([admin("root"), person("lee"), person("kim", { to: FOR_EVER })])
    const { ends } = heldBy(staff, vault)
    staff.replace([admin("root"), person("kim")])
    staff.endKey(publicKey(seedOf("lee")), 8_000)
    staff.end("kim", Date.now() + HOUR_MS)
    await ends.note()
    assert.ok(ends.isBehind())
    // The process ends before the ledger took them; an older file has both again.
    const again = new Staff([admin("root"), person("lee"), person("kim")])
    const { ends: resumed } = heldBy(again, vault)
    await resumed.resume()
    assert.equal(again.byKey(publicKey(seedOf("lee"))), undefined)
    await resumed.publish()
    assert.equal(resumed.isBehind(), false)
    const found = await heldBy(new Staff([])).ends.of([person("lee"), person("kim")])
    assert.equal(found.size, 2, "an end that lies ahead is there too")
  })
})
