import assert from "node:assert/strict"
import { after, afterEach, before, beforeEach, describe, it } from "node:test"
import { policies } from "@aceso/contracts"
import {
  type Bytes,
  grantDocument,
  MAX_PENDING_CHANGES,
  makeEnvelope,
  PlatformError,
  type PolicyDocument,
  policyRoot,
  randomBytes,
  readEnvelope,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { enrol, handleOf, patientSeed } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { Disclosures } from "./disclosures.ts"
import { Policies } from "./policies.ts"

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

let ledger: TestLedger
let city: TestCustodian
let name: string
let handle: Bytes
let count = 0

before(async () => {
  ledger = await startLedger("city")
  city = new TestCustodian(ledger, "city")
})
after(async () => {
  await city.vault.close()
  await ledger.end()
})
beforeEach(async () => {
  name = `patient ${++count}`
  handle = handleOf(`${name} at city`)
  await enrol(ledger.engine, "city", name)
  await city.vault.addPatient({ handle, fhirId: `p${count}`, hasKey: true } as never)
})

afterEach(async () => {
  const stored = await city.vault.policy(handle)
  if (stored) await city.vault.atomically(() => city.vault.setPolicy(handle, { ...stored, pending: [] }))
})

interface Signed {
  readonly action?: string
  readonly base?: number
  readonly root?: Bytes
  readonly expiry?: number
  readonly by?: string
}

const POLICY_SALT = randomBytes(32)
const documentsOf = (n: number): PolicyDocument[] =>
  Array.from({ length: n }, () =>
    grantDocument({
      custodian: "city",
      grantee: "county",
      purpose: "TREAT",
      classes: [],
      until: Date.now() + DAY_MS,
      now: Date.now(),
    }),
  )

function sign({ action = "grant", base = 0, root, expiry, by = name }: Signed): Bytes {
  const input = { custodian: "city", handle, base, root: root ?? policyRoot([], POLICY_SALT) }
  const payload = { network: ledger.engine.network, contract: "policy", action, input }
  const seeds = [patientSeed(by, "city")]
  // The vault gives Uint8Arrays, no Buffers.
  return Uint8Array.from(makeEnvelope({ ...payload, expiry: expiry ?? Date.now() + HOUR_MS }, seeds).bytes)
}

/** A policy of so many changes, none of which is on the ledger; the first of them expires at that time. */
async function keep(changes: number, firstExpiry: number): Promise<readonly Bytes[]> {
  const documents = documentsOf(1)
  const pending = Array.from({ length: changes }, (_, i) =>
    sign({
      base: i,
      expiry: firstExpiry + i,
      root: i === changes - 1 ? policyRoot(documents, POLICY_SALT) : policyRoot([], POLICY_SALT),
    }),
  )
  await city.vault.atomically(() =>
    city.vault.setPolicy(handle, {
      version: changes,
      root: policyRoot(documents, POLICY_SALT),
      salt: POLICY_SALT,
      documents,
      pending,
    }),
  )
  return pending
}

/** The same change with another expiry. */
function again(envelope: Bytes, expiry: number, change: Signed = {}): Bytes {
  const { action, input } = readEnvelope(envelope).payload
  const { base, root } = input as { base: number; root: Bytes }
  return sign({ action, base, root, expiry, ...change })
}

function open(engine: Engine = ledger.engine, retryMs?: number) {
  const client = new LedgerClient(engine, "city", city.client.seed)
  const made = new Policies(city.vault, client, new Disclosures(city.vault, client, 60_000), retryMs)
  const faults: unknown[] = []
  made.onFault = (error) => faults.push(error)
  return { made, faults }
}

const onLedger = async () => (await ledger.engine.read(policies, ["city", handle]))?.version ?? 0
const pending = async () => (await city.vault.policy(handle))?.pending ?? []
const refusal = (code: string, message?: RegExp) => (error: unknown) =>
  error instanceof PlatformError && error.code === code && (!message || message.test(error.message))

async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 10 * MINUTE_MS
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, "it did not happen within ten minutes")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe("after a restart", () => {
  it("changes that wait reach the ledger at their moment, in order", async () => {
    await keep(3, Date.now() + 4 * MINUTE_MS)
    const { made, faults } = open()
    await made.resume()
    await eventually(async () => (await onLedger()) === 3 && (await pending()).length === 0)
    assert.deepEqual(faults, [])
    made.stop()
  })

  it("expired ones are told once, in one sentence, stay obeyed and do not stop later changes", async () => {
    const waiting = await keep(2, Date.now() - HOUR_MS)
    const made = new Policies(city.vault, city.client, new Disclosures(city.vault, city.client, 60_000))
    await made.resume()
    const faults: unknown[] = []
    made.onFault = (error) => faults.push(error)
    await made.flush()
    assert.equal(faults.length, 1)
    assert.ok(refusal("expired", /obeyed here/)(faults[0]))
    assert.deepEqual((await made.inForce(handle)).pending, waiting)

    const documents = documentsOf(2)
    const next = sign({ base: 2, root: policyRoot(documents, POLICY_SALT), expiry: Date.now() + MINUTE_MS })
    await made.change({ handle, envelope: next, salt: POLICY_SALT, documents, requestId: null })
    assert.deepEqual((await made.inForce(handle)).pending, [...waiting, next])
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(faults.length, 1, "its moment has come, and it waits for the others")
    assert.equal(await onLedger(), 0)
    made.stop()
  })

  it("one timer waits for all of them, and the next change does not add one", async () => {
    const mine = handle
    for (let i = 0; i < 20; i++) {
      handle = handleOf(`${name} waiting ${i} at city`)
      await keep(3, Date.now() + DAY_MS + i * HOUR_MS)
    }
    handle = mine
    /** Timers that are set, and how long they wait. */
    const running = new Map<unknown, number>()
    const long = () => [...running.values()].filter((ms) => ms > HOUR_MS)
    const { setTimeout: set, clearTimeout: clear } = globalThis
    globalThis.setTimeout = ((work: () => void, ms = 0, ...given: []) => {
      const timer = set(work, ms, ...given)
      running.set(timer, ms)
      return timer
    }) as typeof set
    globalThis.clearTimeout = (timer) => {
      running.delete(timer)
      clear(timer)
    }
    const { made } = open()
    try {
      await made.resume()
      await eventually(() => long().length > 0)
      assert.deepEqual([long().length, long()[0] > 23 * HOUR_MS], [1, true])
      const documents = documentsOf(1)
      const envelope = sign({ root: policyRoot(documents, POLICY_SALT), expiry: Date.now() + 12 * HOUR_MS })
      await made.change({ handle, envelope, salt: POLICY_SALT, documents, requestId: null })
    } finally {
      globalThis.setTimeout = set
      globalThis.clearTimeout = clear
    }
    assert.deepEqual([long().length, long()[0] < 12 * HOUR_MS], [1, true])
    made.stop()
    for (let i = 0; i < 20; i++) {
      const one = handleOf(`${name} waiting ${i} at city`)
      const stored = await city.vault.policy(one)
      if (stored) await city.vault.setPolicy(one, { ...stored, pending: [] })
    }
  })

  it("what the ledger took before the crash waits no longer, however old it is", async () => {
    const { engine } = ledger
    const [first, second] = await keep(2, Date.now() + 4 * MINUTE_MS)
    await engine.submit(first)
    const { made, faults } = open()
    assert.deepEqual((await made.documents(handle))?.pending, [second])
    await made.resume()
    await eventually(async () => (await onLedger()) === 2)
    assert.deepEqual(faults, [])
    made.stop()
  })
})

describe("a ledger that is away at the moment of a change", () => {
  const away = (until: () => boolean): Engine =>
    new Proxy(ledger.engine, {
      get(target, key) {
        if (key === "submit" && !until()) return () => Promise.reject(new PlatformError("closed", "away"))
        const value = Reflect.get(target, key)
        return typeof value === "function" ? value.bind(target) : value
      },
    }) as unknown as Engine

  it("is asked again until it takes it, and told about once", async () => {
    await keep(2, Date.now() + 4 * MINUTE_MS)
    let calls = 0
    const { made, faults } = open(
      away(() => ++calls > 5),
      10,
    )
    await made.resume()
    await eventually(async () => (await onLedger()) === 2)
    assert.ok(faults.length <= 2 && faults.every(refusal("closed")), "once for each change")
    made.stop()
  })

  it("until it expires: then that is told once", async () => {
    await keep(2, Date.now() + 200)
    const { made, faults } = open(
      away(() => false),
      10,
    )
    await made.resume()
    await eventually(() => faults.some(refusal("expired")))
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(faults.filter(refusal("expired")).length, 1)
    made.stop()
  })
})

describe("a ledger that refuses a change", () => {
  it("is told once and not asked again; the change stays obeyed and waits for the patient's device", async () => {
    const waiting = await keep(1, Date.now() + 4 * MINUTE_MS)
    // The ledger has another version already, which this custodian never saw.
    const other = sign({ root: handle, expiry: Date.now() + MINUTE_MS })
    let submitted = 0
    const engine = new Proxy(ledger.engine, {
      get(target, key) {
        if (key === "submit")
          return (envelope: Bytes) => {
            submitted++
            return target.submit(submitted === 1 ? other : envelope)
          }
        // Its own state does not show it yet.
        if (key === "read" && submitted < 2) return () => Promise.resolve(undefined)
        const value = Reflect.get(target, key)
        return typeof value === "function" ? value.bind(target) : value
      },
    }) as unknown as Engine
    const refused = open(engine, 10)
    await engine.submit(other)
    await refused.made.resume()
    await eventually(() => refused.faults.length > 0)
    assert.ok(refusal("ledger_refuses", /policy_changed_meanwhile/)(refused.faults[0]))
    assert.deepEqual(refused.made.setbacks.stopped(), ["policy_changed_meanwhile"])
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual([refused.faults.length, submitted], [1, 2])
    assert.deepEqual(await pending(), waiting)
    refused.made.stop()
  })

  it("for want of room in the quota is asked again with the very same change", async () => {
    await keep(1, Date.now() + 4 * MINUTE_MS)
    let calls = 0
    const engine = new Proxy(ledger.engine, {
      get(target, key) {
        if (key === "submit" && ++calls < 4)
          return () => Promise.reject(new PlatformError("quota_exceeded", "full"))
        const value = Reflect.get(target, key)
        return typeof value === "function" ? value.bind(target) : value
      },
    }) as unknown as Engine
    const { made, faults } = open(engine, 10)
    await made.resume()
    await eventually(async () => (await onLedger()) === 1)
    assert.equal(faults.length, 0)
    made.stop()
  })
})

describe("renewal", () => {
  const soon = () => Date.now() + 4 * MINUTE_MS

  it("replaces what expired and all after it; the ledger gets it at its new moment", async () => {
    const [first, second] = await keep(2, Date.now() - HOUR_MS)
    const { made, faults } = open()
    await made.resume()
    const at = soon()
    const fresh = [again(first, at), again(second, at + 1)]
    await made.renew(handle, fresh)
    assert.deepEqual(await pending(), fresh)
    await eventually(async () => (await onLedger()) === 2 && (await pending()).length === 0)
    assert.equal((await made.inForce(handle)).pending.length, 0)
    assert.equal(faults.length, 1)
    made.stop()
  })

  it("leaves alone what has not expired", async () => {
    const [first] = await keep(1, Date.now() + HOUR_MS)
    const { made } = open()
    await assert.rejects(made.renew(handle, [again(first, soon())]), refusal("policy_changed_meanwhile"))
    assert.deepEqual(await pending(), [first])
    made.stop()
  })

  it("leaves alone what the ledger has meanwhile", async () => {
    const [first] = await keep(1, soon())
    const { made } = open()
    await ledger.engine.submit(first)
    await assert.rejects(made.renew(handle, [again(first, soon())]), refusal("policy_changed_meanwhile"))
    made.stop()
  })

  const rows: readonly (readonly [string, code: string, (old: readonly Bytes[], at: number) => Bytes[]])[] = [
    ["other documents", "policy_unknown", ([a, b], at) => [again(a, at), again(b, at + 1, { root: handle })]],
    [
      "another action",
      "policy_unknown",
      ([a, b], at) => [again(a, at, { action: "revoke" }), again(b, at + 1)],
    ],
    [
      "another's signature",
      "policy_unknown",
      ([a, b], at) => [again(a, at, { by: "eve" }), again(b, at + 1)],
    ],
    ["one that expired too", "policy_unknown", ([a, b], at) => [again(a, Date.now() - 1), again(b, at)]],
    ["one in a month", "policy_unknown", ([a, b], at) => [again(a, at), again(b, Date.now() + 30 * DAY_MS)]],
    ["a wrong order of time", "policy_unknown", ([a, b], at) => [again(a, at), again(b, at)]],
    [
      "a wrong order of changes",
      "policy_changed_meanwhile",
      ([a, b], at) => [again(b, at), again(a, at + 1)],
    ],
    ["the first alone", "policy_changed_meanwhile", ([a], at) => [again(a, at)]],
    [
      "one more than waits",
      "policy_changed_meanwhile",
      ([a, b], at) => [again(a, at), again(b, at + 1), sign({ base: 2, expiry: at + 2 })],
    ],
  ]
  for (const [comment, code, make] of rows)
    it(`refuses ${comment}`, async () => {
      const old = await keep(2, Date.now() - HOUR_MS)
      const { made } = open()
      await assert.rejects(made.renew(handle, make(old, soon())), refusal(code))
      assert.deepEqual(await pending(), old)
      made.stop()
    })

  it("of a handle without a policy is refused", async () => {
    const { made } = open()
    await assert.rejects(made.renew(handle, [sign({ expiry: soon() })]), refusal("policy_changed_meanwhile"))
    made.stop()
  })
})

describe("a change", () => {
  it("beyond those that may wait is refused, and the patient learns when there is room", async () => {
    await keep(MAX_PENDING_CHANGES, Date.now() + DAY_MS)
    const { made } = open()
    const documents = documentsOf(1)
    const envelope = sign({
      base: MAX_PENDING_CHANGES,
      root: policyRoot(documents, POLICY_SALT),
      expiry: Date.now() + 2 * DAY_MS,
    })
    await assert.rejects(
      made.change({ handle, envelope, salt: POLICY_SALT, documents, requestId: null }),
      refusal("policy_pending", /16 changes .* gets there by \d{4}-\d\d-\d\dT\d\d:\d\d UTC$/),
    )
    made.stop()
  })

  it("with a moment that no timer waits for is refused", async () => {
    const { made } = open()
    const documents = documentsOf(1)
    const envelope = sign({ root: policyRoot(documents, POLICY_SALT), expiry: Date.now() + 30 * DAY_MS })
    await assert.rejects(
      made.change({ handle, envelope, salt: POLICY_SALT, documents, requestId: null }),
      refusal("policy_unknown", /14 days/),
    )
    made.stop()
  })
})
