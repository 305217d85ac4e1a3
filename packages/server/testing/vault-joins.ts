import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Handle, nameOf, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import type { ReceivedNotice, SentNotice, StoredMisfiling } from "../vault/vault.ts"
import { ann, append, disclosureOf, inFixture, type VaultFixture } from "./vault-fixture.ts"

const bob = handleOf("bob")
const id = (name: string) => seedOf(name).subarray(0, 16)
const misfilingOf = (name: string, more: Partial<StoredMisfiling> = {}): StoredMisfiling => ({
  ...{ id: id(name), log: ann, recordId: seedOf(`record ${name}`), type: "Observation", fhirId: name },
  ...{ state: "withheld", target: null, since: 5, ended: null, dueAt: null, content: utf8(`why ${name}`) },
  ...more,
})
const ids = (all: readonly { readonly id: Uint8Array }[]) => all.map((one) => nameOf(one.id))
const names = (...all: readonly string[]) => all.map((name) => nameOf(id(name)))

/** Mistaken identities and notices, in every vault. */
export function vaultJoins(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: mistaken identities`, () => {
    it(
      "joins, by either handle, until they end",
      inFixture(start, async (vault) => {
        const join = { a: ann, b: bob, since: 1, ended: null, content: utf8("because") }
        await vault.addJoin(join)
        await vault.addJoin({ ...join, b: seedOf("eve") as Handle, since: 2 })
        assert.deepEqual(await vault.joins(bob), [join])
        assert.equal((await vault.joins(ann)).length, 2)
        const parted = { ...join, ended: 9, content: utf8("no") }
        await vault.endJoin(parted)
        assert.deepEqual(await vault.joins(bob), [parted])
        await assert.rejects(vault.addJoin(join), "the same pair at the same time")
      }),
    )

    it(
      "misfilings: by id, beginning, patient, record, page and time; what is withheld",
      inFixture(start, async (vault) => {
        const all = [misfilingOf("a"), misfilingOf("b"), misfilingOf("c", { log: bob })]
        for (const one of all) await vault.addMisfiling(one)
        assert.deepEqual(await vault.misfiling(id("a")), all[0])
        assert.equal(await vault.misfiling(id("none")), undefined)
        const moving = { ...all[0], state: "moving" as const, target: bob, dueAt: 7, content: utf8("new") }
        await vault.setMisfiling(moving)
        assert.deepEqual(await vault.misfiling(id("a")), moving)
        const beginning = Buffer.from(id("a")).toString("hex")
        for (const length of [32, 9])
          assert.deepEqual(ids(await vault.misfilingsNamed(beginning.slice(0, length))), names("a"))
        assert.deepEqual(ids(await vault.misfilingsAbout(bob, 10)), names("c", "a"))
        assert.deepEqual(await vault.misfilingsOf(ann, all[1].recordId), [all[1]])
        assert.deepEqual(
          [...(await vault.withheldIn(ann)).keys()],
          [all[0], all[1]].map(({ recordId }) => nameOf(recordId)),
        )
        for (const [{ log, recordId }, isWithheld] of [
          [all[0], true],
          [{ ...all[0], log: bob }, false],
          [misfilingOf("none"), false],
        ] as const)
          assert.equal(await vault.isWithheld(log, recordId), isWithheld)
        assert.deepEqual(vault.movedFrom("Observation", "a"), [ann])
        assert.deepEqual([vault.movedFrom("Observation", "b"), vault.movedFrom("Condition", "a")], [[], []])
        assert.deepEqual(
          [await vault.dueMisfilings(6, 10), ids(await vault.dueMisfilings(7, 10))],
          [[], names("a")],
        )
        for (const [one, state] of [
          [all[0], "returned"],
          [all[1], "moved"],
        ] as const)
          await vault.setMisfiling({ ...one, state, ended: state === "returned" ? 8 : null })
        assert.deepEqual([...(await vault.withheldIn(ann)).keys()], [nameOf(all[1].recordId)])
        assert.equal(await vault.isWithheld(ann, all[0].recordId), false)
        const page = { before: null, limit: 2, isOpen: false }
        const first = await vault.misfilings(page)
        assert.deepEqual(ids(first), names("c", "b"))
        assert.deepEqual(ids(await vault.misfilings({ ...page, before: first[1].n })), names("a"))
        assert.deepEqual(ids(await vault.misfilings({ ...page, isOpen: true })), names("c"))
      }),
    )

    it(
      "versions of one record in one log; releases by page",
      inFixture(start, async (vault, fixture) => {
        const recordId = seedOf("record")
        const one = await append(vault, fixture, "{}", { log: ann, recordId })
        await append(vault, fixture, "{}", { log: ann })
        const two = await append(vault, fixture, '{"a":1}', { log: ann, recordId, version: 2 })
        assert.deepEqual(await vault.versionsOf(ann, recordId), [one, two])
        assert.deepEqual(await vault.versionsOf(bob, recordId), [])
        const all = [disclosureOf(1), disclosureOf(2, { body: null }), disclosureOf(3)]
        for (const disclosure of all) await vault.addDisclosure(disclosure)
        assert.deepEqual(await vault.releases(ann, 0, 1), [all[0]])
        assert.deepEqual(await vault.releases(ann, 1, 5), [all[2]])
      }),
    )

    it(
      "notices on their way, and notices kept",
      inFixture(start, async (vault) => {
        const sent: SentNotice = {
          ...{ id: id("s"), recipient: "county", content: utf8("words"), createdAt: 1, tries: 0 },
          ...{ dueAt: 4, deliveredAt: null },
        }
        await vault.addNotice(sent)
        assert.deepEqual([await vault.dueNotices(3, 9), await vault.dueNotices(4, 9)], [[], [sent]])
        const page = { before: null, limit: 9, isOpen: true }
        await vault.setNotice({ ...sent, tries: 1, dueAt: null })
        assert.deepEqual(
          (await vault.sentNotices(page)).map(({ tries }) => tries),
          [1],
        )
        await vault.setNotice({ ...sent, tries: 2, dueAt: null, deliveredAt: 6 })
        assert.deepEqual(
          [await vault.sentNotices(page), (await vault.sentNotices({ ...page, isOpen: false })).length],
          [[], 1],
        )

        const kept: ReceivedNotice = {
          custodian: "city",
          id: id("r"),
          handle: bob,
          content: utf8("words"),
          receivedAt: 2,
          doneAt: null,
        }
        assert.deepEqual([await vault.keepNotice(kept), await vault.keepNotice(kept)], [true, false])
        assert.equal(await vault.keepNotice({ ...kept, custodian: "county" }), true)
        assert.deepEqual([await vault.openNotices("city", 9), await vault.openNotices("city", 0)], [1, 0])
        assert.deepEqual(await vault.noticesAbout("city", bob, 9), [kept])
        assert.deepEqual(
          [await vault.endNotice("city", id("r"), 8), await vault.endNotice("city", id("x"), 8)],
          [true, false],
        )
        assert.deepEqual(
          (await vault.receivedNotices(page)).map(({ custodian }) => custodian),
          ["county"],
        )
        const [, done] = await vault.receivedNotices({ ...page, isOpen: false })
        assert.deepEqual(done, { ...kept, doneAt: 8, n: done.n })
      }),
    )
  })
}
