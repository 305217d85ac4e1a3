import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, it } from "node:test"
import {
  AppStore,
  type KeptPlaces,
  openedPlaces,
  prfKey,
  sealedPlaces,
  withDelegation,
  withoutDelegation,
} from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  newRecoveryCode,
  randomBytes,
  recoveryOf,
  toHex,
  type WrappedRecord,
  wrappedId,
} from "@aceso/core"
import { knownPlaces, putWaysBack } from "./places.ts"

const APP = "https://app.north.example"
/** What the operator has, by id. */
const records = new Map<string, WrappedRecord>()
let isAway = false
const { fetch } = globalThis
beforeEach(() => {
  records.clear()
  isAway = false
  globalThis.fetch = (async (url: string, { body }: { body: Bytes }) => {
    if (isAway) throw new TypeError("fetch failed")
    const asked = decodeCbor(body) as unknown as { id: Bytes; record: WrappedRecord }
    const isPut = url.endsWith("/put")
    if (isPut) records.set(toHex(asked.id), asked.record)
    const answer = isPut ? { ok: true } : { record: records.get(toHex(asked.id)) ?? null }
    return new Response(encodeCbor(answer as unknown as Cbor) as BodyInit)
  }) as typeof globalThis.fetch
})
afterEach(() => {
  globalThis.fetch = fetch
})

const place = (custodian: string, keyNumber = 1, fill = custodian.length) => ({
  ...{ custodian, handle: new Uint8Array(32).fill(fill), keyNumber, url: `https://${custodian}.example` },
})
const acting = (custodian: string, keyNumber = 1) => ({ ...place(custodian, keyNumber), person: "My child" })
const [city, clinic, county] = ["city", "clinic", "county-x"].map((name) => place(name))
const names = ({ places, delegations = [] }: KeptPlaces) => [
  ...places.map((one) => `${one.custodian} ${one.keyNumber}`),
  ...delegations.map((one) => `for ${one.custodian} ${one.keyNumber}`),
]
const child = withDelegation({ places: [] }, acting("county"))

describe("where a patient is known", () => {
  const rows: readonly (readonly [string, KeptPlaces, KeptPlaces, readonly string[]])[] = [
    ["the operator lost one", { places: [city] }, { places: [city, clinic] }, ["city 1", "clinic 1"]],
    [
      "both know one that the other does not",
      { places: [city, county] },
      { places: [city, clinic] },
      ["city 1", "county-x 1", "clinic 1"],
    ],
    ["the operator has an older key", { places: [city] }, { places: [place("city", 2)] }, ["city 2"]],
    ["the device has an older key", { places: [place("city", 2)] }, { places: [city] }, ["city 2"]],
    [
      "the operator lost for whom one acts",
      { places: [city] },
      { ...child, places: [city] },
      ["city 1", "for county 1"],
    ],
    ["the operator has again what was forgotten", child, withoutDelegation(child, acting("county")), []],
    ["the device has again what was forgotten", withoutDelegation(child, acting("county")), child, []],
    [
      "it was accepted anew by another key",
      child,
      withDelegation(withoutDelegation(child, acting("county", 9)), acting("county", 9)),
      ["for county 9"],
    ],
    [
      "it was accepted anew by a lower key",
      withDelegation({ places: [] }, acting("county", 9)),
      withDelegation(withDelegation({ places: [] }, acting("county", 9)), acting("county", 3)),
      ["for county 3"],
    ],
  ]
  for (const [comment, operator, device, expected] of rows)
    it(`is what both know: ${comment}`, async () => {
      const seed = randomBytes(32)
      const store = new AppStore(APP, APP)
      await store.change(seed, () => operator)
      const person = { app: APP, places: await sealedPlaces(seed, device) }
      const { kept, renewed } = await knownPlaces(person, seed)
      assert.deepEqual(names(kept), expected)
      assert.deepEqual(names(await store.places(seed)), expected, "the operator has it again")
      assert.deepEqual(
        names(await openedPlaces(seed, renewed ?? person.places)),
        expected,
        "the device keeps it",
      )
    })

  it("is still all of it once the next hospital is joined", async () => {
    const seed = randomBytes(32)
    const store = new AppStore(APP, APP)
    await store.addPlace(seed, city)
    const kept = await store.addPlace(seed, county, { places: [city, clinic] })
    assert.deepEqual(names(kept), ["city 1", "clinic 1", "county-x 1"])
    assert.deepEqual(names(await store.places(seed)), names(kept))
  })

  it("is what the device knows where the operator is away, and is brought there later", async () => {
    const seed = randomBytes(32)
    const person = { app: APP, places: await sealedPlaces(seed, { places: [city] }) }
    isAway = true
    assert.deepEqual(names((await knownPlaces(person, seed)).kept), ["city 1"])
    isAway = false
    await knownPlaces(person, seed)
    assert.deepEqual(names(await new AppStore(APP, APP).places(seed)), ["city 1"])
  })
})

it("the ways back to a seed are put again where the operator has lost them", async () => {
  const seed = randomBytes(32)
  const store = new AppStore(APP, APP)
  const printed = recoveryOf(newRecoveryCode())
  const prf = randomBytes(32)
  const by = { what: "passkey" as const, credentialId: randomBytes(16) }
  const wrapId = wrappedId("passkey", by.credentialId)
  const kept = await store.keepWay(seed, printed)
  records.clear()
  await assert.rejects(store.seed(printed.id, printed.key), { code: "unknown_code" })
  await putWaysBack({ app: APP, by, wrapId }, { prf }, seed, kept)
  assert.deepEqual(await store.seed(printed.id, printed.key), seed)
  assert.deepEqual(await store.seed(wrapId, prfKey(prf)), seed)
})
