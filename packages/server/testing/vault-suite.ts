import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { nameOf, randomBytes, recordCommitment, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import { type Log, OWN_LOG } from "../vault/record-log.ts"
import type { Vault } from "../vault/vault.ts"
import { ann, append, code, disclosureOf, requestOf, type VaultFixture } from "./vault-fixture.ts"
import { vaultJoins } from "./vault-joins.ts"
import { vaultLookUp } from "./vault-look-up.ts"
import { vaultObjects } from "./vault-objects.ts"
import { vaultPeople } from "./vault-people.ts"
import { vaultSecrecy } from "./vault-secrecy.ts"
import { vaultSize } from "./vault-size.ts"
import { vaultTransactions } from "./vault-transactions.ts"
import { vaultVisitors } from "./vault-visitors.ts"

/** What every vault does; each implementation runs it in its own test file. */
export function vaultSuite(name: string, start: () => VaultFixture): void {
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
      const bob = handleOf("bob")
      assert.deepEqual((await vault.unenrolled(10)).map(nameOf).toSorted(), [ann, bob].map(nameOf).toSorted())
      assert.deepEqual(await vault.unenrolled(10, [bob]), [ann])
      assert.equal((await vault.unenrolled(1)).length, 1)
      assert.equal((await vault.waiting()).handles, 2)
      await vault.markEnrolled([ann])
      assert.deepEqual(await vault.unenrolled(10), [bob])
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
      assert.deepEqual(await vault.newestPlaces("Basic", "x"), [second, inLog])
      assert.deepEqual(await vault.uncommitted(10), [first, second, inLog])
      assert.deepEqual(await vault.uncommitted(1), [first])
      assert.deepEqual(await vault.uncommitted(10, [OWN_LOG]), [inLog])
      const early = await append(vault, fixture, "{}", { log: handleOf("bob"), fhirId: "y" })
      assert.deepEqual(await vault.uncommitted(10), [first, second, inLog], "its handle is not enrolled")
      await vault.markEnrolled([handleOf("bob")])
      assert.equal((await vault.uncommitted(10)).length, 4)
      await vault.markCommitted(early.log, 0, 6)
      await vault.markCommitted(OWN_LOG, 0, 7)
      await vault.markCommitted(OWN_LOG, 1, 9)
      assert.deepEqual(
        (await vault.log(OWN_LOG)).map(({ height }) => height),
        [7, 9],
      )
      assert.deepEqual(await vault.uncommitted(10), [inLog])
      assert.deepEqual(await Promise.all([OWN_LOG, ann].map((log) => vault.committedSize(log))), [2, 0])
      const from = async (log: Log, index: number, limit: number) =>
        (await vault.committedFrom(log, index, limit)).map(({ index }) => index)
      assert.deepEqual(await Promise.all([from(OWN_LOG, 0, 9), from(OWN_LOG, 0, 1), from(OWN_LOG, 1, 9)]), [
        [0, 1],
        [0],
        [1],
      ])
      assert.deepEqual(await from(ann, 0, 9), [])
      assert.deepEqual(await vault.recordCount(), { records: 4, committed: 3 })
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
      assert.equal(await vault.keepBundle(utf8("{}"), utf8("{}"), 1), true)
      assert.equal(await vault.keepBundle(utf8("{}"), utf8("{}"), 2), false)
      assert.equal(await vault.keepBundle(utf8("{} "), utf8("{} "), 3), true)
    })

    it("a policy, and its next version", async () => {
      assert.equal(await vault.policy(ann), undefined)
      const documents = [{ content: utf8("consent"), salt: seedOf("s") }]
      const policy = {
        version: 1,
        root: seedOf("root"),
        salt: seedOf("salt"),
        documents,
        pending: [utf8("signed"), utf8("later")],
      }
      await vault.setPolicy(ann, policy)
      assert.deepEqual(await vault.policy(ann), policy)
      const next = { version: 2, root: seedOf("root 2"), salt: seedOf("salt 2"), documents: [], pending: [] }
      await vault.setPolicy(ann, next)
      assert.deepEqual(await vault.policy(ann), next)
    })

    it("when policies are due: the first first, and nothing of those that do not wait", async () => {
      const [eve, bob] = ["eve", "bob"].map(handleOf)
      const salt = seedOf("salt")
      const policy = { version: 1, root: seedOf("root"), salt, documents: [], pending: [utf8("signed")] }
      for (const handle of [eve, bob]) await vault.setPolicy(handle, policy)
      assert.deepEqual([vault.nextPolicyDue(), await vault.duePolicies(9, 9)], [undefined, []])
      await vault.setPolicyDue(eve, 7)
      await vault.setPolicyDue(bob, 5)
      assert.equal(vault.nextPolicyDue(), 5)
      assert.deepEqual([await vault.duePolicies(4, 9), await vault.duePolicies(5, 9)], [[], [bob]])
      assert.deepEqual([await vault.duePolicies(9, 1), await vault.duePolicies(9, 9)], [[bob], [bob, eve]])
      await vault.setPolicy(eve, { ...policy, version: 2 })
      assert.deepEqual(await vault.duePolicies(9, 9), [bob, eve], "a new version keeps the moment")
      await vault.setPolicyDue(bob, null)
      await vault.wakePolicies()
      assert.deepEqual([vault.nextPolicyDue(), await vault.duePolicies(9, 9)], [0, [bob, eve]])
      for (const handle of [eve, bob]) await vault.setPolicy(handle, { ...policy, pending: [] })
      await vault.wakePolicies()
      assert.equal(vault.nextPolicyDue(), undefined)
    })

    it("promises that are watched: by time, up to so many, until they are forgotten", async () => {
      const promise = (name: string, lookAt: number) => ({
        id: seedOf(name),
        content: utf8(`promise ${name}`),
        lookAt,
        tries: 0,
      })
      const [late, early, more] = [promise("late", 9), promise("early", 5), promise("more", 1)]
      assert.deepEqual([await vault.watchPromise(late, 2), await vault.watchPromise(early, 2)], [true, true])
      assert.equal(await vault.watchPromise(more, 2), false)
      assert.equal(await vault.watchPromise({ ...late, lookAt: 1 }, 2), true)
      assert.deepEqual(await vault.duePromises(4, 10), [])
      assert.deepEqual(await vault.duePromises(9, 10), [early, late])
      assert.deepEqual(await vault.duePromises(9, 1), [early])
      await vault.lookAtPromise(early.id, 20, 1)
      await vault.lookAtPromise(late.id, null, 12)
      assert.deepEqual(await vault.duePromises(30, 10), [{ ...early, lookAt: 20, tries: 1 }])
      assert.deepEqual(await vault.promiseCounts(), { open: 1, gaveUp: 1 })
      await vault.tryPromisesAgain(25)
      assert.deepEqual(await vault.duePromises(30, 10), [
        { ...early, lookAt: 20, tries: 1 },
        { ...late, lookAt: 25, tries: 0 },
      ])
      await vault.forgetPromise(early.id)
      await vault.forgetPromise(late.id)
      assert.deepEqual(await vault.promiseCounts(), { open: 0, gaveUp: 0 })
    })

    it("requests, in order of time", async () => {
      const [late, early] = [requestOf("late", 9), requestOf("early", 5)]
      assert.equal(await vault.addRequest(late), true)
      assert.equal(await vault.addRequest(early), true)
      assert.equal(await vault.addRequest({ ...early, createdAt: 7 }), false)
      await vault.setRequestState(late.id, "declined")
      assert.deepEqual(await vault.requests(ann, 0), [early, { ...late, state: "declined" }])
      assert.deepEqual(await vault.requests(ann, early.expiresAt), [{ ...late, state: "declined" }])
      assert.deepEqual(await vault.requests(handleOf("bob"), 0), [])
      await vault.forgetRequests(ann, early.expiresAt)
      assert.deepEqual(await vault.requests(ann, 0), [{ ...late, state: "declined" }])
    })

    it("disclosures: numbers from 1 without gaps, also when asked for at once", async () => {
      const numbers = await Promise.all([1, 2, 3].map(() => vault.nextDisclosure(ann)))
      assert.deepEqual(numbers, [1, 2, 3])
      await assert.rejects(vault.nextDisclosure(seedOf("nobody")), code("unknown_patient"))
      const all = [disclosureOf(1), disclosureOf(2, { body: null })]
      for (const one of all) await vault.addDisclosure(one)
      const page = { fromN: 1, limit: 10, maxBytes: 1e6 }
      assert.deepEqual(await vault.disclosures(ann, page), all)
      assert.deepEqual(await vault.disclosures(ann, { ...page, fromN: 2 }), [all[1]])
      assert.deepEqual(await vault.disclosures(ann, { ...page, fromN: 3 }), [])
      assert.deepEqual(await vault.disclosures(ann, { ...page, limit: 1 }), [all[0]])
      assert.deepEqual(await vault.disclosures(ann, { ...page, maxBytes: 1 }), [all[0]], "one at least")
      assert.equal(await vault.disclosureCount(ann), 3)
      assert.equal(await vault.disclosureCount(seedOf("nobody")), 0)
      assert.deepEqual(await vault.uncommittedDisclosures(), all.toReversed())
      assert.deepEqual(await vault.uncommittedDisclosures([all[1].tag]), [all[0]])
      await vault.markDisclosed([all[1].tag], 5)
      await vault.markDisclosed([], 6)
      assert.deepEqual(await vault.uncommittedDisclosures(), [all[0]])
      assert.equal((await vault.disclosures(ann, page))[1].height, 5)
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
      const key = seedOf("key")
      assert.equal(await vault.useNonce(key, nonce, 100, 50), "fresh")
      assert.equal(await vault.useNonce(key, nonce, 200, 60), "used")
      assert.equal(await vault.useNonce(seedOf("key 2"), nonce, 200, 60), "fresh")
      assert.equal(await vault.useNonce(key, nonce, 200, 100), "used")
      assert.equal(await vault.useNonce(key, nonce, 200, 101), "fresh")
      const other = seedOf("nonce 2").subarray(0, 16)
      const race = await Promise.all([1, 2, 3].map(() => vault.useNonce(key, other, 300, 101)))
      assert.deepEqual(race, ["fresh", "used", "used"])
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
      const nonce = seedOf("nonce 2").subarray(0, 16)
      assert.equal(await vault.useNonce(seedOf("key"), nonce, 300, 101), "used")
      assert.equal(await vault.keepBundle(utf8("{}"), utf8("{}"), 4), false)
    })
  })

  vaultSize(name, start)
  vaultJoins(name, start)
  vaultPeople(name, start)
  vaultLookUp(name, start)
  vaultObjects(name, start)
  vaultSecrecy(name, start)
  vaultTransactions(name, start)
  vaultVisitors(name, start)
}
