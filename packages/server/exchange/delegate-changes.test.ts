import assert from "node:assert/strict"
import { after, before, it } from "node:test"
import { policies } from "@aceso/contracts"
import {
  type Bytes,
  delegateSeed,
  equalBytes,
  grantDocument,
  makeEnvelope,
  PlatformError,
  type PolicyDocument,
  type PublicKey,
  payloadOf,
  policyRoot,
  publicKey,
  randomBytes,
  readEnvelope,
  signDelegate,
  signPayload,
  withSignatures,
} from "@aceso/core"
import { enrol, handleOf, patientSeed, send } from "@aceso/ledger/testing/network.ts"
import fc from "fast-check"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { Disclosures } from "./disclosures.ts"
import { Policies } from "./policies.ts"

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

let ledger: TestLedger
let city: TestCustodian
before(async () => {
  ledger = await startLedger("city")
  city = new TestCustodian(ledger, "city")
})
after(async () => {
  await city.vault.close()
  await ledger.end()
})

let count = 0

/** A person, a delegate who decides, and the custodian's queue. */
async function begin() {
  const name = `of two hands ${++count}`
  const handle = handleOf(`${name} at city`)
  await enrol(ledger.engine, "city", name)
  await city.vault.addPatient({ handle, fhirId: name, hasKey: true } as never)
  const own = patientSeed(name, "city")
  const seed = delegateSeed(randomBytes(32), "city", handle, 1)
  const entry = { custodian: "city", handle, key: publicKey(seed), commitment: randomBytes(32) }
  const input = { ...entry, possession: signDelegate(ledger.engine.network, entry, seed) }
  await send(ledger.engine, { contract: "delegates", action: "enter", input }, own)
  const client = new LedgerClient(ledger.engine, "city", city.client.seed)
  const made = new Policies(city.vault, client, new Disclosures(city.vault, client, 60_000))
  made.onFault = () => {}
  const acting = {
    key: publicKey(seed),
    scope: {
      name: "Lin Mei",
      relation: "carer" as const,
      may: ["decide" as const],
      until: Date.now() + DAY_MS,
    },
  }
  const isByDelegate = (one: Bytes) => readEnvelope(one).payload.signers.length === 2
  const grant = () =>
    grantDocument({
      ...{ custodian: "city", grantee: "county", purpose: "TREAT", classes: [] },
      ...{ until: Date.now() + DAY_MS, now: Date.now() },
    })

  /** As each device makes a change: the person's stands in place of what delegates have waiting. */
  async function change(by: "person" | "delegate", action: "grant" | "revoke"): Promise<string> {
    const state = await made.documents(handle)
    const first = state.pending.findIndex(isByDelegate)
    const waiting = by === "person" && first >= 0 ? state.pending.slice(0, first) : state.pending
    const base = state.version - state.pending.length + waiting.length
    const documents: PolicyDocument[] =
      action === "grant" ? [...state.documents.slice(-3), grant()] : state.documents.slice(1)
    const salt = randomBytes(32)
    const last = waiting.at(-1)
    const expiry = Math.max(Date.now() + 6 * MINUTE_MS, (last ? readEnvelope(last).payload.expiry : 0) + 1)
    const payload = {
      ...{ network: ledger.engine.network, contract: "policy", action, expiry },
      input: { custodian: "city", handle, base, root: policyRoot(documents, salt) },
    }
    const bytes = payloadOf(payload, [publicKey(seed), client.key as PublicKey])
    const envelope =
      by === "person"
        ? makeEnvelope(payload, [own]).bytes
        : withSignatures(bytes, [{ key: publicKey(seed), signature: signPayload(bytes, seed) }])
    try {
      const question = { handle, envelope: Uint8Array.from(envelope), salt, documents, requestId: null }
      await made.change(question, by === "delegate" ? acting : undefined)
      return "taken"
    } catch (error) {
      if (error instanceof PlatformError) return error.code
      throw error
    }
  }

  const flush = () =>
    made.flush().catch((error: unknown) => {
      if (!(error instanceof PlatformError)) throw error
    })
  return {
    ...{ handle, change, flush },
    stop: () => made.stop(),
    pending: async () => (await made.documents(handle)).pending,
    end: () => client.call("delegates", "end", { custodian: "city", handle, key: publicKey(seed) }),
    isSame: async () => {
      const row = await ledger.engine.read(policies, ["city", handle])
      const stored = await city.vault.policy(handle)
      return (
        row !== undefined &&
        stored !== undefined &&
        stored.version === row.version &&
        equalBytes(stored.root, row.root)
      )
    },
  }
}

const operation = fc.constantFrom(
  ...(["person grants", "person revokes", "delegate grants", "delegate revokes"] as const),
  ...(["flush", "flush meanwhile"] as const),
)

it("whatever a delegate does, and whenever it ends, the person's word is taken and reaches the ledger", async () => {
  const history = fc.record({
    operations: fc.array(operation, { minLength: 4, maxLength: 14 }),
    endAt: fc.integer({ min: 0, max: 14 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ operations, endAt }) => {
      const one = await begin()
      const flights: Promise<void>[] = []
      const byPerson = async (action: "grant" | "revoke") => {
        // What is on its way just now makes the device read again.
        for (;;) {
          const said = await one.change("person", action)
          if (said !== "policy_changed_meanwhile") return said
          await one.flush()
        }
      }
      for (const [i, name] of operations.entries()) {
        if (i === endAt) await one.end()
        if (name === "flush") await one.flush()
        else if (name === "flush meanwhile") flights.push(one.flush())
        else if (name.startsWith("person")) {
          const said = await byPerson(name === "person grants" ? "grant" : "revoke")
          assert.equal(said, "taken")
        } else {
          const said = await one.change("delegate", name === "delegate grants" ? "grant" : "revoke")
          assert.ok(["taken", "policy_pending", "policy_changed_meanwhile"].includes(said), said)
        }
        const waiting = await one.pending()
        const byDelegates = waiting.filter((envelope) => readEnvelope(envelope).payload.signers.length === 2)
        assert.ok(byDelegates.length <= 4 && waiting.length <= 16)
      }
      await Promise.all(flights)
      assert.equal(await byPerson("grant"), "taken")
      await one.flush()
      assert.ok(await one.isSame(), "the ledger has what the person signed last")
      one.stop()
    }),
    { numRuns: 12 },
  )
})
