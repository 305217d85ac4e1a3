import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { parseConfig } from "@aceso/server/node/config.ts"
import { guessPartners } from "./attacker.ts"
import { type Plant, type Week, weekOf } from "./ledger-of-a-week.ts"

/**
 * PRIVACY.md, the attacker test: a program with the whole ledger guesses which handles belong together. 1,000
 * patients with 2 or 3 handles over a week.
 */
const PATIENTS = 1000

interface Score {
  readonly guesses: number
  readonly hits: number
  /** Expected hits of blind guessing among the handles of other custodians. */
  readonly chance: number
}

function score({ ledger, owner, custodianOf }: Week): Score {
  const guesses = guessPartners(ledger)
  const people = Map.groupBy(owner.keys(), (handle) => owner.get(handle))
  const perCustodian = Map.groupBy(custodianOf.keys(), (handle) => custodianOf.get(handle))
  let hits = 0
  let chance = 0
  for (const [handle, guess] of guesses) {
    if (owner.get(handle) === owner.get(guess)) hits++
    const partners = (people.get(owner.get(handle)) ?? []).length - 1
    chance += partners / (owner.size - (perCustodian.get(custodianOf.get(handle)) ?? []).length)
  }
  return { guesses: guesses.size, hits, chance }
}

/**
 * The 99 % interval of a sum of rare independent hits: Poisson. Two handles often name each other, so hits come in
 * pairs, and about one week in 40 lies outside where nothing is to be found at all.
 */
function isWithinChance({ hits, chance }: Score): boolean {
  let below = 0
  let term = Math.exp(-chance)
  for (let k = 0; k < hits; k++) {
    below += term
    term *= chance / (k + 1)
  }
  const atLeast = 1 - below
  return atLeast > 0.005
}

describe("an attacker who has the whole ledger", () => {
  it("does no better than chance on enrolments and record windows", () => {
    const found = score(weekOf({ seed: "honest", patients: PATIENTS }))
    assert.ok(found.guesses > 2000)
    assert.ok(
      isWithinChance(found),
      `${found.hits} hits of ${found.guesses}, chance gives ${found.chance.toFixed(1)}`,
    )
  })

  for (const plant of ["shared-salt", "equal-expiry", "same-second"] as const satisfies readonly Plant[])
    it(`finds more than 90 % where ${plant} links handles`, () => {
      const { hits, guesses } = score(weekOf({ seed: plant, patients: PATIENTS, plant }))
      assert.ok(hits > 0.9 * guesses, `${hits} of ${guesses}`)
    })

  it("does no better than chance on policy changes with the default delay", () => {
    const given = { member: "city-hospital", url: "http://127.0.0.1:7440", folder: "city" }
    const { policyDelayMs } = parseConfig(given, "the defaults")
    const found = score(weekOf({ seed: "policy", patients: PATIENTS, policyDelayMs }))
    assert.ok(
      isWithinChance(found),
      `${found.hits} hits of ${found.guesses}, chance gives ${found.chance.toFixed(1)}`,
    )
  })

  it("finds more than 10 % by their policy changes where the mean delay is ten minutes", () => {
    const { hits, guesses } = score(weekOf({ seed: "policy", patients: PATIENTS, policyDelayMs: 600_000 }))
    assert.ok(hits > 0.1 * guesses, `${hits} of ${guesses}`)
  })
})
