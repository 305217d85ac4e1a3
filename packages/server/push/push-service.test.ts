import assert from "node:assert/strict"
import type { LookupAddress } from "node:dns"
import { after, before, describe, it } from "node:test"
import type { Resolve } from "../node/outbound.ts"
import { TestPushService } from "../testing/push-services.ts"
import { PushService } from "./push-service.ts"
import { newPushSecret, VapidKey } from "./vapid.ts"

const key = new VapidKey(newPushSecret())
let test: TestPushService
before(async () => {
  test = await TestPushService.open()
})
after(() => test.close())

const leadingTo =
  (...addresses: readonly string[]): Resolve =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    )
const serviceOf = (services: readonly string[], resolve?: Resolve, mayBeLoopback = true) =>
  new PushService({
    key,
    services,
    mayBeLoopback,
    contact: "https://app.north.example",
    ...(resolve && { resolve }),
  })

describe("a message to a push service", () => {
  it("has no content, is signed for that service alone, and replaces what waits there", async () => {
    const service = serviceOf([test.host])
    assert.deepEqual(await service.send(`${test.origin}/ok/1`), { is: "accepted" })
    assert.deepEqual(test.pushedTo("/ok/1"), [
      { path: "/ok/1", bodyBytes: 0, ttl: "86400", urgency: "normal", topic: "aceso", fault: undefined },
    ])
  })

  it("is by the same key after a restart", () => {
    const secret = newPushSecret()
    assert.deepEqual(new VapidKey(secret).publicKey, new VapidKey(secret).publicKey)
    assert.throws(() => new VapidKey(new Uint8Array(32)), { code: "bad_secret" })
  })

  const outcomes: readonly (readonly [string, object])[] = [
    ["/gone/1", { is: "gone" }],
    ["/missing/1", { is: "gone" }],
    ["/refused/1", { is: "refused" }],
    ["/busy/1", { is: "later", afterMs: 7000 }],
    ["/broken/1", { is: "later" }],
    ["/cut/1", { is: "later" }],
    ["/talks/1", { is: "accepted" }],
    ["/moved/1", { is: "refused" }],
    ["/metadata/1", { is: "refused" }],
  ]
  for (const [path, outcome] of outcomes)
    it(`to ${path} comes to ${JSON.stringify(outcome)}`, async () => {
      assert.deepEqual(await serviceOf([test.host]).send(test.origin + path), outcome)
      assert.equal(test.pushedTo(path).length, 1)
    })

  it("follows no redirect", () => assert.equal(test.pushedTo("/ok/after-a-redirect").length, 0))

  it("goes nowhere that is not on the list any more", async () => {
    assert.deepEqual(await serviceOf(["fcm.googleapis.com"]).send(`${test.origin}/ok/2`), { is: "gone" })
    assert.equal(test.pushedTo("/ok/2").length, 0)
  })

  // The attack: whoever can say where a name of the list leads, lets it lead to what only this machine reaches.
  for (const addresses of [
    ["127.0.0.1"],
    ["169.254.169.254"],
    ["10.0.0.1"],
    ["8.8.8.8", "127.0.0.1"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["fd00:ec2::254"],
    [],
  ])
    it(`is not sent where the name leads to ${addresses.join(", ") || "nothing"}`, async () => {
      const before = test.pushed.length
      const port = test.host.split(":")[1]
      const service = serviceOf([`push.example:${port}`], leadingTo(...addresses), false)
      assert.deepEqual(await service.send(`https://push.example:${port}/ok/3`), { is: "later" })
      assert.equal(test.pushed.length, before)
    })
})
