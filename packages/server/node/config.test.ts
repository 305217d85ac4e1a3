import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { type NodeConfig, readConfig, readSecret } from "./config.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-config-"))
after(() => rmSync(folder, { recursive: true }))

const file = join(folder, "node.json")
const tls = { certificate: "tls/certificate.pem", key: "tls/key.pem" }
const good = { member: "city-hospital", url: "https://city.example", tls, folder: "/var/lib/aceso" }

function read(given: unknown, environment: Record<string, string> = {}): NodeConfig {
  writeFileSync(file, typeof given === "string" ? given : JSON.stringify(given))
  return readConfig(file, environment)
}

function mistakesOf(given: unknown, environment: Record<string, string> = {}): string[] {
  try {
    read(given, environment)
  } catch (error) {
    assert.ok(error instanceof PlatformError, String(error))
    assert.equal(error.code, "bad_config")
    assert.ok(error.message.startsWith(file), error.message)
    const { mistakes } = error.details as { mistakes?: string[] }
    for (const mistake of mistakes ?? []) assert.ok(error.message.includes(mistake))
    return mistakes ?? [error.message]
  }
  assert.fail("the configuration was accepted")
}

describe("a node's configuration", () => {
  it("needs a member, a folder, a URL and its certificate alone", () => {
    assert.equal(read(good).metrics, undefined)
    const { member, port, commitWindowMs, engine } = read(good)
    assert.deepEqual(
      { member, port, commitWindowMs, engine },
      {
        member: "city-hospital",
        port: 0,
        commitWindowMs: 60_000,
        engine: "embedded",
      },
    )
  })

  it("looks at the patient's app where it is told to, and not again and again at once", () => {
    const { watchApp, watchAppEveryMs } = read(good)
    assert.deepEqual([watchApp, watchAppEveryMs], [false, 3_600_000])
    assert.equal(read(good, { ACESO_WATCH_APP: "true" }).watchApp, true)
    assert.deepEqual(mistakesOf({ ...good, watchAppEveryMs: 999 }), ["watchAppEveryMs: at least 1000"])
  })

  it("takes no day of looks that is none", () =>
    assert.deepEqual(mistakesOf({ ...good, readingsDayMs: 0 }), ["readingsDayMs: at least 1000"]))

  for (const [what, given, environment] of [
    ["as long as the window", { disclosureWindowMs: 60_000, includeWithinMs: 60_000 }, {}],
    ["shorter than the window", { disclosureWindowMs: 60_001 }, {}],
    ["that leaves the ledger too little", { disclosureWindowMs: 5000, includeWithinMs: 7999 }, {}],
    ["of the environment", {}, { ACESO_INCLUDE_WITHIN_MS: "10000" }],
    ["by a window of the environment", {}, { ACESO_DISCLOSURE_WINDOW_MS: "60000" }],
  ] as [string, object, Record<string, string>][])
    it(`takes no promise ${what}`, () =>
      assert.match(mistakesOf({ ...good, ...given }, environment).join(), /^includeWithinMs: at least \d+, /))

  it("takes a promise that leaves the ledger its time", () => {
    const { includeWithinMs } = read({ ...good, disclosureWindowMs: 5000, includeWithinMs: 8000 })
    assert.equal(includeWithinMs, 8000)
  })

  it("reports all mistakes at once, each with its place", () => {
    const mistakes = mistakesOf({
      ...good,
      url: "http://city.example",
      port: 70_000,
      dummyPercent: 101,
      isDemo: true,
      prot: 1,
      staff: [],
    })
    const places = mistakes.map((mistake) => mistake.split(":")[0])
    assert.deepEqual(places.toSorted(), ["dummyPercent", "isDemo", "port", "prot", "staff", "url"])
  })

  it("reports each missing setting once", () => {
    const places = mistakesOf({}).map((mistake) => mistake.split(":")[0])
    assert.deepEqual(places.toSorted(), ["folder", "member", "url"])
  })

  it("identifier systems: each once, with a meaning that there is", () => {
    const mrn = { system: "https://city.example/mrn", meaning: "unique" }
    assert.deepEqual(read({ ...good, identifiers: [mrn] }).identifiers, [mrn])
    assert.equal(read(good).identifiers, undefined)
    assert.deepEqual(mistakesOf({ ...good, identifiers: [mrn, { ...mrn, meaning: "shared" }] }), [
      "identifiers[1].system: https://city.example/mrn stands in the list before; say it once",
    ])
    for (const identifiers of [
      "x",
      [mrn.system],
      [{ system: mrn.system }],
      [{ ...mrn, meaning: "trusted" }],
      [{ ...mrn, system: "" }],
      [{ ...mrn, more: 1 }],
      Array.from({ length: 1001 }, (_, i) => ({ ...mrn, system: `urn:s:${i}` })),
    ])
      assert.equal(mistakesOf({ ...good, identifiers }).length, 1)
  })

  it("a member that does not validate asks others, each once, and not itself", () => {
    const sources = [
      { member: "authority", url: "https://authority.example" },
      { member: "county", url: "https://county.example" },
    ]
    const remote = { ...good, engine: "remote", remote: { sources } }
    assert.deepEqual(read(remote).remote, { sources })
    const wrong = (given: object) => mistakesOf({ ...remote, remote: { sources: given } })
    assert.deepEqual(wrong([...sources, sources[0]]), ["remote.sources[2].member: is there twice"])
    assert.deepEqual(wrong([{ ...sources[0], member: good.member }]), [
      "remote.sources[0].member: a node does not ask itself",
    ])
    assert.match(
      wrong([{ ...sources[0], url: "http://authority.example" }]).join(),
      /^remote\.sources\[0\]\.url: /,
    )
    assert.equal(wrong(Array.from({ length: 9 }, (_, i) => ({ ...sources[0], member: `m-${i}` }))).length, 1)
    assert.deepEqual(mistakesOf({ ...good, remote: { sources } }), ["remote: is for the engine remote"])
  })

  it("names an unknown setting", () =>
    assert.deepEqual(mistakesOf({ ...good, prot: 1 }), ["prot: no such setting"]))

  const urls: [url: string, isGood: boolean][] = [
    ["https://city.example", true],
    ["http://127.0.0.1:7440", true],
    ["http://localhost:7440", true],
    ["http://[::1]:7440", true],
    ["http://city.example", false],
    ["http://10.0.0.1", false],
    ["http://127.0.0.1.city.example", false],
    ["http://localhost.city.example", false],
    ["http://127.0.0.1@city.example", false],
    ["ftp://127.0.0.1", false],
    ["city.example", false],
  ]
  for (const [url, isGood] of urls)
    it(`${isGood ? "takes" : "refuses"} ${url}`, () => {
      const given = { ...good, url, tls: url.startsWith("https:") ? tls : undefined }
      if (isGood) assert.equal(read(given).url, url)
      else assert.match(mistakesOf(given).join(), /^url: /)
    })

  const cometbft = { rpcPort: 26_657, p2pHost: "0.0.0.0", p2pPort: 26_656, peers: [] }
  const peer = (where: string) => ({ ...cometbft, peers: [`${"ab".repeat(20)}@${where}`] })
  const header = { servers: ["https://city.example/comet"], height: 8, hash: "AB".repeat(32) }
  const syncing = (change: object) => ({ cometbft: { ...cometbft, stateSync: { ...header, ...change } } })
  const together: [comment: string, given: Record<string, unknown>, says: RegExp | undefined][] = [
    ["HTTPS without a certificate", { tls: undefined }, /^tls: /],
    [
      "a host for all without a certificate",
      { url: "http://127.0.0.1", host: "0.0.0.0", tls: undefined },
      /^host: /,
    ],
    ["a host for all with a certificate", { host: "0.0.0.0" }, undefined],
    ["plain HTTP on loopback", { url: "http://[::1]:7440", host: "::1", tls: undefined }, undefined],
    ["plain HTTP with a certificate", { url: "http://127.0.0.1" }, /^url: with tls/],
    ["a URL with a slash at its end", { url: "https://city.example/" }, /^url: .*slash/],
    ["the port that HTTPS has anyway", { url: "https://city.example:443" }, /^url: leave out the port/],
    ["a URL in capitals", { url: "https://City.example" }, /^url: .*small letters/],
    ["a URL with a path", { url: "https://city.example/node" }, /^url: .*path/],
    ["a URL with a user", { url: "https://user@city.example" }, /^url: .*user/],
    ["a URL with a query", { url: "https://city.example?x" }, /^url: .*query/],
    ["what a genesis alone may say", { isDemo: true }, /^isDemo: a network is a demo by its genesis/],
    ["people, who stand in the vault", { staff: [] }, /^staff: .*take this out, stop the node and add them/],
    ["cometbft without its settings", { engine: "cometbft" }, /^cometbft: /],
    ["cometbft", { engine: "cometbft", cometbft: peer("county.example:26656") }, undefined],
    ["an unknown engine", { engine: "raft" }, /^engine: /],
    ["a peer without a port", { cometbft: peer("county.example") }, /^cometbft\.peers\[0\]: .*26656/],
    ["a peer with a port too high", { cometbft: peer("county.example:70000") }, /^cometbft\.peers/],
    ["a peer that breaks out of a text", { cometbft: peer('a"\nx = "b:1') }, /^cometbft\.peers/],
    ["a header to begin with", syncing({}), undefined],
    ["a header of CometBFT's own on loopback", syncing({ servers: ["http://127.0.0.1:26657"] }), undefined],
    ["a header from nobody", syncing({ servers: [] }), /^cometbft\.stateSync\.servers: /],
    ["a header over plain HTTP", syncing({ servers: ["http://city.example/comet"] }), /servers\[0\]: /],
    ["a header's server that breaks out", syncing({ servers: ['https://a.example/"\nx'] }), /servers\[0\]: /],
    ["two servers as one", syncing({ servers: ["https://a.example,https://b.example"] }), /servers\[0\]: /],
    ["a header with a short hash", syncing({ hash: "AB" }), /^cometbft\.stateSync\.hash: /],
    [
      "snapshots at every block",
      { cometbft: { ...cometbft, snapshotEvery: 1 } },
      /snapshotEvery: at least 10/,
    ],
    ["snapshots too rare", { cometbft: { ...cometbft, snapshotEvery: 10_001 } }, /snapshotEvery: /],
    ["metrics", { metrics: { port: 9464 } }, undefined],
    ["metrics on IPv6 loopback", { metrics: { host: "::1", port: 9464 } }, undefined],
    ["metrics for all", { metrics: { host: "0.0.0.0", port: 9464 } }, /^metrics\.host: .*loopback/],
    ["metrics by a name", { metrics: { host: "node.city.example", port: 9464 } }, /^metrics\.host: /],
    ["metrics on any port", { metrics: { port: 0 } }, /^metrics\.port: name a port/],
    ["metrics on the node's port", { port: 9464, metrics: { port: 9464 } }, /^metrics\.port: .*another use/],
    [
      "metrics with an unknown setting",
      { metrics: { port: 1, path: "/" } },
      /^metrics\.path: no such setting/,
    ],
    ["metrics without a port", { metrics: {} }, /^metrics\.port: /],
    ["metrics that are a number", { metrics: 9464 }, /^metrics: /],
    ["metrics of cometbft", { cometbft: { ...cometbft, metricsPort: 26_660 } }, undefined],
    [
      "metrics of cometbft on its other port",
      { cometbft: { ...cometbft, metricsPort: 26_657 } },
      /^cometbft\.metricsPort: .*another use/,
    ],
    [
      "metrics of cometbft on the node's metrics port",
      { metrics: { port: 9464 }, cometbft: { ...cometbft, metricsPort: 9464 } },
      /^cometbft\.metricsPort: .*another use/,
    ],
    [
      "a node that may connect",
      { cometbft: { ...cometbft, allowed: [{ nodeId: "ab".repeat(20) }] } },
      undefined,
    ],
    ["one without an id", { cometbft: { ...cometbft, allowed: [{ member: "city" }] } }, /^cometbft\.allowed/],
    ["one with a wrong id", { cometbft: { ...cometbft, allowed: [{ nodeId: "AB" }] } }, /^cometbft\.allowed/],
    ["a nested unknown setting", { cometbft: { ...cometbft, port: 1 } }, /^cometbft\.port: no such setting/],
  ]
  for (const [comment, given, says] of together)
    it(`${says ? "refuses" : "takes"} ${comment}`, () => {
      if (!says) read({ ...good, ...given })
      else assert.match(mistakesOf({ ...good, ...given }).join(), says)
    })

  it("reports all mistakes of nested settings", () => {
    const mistakes = mistakesOf({ ...good, tls: {}, cometbft: { rpcPort: -1, p2pHost: "a b", x: 1 } })
    assert.deepEqual(mistakes.map((mistake) => mistake.split(":")[0]).toSorted(), [
      "cometbft.p2pHost",
      "cometbft.p2pPort",
      "cometbft.peers",
      "cometbft.rpcPort",
      "cometbft.x",
      "tls.certificate",
      "tls.key",
    ])
  })

  it("takes lists and objects from the file alone", () =>
    assert.equal(
      read(good, { ACESO_COMETBFT: "/usr/bin/cometbft", ACESO_IDENTIFIERS: "x" }).cometbft,
      undefined,
    ))

  it("lets the environment override the file", () => {
    const environment = {
      ACESO_PORT: "7441",
      ACESO_COMMIT_WINDOW_MS: "5",
      ACESO_MEMBER: "county-hospital",
      ACESO_URL: "https://county.example",
    }
    const { port, commitWindowMs, member, url } = read({ ...good, port: 1 }, environment)
    assert.deepEqual(
      { port, commitWindowMs, member, url },
      {
        port: 7441,
        commitWindowMs: 5,
        member: "county-hospital",
        url: "https://county.example",
      },
    )
  })

  it("reports mistakes of the environment with those of the file", () => {
    const environment = { ACESO_PORT: "many", ACESO_URL: "http://county.example" }
    const places = mistakesOf({ ...good, dummyPercent: 101 }, environment).map(
      (mistake) => mistake.split(":")[0],
    )
    assert.deepEqual(places.toSorted(), ["dummyPercent", "port", "url"])
  })

  it("keeps text of digits from the environment as text where text is expected", () =>
    assert.equal(read(good, { ACESO_FOLDER: "2026" }).folder, "2026"))

  it("leaves ACESO_HOME and other programs' variables alone", () =>
    assert.equal(read(good, { ACESO_HOME: "/root", PORT: "1" }).port, 0))

  for (const [comment, text] of Object.entries({
    "no JSON": "{",
    "a list": "[]",
    "a text": '"hello"',
    null: "null",
    "nothing at all": "",
  }))
    it(`refuses a file with ${comment}`, () => assert.ok(mistakesOf(text).length > 0))

  it("names a file that is not there", () =>
    assert.throws(() => readConfig(join(folder, "none.json")), {
      code: "bad_config",
      message: /none\.json cannot be read/,
    }))
})

describe("a secret's file", () => {
  const secret = join(folder, "member.key")
  it("holds 32 bytes in hexadecimal", () => {
    writeFileSync(secret, `${"ab".repeat(32)}\n`, { mode: 0o600 })
    assert.equal(readSecret(secret).length, 32)
  })
  for (const [comment, text] of Object.entries({
    short: "abcd",
    "no hexadecimal": "x".repeat(64),
    empty: "",
  }))
    it(`is refused when ${comment}, and its content is not repeated`, () => {
      writeFileSync(secret, text)
      assert.throws(
        () => readSecret(secret),
        (error: PlatformError) =>
          error.code === "bad_secret" &&
          error.message.includes(secret) &&
          (text === "" || !error.message.includes(text)),
      )
    })
})
