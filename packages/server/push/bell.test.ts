import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Fetch, type NoticeLevel, ringQuestion } from "@aceso/client"
import { handles, memberKeyLists, members } from "@aceso/contracts"
import {
  type Bytes,
  type DelegateAbility,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type Handle,
  PlatformError,
  type PublicKey,
  publicKey,
  REKEY_MS,
  randomBytes,
  signResponse,
  toHex,
} from "@aceso/core"
import type { RungTopic } from "../live/abilities.ts"
import { patientStanding } from "../live/standing.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { freshVault } from "../testing/fresh-vault.ts"
import { Bell, type BellTables, bellMigrations } from "./bell.ts"
import { NOTICE_MS } from "./register.ts"

const DELAY_MS = 60_000
const operatorSeed = randomBytes(32)
const database = freshVault("bell").moduleDatabase<BellTables>("bell", bellMigrations)

/** A custodian with a clock of its own, and what the operator is sent. */
function custodian({ operator = "authority" as string | null } = {}) {
  const rung: string[] = []
  const keys = new Map<
    string,
    { key: Bytes; keyNumber: number; next: { key: Bytes; since: number } | null }
  >()
  const delegates: { readonly key: Bytes; readonly may: readonly DelegateAbility[] }[] = []
  let now = Date.now()
  let isAway = false
  const read = async (table: unknown, [member, handle]: readonly [string, Bytes]) => {
    if (table === handles) return keys.get(toHex(handle))
    if (table === members) return { status: "active", url: "https://authority.example" }
    if (table === memberKeyLists) return { valid: member === "authority" ? [publicKey(operatorSeed)] : [] }
    throw new Error("another table")
  }
  const fetch: Fetch = async (url, { headers = {}, body = new Uint8Array() }) => {
    assert.equal(url, "https://authority.example/exchange/notices/send")
    if (isAway) throw new Error("nobody there")
    // Nothing stands in it but the tag.
    rung.push(toHex(ringQuestion.parse(decodeCbor(body)).tag))
    const answer = encodeCbor({ ok: true })
    const signed = signResponse(200, answer, headers.signature, operatorSeed, Date.now())
    return new Response(answer as BodyInit, { status: 200, headers: { ...signed } })
  }
  const bell = new Bell({
    ...{ database, operator: operator ?? undefined, delayMs: DELAY_MS },
    ledger: { engine: { read }, member: "city", seed: randomBytes(32) } as unknown as LedgerClient,
    outbound: { fetch },
    standing: (handle, key) =>
      patientStanding(
        {
          config: { member: "city" },
          engine: { read },
          delegates: {
            async mustAct() {
              const found = delegates.find((one) => equalBytes(one.key, key))
              if (found) return { key, scope: { may: found.may }, ability: undefined }
              throw new PlatformError("delegate_ended", "over")
            },
          },
        } as never,
        handle as Handle,
        key as PublicKey,
      ),
    now: () => now,
  })
  return {
    ...{ bell, rung, delegates, keys },
    patient() {
      const [handle, key] = [randomBytes(32), randomBytes(32)]
      keys.set(toHex(handle), { key, keyNumber: 1, next: null })
      return { handle, key }
    },
    async wants({ handle, key }: { handle: Bytes; key: Bytes }, level: NoticeLevel = "decisions") {
      const tag = randomBytes(32)
      await bell.want({ handle, tag, level } as Parameters<Bell["want"]>[0], key)
      return toHex(tag)
    },
    async round(later = DELAY_MS) {
      now += later
      await bell.run()
    },
    away: (value: boolean) => {
      isAway = value
    },
  }
}

describe("a custodian's bell", () => {
  const levels: readonly (readonly [NoticeLevel, NoticeLevel, number])[] = [
    ["decisions", "decisions", 1],
    ["decisions", "accesses", 0],
    ["accesses", "decisions", 1],
    ["accesses", "accesses", 1],
  ]
  for (const [wanted, what, times] of levels)
    it(`rings ${times} times for whoever wants ${wanted} where something of ${what} is new`, async () => {
      const { bell, rung, patient, wants, round } = custodian()
      const anna = patient()
      const tag = await wants(anna, wanted)
      bell.ring(anna.handle, what === "accesses" ? "audit" : "requests")
      await round()
      assert.deepEqual(rung, Array(times).fill(tag))
    })

  it("says nothing before its random delay, and once for all that came meanwhile", async () => {
    const { bell, rung, patient, wants, round } = custodian()
    const people = Array.from({ length: 40 }, patient)
    for (const one of people) await wants(one)
    for (const { handle } of people) for (let i = 0; i < 3; i++) bell.ring(handle, "requests")
    await round(DELAY_MS / 2)
    const half = rung.length
    // Of 40 draws all on one side: once in 2^39.
    assert.ok(half > 0 && half < people.length, `${half}`)
    await round(DELAY_MS / 2)
    assert.equal(new Set(rung).size, people.length)
    assert.equal(rung.length, people.length)
  })

  it("rings for one patient once in ten minutes, and then for what came meanwhile", async () => {
    const { bell, rung, patient, wants, round } = custodian()
    const anna = patient()
    await wants(anna)
    bell.ring(anna.handle, "requests")
    await round()
    bell.ring(anna.handle, "requests")
    await round(9 * DELAY_MS)
    assert.equal(rung.length, 1)
    await round(2 * DELAY_MS)
    assert.equal(rung.length, 2)
  })

  it("rings for a decision though an access, of which nobody wants to know, was just before", async () => {
    const { bell, rung, patient, wants, round } = custodian()
    const anna = patient()
    await wants(anna)
    bell.ring(anna.handle, "audit")
    await round()
    bell.ring(anna.handle, "requests")
    await round()
    assert.equal(rung.length, 1)
  })

  it("does nothing for whoever wants nothing, or not any more", async () => {
    const { bell, rung, patient, wants, round } = custodian()
    const [anna, bo, cai] = [patient(), patient(), patient()]
    await wants(bo)
    await wants(cai)
    await bell.end(bo.handle, bo.key)
    for (const { handle } of [anna, bo]) bell.ring(handle, "requests")
    await round()
    bell.ring(cai.handle, "requests")
    await round(NOTICE_MS)
    assert.deepEqual(rung, [])
    assert.equal(await bell.wish(cai.handle, cai.key), null)
    await bell.sweep()
    assert.deepEqual(
      (await database.db.selectFrom("bell_wishes").select("handle").execute()).filter(({ handle }) =>
        equalBytes(handle, cai.handle),
      ),
      [],
    )
  })

  it("has one wish for each key, the last one", async () => {
    const { bell, rung, patient, wants, round } = custodian()
    const anna = patient()
    await wants(anna, "accesses")
    const tag = await wants(anna)
    const wish = await bell.wish(anna.handle, anna.key)
    assert.deepEqual([toHex(wish?.tag ?? new Uint8Array()), wish?.level], [tag, "decisions"])
    bell.ring(anna.handle, "requests")
    await round()
    assert.deepEqual(rung, [tag])
  })

  // The attack: whoever found the phone, or acted for somebody once, goes on hearing when something happens.
  it("rings for keys that count alone: the old one until another counts, a delegate's until its end", async () => {
    const { bell, rung, patient, wants, round, delegates, keys } = custodian()
    const anna = patient()
    const [next, delegate] = [randomBytes(32), randomBytes(32)]
    const [old, theirs] = [await wants(anna), await wants({ ...anna, key: delegate })]
    delegates.push({ key: delegate, may: ["decide"] })
    keys.set(toHex(anna.handle), { key: anna.key, keyNumber: 1, next: { key: next, since: Date.now() } })
    bell.ring(anna.handle, "requests")
    await round()
    assert.deepEqual(rung.toSorted(), [old, theirs].sort())
    delegates.length = 0
    keys.set(toHex(anna.handle), {
      key: anna.key,
      keyNumber: 1,
      next: { key: next, since: Date.now() - REKEY_MS },
    })
    const own = await wants({ ...anna, key: next })
    bell.ring(anna.handle, "requests")
    await round(12 * DELAY_MS)
    assert.deepEqual(rung.slice(2), [own])
    assert.equal(await bell.wish(anna.handle, anna.key), null)
  })

  // The attack: who may only decide, or acts no more, learns from notices of what live and the routes do not tell.
  const hearing: readonly (readonly [readonly DelegateAbility[] | "nothing any more", RungTopic, number])[] =
    [
      [["decide"], "audit", 0],
      [["decide"], "requests", 1],
      [["read"], "audit", 1],
      [["read", "decide"], "rekeys", 0],
      [["write"], "requests", 0],
      ["nothing any more", "audit", 0],
    ]
  for (const [may, topic, times] of hearing)
    it(`rings ${times} times for a delegate who may ${may} where something of ${topic} is new`, async () => {
      const { bell, rung, patient, wants, round, delegates } = custodian()
      const anna = patient()
      const key = randomBytes(32)
      const tag = await wants({ ...anna, key }, "accesses")
      const isOver = may === "nothing any more"
      if (!isOver) delegates.push({ key, may })
      bell.ring(anna.handle, topic)
      await round()
      assert.deepEqual(rung, Array(times).fill(tag))
      assert.equal((await bell.wish(anna.handle, key)) === null, isOver)
    })

  // The attack: the operator takes tags that ring at one moment for those of one handle.
  it("rings for each key of a handle after a delay of its own", async () => {
    const { bell, rung, patient, wants, round, delegates } = custodian()
    const all = Array.from({ length: 40 }, () => ({ person: patient(), delegate: randomBytes(32) }))
    const tags: (readonly [string, string])[] = []
    for (const { person, delegate } of all) {
      delegates.push({ key: delegate, may: ["decide"] })
      tags.push([await wants(person), await wants({ ...person, key: delegate })])
      bell.ring(person.handle, "requests")
    }
    await round(DELAY_MS / 2)
    // Of 40 pairs all on one side: once in 2^40.
    assert.ok(tags.some(([own, theirs]) => rung.includes(own) !== rung.includes(theirs)))
    await round(DELAY_MS / 2)
    assert.deepEqual(rung.toSorted(), tags.flat().sort())
  })

  it("tries again where the operator is away, and lets it be after a while", async () => {
    const { bell, rung, patient, wants, round, away } = custodian()
    const [anna, bo] = [patient(), patient()]
    const tag = await wants(anna)
    await wants(bo)
    away(true)
    bell.ring(anna.handle, "requests")
    await round()
    away(false)
    await round(5 * DELAY_MS)
    assert.deepEqual(rung, [tag])
    away(true)
    bell.ring(bo.handle, "requests")
    for (const later of [1, 5, 17, 65]) await round(later * DELAY_MS)
    away(false)
    await round(1000 * DELAY_MS)
    assert.deepEqual(rung, [tag])
  })

  it("knows after a restart who wants something", async () => {
    const first = custodian()
    const anna = first.patient()
    const tag = await first.wants(anna)
    const second = custodian()
    second.keys.set(toHex(anna.handle), { key: anna.key, keyNumber: 1, next: null })
    second.bell.ring(anna.handle, "requests")
    await second.round()
    assert.deepEqual(second.rung, [tag])
  })

  it("is not there in a network without an app", async () => {
    const { patient, wants } = custodian({ operator: null })
    await assert.rejects(wants(patient()), { code: "no_notices" })
  })
})
