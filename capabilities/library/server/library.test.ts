import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import type { Fetch } from "@aceso/client"
import { members, publicationCounts, publications } from "@aceso/contracts"
import {
  type Bytes,
  type MemberId,
  PlatformError,
  type PublicationRow,
  publicationHash,
  randomBytes,
  toHex,
} from "@aceso/core"
import type { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { SqliteVault } from "@aceso/server/vault/sqlite-vault.ts"
import { writePublication } from "../client/publication.ts"
import { publicationAnswer } from "../client/schemas.ts"
import { Copier } from "./copier.ts"
import { Publisher } from "./publisher.ts"
import { MAX_MEMBER_BYTES, Shelf } from "./shelf.ts"
import { libraryMigrations } from "./tables.ts"

const CITY = "city"
const PLACE = { member: CITY, slug: "warfarin" }
const text = (content: string): Bytes =>
  writePublication({ title: "Warfarin", language: "en", contentType: "text/plain", content }, "medicine")
const [one, two] = [text("the first text"), text("the second text")]

/** A ledger that takes what it is told, at a time that the test sets. */
class FakeLedger {
  readonly rows = new Map<string, PublicationRow>()
  readonly members = ["city", "county", "clinic", "insurer"]
  time = Date.now()
  isRefusing = false

  put({ member, slug }: { member: MemberId; slug: string }, content: Bytes | null, size?: number): void {
    const there = this.rows.get(`${member}/${slug}`)
    this.rows.set(`${member}/${slug}`, {
      version: (there?.version ?? 0) + 1,
      kind: "medicine",
      hash: content && publicationHash(content),
      size: size ?? content?.length ?? 0,
      at: this.time,
    })
  }

  as(member: MemberId): LedgerClient {
    const engine = {
      read: async (table: { name: string }, [of, slug]: readonly string[]) => {
        if (table.name === publications.name) return this.rows.get(`${of}/${slug}`)
        assert.equal(table.name, publicationCounts.name)
        return { count: [...this.rows.keys()].filter((name) => name.startsWith(`${of}/`)).length }
      },
      scan: async (table: { name: string }, [of] = [""]) => {
        if (table.name === members.name)
          return this.members.map((name) => ({
            key: [name],
            row: { status: "active", url: `http://${name}.example` },
          }))
        return [...this.rows]
          .filter(([name]) => name.startsWith(`${of}/`))
          .map(([name, row]) => ({ key: name.split("/"), row }))
      },
      status: async () => ({ checkpoint: { time: this.time } }),
    }
    const call = async (
      _contract: string,
      _action: string,
      input: { slug: string; hash: Bytes; size: number },
    ) => {
      if (this.isRefusing) throw new PlatformError("quota_exceeded", "not now")
      const there = this.rows.get(`${member}/${input.slug}`)
      this.rows.set(`${member}/${input.slug}`, {
        ...{ version: (there?.version ?? 0) + 1, kind: "medicine", hash: input.hash, size: input.size },
        at: this.time,
      })
      return { payloadId: randomBytes(32) }
    }
    return { engine, member, call } as unknown as LedgerClient
  }
}

/** What nodes hand out: by member; a member that is not here is offline. */
class FakeNodes {
  readonly copies = new Map<MemberId, { version: number; content: Bytes }>()
  readonly asked: MemberId[] = []

  readonly fetch: Fetch = async (url) => {
    const [member] = new URL(url).hostname.split(".")
    this.asked.push(member)
    const copy = this.copies.get(member)
    if (!copy) throw new TypeError("nobody is there")
    return new Response(JSON.stringify(publicationAnswer.toJson(copy)))
  }
}

describe("the library of a node", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-library-"))
  const masterKey = randomBytes(32)
  let count = 0
  after(() => rmSync(folder, { recursive: true, force: true }))

  function start(name: string, member: MemberId, ledger: FakeLedger, nodes = new FakeNodes()) {
    const vault = new SqliteVault({ folder: join(folder, name), organisation: member, masterKey })
    const shelf = new Shelf(vault.moduleDatabase("library", libraryMigrations))
    const faults: PlatformError[] = []
    const own = ledger.as(member)
    const copier = new Copier({
      ...{ shelf, ledger: own, outbound: nodes },
      onFault: (error) => faults.push(error as PlatformError),
    })
    const note = async (place = PLACE) =>
      shelf.note(place, ledger.rows.get(`${place.member}/${place.slug}`) as PublicationRow)
    const copy = async (content: Bytes) => shelf.copy(PLACE, publicationHash(content))
    const publish = (document: Bytes, base: number) =>
      new Publisher(shelf, own).publish({ slug: PLACE.slug, base, kind: "medicine", document })
    const stop = async () => {
      await copier.stop()
      await vault.close()
    }
    return { shelf, copier, faults, note, copy, publish, stop }
  }
  /** A fresh start over what a killed node left. */
  const name = () => `node-${count++}`

  it("an own document is there before the ledger is called, and found again after a kill at any step", async () => {
    const [ledger, home] = [new FakeLedger(), name()]
    const refused = start(home, CITY, ledger)
    ledger.isRefusing = true
    await assert.rejects(refused.publish(one, 0), { code: "quota_exceeded" })
    assert.deepEqual(await refused.copy(one), one)
    await refused.stop()

    // Killed after the ledger took it, before the event was worked on.
    ledger.isRefusing = false
    const published = start(home, CITY, ledger)
    await published.publish(one, 0)
    await published.stop()
    const restarted = start(home, CITY, ledger)
    assert.deepEqual(await restarted.copy(one), one)
    await restarted.note()
    const [entry] = (await restarted.shelf.page(undefined)).entries
    assert.deepEqual([entry.version, entry.lacking, entry.title, entry.language], [1, null, "Warfarin", "en"])

    // A newer one is on its way while the event of the older one comes late, and again.
    await restarted.publish(two, 1)
    await restarted.shelf.note(PLACE, { ...(ledger.rows.get("city/warfarin") as PublicationRow), version: 1 })
    assert.deepEqual(await restarted.copy(two), two)
    await restarted.note()
    assert.deepEqual([await restarted.copy(one), await restarted.copy(two)], [undefined, two])
    await restarted.stop()
  })

  it("a document that the ledger can take no more goes; one that it has stays, also untold", async () => {
    const ledger = new FakeLedger()
    const city = start(name(), CITY, ledger)
    ledger.isRefusing = true
    await assert.rejects(city.publish(one, 0), { code: "quota_exceeded" })
    ledger.isRefusing = false
    await city.publish(two, 0)
    await city.copier.round()
    assert.deepEqual(await city.copy(one), one)
    ledger.time += 3_600_000
    await city.copier.round()
    assert.deepEqual([await city.copy(one), await city.copy(two)], [undefined, two])
    await city.stop()
  })

  it("the same text again: refused, it stays the copy that it was; after a withdrawal it is one anew", async () => {
    const ledger = new FakeLedger()
    const city = start(name(), CITY, ledger)
    await city.publish(one, 0)
    await city.note()
    ledger.isRefusing = true
    await assert.rejects(city.publish(one, 0), { code: "quota_exceeded" })
    ledger.isRefusing = false
    ledger.time += 3_600_000
    await city.copier.round()
    assert.deepEqual(await city.shelf.drafts(Number.MAX_SAFE_INTEGER), [])
    assert.deepEqual(await city.copy(one), one)
    // It is withdrawn and published again before the node hears of either.
    ledger.put(PLACE, null)
    const withdrawn = ledger.rows.get("city/warfarin") as PublicationRow
    await city.publish(one, 2)
    await city.shelf.note(PLACE, withdrawn)
    await city.note()
    assert.deepEqual(await city.copy(one), one)
    assert.deepEqual((await city.shelf.entry(PLACE))?.lacking, null)
    await city.stop()
  })

  it("a copy comes from who published it, and where that node is away from another", async () => {
    const [ledger, nodes] = [new FakeLedger(), new FakeNodes()]
    const county = start(name(), "county", ledger, nodes)
    ledger.put(PLACE, one)
    await county.note()
    nodes.copies.set("city", { version: 1, content: one })
    await county.copier.round()
    assert.deepEqual([nodes.asked, await county.copy(one)], [["city"], one])

    ledger.put(PLACE, two)
    await county.note()
    assert.equal(await county.copy(one), undefined)
    nodes.copies.clear()
    nodes.copies.set("insurer", { version: 2, content: two })
    await county.copier.round()
    assert.deepEqual(await county.copy(two), two)
    assert.equal(nodes.asked[1], "city")
    await county.stop()
  })

  const lies: [
    comment: string,
    served: { version: number; content: Bytes },
    lacking: string,
    told: number,
  ][] = [
    ["another text", { version: 2, content: text("take ten") }, "publication_differs", 3],
    ["the older version", { version: 1, content: one }, "publication_old", 0],
    ["the older version as the newest", { version: 2, content: one }, "publication_differs", 3],
    ["half of it", { version: 2, content: two.subarray(0, 20) }, "publication_differs", 3],
  ]
  for (const [comment, served, lacking, told] of lies)
    it(`${comment} is not kept, from nobody: ${lacking}`, async () => {
      const [ledger, nodes] = [new FakeLedger(), new FakeNodes()]
      const county = start(name(), "county", ledger, nodes)
      ledger.put(PLACE, one)
      ledger.put(PLACE, two)
      await county.note()
      for (const member of ["city", "clinic", "insurer"]) nodes.copies.set(member, served)
      await county.copier.round()
      const entry = await county.shelf.entry(PLACE)
      assert.deepEqual([entry?.lacking, await county.copy(served.content)], [lacking, undefined])
      assert.equal(county.faults.length, told)
      // Not at once again, but later, and then from whoever has it.
      assert.deepEqual(await county.shelf.due(Date.now(), 10), [])
      const [again] = await county.shelf.due(Date.now() + 60_000, 10)
      assert.equal(again.version, 2)
      await county.stop()
    })

  it("pauses grow, up to ten minutes", async () => {
    const ledger = new FakeLedger()
    const county = start(name(), "county", ledger)
    ledger.put(PLACE, one)
    await county.note()
    const pauses: number[] = []
    for (let i = 0; i < 12; i++) {
      const [wanted] = await county.shelf.due(Number.MAX_SAFE_INTEGER, 1)
      await county.shelf.later(wanted, "node_unreachable", 0)
      const dueAt = async (ms: number) => (await county.shelf.due(ms, 1)).length
      pauses.push((await dueAt(1_999)) === 1 ? 1 : (await dueAt(599_999)) === 1 ? 2 : 3)
    }
    assert.deepEqual(pauses.at(-1), 3)
    assert.equal((await county.shelf.due(600_000, 1)).length, 1)
    await county.stop()
  })

  it("what is withdrawn goes, also where its copy was on the way; a restart in the middle fetches the rest", async () => {
    const [ledger, nodes, home] = [new FakeLedger(), new FakeNodes(), name()]
    const before = start(home, "county", ledger, nodes)
    ledger.put(PLACE, one)
    await before.note()
    await before.stop()

    const county = start(home, "county", ledger, nodes)
    nodes.copies.set("city", { version: 1, content: one })
    await county.copier.round()
    assert.deepEqual(await county.copy(one), one)
    const [wanted] = [{ ...PLACE, ...(ledger.rows.get("city/warfarin") as PublicationRow & { hash: Bytes }) }]
    ledger.put(PLACE, null)
    await county.note()
    await county.shelf.put(wanted, one)
    assert.equal(await county.copy(one), undefined)
    assert.deepEqual(await county.shelf.due(Number.MAX_SAFE_INTEGER, 10), [])
    // The older event again changes nothing.
    await county.shelf.note(PLACE, wanted)
    assert.equal((await county.shelf.entry(PLACE))?.hash, null)
    await county.stop()
  })

  it("what fits its hash and is no publication is not kept, nor looked for again", async () => {
    const [ledger, nodes] = [new FakeLedger(), new FakeNodes()]
    const county = start(name(), "county", ledger, nodes)
    const page = Buffer.from("<script>alert(1)</script>")
    ledger.put(PLACE, page)
    await county.note()
    nodes.copies.set("city", { version: 1, content: page })
    await county.copier.round()
    assert.equal((await county.shelf.entry(PLACE))?.lacking, "publication_refused")
    assert.deepEqual(
      [await county.copy(page), await county.shelf.due(Number.MAX_SAFE_INTEGER, 1)],
      [undefined, []],
    )
    await county.stop()
  })

  it("has room for so much of each member; the rest is listed, and copied when there is room again", async () => {
    const [ledger, nodes] = [new FakeLedger(), new FakeNodes()]
    const county = start(name(), "county", ledger, nodes)
    ledger.put(PLACE, one, MAX_MEMBER_BYTES + 1)
    await county.note()
    await county.copier.round()
    assert.equal((await county.shelf.entry(PLACE))?.lacking, "library_full")
    const other = { member: CITY, slug: "inr" }
    ledger.put(other, two)
    await county.note(other)
    assert.equal((await county.shelf.due(Date.now(), 10)).length, 2)
    await county.stop()
  })

  it("a node that was told nothing of what was published before it began lists it, and copies it", async () => {
    const [ledger, nodes] = [new FakeLedger(), new FakeNodes()]
    ledger.put(PLACE, one)
    ledger.put({ member: "insurer", slug: "terms" }, null)
    nodes.copies.set("city", { version: 1, content: one })
    const county = start(name(), "county", ledger, nodes)
    await county.copier.round()
    const { entries } = await county.shelf.page(undefined)
    assert.deepEqual(
      entries.map(({ member, slug, hash }) => [member, slug, hash && toHex(hash)]),
      [
        ["city", "warfarin", toHex(publicationHash(one))],
        ["insurer", "terms", null],
      ],
    )
    assert.deepEqual(await county.copy(one), one)
    await county.stop()
  })

  it("lists in pages, each slug once", async () => {
    const ledger = new FakeLedger()
    const county = start(name(), "county", ledger)
    const places = Array.from({ length: 450 }, (_, i) => ({
      member: ["city", "city-two", "insurer"][i % 3],
      slug: `s${i}`,
    }))
    for (const place of places) {
      ledger.put(place, null)
      await county.note(place)
    }
    const seen: string[] = []
    let after: { member: string; slug: string } | undefined
    for (;;) {
      const { entries, next } = await county.shelf.page(after)
      seen.push(...entries.map(({ member, slug }) => `${member}/${slug}`))
      if (next === null) break
      const [member, slug] = next.split("/")
      after = { member, slug }
    }
    assert.equal(new Set(seen).size, 450)
    assert.equal(seen.length, 450)
    await county.stop()
  })
})
