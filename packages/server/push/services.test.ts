import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { isPublicAddress } from "./addresses.ts"
import { isPushService, PUSH_SERVICES, pushTarget } from "./services.ts"

describe("an endpoint", () => {
  const right = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYA",
    "https://web.push.apple.com/QOXb",
  ]
  for (const endpoint of right)
    it(`is ${endpoint}`, () => {
      assert.equal(pushTarget(endpoint, PUSH_SERVICES, { mayBeLoopback: false }).href, endpoint)
    })

  // The attack: somebody lets the operator's node call what only it can reach, or what they like.
  const wrong: readonly (readonly [string, string])[] = [
    ["no URL", "fcm.googleapis.com/x"],
    ["plain HTTP", "http://fcm.googleapis.com/x"],
    ["another scheme", "file://fcm.googleapis.com/etc/passwd"],
    ["another port", "https://fcm.googleapis.com:8443/x"],
    ["another host", "https://push.example/x"],
    ["a host that ends like one", "https://evil-fcm.googleapis.com/x"],
    ["a host that begins like one", "https://fcm.googleapis.com.evil.example/x"],
    ["a domain that ends like one", "https://evilnotify.windows.com/x"],
    ["the domain itself, where hosts below it are meant", "https://notify.windows.com/x"],
    ["a dot at the end", "https://fcm.googleapis.com./x"],
    ["one as a user", "https://fcm.googleapis.com@169.254.169.254/x"],
    ["a user of one", "https://user:secret@fcm.googleapis.com/x"],
    ["a fragment", "https://fcm.googleapis.com/x#y"],
    ["this machine", "https://127.0.0.1/x"],
    ["this machine by name", "https://localhost/x"],
    ["this machine in another notation", "https://0x7f000001/x"],
    ["metadata of a cloud", "http://169.254.169.254/latest/meta-data"],
    ["a private address", "https://10.0.0.8/x"],
  ]
  for (const [comment, endpoint] of wrong)
    it(`is not ${comment}`, () => {
      assert.throws(() => pushTarget(endpoint, PUSH_SERVICES, { mayBeLoopback: true }), {
        code: "bad_endpoint",
      })
    })

  it("is on this machine only where the list names it, and the whole network is there", () => {
    const named = ["127.0.0.1:9999"]
    const endpoint = "http://127.0.0.1:9999/x"
    assert.equal(pushTarget(endpoint, named, { mayBeLoopback: true }).href, endpoint)
    assert.throws(() => pushTarget(endpoint, named, { mayBeLoopback: false }), { code: "bad_endpoint" })
    assert.throws(() => pushTarget("http://127.0.0.1:9998/x", named, { mayBeLoopback: true }), {
      code: "bad_endpoint",
    })
  })

  it("does not stand in what is said of it", () => {
    assert.throws(
      () => pushTarget("https://push.example/secret-of-a-device", PUSH_SERVICES, { mayBeLoopback: false }),
      (error: Error) => !error.message.includes("secret-of-a-device"),
    )
  })
})

describe("a push service on the list", () => {
  for (const [value, isRight] of [
    ["fcm.googleapis.com", true],
    ["*.notify.windows.com", true],
    ["127.0.0.1:8123", true],
    ["localhost:8123", true],
    ["*", false],
    ["*.", false],
    ["a.*.com", false],
    ["https://fcm.googleapis.com", false],
    ["fcm.googleapis.com/x", false],
    ["FCM.googleapis.com", false],
    ["host:0", false],
    ["host:70000", false],
    ["", false],
  ] as const)
    it(`${isRight ? "is" : "is not"} "${value}"`, () => assert.equal(isPushService(value), isRight))
})

describe("an address of the Internet", () => {
  for (const address of ["8.8.8.8", "142.250.1.1", "2607:f8b0:4005:805::200e", "2a00:1450::1"])
    it(`is ${address}`, () => assert.ok(isPublicAddress(address)))
  for (const address of [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "ff02::1",
    "nowhere",
  ])
    it(`is not ${address}`, () => assert.ok(!isPublicAddress(address)))
})
