import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { cryptoReady, publicKey } from "./crypto.ts"
import { type CustodianNotice, movedHash, signMove, signNotice, verifyMove, verifyNotice } from "./move.ts"

before(() => cryptoReady)
const bytesOf = (n: number, size = 32) => new Uint8Array(size).fill(n)
const [seed, otherSeed] = [bytesOf(1), bytesOf(2)]

describe("a patient's yes to a move", () => {
  const statement = { network: "net", custodian: "city", id: bytesOf(3, 16), record: bytesOf(4) }
  it("holds under its key", () =>
    assert.equal(verifyMove(statement, signMove(statement, seed), publicKey(seed)), true))
  const changes = { network: "other", custodian: "county", id: bytesOf(5, 16), record: bytesOf(5) }
  for (const [name, value] of Object.entries(changes))
    it(`holds for no other ${name}`, () =>
      assert.equal(
        verifyMove({ ...statement, [name]: value }, signMove(statement, seed), publicKey(seed)),
        false,
      ))
  it("holds under no other key", () =>
    assert.equal(verifyMove(statement, signMove(statement, otherSeed), publicKey(seed)), false))
})

it("what is moved says nothing to whoever lacks the salt, and names every version", () => {
  const entry = { recordId: bytesOf(1), version: 1, operation: "create" as const, commitment: bytesOf(2) }
  const hash = movedHash(bytesOf(9), [entry])
  assert.notDeepEqual(movedHash(bytesOf(8), [entry]), hash)
  assert.notDeepEqual(movedHash(bytesOf(9), [entry, { ...entry, version: 2 }]), hash)
})

describe("a notice", () => {
  const notice: CustodianNotice = {
    ...{ network: "net", custodian: "city", recipient: "county", id: bytesOf(3, 16), handle: bytesOf(4) },
    ...{ reason: "misfiled" as const, records: [bytesOf(6)], time: 5 },
  }
  const signed = signNotice(notice, publicKey(seed), seed)
  it("holds", () => assert.equal(verifyNotice(signed), true))
  const changes = {
    ...notice,
    network: "n",
    custodian: "c",
    recipient: "r",
    id: bytesOf(9, 16),
    handle: bytesOf(9),
    reason: "parted",
    records: [],
    time: 6,
  }
  for (const [name, value] of Object.entries(changes))
    it(`does not hold with another ${name}`, () =>
      assert.equal(verifyNotice({ ...signed, notice: { ...notice, [name]: value } }), false))
})
