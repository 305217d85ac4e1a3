import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import {
  auditEventHash,
  type Bytes,
  grantDocument,
  makeEnvelope,
  makePromise,
  PlatformError,
  type PolicyDocument,
  policyRoot,
  publicKey,
  randomBytes,
  readEnvelope,
  toHex,
  utf8,
} from "@aceso/core"
import { Deliveries } from "./deliveries.ts"
import { type Device, deviceMemory, forgetfulDevice } from "./device.ts"

const NETWORK = "aceso-test"
const [patient, custodian] = [randomBytes(32), randomBytes(32)]
const place = { custodian: "city", handle: randomBytes(32) }
const documentsFor = (grantee: string): PolicyDocument[] => {
  const now = Date.now()
  const to = {
    custodian: "city",
    grantee,
    purpose: "TREAT",
    classes: [],
    until: now + 86_400_000,
    now,
  } as const
  return [grantDocument(to)]
}

let device: Device
let deliveries: Deliveries
beforeEach(() => {
  device = forgetfulDevice()
  deliveries = new Deliveries(NETWORK, device, {
    memberOfKey: async (_custodian, key) => (toHex(key) === toHex(publicKey(custodian)) ? "city" : undefined),
    event: async () => undefined,
  })
})

interface Change {
  readonly envelope: Bytes
  readonly salt: Bytes
  readonly documents: readonly PolicyDocument[]
  readonly root: Bytes
}
/** A change to this version, as the device signs it. */
function change(version: number, documents = documentsFor("county")): Change {
  const salt = randomBytes(32)
  const root = policyRoot(documents, salt)
  const input = { ...place, base: version - 1, root }
  const payload = { network: NETWORK, contract: "policy", action: "grant", input }
  const { bytes } = makeEnvelope({ ...payload, expiry: Date.now() + 600_000 }, [patient])
  return { envelope: bytes, salt, documents, root }
}

/** What the custodian answers: an AuditEvent with these details, promised. */
function answer(details: readonly object[], resourceType = "AuditEvent") {
  const auditEvent = utf8(JSON.stringify({ resourceType, entity: [{ detail: details }] }))
  const auditSalt = randomBytes(32)
  const terms = {
    ...{ custodian: "city", tag: randomBytes(16), event: auditEventHash(auditSalt, auditEvent) },
    ...{ includeBy: Date.now() + 60_000, key: publicKey(custodian) },
  }
  return { promise: makePromise(terms, NETWORK, custodian), auditEvent, auditSalt }
}
const detailOf = ({ envelope }: Change) => ({
  type: "policy-change",
  valueString: toHex(readEnvelope(envelope).payloadId),
})
const take = (one: Change) => deliveries.taken(place, one, answer([detailOf(one)]))

describe("the policies by which an access can be decided again", () => {
  const roots = async () => (await deliveries.policies(place)).map(({ root }) => root)

  it("are those that it signed, each once, oldest first", async () => {
    const [grant, revocation] = [change(1), change(2, [])]
    for (const one of [grant, revocation, grant]) await take(one)
    assert.deepEqual(await roots(), [grant.root, revocation.root])
    const [first] = await deliveries.policies(place)
    assert.deepEqual(first.documents, grant.documents)
  })

  it("are also those that it was shown, where the documents give the root", async () => {
    const { root, salt, documents } = change(4)
    const shown = { version: 4, root, salt, documents: [...documents], pending: [], isConfirmed: true }
    for (const one of [
      { ...shown, documents: documentsFor("clinic") },
      { ...shown, salt: null },
      { ...shown, root: null },
    ])
      await deliveries.shown(place, one)
    assert.deepEqual(await roots(), [])
    for (const one of [shown, shown]) await deliveries.shown(place, one)
    assert.deepEqual(await roots(), [root])
    deviceMemory.parse(await device.read(), "memory")
  })

  it("are as many of the newest as have room", async () => {
    const large = Array.from({ length: 40 }, () => documentsFor("c".repeat(40))).flat()
    const some = Array.from({ length: 100 }, (_, i) => change(i + 1, large))
    for (const one of some) await take(one)
    const kept = await roots()
    assert.ok(kept.length > 10 && kept.length < 100, String(kept.length))
    assert.deepEqual(kept.at(-1), some.at(-1)?.root)
    assert.deepEqual(kept[0], some.at(-kept.length)?.root)
  })
})

describe("what a device signs again after a restore", () => {
  it("is what it signed last, where the custodian shows that very version or an older one", async () => {
    const mine = change(3)
    await take(mine)
    for (const shown of [
      { version: 3, root: mine.root },
      { version: 2, root: randomBytes(32) },
      { version: 0, root: null },
    ])
      assert.deepEqual(await deliveries.documents(place, shown), mine.documents)
  })

  it("is nothing where another device signed the same version, or a newer one", async () => {
    const [mine, theirs] = [change(3), change(3, documentsFor("clinic"))]
    await take(mine)
    assert.equal(await deliveries.documents(place, { version: 3, root: theirs.root }), undefined)
    assert.equal(await deliveries.documents(place, { version: 4, root: mine.root }), undefined)
    assert.equal(await deliveries.documents(place, { version: 3, root: null }), undefined)
  })

  it("is nothing on a device that never signed", async () => {
    assert.equal(await deliveries.documents(place, { version: 0, root: null }), undefined)
  })

  it("stays what was signed last when older changes are delivered again", async () => {
    const [grant, revocation] = [change(2), change(3, [])]
    await take(grant)
    await take(revocation)
    await take(grant)
    assert.deepEqual(await deliveries.documents(place, { version: 1, root: randomBytes(32) }), [])
  })

  it("is the newest also where a recovery made its number smaller", async () => {
    await take(change(5))
    const anew = change(4, documentsFor("clinic"))
    await take(anew)
    assert.deepEqual(await deliveries.documents(place, { version: 4, root: anew.root }), anew.documents)
  })
})

describe("what a change was about", () => {
  const [county, clinic] = [documentsFor("county"), documentsFor("clinic")]
  const said = async ({ envelope }: Change) => {
    const found = (await deliveries.differences(place))(toHex(readEnvelope(envelope).payloadId))
    const grantees = (all: readonly { grantees: readonly string[] }[]) => all.flatMap((one) => one.grantees)
    return found && [grantees(found.added), grantees(found.removed)]
  }
  const takeAfter = async (before: readonly PolicyDocument[], one: Change) =>
    deliveries.taken(place, one, answer([detailOf(one)]), before)

  it("is what it added and took back, as long as the device keeps it", async () => {
    const [grant, both, none] = [change(1, county), change(2, [...county, ...clinic]), change(3, clinic)]
    await takeAfter([], grant)
    await takeAfter(county, both)
    await takeAfter([...county, ...clinic], none)
    assert.deepEqual(
      [await said(grant), await said(both), await said(none)],
      [
        [["county"], []],
        [["clinic"], []],
        [[], ["county"]],
      ],
    )
    await device.change((memory) => deviceMemory.parse(deviceMemory.toJson(memory), "device", "json"))
    assert.deepEqual(await said(none), [[], ["county"]])
  })
  it("is not known of another device's, nor made anew when it is delivered again", async () => {
    const mine = change(1, county)
    assert.equal(await said(mine), undefined)
    await takeAfter([], mine)
    await take(mine)
    assert.deepEqual(await said(mine), [["county"], []])
    assert.equal((await device.read()).places[0].differences?.length, 1)
  })
  it("is forgotten, the oldest first, where it has no room; the newest stays whatever its size", async () => {
    const large = (bytes: number): PolicyDocument => {
      const [{ content, salt }] = documentsFor("county")
      return { salt, content: utf8(new TextDecoder().decode(content) + " ".repeat(bytes - content.length)) }
    }
    const many = Array.from({ length: 30 }, () => large(60_000))
    const [first, second] = [change(1, county), change(2, many)]
    await takeAfter([], first)
    await takeAfter(county, second)
    assert.ok((await said(first)) && (await said(second)))
    const third = change(
      3,
      Array.from({ length: 40 }, () => large(60_000)),
    )
    await takeAfter(many, third)
    assert.deepEqual(
      [await said(first), await said(second), (await said(third))?.[0].length],
      [undefined, undefined, 40],
    )
  })
  it("a memory from before there were any can be read", () => {
    const places = [{ ...place, handle: toHex(place.handle), signed: null, waiting: [] }]
    assert.equal(deviceMemory.parse({ places }, "device", "json").places[0].differences, undefined)
  })
})

describe("the answer to a change", () => {
  const one = change(1)
  const id = detailOf(one)
  const rows: [comment: string, details: readonly object[], resourceType?: string][] = [
    ["about another change", [{ ...id, valueString: "00".repeat(32) }]],
    ["that names no change", []],
    ["whose first word is another one", [{ ...id, valueString: "00".repeat(32) }, id]],
    ["that is no AuditEvent", [id], "Basic"],
  ]
  for (const [comment, details, resourceType] of rows)
    it(`${comment} promises nothing, and the change is delivered again`, async () => {
      const given = answer(details, resourceType)
      await assert.rejects(
        deliveries.taken(place, one, given),
        (error) => error instanceof PlatformError && error.code === "bad_answer",
      )
      assert.equal((await deliveries.overdue(place)).length, 1)
    })
})
