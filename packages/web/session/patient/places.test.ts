import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, it } from "node:test"
import {
  AppStore,
  isForgotten,
  type KeptPlaces,
  openedPlaces,
  type PlaceLedger,
  placesId,
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
const genesis = randomBytes(32)
/** Everybody is where the names say; the keys of these numbers count, and no others. */
const proving = (numbers: Readonly<Record<string, number>>): PlaceLedger => ({
  urlOf: async (custodian) => `https://${custodian}.example`,
  counts: async (_, { custodian, keyNumber, url }) => {
    assert.equal(url, `https://${custodian}.example`, "nobody else is asked by a key")
    return numbers[custodian] === keyNumber ? "yes" : "no"
  },
})
const child = withDelegation({ places: [] }, acting("county"))

describe("where a patient is known", () => {
  const rows: readonly (readonly [string, KeptPlaces, KeptPlaces, readonly string[], PlaceLedger?])[] = [
    ["the operator lost one", { places: [city] }, { places: [city, clinic] }, ["city 1", "clinic 1"]],
    [
      "both know one that the other does not",
      { places: [city, county] },
      { places: [city, clinic] },
      ["city 1", "clinic 1", "county-x 1"],
      proving({ "county-x": 1 }),
    ],
    ["the operator has an older key", { places: [city] }, { places: [place("city", 2)] }, ["city 2"]],
    [
      "the device has an older key",
      { places: [place("city", 2)] },
      { places: [city] },
      ["city 2"],
      proving({ city: 2 }),
    ],
    [
      "the operator has a key that the ledger does not have",
      { places: [place("city", 9)] },
      { places: [city] },
      ["city 1"],
      proving({ city: 1 }),
    ],
    [
      "the operator has another person's place at the same hospital",
      { places: [city, place("city", 1, 9)] },
      { places: [city] },
      ["city 1"],
      { ...proving({}), counts: async () => "no" },
    ],
    [
      "the operator lost for whom one acts",
      { places: [city] },
      { ...child, places: [city] },
      ["city 1", "for county 1"],
    ],
    ["the operator has again what was forgotten", child, withoutDelegation(child, acting("county")), []],
    [
      "the device has again what was forgotten",
      withoutDelegation(child, acting("county")),
      child,
      [],
      proving({}),
    ],
    [
      "the operator has a key for somebody that does not act for them",
      withDelegation({ places: [] }, acting("county", 9)),
      child,
      ["for county 1"],
      proving({ county: 1 }),
    ],
    [
      "the operator has another key for somebody, and it acts for them",
      withDelegation({ places: [] }, acting("county", 9)),
      child,
      ["for county 9"],
      proving({ county: 9 }),
    ],
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
  for (const [comment, operator, device, expected, ledger] of rows)
    it(`is what both know, as far as it is proven: ${comment}`, async () => {
      const seed = randomBytes(32)
      const store = new AppStore(APP, APP)
      await store.change(seed, () => operator)
      const person = { app: APP, genesis, places: await sealedPlaces(seed, device) }
      const { kept, renewed } = await knownPlaces(person, seed, ledger)
      assert.deepEqual(names(kept), expected)
      if (!comment.includes("another person's"))
        assert.deepEqual(
          names(await store.places(seed)).toSorted(),
          [...expected].toSorted(),
          "the operator has it again",
        )
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
    const person = { app: APP, genesis, places: await sealedPlaces(seed, { places: [city] }) }
    isAway = true
    assert.deepEqual(names((await knownPlaces(person, seed)).kept), ["city 1"])
    isAway = false
    await knownPlaces(person, seed)
    assert.deepEqual(names(await new AppStore(APP, APP).places(seed)), ["city 1"])
  })
})

describe("whoever has the seed writes to the operator", () => {
  const evil = "https://thief.example"
  const here = withDelegation({ places: [city] }, acting("county"))
  const lies: readonly (readonly [string, KeptPlaces])[] = [
    ["a higher key", { ...here, places: [place("city", 9)] }],
    ["another address", { ...here, places: [{ ...city, url: evil }] }],
    ["a higher key at another address", { ...here, places: [{ ...place("city", 9), url: evil }] }],
    ["a place that is none", { ...here, places: [{ ...clinic, url: evil }, city] }],
    ["a higher key for somebody", withDelegation({ places: [city] }, acting("county", 9))],
    ["another address for somebody", withDelegation(here, { ...acting("county"), url: evil })],
    ["that nobody is acted for", withoutDelegation(here, acting("county"))],
    [
      "another key for somebody in place of one that is over",
      withDelegation(withoutDelegation(here, acting("county")), acting("county", 9)),
    ],
  ]
  const ledgers: readonly (readonly [string, PlaceLedger | undefined])[] = [
    ["the ledger has it otherwise", proving({ city: 1, county: 1 })],
    ["nobody shows the ledger", undefined],
  ]
  for (const [comment, ledger] of ledgers)
    for (const [lie, record] of lies)
      it(`${lie}: ${comment}, and the device goes by what it had`, async () => {
        const seed = randomBytes(32)
        const store = new AppStore(APP, APP)
        await store.put(seed, placesId(seed), await sealedPlaces(seed, record), 1)
        const person = { app: APP, genesis, places: await sealedPlaces(seed, here) }
        const { kept } = await knownPlaces(person, seed, ledger)
        assert.deepEqual([kept.places, kept.delegations], [here.places, here.delegations])
      })

  it("more of each than a device keeps: it loses nothing of its own", async () => {
    const seed = randomBytes(32)
    const store = new AppStore(APP, APP)
    const secret = (fill: number) => new Uint8Array(32).fill(fill)
    const ways = [{ id: secret(1), key: secret(2) }]
    const forgotten = withoutDelegation(child, acting("county")).forgotten
    const own = withDelegation({ places: [city], ways, forgotten }, acting("clinic"))
    const record = {
      places: Array.from({ length: 64 }, (_, i) => place("city", 1, 100 + i)),
      delegations: Array.from({ length: 16 }, (_, i) => ({ ...place("city", 1, 100 + i), person: "Bank" })),
      forgotten: Array.from({ length: 64 }, (_, i) => new Uint8Array(16).fill(i)),
      ways: Array.from({ length: 8 }, (_, i) => ({ id: secret(100 + i), key: secret(3) })),
    }
    await store.put(seed, placesId(seed), await sealedPlaces(seed, record), 1)
    const person = { app: APP, genesis, places: await sealedPlaces(seed, own) }
    for (const counts of ["no", "unknown", "yes"] as const) {
      const { kept } = await knownPlaces(person, seed, { ...proving({}), counts: async () => counts })
      assert.deepEqual(kept.places[0], city, counts)
      assert.equal(
        kept.delegations?.some(({ custodian }) => custodian === "clinic"),
        true,
        counts,
      )
      assert.equal(kept.delegations?.length, counts === "yes" ? 16 : 1, counts)
      assert.equal(
        kept.ways?.some(({ id }) => toHex(id) === toHex(secret(1))),
        true,
        counts,
      )
      assert.equal(isForgotten(kept, acting("county")), true, counts)
    }
  })

  it("what nobody could show is asked again, and lies at the operator until then", async () => {
    const seed = randomBytes(32)
    const store = new AppStore(APP, APP)
    const record = { places: [{ ...place("city", 2), url: evil }, clinic] }
    await store.put(seed, placesId(seed), await sealedPlaces(seed, record), 1)
    const person = { app: APP, genesis, places: await sealedPlaces(seed, { places: [city] }) }
    assert.deepEqual((await knownPlaces(person, seed)).kept.places, [city])
    assert.deepEqual(names(await store.places(seed)).toSorted(), ["city 2", "clinic 1"])
    const { kept } = await knownPlaces(person, seed, proving({ city: 2, clinic: 1 }))
    assert.deepEqual(kept.places, [place("city", 2), clinic])
    assert.deepEqual((await store.places(seed)).places, kept.places)
  })

  it("a device that knows nothing takes a place where the ledger has its hospital, and no other", async () => {
    const seed = randomBytes(32)
    const store = new AppStore(APP, APP)
    await store.put(seed, placesId(seed), await sealedPlaces(seed, { places: [{ ...city, url: evil }] }), 1)
    const { kept } = await knownPlaces({ app: APP, genesis }, seed, proving({ city: 1 }))
    assert.deepEqual(kept.places, [city])
    assert.deepEqual((await knownPlaces({ app: APP, genesis }, seed)).kept.places, [])
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
