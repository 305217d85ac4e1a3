import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { directories, directoryVersions } from "@aceso/contracts"
import {
  type Bytes,
  directoryRoot,
  documentCommitment,
  documentFault,
  PlatformError,
  type PractitionerProof,
  signDocumentWord,
  signWord,
  verifyPractitioner,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { checkPractitioner } from "../exchange/practitioners.ts"
import { startLedger, type TestLedger } from "../testing/custodian.ts"
import { admin, doctor, keyOf } from "../testing/people.ts"
import { Directory } from "./directory.ts"
import { LedgerClient } from "./ledger-client.ts"
import { absentFor, leftAt, withDevice, withoutDevice, withRights } from "./person.ts"
import { Staff } from "./staff.ts"
import { StaffEnds } from "./staff-ends.ts"

const HOUR_MS = 3_600_000
const NURSE = { isAdministrator: false, role: "nurse" }
const directoryOf = (
  client: LedgerClient,
  staff: Staff,
  onFault: (fault: unknown) => void = assert.ifError,
) => new Directory(client, staff, new StaffEnds(client, staff), onFault)

describe("the directory", () => {
  let ledger: TestLedger
  let client: LedgerClient
  before(async () => {
    ledger = await startLedger("city", "county")
    client = new LedgerClient(ledger.engine, "city", seedOf("city"))
  })
  after(() => ledger.end())

  const rootNow = async (): Promise<Bytes> => {
    const row = await ledger.engine.read(directories, ["city"])
    assert.ok(row)
    return row.root
  }
  const versionNow = async () => (await ledger.engine.read(directories, ["city"]))?.version ?? 0
  const proofOf = (directory: Directory, name: string): PractitionerProof => {
    const proof = directory.proofOf(keyOf(name))
    assert.ok(proof, name)
    return proof
  }
  /** What a custodian elsewhere says of the word of whoever has this key, now. */
  const check = async (name: string, proof: PractitionerProof) => {
    const [time, handle, nonce] = [Date.now(), seedOf("handle"), new Uint8Array(16)]
    const spoken = { custodian: "county", purpose: "TREAT", handle, nonce, time }
    const signature = signWord("county", "TREAT", handle, nonce, time, seedOf(name))
    return checkPractitioner(ledger.engine, "city", { proof, signature }, spoken).then(
      () => "taken",
      (error: PlatformError) => error.code,
    )
  }
  /** A document in the word of whoever has this key, as a receiver finds it that was done at a time. */
  const findDocument = (name: string, proof: PractitionerProof, at: number, root: Bytes) => {
    const place = { network: "net", case: seedOf("case"), n: 1, name: "answer" }
    const [content, salt] = [Uint8Array.of(1), seedOf("salt")]
    const commitment = documentCommitment(salt, content)
    const word = signDocumentWord(place, "city", commitment, proof, seedOf(name))
    const member = { member: "city", directory: root }
    return documentFault({ content, salt, word }, { place, commitment, at, member }) ?? "holds"
  }
  /** The root that the ledger had when this was done. */
  const rootAt = async (time: number): Promise<Bytes> => {
    for (let version = await versionNow(); version > 0; version--) {
      const row = await ledger.engine.read(directoryVersions, ["city", version])
      if (row && row.from <= time) return row.root
    }
    throw new Error("there was none")
  }
  async function published(...people: ConstructorParameters<typeof Staff>) {
    const staff = new Staff(...people)
    const directory = directoryOf(client, staff)
    await directory.publish()
    return { staff, directory }
  }

  it("goes to the ledger with each end: the word of whoever was ended is taken nowhere", async () => {
    const { staff, directory } = await published([admin("root"), doctor("ann"), doctor("bob")])
    const before = await versionNow()
    const kept = proofOf(directory, "ann")
    assert.equal(await check("ann", kept), "taken")
    staff.put(leftAt(staff.named("ann"), Date.now()))
    await directory.follow()
    assert.equal(await versionNow(), before + 1)
    // The attack: the proof from before the end; a new one is not to be had.
    assert.equal(await check("ann", kept), "unknown_practitioner")
    assert.equal(directory.proofOf(keyOf("ann")), undefined)
    assert.equal(await check("bob", proofOf(directory, "bob")), "taken")
  })

  it("of each version stays: what was signed before stays checkable, but not since a key was lost", async () => {
    const { staff, directory } = await published([admin("root"), doctor("ann"), doctor("bob")])
    const version = await versionNow()
    const earlier = proofOf(directory, "ann")
    const signedAt = Date.now() - 2 * HOUR_MS
    const lostAt = Date.now() - HOUR_MS
    staff.put(withoutDevice(staff.named("ann"), keyOf("ann"), lostAt))
    await directory.follow()
    const then = await ledger.engine.read(directoryVersions, ["city", version])
    const now = await ledger.engine.read(directoryVersions, ["city", version + 1])
    assert.ok(then && now && then.from <= now.from)
    // By the root of then, with the opening that the document carries.
    assert.ok(verifyPractitioner(then.root, earlier, signedAt))
    assert.ok(!verifyPractitioner(now.root, earlier, signedAt))
  })

  const changes: readonly (readonly [
    comment: string,
    next: (one: ReturnType<typeof doctor>) => ReturnType<typeof doctor>,
  ])[] = [
    ["another role", (one) => withRights(one, NURSE, {})],
    ["a leave of absence", (one) => absentFor(one, { from: Date.now(), until: Date.now() + HOUR_MS }, {})],
    ["leaving", (one) => leftAt(one, Date.now())],
    ["a lost device", (one) => withoutDevice(one, keyOf("ann"), Date.now())],
    ["a second device", (one) => withDevice(one, { key: keyOf("phone") }, {})],
  ]
  for (const [comment, next] of changes)
    it(`${comment}: what was signed before holds still, by the root of that time`, async () => {
      const { staff, directory } = await published([admin("root"), doctor("ann")])
      const proof = proofOf(directory, "ann")
      const root = await rootNow()
      const at = Date.now()
      staff.put(next(staff.named("ann")))
      await directory.follow()
      assert.notDeepEqual(await rootNow(), root, "the ledger has another root")
      assert.equal(findDocument("ann", proof, at, root), "holds")
      assert.deepEqual(await rootAt((await ledger.engine.status()).checkpoint.time), await rootNow())
      // The same proof under the root of now: it is not the directory of then.
      assert.equal(findDocument("ann", proof, Date.now(), await rootNow()), "not_of_the_directory")
      // Whoever still stands there proves it anew.
      const phone = directory.proofOf(keyOf("phone"))
      assert.equal(phone !== undefined, comment === "a second device")
      if (phone) assert.equal(findDocument("phone", phone, Date.now(), await rootNow()), "holds")
    })

  it("after a change of role proves the new one and never the old one again", async () => {
    const { staff, directory } = await published([admin("root"), doctor("ann")])
    const asDoctor = proofOf(directory, "ann")
    staff.put(withRights(staff.named("ann"), NURSE, {}))
    // The ledger has it not yet: neither the one nor the other is said.
    assert.equal(directory.proofOf(keyOf("ann")), undefined)
    await directory.follow()
    const asNurse = proofOf(directory, "ann")
    assert.deepEqual([asDoctor.practitioner.role, asNurse.practitioner.role], ["doctor", "nurse"])
    assert.equal(await check("ann", asNurse), "taken")
    assert.equal(await check("ann", asDoctor), "unknown_practitioner")
    // The attack: the old role's leaf of the new root.
    const leaves = staff.leaves().map(({ practitioner }) => practitioner)
    assert.deepEqual(
      leaves.map(({ role, to }) => [role, to <= Date.now()]),
      [
        ["doctor", true],
        ["nurse", false],
      ],
    )
  })

  it("knows each device by itself: the one that was lost counts no more, the other one goes on", async () => {
    const two = withDevice(doctor("ann"), { key: keyOf("phone") }, {}, 0)
    const { staff, directory } = await published([admin("root"), two])
    const [first, phone] = [proofOf(directory, "ann"), proofOf(directory, "phone")]
    assert.equal(first.practitioner.name, phone.practitioner.name)
    assert.equal(await check("phone", phone), "taken")
    assert.equal(await check("phone", first), "bad_signature")
    staff.put(withoutDevice(staff.named("ann"), keyOf("phone"), Date.now()))
    await directory.follow()
    assert.equal(await check("phone", phone), "unknown_practitioner")
    assert.equal(await check("ann", proofOf(directory, "ann")), "taken")
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
    staff.put(leftAt(staff.named("eve"), Date.now()))
    assert.equal(directory.follow(), following)
    await following
    assert.ok(failures <= 0)
    assert.deepEqual(
      faults.map((fault) => (fault as PlatformError).code),
      ["directory_waits"],
    )
    assert.deepEqual(await rootNow(), Uint8Array.from(directoryRoot(staff.leaves())))
  })

  it("gives proofs of what the ledger has, while a change is on its way", async () => {
    const { staff, directory } = await published([admin("root"), doctor("ann"), doctor("bob")])
    staff.put(leftAt(staff.named("ann"), Date.now()))
    assert.equal(await check("bob", proofOf(directory, "bob")), "taken")
    assert.notDeepEqual(directoryRoot(staff.leaves()), await rootNow())
  })
})
