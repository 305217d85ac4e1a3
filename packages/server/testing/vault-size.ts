import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import { NONCES_PER_KEY } from "../vault/sqlite-nonces.ts"
import type { Vault } from "../vault/vault.ts"
import type { ListedPatient } from "../vault/vault-people.ts"
import { append, disclosureOf, inFixture, type VaultFixture } from "./vault-fixture.ts"

/** What a vault answers without looking at all that it has: counters, pages, one of many. */
export function vaultSize(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: counters`, () => {
    const fail = new Error("taken back")

    it(
      "are what a recount finds, after anything that adds, commits, or is taken back",
      inFixture(start, async (vault, fixture) => {
        const logs = [OWN_LOG, handleOf("a"), handleOf("b")]
        const steps: [comment: string, step: () => Promise<unknown>][] = [
          ["nothing", async () => {}],
          ["a patient", () => vault.addPatient({ handle: logs[1], fhirId: "a", hasKey: false })],
          ["another", () => vault.addPatient({ handle: logs[2], fhirId: "b", hasKey: true })],
          ["one record in each log", () => eachOf(logs, (log) => append(vault, fixture, "{}", { log }))],
          ["more in one", () => eachOf([1, 2, 3], () => append(vault, fixture, "{}", { log: logs[1] }))],
          ["a commit of a part", () => vault.markCommitted(logs[1], 1, 5)],
          ["the same again", () => vault.markCommitted(logs[1], 1, 6)],
          ["a commit of all", () => eachOf(logs, (log) => vault.markCommitted(log, 9, 7))],
          ["disclosures", () => eachOf([1, 2, 3], (n) => vault.addDisclosure(disclosureOf(n)))],
          ["of which two are on the ledger", () => vault.markDisclosed([1, 2].map(tagOf), 8)],
          ["and one of them is marked again", () => vault.markDisclosed([1].map(tagOf), 9)],
        ]
        for (const [comment, step] of steps) {
          const before = await counted(vault, logs)
          const taken = vault.atomically(async () => {
            await step()
            throw fail
          })
          await assert.rejects(taken, fail)
          assert.deepEqual(await counted(vault, logs), before, `${comment}, taken back`)
          await step()
          assert.deepEqual(await counted(vault, logs), await recounted(vault, logs), comment)
        }
      }),
    )

    it(
      "give out each number of an alias once",
      inFixture(start, async (vault) => {
        const add = async (id: string, alias?: string) =>
          (
            await vault.addPatient({
              handle: handleOf(id),
              fhirId: id,
              hasKey: false,
              ...(alias && { alias }),
            })
          ).alias
        assert.equal(await add("a"), "person-1")
        assert.equal(await add("b", "person-2"), "person-2")
        assert.equal(await add("c"), "person-3")
        await vault.setAlias(handleOf("a"), "ann")
        assert.equal(await add("d"), "person-4")
      }),
    )
  })

  describe(`vault ${name}: pages`, () => {
    it(
      "of patients hold each one once, in the order in which they came",
      inFixture(start, async (vault, fixture) => {
        assert.deepEqual(await vault.patientsPage(0, 10), [])
        for (let i = 0; i < 25; i++)
          await vault.addPatient({ handle: handleOf(`p${i}`), fhirId: `p${i}`, hasKey: i % 2 === 0 })
        await append(vault, fixture, "{}", { log: handleOf("p3") })
        const all: ListedPatient[] = []
        const sizes: number[] = []
        for (let page = await vault.patientsPage(0, 10); page.length > 0; ) {
          all.push(...page)
          sizes.push(page.length)
          page = await vault.patientsPage(all[all.length - 1].number, 10)
        }
        assert.deepEqual(sizes, [10, 10, 5])
        const bare = all.map(({ records: _records, number: _number, ...patient }) => patient)
        assert.deepEqual(bare, await vault.patients())
        assert.deepEqual(
          all.filter(({ records }) => records > 0).map(({ alias, records }) => [alias, records]),
          [["person-4", 1]],
        )
      }),
    )

    it(
      "of policies that wait hold these alone",
      inFixture(start, async (vault) => {
        const policy = { version: 1, root: seedOf("root"), salt: seedOf("salt"), documents: [] }
        const handles = Array.from({ length: 12 }, (_, i) => handleOf(`p${i}`))
        for (const [i, handle] of handles.entries())
          await vault.setPolicy(handle, { ...policy, pending: i % 2 === 0 ? [utf8("change")] : [] })
        const waiting = handles.filter((_, i) => i % 2 === 0).sort(Buffer.compare)
        const first = await vault.pendingPolicies(undefined, 4)
        const second = await vault.pendingPolicies(first.at(-1), 4)
        assert.deepEqual([...first, ...second].map(hex), waiting.map(hex))
        assert.deepEqual(await vault.pendingPolicies(second.at(-1), 4), [])
        await vault.setPolicy(waiting[0], { ...policy, version: 2, pending: [] })
        assert.equal((await vault.pendingPolicies(undefined, 10)).length, 5)
      }),
    )

    it(
      "any patient is one of them, and each of them is drawn",
      inFixture(start, async (vault) => {
        assert.equal(await vault.anyPatient(), undefined)
        for (const id of ["a", "b", "c"])
          await vault.addPatient({ handle: handleOf(id), fhirId: id, hasKey: false })
        const drawn = new Set<string>()
        // A fair draw of 3 misses one of them in 500 times with a chance of 10^-88.
        for (let i = 0; i < 500; i++) drawn.add((await vault.anyPatient())?.alias ?? "none")
        assert.deepEqual([...drawn].sort(), ["person-1", "person-2", "person-3"])
      }),
    )
  })

  describe(`vault ${name}: nonces`, () => {
    it(
      "are bounded per key, and expired ones make room",
      inFixture(start, async (vault) => {
        const [busy, other] = [seedOf("busy"), seedOf("other")]
        const use = (key: Uint8Array, expiry: number, now: number) =>
          vault.useNonce(key, randomBytes(16), expiry, now)
        await vault.atomically(async () => {
          for (let i = 0; i < NONCES_PER_KEY; i++) await use(busy, 100, 50)
        })
        assert.equal(await use(busy, 200, 100), "too_many")
        assert.equal(await use(other, 200, 100), "fresh")
        assert.equal(await use(busy, 200, 101), "fresh")
      }),
    )
  })
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const tagOf = (n: number) => disclosureOf(n).tag

async function eachOf<T>(all: readonly T[], f: (one: T) => Promise<unknown>): Promise<void> {
  for (const one of all) await f(one)
}

async function counted(vault: Vault, logs: readonly Uint8Array[]) {
  const patients = await vault.patientsPage(0, 100)
  return {
    ...(await vault.recordCount()),
    waiting: await vault.waiting(),
    patients: await vault.patientCount(),
    perPatient: logs
      .slice(1)
      .map((log) => patients.find(({ handle }) => hex(handle) === hex(log))?.records ?? 0),
  }
}

/** The same from the rows themselves. */
async function recounted(vault: Vault, logs: readonly Uint8Array[]) {
  const all = await Promise.all(logs.map((log) => vault.log(log)))
  const records = all.flat()
  const disclosures = await vault.uncommittedDisclosures()
  return {
    records: records.length,
    committed: records.filter(({ height }) => height !== null).length,
    waiting: {
      handles: (await vault.unenrolled(1_000)).length,
      records: records.filter(({ height }) => height === null).length,
      disclosures: disclosures.length,
      includeBy: disclosures.length > 0 ? Math.min(...disclosures.map((one) => one.includeBy)) : undefined,
    },
    patients: (await vault.patients()).length,
    perPatient: all.slice(1).map((log) => log.filter(({ type }) => type !== "").length),
  }
}
