import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, compareBytes } from "@aceso/core"
import { handleOf } from "@aceso/ledger/testing/network.ts"
import type { Vault } from "../vault/vault.ts"
import { type AwaitedPatient, SEARCH_STEPS } from "../vault/vault-people.ts"
import { append, inFixture, type VaultFixture } from "./vault-fixture.ts"

/** What every vault does about who patients are. */
export function vaultPeople(name: string, start: () => VaultFixture): void {
  const addPatients = async (vault: Vault, ...ids: readonly string[]) => {
    for (const id of ids) await vault.addPatient({ handle: handleOf(id), fhirId: id, hasKey: false })
  }

  describe(`vault ${name}: the blind index over identifiers`, () => {
    const ssn = (value: string) => ({ system: "urn:ssn", value })

    it(
      "by type, system and value; several resources may have one identifier",
      inFixture(start, async (vault) => {
        await vault.setIdentifiers("Patient", "p1", [ssn("9"), ssn("8")])
        await vault.setIdentifiers("Patient", "p2", [ssn("9")])
        await vault.setIdentifiers("Practitioner", "p3", [ssn("9")])
        const found = await vault.findByIdentifier("Patient", ssn("9"))
        assert.deepEqual([...found].sort(), ["p1", "p2"])
        assert.deepEqual(await vault.findByIdentifier("Patient", ssn("8")), ["p1"])
        assert.deepEqual(await vault.findByIdentifier("Practitioner", ssn("9")), ["p3"])
        assert.equal((await vault.findByIdentifier("Patient", ssn("9"), 1)).length, 1)
        for (const [type, other] of [
          ["Organization", ssn("9")],
          ["Patient", { system: "urn:ss", value: "9" }],
          ["Patient", { system: "urn:ss", value: "n9" }],
        ] as const)
          assert.deepEqual(await vault.findByIdentifier(type, other), [])
      }),
    )
    it(
      "what the newest version no longer has does not match",
      inFixture(start, async (vault) => {
        await vault.setIdentifiers("Patient", "p1", [ssn("9"), ssn("8")])
        await vault.setIdentifiers("Patient", "p1", [ssn("7"), ssn("8"), ssn("8")])
        assert.deepEqual(await vault.findByIdentifier("Patient", ssn("9")), [])
        for (const value of ["7", "8"])
          assert.deepEqual(await vault.findByIdentifier("Patient", ssn(value)), ["p1"])
        await vault.setIdentifiers("Patient", "p1", [])
        assert.deepEqual(await vault.findByIdentifier("Patient", ssn("7")), [])
      }),
    )
    const at77 = (base = "", type = "Patient") => ({ type, id: "77", base })
    it(
      "a source's id means what it last said, in that source alone",
      inFixture(start, async (vault) => {
        const unknown = {
          own: undefined,
          isTemporary: false,
          isAmbiguous: false,
          isOfServer: false,
          bare: undefined,
          isOurs: false,
          isTaken: false,
        }
        assert.deepEqual(await vault.sourcesOf("north", at77()), unknown)
        await addPatients(vault, "77")
        assert.deepEqual(await vault.sourcesOf("north", at77()), { ...unknown, isOurs: true, isTaken: true })
        await vault.setSource("north", at77(), "lea")
        // What was made here is so whatever a source uses its id for.
        const ours = { ...unknown, isOurs: true, isTaken: true }
        assert.deepEqual(await vault.sourcesOf("north", at77()), { ...ours, own: "lea" })
        assert.deepEqual(await vault.sourcesOf("south", at77()), ours)
        assert.deepEqual(await vault.sourcesOf("north", at77("", "Observation")), unknown)
        await vault.setSource("north", at77(), "max")
        assert.equal((await vault.sourcesOf("north", at77())).own, "max")
        // An id that is kept for what is to come is taken.
        await vault.setSource("north", at77("", "Observation"), "77")
        assert.deepEqual(await vault.sourcesOf("south", at77("", "Observation")), {
          ...unknown,
          isTaken: true,
        })
      }),
    )
    it(
      "what a source brought is not ours, also when that source calls something else so",
      inFixture(start, async (vault) => {
        await addPatients(vault, "77")
        await vault.setSource("north", at77(), "77")
        await vault.setSource("north", at77(), "lea")
        const { isOurs, isTaken } = await vault.sourcesOf("south", at77())
        assert.deepEqual([isOurs, isTaken], [false, true])
      }),
    )
    it(
      "each server of a source means its own; without an address, what all of them agree on",
      inFixture(start, async (vault) => {
        const own = async (base: string) => (await vault.sourcesOf("s", at77(base))).own
        await vault.setSource("s", at77("https://a"), "ann")
        assert.deepEqual(
          [await own("https://a"), await own("https://b"), await own("")],
          ["ann", undefined, "ann"],
        )
        await vault.setSource("s", at77("https://b"), "bob")
        assert.deepEqual(
          [await own("https://a"), await own("https://b"), await own("")],
          ["ann", "bob", undefined],
        )
        // What came without an address stands for no server: two of them may call two people so.
        await vault.setSource("s", at77(""), "cid")
        await addPatients(vault, "cid")
        assert.deepEqual(
          [await own(""), await own("https://c"), await own("https://a")],
          ["cid", undefined, "ann"],
        )
      }),
    )
    it(
      "as many sources as there are nights keep a bounded number of rows, the first ones and the newest; none hides one's own",
      inFixture(start, async (vault) => {
        for (let night = 0; night < 100; night++) await vault.setSource(`night ${night}`, at77(), "77")
        for (const kept of [0, 8, 31, 68, 99])
          assert.equal((await vault.sourcesOf(`night ${kept}`, at77())).own, "77", `${kept}`)
        assert.deepEqual(await vault.sourcesOf("night 40", at77()), {
          own: undefined,
          isTemporary: false,
          isAmbiguous: false,
          isOfServer: false,
          bare: undefined,
          isOurs: false,
          isTaken: true,
        })
        await vault.setSource("first", at77(), "first")
        for (let other = 0; other < 100; other++) await vault.setSource(`o ${other}`, at77(), `${other}`)
        assert.equal((await vault.sourcesOf("first", at77())).own, "first")
      }),
    )
    it(
      "a name of a create gives way to a real one, is no more of the first when two had it, and is never weaker than it was",
      inFixture(start, async (vault) => {
        const own = async () => (await vault.sourcesOf("s", at77())).own
        const said = async () => {
          const { isTemporary, isAmbiguous } = await vault.sourcesOf("s", at77())
          return [isAmbiguous ? "kept" : await own(), isTemporary, isAmbiguous]
        }
        await vault.setSource("s", at77(), "ann", true)
        assert.deepEqual(await said(), ["ann", true, false])
        await vault.setSource("s", at77(), undefined, true)
        assert.deepEqual(await said(), ["kept", true, true])
        assert.match(String(await own()), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        assert.equal(await own(), await own())
        await vault.setSource("s", at77(), "bob")
        assert.deepEqual(await said(), ["bob", false, false])
        await vault.setSource("s", at77(), "bob", true)
        assert.deepEqual(await said(), ["bob", false, false])
      }),
    )
    it(
      "resources that wait, by whom they wait for: an id, or a number however it is written",
      inFixture(start, async (vault) => {
        const [late, later] = [{ patient: "late" }, { patient: "later" }]
        const number = (value: string) => ({ number: { system: "https://a.example/mrn", value } })
        await vault.setWaiting("Observation", "o", [late, later, number("a 1")])
        await vault.setWaiting("Condition", "c", [late])
        const waiting = async (patient: AwaitedPatient) =>
          (await vault.waitingFor(patient)).map(({ type, fhirId }) => `${type}/${fhirId}`).sort()
        assert.deepEqual(await waiting(late), ["Condition/c", "Observation/o"])
        assert.deepEqual(await waiting(number("A-1")), ["Observation/o"])
        assert.equal(await vault.endWaiting("Observation", "o", [late, number("A.1")]), true)
        assert.deepEqual([await waiting(late), await waiting(number("A-1"))], [["Condition/c"], []])
        assert.equal(await vault.endWaiting("Observation", "o", [later]), false)
        await vault.setWaiting("Condition", "c", [later])
        assert.deepEqual([await waiting(late), await waiting(later)], [[], ["Condition/c"]])
      }),
    )
    it(
      "resources that belong to nobody, by pages; once filed they are not among them",
      inFixture(start, async (vault) => {
        const about = (where: string) => ({ where, reference: `Patient/${where}`, foundAt: 1 })
        for (const id of ["a", "b", "c"])
          assert.equal(await vault.setUnfiled("Observation", id, about(id)), false)
        assert.equal(await vault.setUnfiled("Observation", "b", about("again")), true)
        const [first, ...others] = await vault.unfiled(0, 2)
        assert.deepEqual(
          [first.fhirId, first.type, first.where, first.reference, first.foundAt],
          ["a", "Observation", "a", "Patient/a", 1],
        )
        assert.deepEqual(
          others.map(({ fhirId, where }) => [fhirId, where]),
          [["b", "again"]],
        )
        assert.deepEqual([await vault.setUnfiled("Observation", "c", undefined)], [true])
        assert.deepEqual([await vault.setUnfiled("Observation", "c", undefined)], [false])
        assert.deepEqual(await vault.unfiled(others[0].number, 10), [])
      }),
    )
  })

  describe(`vault ${name}: the list of patients`, () => {
    const fhirIds = (patients: readonly { fhirId: string }[]) => patients.map(({ fhirId }) => fhirId)

    it(
      "by pages, with the number of records, dummies apart",
      inFixture(start, async (vault, fixture) => {
        await addPatients(vault, "a", "b", "c")
        await append(vault, fixture, "{}", { log: handleOf("b") })
        await append(vault, fixture, "{}", { log: handleOf("b") })
        const first = await vault.patientsPage(0, 2)
        assert.deepEqual(
          first.map(({ fhirId, records }) => [fhirId, records]),
          [
            ["a", 0],
            ["b", 2],
          ],
        )
        assert.deepEqual(fhirIds(await vault.patientsPage(first[1].number, 2)), ["c"])
        assert.deepEqual(await vault.patientsPage(first[1].number + 1, 2), [])
        const { alias, handle } = first[1]
        for (const by of [{ alias }, { handle }]) assert.deepEqual(await vault.listedPatient(by), first[1])
        assert.equal(await vault.listedPatient({ alias: "nobody" }), undefined)
      }),
    )
    it(
      "by terms of every group, page by page, in step with what was set last",
      inFixture(start, async (vault) => {
        await addPatients(vault, "a", "b", "c", "d")
        await vault.setTerms("a", ["anna", "smith"])
        await vault.setTerms("b", ["anna", "jones"])
        await vault.setTerms("c", ["anna", "smith", "1950"])
        await vault.setTerms("d", ["otto"])
        const search = async (groups: string[][], after = 0, limit = 10) => {
          const { patients, next } = await vault.searchPatients(groups, after, limit)
          return [fhirIds(patients), next !== undefined]
        }
        assert.deepEqual(await search([["anna"]]), [["a", "b", "c"], false])
        assert.deepEqual(await search([["anna"], ["smith"]]), [["a", "c"], false])
        assert.deepEqual(await search([["1950", "otto"]]), [["c", "d"], false])
        assert.deepEqual(await search([["anna"], ["1950", "jones"]]), [["b", "c"], false])
        assert.deepEqual(await search([["nobody"]]), [[], false])
        assert.deepEqual(await search([]), [[], false])
        assert.deepEqual(await search([["anna"], ["smith"]], 0, 1), [["a"], true])
        const { next } = await vault.searchPatients([["anna"], ["smith"]], 0, 1)
        assert.deepEqual(await search([["anna"], ["smith"]], next, 1), [["c"], false])
        await vault.setTerms("a", ["maria"])
        assert.deepEqual(await search([["anna"]]), [["b", "c"], false])
        assert.deepEqual(await search([["maria"]]), [["a"], false])
        await vault.setTerms("nobody", ["x"])
      }),
    )
  })

  describe(`vault ${name}: a search that finds few among many`, () => {
    it(
      "looks at a bounded number in one call, and goes on from there",
      inFixture(start, async (vault) => {
        const many = SEARCH_STEPS + 10
        await vault.atomically(async () => {
          for (let i = 0; i < many; i++) {
            await addPatients(vault, `p${i}`)
            await vault.setTerms(`p${i}`, ["name wang", i % 2 === 0 ? "born 1950" : "born 1951"])
          }
          await vault.setTerms(`p${many - 1}`, ["name wang", "born 1950"])
        })
        const first = await vault.searchPatients([["name wang"], ["born 1950"]], 0, 1)
        assert.deepEqual([first.patients[0].fhirId, first.next], ["p0", first.patients[0].number])
        const none = await vault.searchPatients([["name wang"], ["born 1952", "name li"]], 0, 1)
        assert.deepEqual(none, { patients: [] })
        // Both terms have many holders, and none has both: the call ends before it has seen all.
        await vault.setTerms("p0", ["born 1953"])
        const groups = [["name wang"], ["name wang", "born 1953"], ["born 1951"]]
        const { patients, next } = await vault.searchPatients(groups, 0, many)
        assert.ok(patients.length > 0 && patients.length <= SEARCH_STEPS)
        const rest = next === undefined ? { patients: [] } : await vault.searchPatients(groups, next, many)
        assert.equal(patients.length + rest.patients.length, many / 2 - 1)
      }),
    )
  })

  describe(`vault ${name}: possible duplicates`, () => {
    const [a, b, c] = ["a", "b", "c"].map(handleOf) as [Bytes, Bytes, Bytes]
    const pairOf = (...pair: [Bytes, Bytes]) => [...pair].sort(compareBytes)
    const doubt = (pair: readonly [Bytes, Bytes], ...reasons: string[]) => ({ pair, reasons, setApart: null })

    it(
      "each pair once, whichever comes first, by pages",
      inFixture(start, async (vault) => {
        assert.equal(await vault.addDuplicates([doubt([a, b], "same_identifier")], 5), 1)
        assert.equal(await vault.addDuplicates([doubt([b, a], "other_sex"), doubt([a, c])], 6), 1)
        const all = await vault.openDuplicates(0, 10)
        assert.deepEqual(
          all.map(({ pair, reasons, foundAt, state }) => ({ pair, reasons, foundAt, state })),
          [
            { pair: pairOf(a, b), reasons: ["other_sex"], foundAt: 5, state: "open" },
            { pair: pairOf(a, c), reasons: [], foundAt: 6, state: "open" },
          ],
        )
        assert.deepEqual(await vault.openDuplicates(all[0].number, 10), [all[1]])
        assert.deepEqual(await vault.openDuplicates(0, 1), [all[0]])
      }),
    )
    it(
      "one that somebody decided is off the list and stays so",
      inFixture(start, async (vault) => {
        await vault.addDuplicates([doubt([a, b], "same_identifier")], 5)
        await vault.decideDuplicate(b, a, { state: "apart", by: "anna", at: 7 })
        assert.deepEqual(await vault.openDuplicates(0, 10), [])
        assert.equal(await vault.addDuplicates([doubt([a, b], "same_id")], 8), 0)
        assert.deepEqual(await vault.openDuplicates(0, 10), [])
        const decided = await vault.duplicate(a, b)
        assert.deepEqual(
          [decided?.state, decided?.decidedBy, decided?.decidedAt, decided?.reasons],
          ["apart", "anna", 7, ["same_identifier"]],
        )
        await vault.decideDuplicate(a, c, { state: "same", by: "otto", at: 9 })
        assert.equal((await vault.duplicate(c, a))?.state, "same")
        assert.equal(await vault.duplicate(b, c), undefined)
      }),
    )
  })
}
