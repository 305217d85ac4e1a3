import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { describe, it } from "node:test"
import { utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import type { Vault } from "../vault/vault.ts"
import type { HeldCopy, VisitorPlace } from "../vault/vault-visitors.ts"
import { code, inFixture, SECRETS, type VaultFixture } from "./vault-fixture.ts"

const placeOf = (name: string, custodian = "county"): VisitorPlace => ({ custodian, handle: handleOf(name) })
const copyOf = (place: VisitorPlace, text: string, version = 1): HeldCopy => ({
  copy: { ...place, document: { content: utf8(text), salt: seedOf(text) }, version, index: 0, path: [] },
  isProven: false,
  until: 900,
})
const join = (
  vault: Vault,
  names: readonly string[],
  how: { keptUntil?: number; byCopyFrom?: string } = {},
) =>
  vault.joinPlaces(
    names.map((name) => placeOf(name)),
    { now: 100, keptUntil: 1000, byCopyFrom: null, ...how },
  )
const handlesOf = (places: readonly VisitorPlace[]) => places.map(({ handle }) => String(handle)).sort()
const aliases = async (vault: Vault) => (await vault.visitors(0, 100)).map(({ alias }) => alias)

export function vaultVisitors(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: visitors`, () => {
    it(
      "one per person: known by any of the places, by alias, and after it is opened again",
      inFixture(start, async (vault, fixture) => {
        const { visitor, folded } = await join(vault, ["a", "b"])
        assert.deepEqual([visitor.alias, visitor.since, visitor.also, folded], ["visitor-1", 100, [], []])
        assert.deepEqual(handlesOf(visitor.places), handlesOf([placeOf("a"), placeOf("b")]))
        const again = await join(vault, ["b", "c"])
        assert.equal(again.visitor.alias, "visitor-1")
        assert.equal(again.visitor.places.length, 3)
        assert.equal((await join(vault, ["d"])).visitor.alias, "visitor-2")
        const same = { custodian: "city", handle: handleOf("a") }
        assert.equal(await vault.visitor({ place: same }), undefined, "a handle is one custodian's")
        const other = fixture.open()
        for (const by of [{ place: placeOf("c") }, { alias: "visitor-1" }])
          assert.deepEqual(await other.visitor(by), again.visitor)
        await other.close()
      }),
    )
    it(
      "that turn out to be one fold into the oldest, whose alias stays; the others name it",
      inFixture(start, async (vault) => {
        for (const one of ["a", "b", "c", "d"]) await join(vault, [one])
        const { visitor, folded } = await join(vault, ["c", "b"])
        assert.deepEqual([visitor.alias, visitor.also, folded], ["visitor-2", ["visitor-3"], ["visitor-3"]])
        const all = await join(vault, ["a", "c"])
        assert.deepEqual(all.visitor.also, ["visitor-2", "visitor-3"])
        assert.deepEqual(all.folded, ["visitor-2"])
        for (const alias of ["visitor-1", "visitor-2", "visitor-3"])
          assert.deepEqual(await vault.visitor({ alias }), all.visitor)
        assert.deepEqual(await aliases(vault), ["visitor-1", "visitor-4"])
      }),
    )
    it(
      "are one also when many join at once",
      inFixture(start, async (vault) => {
        const pairs = [
          ["a", "b"],
          ["c", "d"],
          ["b", "c"],
          ["d", "e"],
        ]
        const made = await Promise.all(pairs.map((pair) => join(vault, pair)))
        assert.deepEqual(
          made.map(({ visitor }) => visitor.alias),
          ["visitor-1", "visitor-2", "visitor-1", "visitor-1"],
        )
        assert.equal((await vault.visitor({ place: placeOf("e") }))?.places.length, 5)
      }),
    )
    it(
      "by pages, each once",
      inFixture(start, async (vault) => {
        for (let i = 0; i < 7; i++) await join(vault, [`p${i}`])
        await join(vault, ["p1", "p2"])
        const seen: string[] = []
        for (let after = 0; ; ) {
          const page = await vault.visitors(after, 2)
          seen.push(...page.map(({ alias }) => alias))
          if (page.length < 2) break
          after = page[1].id
        }
        assert.deepEqual(
          seen,
          [1, 2, 4, 5, 6, 7].map((n) => `visitor-${n}`),
        )
      }),
    )
    it(
      "and their copies: set as a whole, for one place",
      inFixture(start, async (vault) => {
        const [a, b] = [placeOf("a"), placeOf("b")]
        await join(vault, ["a", "b"])
        assert.deepEqual(await vault.copies(a), [])
        await vault.setCopies(a, [copyOf(a, "one"), copyOf(a, "two")], 500)
        await vault.setCopies(a, [copyOf(a, "two", 2)], 600)
        assert.deepEqual(await vault.copies(a), [copyOf(a, "two", 2)])
        assert.deepEqual(await vault.copies(b), [])
        await vault.setCopies(a, [], 700)
        assert.deepEqual(await vault.copies(a), [])
      }),
    )
    it(
      "whose copies are due, the longest due first",
      inFixture(start, async (vault) => {
        const due = async (now: number, limit = 10) => handlesOf(await vault.dueCopies(now, limit))
        const [a, b, c] = ["a", "b", "c"].map((one) => placeOf(one))
        await join(vault, ["a", "b", "c"])
        await vault.setCopies(a, [copyOf(a, "one")], 30)
        await vault.setCopies(b, [copyOf(b, "one")], 20)
        await vault.setCopies(c, [copyOf(c, "one")], 40)
        assert.deepEqual(await due(19), [])
        assert.deepEqual(await due(30), handlesOf([a, b]))
        assert.deepEqual(await due(30, 1), handlesOf([b]))
        await vault.setCopies(b, [copyOf(b, "one")], 50)
        assert.deepEqual(await due(30), handlesOf([a]))
      }),
    )
    it(
      "whose copies are counted by custodian, whatever changes them",
      inFixture(start, async (vault) => {
        const [a, b] = [placeOf("a"), placeOf("b")]
        const elsewhere = placeOf("a", "clinic")
        await vault.joinPlaces([a, b, elsewhere], { now: 1, keptUntil: 9, byCopyFrom: null })
        const nothing = await vault.copyTotals("county")
        assert.deepEqual(nothing, { places: 0, bytes: 0 })
        await vault.setCopies(a, [copyOf(a, "one")], 5)
        const one = await vault.copyTotals("county")
        assert.equal(one.places, 1)
        await vault.setCopies(a, [copyOf(a, "one"), copyOf(a, "two")], 6)
        await vault.setCopies(b, [copyOf(b, "one")], 7)
        await vault.setCopies(elsewhere, [copyOf(elsewhere, "one")], 7)
        const both = await vault.copyTotals("county")
        assert.equal(both.places, 2)
        assert.ok(both.bytes > 2 * one.bytes)
        await vault.setCopies(b, [], 8)
        await vault.setCopies(a, [copyOf(a, "one")], 9)
        assert.deepEqual(await vault.copyTotals("county"), one)
        await vault.setCopies(a, [], 8)
        assert.deepEqual(await vault.copyTotals("county"), nothing)
        assert.equal((await vault.copyTotals("clinic")).places, 1)
      }),
    )
    it(
      "are forgotten when their time is over, the first first, and their aliases are never given again",
      inFixture(start, async (vault) => {
        await join(vault, ["a", "b"], { keptUntil: 200 })
        await join(vault, ["c"], { keptUntil: 150 })
        await join(vault, ["d"], { keptUntil: 300 })
        await join(vault, ["e"], { keptUntil: 250 })
        await join(vault, ["d", "e"], { keptUntil: 100 })
        await vault.setCopies(placeOf("c"), [copyOf(placeOf("c"), "one")], 500)
        assert.equal(await vault.forgetVisitors(151, 10), 0, "of whom there are copies stays")
        await vault.setCopies(placeOf("c"), [], 500)
        assert.equal(await vault.forgetVisitors(150, 10), 0)
        assert.equal(await vault.forgetVisitors(201, 1), 1)
        assert.deepEqual(await aliases(vault), ["visitor-1", "visitor-3"])
        assert.equal(await vault.forgetVisitors(201, 10), 1)
        assert.deepEqual(await vault.copies(placeOf("a")), [])
        assert.equal(await vault.visitor({ place: placeOf("b") }), undefined)
        assert.equal((await join(vault, ["a"])).visitor.alias, "visitor-5")
        assert.equal(await vault.forgetVisitors(301, 10), 1)
        for (const alias of ["visitor-1", "visitor-2", "visitor-3", "visitor-4", "visitor-9", "nobody"])
          assert.equal(await vault.visitor({ alias }), undefined, alias)
      }),
    )
    it(
      "known by copies alone are counted by custodian and time",
      inFixture(start, async (vault) => {
        await join(vault, ["a"], { byCopyFrom: "county" })
        await join(vault, ["b"], { byCopyFrom: "county" })
        await join(vault, ["b"], { byCopyFrom: "county" })
        await join(vault, ["c"], { byCopyFrom: "clinic" })
        await join(vault, ["d"])
        assert.equal(await vault.visitorsByCopySince("county", 99), 2)
        assert.equal(await vault.visitorsByCopySince("county", 100), 0)
      }),
    )
    it(
      "share no alias with a patient",
      inFixture(start, async (vault) => {
        const patient = { handle: handleOf("p"), fhirId: "p", hasKey: false }
        await assert.rejects(vault.addPatient({ ...patient, alias: "visitor-1" }), code("bad_input"))
        await vault.addPatient(patient)
        await assert.rejects(vault.setAlias(patient.handle, "visitor-7"), code("bad_input"))
        await vault.setAlias(patient.handle, "visitor-x")
      }),
    )
    it(
      "leave no copy and no handle readable in the files: which handles are one person's is not for their reader",
      inFixture(start, async (vault, fixture) => {
        const places = [placeOf(SECRETS[0]), placeOf(SECRETS[1])]
        await vault.joinPlaces(places, { now: 1, keptUntil: 9, byCopyFrom: null })
        await vault.setCopies(places[0], [copyOf(places[0], SECRETS[2])], 9)
        await fixture.open().close()
        for (const file of fixture.files())
          for (const secret of [SECRETS[2], ...places.map(({ handle }) => Buffer.from(handle))])
            assert.equal(readFileSync(file).includes(secret), false, basename(file))
      }),
    )
  })
}
