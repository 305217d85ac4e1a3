import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { addressKind, isLoopbackUrl, nodeUrlFault } from "./node-url.ts"

const fault = (url: string, mayBeLoopback = false) => nodeUrlFault(url, { mayBeLoopback })

describe("a node's URL", () => {
  for (const url of [
    "https://node.hospital.example",
    "https://node.hospital.example:8443",
    "https://intranet",
    "https://198.51.100.7",
    "https://10.1.2.3:7440",
    "https://[2001:db8::7]",
    "https://[2001:db8::1:0:0:7]:7440",
    "https://xn--kliniken-2za.example",
    `https://${"a".repeat(63)}.example`,
  ])
    it(`takes ${url.slice(0, 60)}`, () => assert.equal(fault(url), undefined))

  for (const [url, why] of [
    ["http://node.hospital.example", /use https/],
    ["https://node.hospital.example/", /no user, path, query/],
    ["https://node.hospital.example/api", /no user, path, query/],
    ["https://node.hospital.example?x=1", /no user, path, query/],
    ["https://node.hospital.example#x", /no user, path, query/],
    ["https://user@node.hospital.example", /no user, path, query/],
    ["https://user:secret@node.hospital.example", /no user, path, query/],
    ["https://127.0.0.1@evil.example", /no user, path, query/],
    ["https://evil.example\\@node.hospital.example", /no user, path, query/],
    ["https://Node.Hospital.example", /small letters/],
    ["https://node.hospital.example ", /no user, path, query/],
    ["https://node.hospital.exa\tmple", /no user, path, query/],
    ["https:node.hospital.example", /no user, path, query/],
    ["ftp://node.hospital.example", /no user, path, query/],
    ["file:///etc/passwd", /no user, path, query/],
    ["https://", /no user, path, query/],
    ["", /no user, path, query/],
    ["https://node.hospital.example:443", /leave out the port/],
    ["https://node.hospital.example:70000", /leave out the port/],
    ["https://node.hospital.example:", /no user, path, query/],
    ["https://node.hospital.example:0443", /no user, path, query/],
    ["https://node..example", /no host/],
    ["https://node.example.", /no host/],
    ["https://-node.example", /no host/],
    [`https://${"a".repeat(64)}.example`, /no host/],
    ["https://127.1", /no host/],
    ["https://2130706433", /no host/],
    ["https://0x7f000001", /no host/],
    ["https://0177.0.0.1", /no host/],
    ["https://127.0.0.0x1", /no host/],
    ["https://256.0.0.1", /no host/],
    ["https://[2001:DB8::7]", /small letters/],
    ["https://[2001:db8:0::7]", /no host/],
    ["https://[2001:db8::0:7]", /no host/],
    ["https://[fe80::1%25eth0]", /no user, path, query/],
    ["https://0.0.0.0", /no node/],
    ["https://169.254.169.254", /no node/],
    ["https://224.0.0.1", /no node/],
    ["https://255.255.255.255", /no node/],
    ["https://[::]", /no node/],
    ["https://[fe80::1]", /no node/],
    ["https://[febf::1]", /no node/],
    ["https://[ff02::1]", /no node/],
    ["https://[::ffff:a9fe:a9fe]", /no node/],
    ["https://[64:ff9b::a9fe:a9fe]", /no node/],
    ["https://[2002:a9fe:a9fe::1]", /no node/],
  ] as const)
    it(`refuses ${JSON.stringify(url.slice(0, 60))}, on a loopback network too`, () => {
      assert.match(fault(url) ?? "taken", why)
      assert.match(fault(url, true) ?? "taken", why)
    })

  for (const url of [
    "http://localhost:7440",
    "https://localhost",
    "https://api.localhost",
    "http://127.0.0.1",
    "https://127.9.8.7:7440",
    "http://[::1]:7440",
    "https://[::ffff:7f00:1]",
    "https://[64:ff9b::7f00:1]",
  ])
    it(`takes ${url} on a loopback network alone`, () => {
      assert.equal(fault(url, true), undefined)
      assert.match(fault(url) ?? "taken", /loopback is only for/)
      assert.ok(isLoopbackUrl(url))
    })

  it("takes only what is its own WHATWG origin", () => {
    const octet = fc.oneof(fc.nat(255).map(String), fc.constantFrom("0x7f", "0177", "00", "256", "1."))
    const word = fc.string({ unit: fc.constantFrom(..."aZ09-._%:[]@/\\?# \t\u00e4"), maxLength: 8 })
    const host = fc.oneof(
      fc.array(octet, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(".")),
      fc.ipV6().map((address) => `[${address}]`),
      fc.ipV6().map((address) => `[${address.toLowerCase()}]`),
      fc.domain(),
      fc.tuple(fc.domain(), word).map((parts) => parts.join(".")),
      word,
    )
    const tail = fc.oneof(
      fc.constant(""),
      fc.nat(70_000).map((port) => `:${port}`),
      word,
    )
    const scheme = fc.constantFrom("https://", "http://", "HTTPS://", "https:/", "https:\\\\", "//")
    let taken = 0
    fc.assert(
      fc.property(scheme, host, tail, fc.boolean(), (...[scheme, host, tail, mayBeLoopback]) => {
        const url = scheme + host + tail
        // Whether such a name has a meaning only IDNA's tables say.
        if (fault(url, mayBeLoopback) !== undefined || url.includes("xn--")) return
        taken++
        const found = new URL(url)
        assert.equal(found.origin, url)
        assert.equal(`${found.username}${found.password}${found.search}${found.hash}`, "")
      }),
      { numRuns: 20_000 },
    )
    assert.ok(taken > 500, `only ${taken} URLs were taken`)
  })

  it("takes every HTTPS origin of a DNS name or a global address", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4()), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const { origin } = new URL(`https://${host}:${port}`)
        assert.ok([undefined, "usable"].includes(addressKind(host)) === (fault(origin) === undefined), origin)
      }),
    )
  })

  it("knows every IPv6 address in the form that WHATWG gives it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
        (groups) => {
          const long = groups.map((group) => group.toString(16)).join(":")
          const { hostname, origin } = new URL(`https://[${long}]`)
          assert.equal(addressKind(hostname.slice(1, -1)), addressKind(long))
          assert.doesNotMatch(fault(origin, true) ?? "", /no host/)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe("the kind of an address", () => {
  for (const [address, kind] of [
    ["127.0.0.1", "loopback"],
    ["::1", "loopback"],
    ["::FFFF:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::127.0.0.1", "loopback"],
    ["0.0.0.0", "unusable"],
    ["::", "unusable"],
    ["::ffff:0.0.0.0", "unusable"],
    ["169.254.169.254", "unusable"],
    ["::ffff:169.254.169.254", "unusable"],
    ["fe80::1%eth0", "unusable"],
    ["fe80::1", "unusable"],
    ["192.168.1.1", "usable"],
    ["fd00::1", "usable"],
    ["2001:db8::1", "usable"],
    ["1.2.3", undefined],
    ["1:2:3", undefined],
    ["::1::", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["node.example", undefined],
  ] as const)
    it(`${address}: ${kind ?? "none"}`, () => assert.equal(addressKind(address), kind))
})
