import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Bytes,
  equalBytes,
  grantDocument,
  handle as handleSchema,
  makeEnvelope,
  memberId,
  type PolicyState,
  policyRoot,
  publicKey,
} from "@aceso/core"
import { expiryAfter, MAX_POLICY_DELAY_MS, pendingOf, policyDelay, renewals } from "./pending.ts"

const DAY_MS = 86_400_000
const bytesOf = (n: number) => new Uint8Array(32).fill(n)
const SEED = bytesOf(2)
const owner = {
  network: "test-net",
  custodian: memberId.parse("city"),
  handle: handleSchema.parse(bytesOf(1)),
  isSigner: (signers: readonly Bytes[]) => signers.length === 1 && equalBytes(signers[0], publicKey(SEED)),
}
const documents = [
  grantDocument({ custodian: "city", grantee: "county", purpose: "TREAT", classes: [], until: 2, now: 1 }),
]

const SALT = bytesOf(40)

interface Change {
  readonly contract?: string
  readonly action?: string
  readonly custodian?: string
  readonly handle?: Bytes
  readonly base?: number
  readonly root?: Bytes
  readonly expiry?: number
  readonly seeds?: readonly Bytes[]
  readonly network?: string
}

function signed({ contract = "policy", action = "grant", expiry = 1, ...change }: Change): Bytes {
  const { custodian, handle, network } = { ...owner, ...change }
  const input = {
    custodian,
    handle,
    base: change.base ?? 4,
    root: change.root ?? policyRoot(documents, SALT),
  }
  return makeEnvelope({ network, contract, action, input, expiry }, change.seeds ?? [SEED]).bytes
}

const state = (...pending: Bytes[]): PolicyState => ({
  version: 5,
  root: policyRoot(documents, SALT),
  salt: SALT,
  documents,
  pending,
  isConfirmed: true,
})

describe("the delay of a change", () => {
  it("has the mean that the network names, as long as that is far from the maximum", () => {
    const units = Array.from({ length: 10_000 }, (_, i) => (i + 0.5) / 10_000)
    const mean = units.reduce((sum, unit) => sum + policyDelay(unit, DAY_MS), 0) / units.length
    assert.ok(Math.abs(mean - DAY_MS) < DAY_MS / 100, `${mean}`)
  })

  it("stays below the maximum without a heap of equal delays there", () => {
    for (const meanMs of [DAY_MS, 7 * DAY_MS, 14 * DAY_MS]) {
      const delays = Array.from({ length: 1000 }, (_, i) => policyDelay((i + 0.5) / 1000, meanMs))
      assert.equal(new Set(delays.map(Math.floor)).size, 1000)
      assert.ok(delays.every((delay) => delay >= 0 && delay < MAX_POLICY_DELAY_MS))
    }
  })

  it("is none where the network names none", () => {
    for (const unit of [0, 0.5, 1 - 2 ** -32]) assert.equal(policyDelay(unit, 0) + 0, 0)
  })

  it("ends after that of the change before it", () => {
    const previous = Date.now() + DAY_MS
    assert.equal(expiryAfter(previous, 0), previous + 1000)
  })
})

describe("what a custodian shows as waiting", () => {
  it("is taken when the device signed it", () => {
    const root = policyRoot([], SALT)
    const [first, second] = pendingOf(state(signed({ base: 3, root }), signed({ action: "revoke" })), owner)
    assert.deepEqual([first.action, second.action], ["grant", "revoke"])
    assert.deepEqual(pendingOf(state(), owner), [])
  })

  const rows: readonly (readonly [string, PolicyState])[] = [
    ["no transaction", state(bytesOf(7))],
    ["another contract", state(signed({ contract: "people" }))],
    ["somebody else's signature", state(signed({ seeds: [bytesOf(9)] }))],
    ["a second signature", state(signed({ seeds: [SEED, bytesOf(9)] }))],
    ["another network", state(signed({ network: "other-net" }))],
    ["another custodian", state(signed({ custodian: "county" }))],
    ["another handle", state(signed({ handle: bytesOf(8) }))],
    ["an older change of the patient's", state(signed({ base: 2 }))],
    ["a gap", state(signed({ base: 2 }), signed({ base: 4 }))],
    ["other documents", state(signed({ root: policyRoot([], SALT) }))],
    ["documents without the salt of their root", { ...state(signed({})), salt: null }],
    ["another salt", { ...state(signed({})), salt: bytesOf(41) }],
    ["more changes than versions", { ...state(signed({ base: 0 }), signed({ base: 1 })), version: 1 }],
  ]
  for (const [comment, shown] of rows)
    it(`is refused: ${comment}`, () =>
      assert.throws(() => pendingOf(shown, owner), { code: "bad_answer", message: /city shows/ }))
})

describe("renewal", () => {
  const root = policyRoot([], SALT)
  const now = Date.now()

  it("begins with the first that expired, and takes all after it", () => {
    const pending = pendingOf(
      {
        ...state(
          signed({ base: 2, root, expiry: now - DAY_MS }),
          signed({ base: 3, root, expiry: now + DAY_MS }),
          signed({ action: "revoke", expiry: now + 2 * DAY_MS }),
        ),
      },
      owner,
    )
    const fresh = renewals(pending, DAY_MS)
    const claim = ({ network, contract, action, input }: (typeof fresh)[number]) => ({
      ...{ network, contract, action, input },
    })
    assert.deepEqual(fresh.map(claim), pending.map(claim))
    for (const [i, { expiry }] of fresh.entries()) assert.ok(expiry > (fresh[i - 1]?.expiry ?? now))
    assert.equal(renewals(pending.slice(1), DAY_MS).length, 0)
  })

  it("leaves the custodian ten minutes from the moment of a change", () => {
    const at = (ms: number) =>
      renewals(pendingOf(state(signed({ expiry: Date.now() + ms })), owner), DAY_MS).length
    assert.deepEqual([at(60_000), at(-4 * 60_000), at(-6 * 60_000)], [0, 0, 1])
  })
})
