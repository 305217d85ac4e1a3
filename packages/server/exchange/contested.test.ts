import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { handles, policies } from "@aceso/contracts"
import {
  type Bytes,
  type HandleKey,
  makeEnvelope,
  type PublicKey,
  policyRoot,
  publicKey,
  REKEY_MS,
  randomBytes,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { enrol, handleOf, patientSeed } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { Disclosures } from "./disclosures.ts"
import { Policies } from "./policies.ts"

/** Policies of a patient whose device is lost, and in whose place the desk puts another one. */

const HOUR_MS = 3600_000
const SALT = randomBytes(32)
const NEW = randomBytes(32)

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

/** With the row as it is so long after the desk began; undefined: it did not. */
function open(since?: number) {
  const { engine } = ledger
  const next = since === undefined ? null : { key: publicKey(NEW), since }
  const double: Engine = Object.create(engine, {
    read: {
      async value(table: unknown, ...rest: [never]) {
        const row = await engine.read(table as typeof handles, ...rest)
        return table === handles ? { ...(row as HandleKey), next } : row
      },
    },
  })
  const client = new LedgerClient(double, "city", city.client.seed)
  return new Policies(city.vault, client, new Disclosures(city.vault, client, 60_000))
}
const old = () => patientSeed(name, "city")
function change(action: string, base: number, { by = old(), expiry = Date.now() + 12 * HOUR_MS } = {}) {
  const input = { custodian: "city", handle, base, root: policyRoot([], SALT) }
  const payload = { network: ledger.engine.network, contract: "policy", action, input, expiry }
  // The vault gives Uint8Arrays, no Buffers.
  const envelope = Uint8Array.from(makeEnvelope(payload, [by]).bytes)
  return { handle, envelope, salt: SALT, documents: [], requestId: null }
}
const onLedger = async () => (await ledger.engine.read(policies, ["city", handle]))?.version ?? 0
const waiting = async () => (await city.vault.policy(handle))?.pending.length ?? 0
async function keep(changes: readonly { readonly envelope: Bytes }[]): Promise<void> {
  const pending = changes.map(({ envelope }) => envelope)
  const root = policyRoot([], SALT)
  await city.vault.atomically(() =>
    city.vault.setPolicy(handle, { version: pending.length, root, salt: SALT, documents: [], pending }),
  )
}

describe("before another key is put in place", () => {
  it("what waits is brought to the ledger, and nothing that opens is taken meanwhile", async () => {
    const made = open()
    const minutes = (n: number) => ({ expiry: Date.now() + n * 60_000 })
    await made.change(change("grant", 0, minutes(7)))
    await made.change(change("restrict", 1, minutes(8)))
    // The ledger takes it in a day; nobody waits for that.
    await made.change(change("grant", 2))
    assert.equal(await onLedger(), 0)
    const done = await made.closedWhile(handle, async () => {
      assert.deepEqual([await onLedger(), await waiting()], [2, 1])
      for (const action of ["grant", "restrict"])
        await assert.rejects(made.change(change(action, 3)), { code: "rekey_pending" })
      await assert.rejects(
        made.closedWhile(handle, async () => {}),
        { code: "rekey_pending" },
      )
      await made.change(change("revoke", 3, { expiry: Date.now() + 13 * HOUR_MS }))
      return "done"
    })
    assert.equal(done, "done")
    // Open again.
    await made.change(change("grant", 4, { expiry: Date.now() + 14 * HOUR_MS }))
    made.stop()
  })

  it("nothing is done where the ledger does not take what waits", async () => {
    const made = open()
    const stranger = change("grant", 0, { by: randomBytes(32), expiry: Date.now() + 5 * 60_000 })
    await keep([stranger])
    const work = () => assert.fail("the key was replaced")
    await assert.rejects(made.closedWhile(handle, work), {
      code: "policy_pending",
      message: /does not take them.*try again/,
    })
    await keep([])
    assert.equal(await made.closedWhile(handle, async () => 1), 1)
    made.stop()
  })

  it("what has expired does not stand in the way: only the lost device could have signed it anew", async () => {
    const made = open()
    await keep([change("grant", 0, { expiry: Date.now() - HOUR_MS })])
    assert.equal(await made.closedWhile(handle, async () => 1), 1)
    assert.deepEqual([await onLedger(), await waiting()], [0, 1])
    made.stop()
  })
})

describe("while another key waits", () => {
  it("nothing but a revocation is taken, and it is obeyed", async () => {
    const made = open(Date.now() - HOUR_MS)
    for (const action of ["grant", "restrict"])
      await assert.rejects(made.change(change(action, 0)), { code: "rekey_pending" })
    await made.change(change("revoke", 0))
    assert.equal((await made.inForce(handle)).version, 1)
    made.stop()
  })
})

describe("once it counts", () => {
  const since = () => Date.now() - REKEY_MS - HOUR_MS

  it("what the old key signed opens nothing, until the new one confirms it", async () => {
    await keep([change("grant", 0, { expiry: Date.now() - HOUR_MS })])
    const pending = open(Date.now() - HOUR_MS)
    assert.equal((await pending.inForce(handle)).version, 1, "for 72 hours it is obeyed")
    pending.stop()
    const made = open(since())
    await assert.rejects(made.inForce(handle), { code: "policy_unknown", message: /counts no more/ })
    await assert.rejects(made.change(change("grant", 0)), { code: "policy_unknown" })
    await made.change(change("grant", 0, { by: NEW }))
    const { version, pending: left } = await made.inForce(handle)
    assert.deepEqual([version, left.length], [1, 1])
    made.stop()
  })

  it("the new key replaces nothing that it signed itself", async () => {
    const made = open(since())
    await made.change(change("grant", 0, { by: NEW as PublicKey }))
    await assert.rejects(made.change(change("grant", 0, { by: NEW })), { code: "policy_changed_meanwhile" })
    made.stop()
  })
})
