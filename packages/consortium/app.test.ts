import assert from "node:assert/strict"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { type AppStatus, type Fetch, PublicClient } from "@aceso/client"
import { checkApp } from "@aceso/client/app-check.ts"
import { AskedLedger, appReleaseState } from "@aceso/client/app-standing.ts"
import { appReleases, electorate } from "@aceso/contracts"
import { type Bytes, encodeRow, fromHex, PlatformError, toHex } from "@aceso/core"
import { appBuildBytes, appBuildOf, BUILD_FILE } from "@aceso/core/app-build.ts"
import { NodeMetrics } from "@aceso/server/metrics/node-metrics.ts"
import { readSecret } from "@aceso/server/node/config.ts"
import { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { Outbound } from "@aceso/server/node/outbound.ts"
import { layout } from "./files.ts"
import { DemoNetwork } from "./network.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-app-"))
const { fetch } = new Outbound({ isLoopback: true })
const faults: string[] = []

/** Pages of a build, such as they are. */
function buildAt(name: string, script: string): string {
  const to = join(folder, name)
  const page = '<!doctype html><script type="module" src="/assets/a-1.js"></script>'
  const files = [
    ...["app.html", "portal.html", "start.html"].map((path) => ({ path, body: Buffer.from(page) })),
    { path: "assets/a-1.js", body: Buffer.from(script) },
  ]
  mkdirSync(join(to, "assets"), { recursive: true })
  for (const { path, body } of files) writeFileSync(join(to, path), body)
  writeFileSync(join(to, BUILD_FILE), appBuildBytes(appBuildOf(files)))
  return to
}
const rootAt = (pages: string): Bytes =>
  fromHex((JSON.parse(readFileSync(join(pages, BUILD_FILE), "utf8")) as { root: string }).root)
const open = (name: string, pages: string) =>
  DemoNetwork.open({
    ...{ folder: join(folder, name), port: 0, pages },
    onFault: (member, error) =>
      faults.push(`${member}: ${error instanceof PlatformError ? error.code : error}`),
  })

const pages = buildAt("dist", "console.log('app')")
let network: DemoNetwork
let other: DemoNetwork
before(async () => {
  network = await open("demo", pages)
  other = await open("other", pages)
})
after(async () => {
  await network.close()
  await other.close()
  rmSync(folder, { recursive: true, force: true })
})

const urlOf = (member: string, of = network) => of.node(member).services.config.url
const appOf = (of: DemoNetwork) => (of.start ?? "").replace("/demo/", "")
const asked = (by: Fetch = fetch, of = network) =>
  new AskedLedger(of.document, urlOf("city-hospital", of), by)
async function look(ledger: AskedLedger, origin = appOf(network), page: "app" | "portal" = "app") {
  const { findings, files, notes } = await checkApp({
    ...{ origin, page, fetch },
    standing: (root) => ledger.standing(root, origin),
    mayTalkTo: () => ledger.origins(),
  })
  return { files, notes, said: findings.map(({ kind, where, detail }) => `${kind} ${where}: ${detail}`) }
}
const watcher = () => network.node("county-hospital").services.appWatch
const found = ({ origins }: AppStatus) => origins.flatMap(({ findings }) => findings.map(({ kind }) => kind))

describe("the demo's app", () => {
  it("is what its own first ballot released, as members prove who do not serve it", async () => {
    const { said, files, notes } = await look(asked())
    assert.deepEqual(said, [])
    assert.equal(files, 2)
    const proofs = notes.filter((one) => /proves by block \d+: it is released/.test(one))
    assert.equal(proofs.length, 3, notes.join("\n"))
    assert.ok(
      notes.every((one) => !one.startsWith("authority ")),
      "its operator was asked",
    )
  })

  it("is also what a hospital's portal is made of", async () => {
    const { said, notes } = await look(asked(), urlOf("city-hospital"), "portal")
    assert.deepEqual(said, [])
    assert.ok(
      notes.every((one) => !one.startsWith("city-hospital ")),
      "the node that is checked was asked about itself",
    )
    assert.ok(notes.some((one) => one.startsWith("county-hospital proves by block")))
  })

  it("has rows as the ledger's table has them", () => {
    assert.equal(appReleaseState(encodeRow(appReleases, { from: 1, to: null })), "released")
    assert.equal(appReleaseState(encodeRow(appReleases, { from: 1, to: 2 })), "withdrawn")
    assert.equal(appReleaseState(null), "never")
    assert.throws(() => appReleaseState(Uint8Array.of(0x80)), /another version/)
  })
})

describe("members that lie of a release", () => {
  const sent =
    (to: (url: string) => string): Fetch =>
    (url, init) =>
      fetch(to(url), init)
  const port = (url: string) => new URL(url).port

  it("prove nothing by another network's ledger", async () => {
    // All but the first node's member list come from the other network, whose ledger has the same release.
    const elsewhere = new Map(
      [...network.nodes.keys()].map((member) => [port(urlOf(member)), urlOf(member, other)] as const),
    )
    const ledger = asked(
      sent((url) => (url.endsWith("/ledger/prove") ? `${elsewhere.get(port(url))}/ledger/prove` : url)),
    )
    await assert.rejects(
      ledger.standing(rootAt(pages), appOf(network)),
      (error) => error instanceof PlatformError && error.code === "bad_proof",
    )
    const { said } = await look(ledger)
    assert.equal(said.length, 1, said.join("\n"))
    assert.match(said[0], /^not_proven .* gave a proof that does not hold: /)
  })

  it("are outvoted by one that is honest, because a later block's word counts", async () => {
    // What the others proved before a ballot is what they go on to show.
    const kept = new Map<string, ArrayBuffer>()
    const unreleased = rootAt(buildAt("later", "console.log('later')"))
    const honest = port(urlOf("county-hospital"))
    let isAfter = false
    const stale: Fetch = async (url, init) => {
      const name = `${url} ${toHex(init.body ?? new Uint8Array())}`
      const known = isAfter && port(url) !== honest ? kept.get(name) : undefined
      if (known) return new Response(known)
      const response = await fetch(url, init)
      const body = await response.arrayBuffer()
      if (!isAfter) kept.set(name, body)
      return new Response(body, response)
    }
    const standing = () =>
      new AskedLedger(network.document, urlOf("county-hospital"), stale).standing(unreleased, appOf(network))
    assert.equal((await standing()).state, "never")
    await decide([{ do: "releaseApp", build: unreleased }])
    isAfter = true
    const { state, notes } = await standing()
    assert.equal(state, "released")
    assert.equal(notes.filter((one) => one.endsWith("it was never released")).length, 2, notes.join("\n"))
    await decide([{ do: "withdrawApp", build: unreleased }])
  })

  it("prove nothing by what the ledger said before a while, not even as the first ones", async () => {
    const inAWhile = () => Date.now() + 90_000
    const at = urlOf("city-hospital")
    // The demo's engine makes a block when there is something to do: its newest one may be old.
    const idle = new AskedLedger(network.document, at, fetch, inAWhile)
    assert.equal((await idle.standing(rootAt(pages), appOf(network))).state, "released")
    const later = new AskedLedger({ ...network.document, engine: "cometbft" }, at, fetch, inAWhile)
    const { said } = await look(later)
    assert.equal(said.length, 1, said.join("\n"))
    assert.match(said[0], /^not_proven .* and 1 more: .*its checkpoint is an old one/)
    await assert.rejects(later.standing(rootAt(pages), appOf(network)), /its checkpoint is an old one/)
  })

  it("and an operator who names nobody else is said to be alone", async () => {
    const operator = urlOf("authority")
    const alone: Fetch = async (url, init) => {
      const answer = await fetch(url, init)
      if (url !== `${operator}/members`) return answer
      const { members, ...more } = (await answer.json()) as { members: { member: string }[] }
      return Response.json({ ...more, members: members.filter(({ member }) => member === "authority") })
    }
    const ledger = new AskedLedger(network.document, operator, alone)
    const { state, isByServerAlone, notes } = await ledger.standing(rootAt(pages), appOf(network))
    assert.deepEqual([state, isByServerAlone], ["released", true])
    assert.ok(notes.includes("members that prove it, beside whoever serves it: 0 of 0 that were asked"))
    const { said } = await look(ledger)
    assert.ok(
      said.some((one) => /^not_proven .*nobody but who serves it shows/.test(one)),
      said.join("\n"),
    )
  })

  it("and an operator who is alone to answer is said to be", async () => {
    const operator = port(urlOf("authority"))
    const ledger = new AskedLedger(network.document, urlOf("authority"), (url, init) =>
      port(url) === operator ? fetch(url, init) : Promise.reject(new Error("away")),
    )
    const { said } = await look(ledger)
    assert.equal(said.length, 1, said.join("\n"))
    assert.match(said[0], /^not_proven .*nobody but who serves it shows/)
  })
})

/** As the whole consortium. */
async function decide(changes: readonly object[]): Promise<void> {
  const { engine } = network
  const clientOf = (member: string) =>
    new LedgerClient(engine, member, readSecret(`${layout(join(folder, "demo")).node(member)}/member.key`))
  const { events } = await clientOf("authority").call("governance", "propose", { changes: changes as never })
  const proposal = events[0].data.proposal as Bytes
  for (const voter of (await engine.read(electorate, []))?.voters ?? [])
    if (voter !== "authority")
      await clientOf(voter)
        .call("governance", "vote", { proposal, yes: true })
        .catch((error: PlatformError) => assert.equal(error.code, "proposal_closed"))
}

describe("a node that watches", () => {
  it("shows in status and metrics what it found", async () => {
    await watcher().look()
    const { app } = await new PublicClient(urlOf("county-hospital")).status()
    assert.deepEqual(
      app?.origins.map(({ origin, findings, files }) => [origin, findings, files]),
      [[appOf(network), [], 2]],
    )
    assert.equal(toHex(app?.origins[0].root ?? new Uint8Array()), toHex(rootAt(pages)))
    assert.equal((await new PublicClient(urlOf("city-hospital")).status()).app, undefined)
    const metrics = new NodeMetrics(network.node("county-hospital").services, () => undefined)
    try {
      assert.match(await metrics.text(), new RegExp(`aceso_app_sound\\{origin="${appOf(network)}"\\} 1\n`))
    } finally {
      metrics.stop()
    }
  })

  it("tells once that a build was withdrawn, and again after it was right in between", async () => {
    const told = () => faults.filter((one) => one === "county-hospital: app_differs").length
    const before = told()
    const lookTwice = async () => {
      await watcher().look()
      await watcher().look()
      return found(watcher().newest as AppStatus)
    }
    await decide([{ do: "withdrawApp", build: rootAt(pages) }])
    assert.deepEqual([await lookTwice(), told() - before], [["withdrawn"], 1])
    await decide([{ do: "releaseApp", build: rootAt(pages) }])
    assert.deepEqual([await lookTwice(), told() - before], [[], 1])
    await decide([{ do: "withdrawApp", build: rootAt(pages) }])
    assert.deepEqual([await lookTwice(), told() - before], [["withdrawn"], 2])
    await decide([{ do: "releaseApp", build: rootAt(pages) }])
  })
})

describe("a demo that is started again", () => {
  const again = async (given: string) => {
    await network.close()
    network = await open("demo", given)
  }
  it("releases pages that were built anew, and withdraws the ones before", async () => {
    const newer = buildAt("newer", "console.log('newer')")
    await again(newer)
    assert.deepEqual((await look(asked())).said, [])
    assert.equal((await network.engine.read(appReleases, [rootAt(newer)]))?.to, null)
    assert.notEqual((await network.engine.read(appReleases, [rootAt(pages)]))?.to, null)
  })

  it("serves a file that somebody changed, and whoever looks sees it", async () => {
    const copy = join(folder, "copy")
    cpSync(join(folder, "newer"), copy, { recursive: true })
    const script = join(copy, "assets", "a-1.js")
    const bytes = readFileSync(script)
    bytes[0] ^= 1
    writeFileSync(script, bytes)
    await again(copy)
    assert.deepEqual((await look(asked())).said, [
      "file_differs assets/a-1.js: it has other bytes than the build's file of this name",
    ])
    await watcher().look()
    assert.deepEqual(found(watcher().newest as AppStatus), ["file_differs"])
  })
})
