import assert from "node:assert/strict"
import { createCipheriv, createSecretKey } from "node:crypto"
import { it } from "node:test"
import { type Cbor, concat, domainBytes, randomBytes, toHex, utf8 } from "@aceso/core"
import { decrypt, encrypt, type NameKeys, openName, sealName } from "./encryption.ts"

const keys = (): NameKeys => ({
  tag: createSecretKey(randomBytes(32)),
  text: createSecretKey(randomBytes(32)),
})
const ours = keys()
const damaged = { code: "record_damaged" }

for (const name of ["", "x", "national-1980", "é".repeat(32), "a".repeat(64)])
  it(`a name of ${name.length} characters is sealed alike each time, and opens`, () => {
    const sealed = sealName(ours, "id Patient", name)
    assert.equal(openName(ours, "id Patient", sealed), name)
    assert.deepEqual(sealName(ours, "id Patient", name), sealed)
  })

it("another kind, name or key seals otherwise", () => {
  const all = [
    sealName(ours, "id Patient", "1"),
    sealName(ours, "id Basic", "1"),
    sealName(ours, "id Patient", "2"),
    sealName(keys(), "id Patient", "1"),
  ].map(toHex)
  assert.equal(new Set(all).size, all.length)
})

it("changed anywhere, cut or taken for another kind it is record_damaged", () => {
  const sealed = sealName(ours, "id Patient", "national-1980")
  for (const i of sealed.keys()) {
    const flipped = sealed.map((byte, j) => (i === j ? byte ^ 1 : byte))
    assert.throws(() => openName(ours, "id Patient", flipped), damaged)
    assert.throws(() => openName(ours, "id Patient", sealed.subarray(0, i)), damaged)
  }
  assert.throws(() => openName(ours, "id Basic", sealed), damaged)
  assert.throws(() => openName(keys(), "id Patient", sealed), damaged)
})

const ID = randomBytes(32)
for (const belongsTo of [
  ["record", ID, 1],
  ["record", ID, 0],
  ["record", randomBytes(32), 23],
  ["record", ID, 24],
  ["record", ID, 2 ** 40],
  ["city-hospital", ID, 7],
  ["x".repeat(300), ID, 7],
  ["record", randomBytes(31), 1],
  ["record", randomBytes(33), 1],
  ["record", ID, "hashes"],
  ["record", ID, 1, 2],
  ["named", "audit"],
  null,
] satisfies Cbor[])
  it(`what a ciphertext belongs to is the CBOR of ${JSON.stringify(belongsTo)?.slice(0, 40)}`, () => {
    const [key, nonce, plain] = [randomBytes(32), randomBytes(12), utf8("plain")]
    const cipher = createCipheriv("aes-256-gcm", key, nonce)
    cipher.setAAD(domainBytes("vault", belongsTo))
    const sealed = concat(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag())
    assert.deepEqual(decrypt(key, belongsTo, sealed), plain)
    assert.deepEqual(decrypt(key, belongsTo, encrypt(key, belongsTo, plain)), plain)
    assert.throws(() => decrypt(key, ["record", randomBytes(32), 1], sealed), damaged)
  })
