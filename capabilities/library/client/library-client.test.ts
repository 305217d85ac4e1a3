import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, describe, it } from "node:test"
import { type LedgerProofs, PublicClient } from "@aceso/client"
import { type Bytes, type Cbor, encodeCbor, PlatformError, publicationHash } from "@aceso/core"
import { LibraryClient } from "./library-client.ts"
import { writePublication } from "./publication.ts"
import { type LibraryEntry, libraryEntry, publicationAnswer } from "./schemas.ts"

const place = { member: "city", slug: "warfarin" }
const text = (content: string): Bytes =>
  writePublication({ title: "Warfarin", language: "en", contentType: "text/plain", content }, "medicine")
const [one, two] = [text("the first text"), text("the second text")]
const row = (version: number, content: Bytes | null): Bytes =>
  encodeCbor([
    ...[1, version, "medicine", content && publicationHash(content), content?.length ?? 0],
    version,
  ] as Cbor)
const entry = (version: number, content: Bytes | null, of = place): LibraryEntry => ({
  ...{ ...of, version, kind: "medicine" as const, hash: content && publicationHash(content) },
  ...{ size: content?.length ?? 0, at: version, title: null, language: null, lacking: null },
})

describe("what a node says is open to all", () => {
  let pages: Record<string, unknown> = {}
  let refuses: Bytes | undefined
  const server = createServer((request, response) => {
    if (refuses) return void response.writeHead(409).end(refuses)
    response.end(JSON.stringify(pages[String(request.url)] ?? { members: [] }))
  })
  let node: PublicClient
  before(async () => {
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    node = new PublicClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  after(() => void server.close())

  /** What the ledger has, one answer after the other; the last one stays. */
  function library(rows: Record<string, readonly (Bytes | null)[]>): LibraryClient {
    const turns = new Map(Object.entries(rows).map(([name, all]) => [name, [...all]]))
    const proofs = {
      rows: async (_node: unknown, table: string, keys: readonly (readonly string[])[]) =>
        keys.map((key) => {
          const left = turns.get(`${table} ${key.join("/")}`) ?? [null]
          return (left.length > 1 ? left.shift() : left[0]) ?? null
        }),
    }
    return new LibraryClient(node, proofs as unknown as LedgerProofs)
  }
  const count = (n: number) => [encodeCbor([1, n])]
  const serves = (version: number, content: Bytes) => {
    pages = {
      "/library/publication?member=city&slug=warfarin": publicationAnswer.toJson({ version, content }),
    }
  }
  const lists = (...entries: LibraryEntry[]) => {
    pages = { "/library": { entries: entries.map((one) => libraryEntry.toJson(one)), next: null } }
  }

  const shown: [
    comment: string,
    serves: [number, Bytes],
    rows: (Bytes | null)[],
    code: string | undefined,
  ][] = [
    ["what was published", [2, two], [row(2, two)], undefined],
    ["a newer one that came between the two answers", [2, two], [row(1, one), row(2, two)], undefined],
    ["another text", [2, one], [row(2, two)], "publication_differs"],
    ["the older version", [1, one], [row(2, two)], "publication_old"],
    ["a version that there is not", [3, one], [row(2, two)], "publication_differs"],
    ["what is withdrawn", [1, one], [row(2, null)], "publication_withdrawn"],
    ["what nobody published", [1, one], [null], "unknown_publication"],
  ]
  for (const [comment, [version, content], rows, code] of shown)
    it(`hands out ${comment}: ${code ?? "taken"}`, async () => {
      serves(version, content)
      const show = library({ "publications city/warfarin": rows }).show(place)
      if (code === undefined) assert.equal((await show).publication.content, "the second text")
      else await assert.rejects(show, { code })
    })

  for (const code of ["unknown_publication", "publication_withdrawn"])
    it(`says ${code} of what the ledger has: publication_not_here`, async () => {
      refuses = encodeCbor({ code, message: "there is none" })
      const show = library({ "publications city/warfarin": [row(2, two)] }).show(place)
      await assert.rejects(show, { code: "publication_not_here" })
      refuses = undefined
    })

  const listed: [comment: string, entry: LibraryEntry, row: Bytes | null, finding: string | null][] = [
    ["as the ledger has it", entry(2, two), row(2, two), null],
    ["withdrawn, as the ledger has it", entry(3, null), row(3, null), null],
    ["an older version", entry(1, one), row(2, two), "publication_old"],
    ["what is withdrawn", entry(2, two), row(3, null), "publication_old"],
    ["as withdrawn, what is not", entry(2, null), row(2, two), "publication_differs"],
    ["another hash", entry(2, one), row(2, two), "publication_differs"],
    ["another kind", { ...entry(2, two), kind: "plan" }, row(2, two), "publication_differs"],
    ["what nobody published", entry(1, one), null, "publication_differs"],
    ["a version that there is not", entry(3, two), row(2, two), "publication_differs"],
  ]
  for (const [comment, entry, row, finding] of listed)
    it(`lists ${comment}: ${finding ?? "holds"}`, async () => {
      lists(entry)
      const { entries, leftOut } = await library({
        "publications city/warfarin": [row],
        "publicationCounts city": count(1),
      }).list()
      assert.deepEqual(
        entries.map(({ finding }) => finding),
        [finding],
      )
      assert.deepEqual(leftOut, [])
    })

  it("leaves something out: by how many is said, also where it stands twice or nothing stands", async () => {
    const client = library({
      "publications city/warfarin": [row(2, two)],
      "publicationCounts city": count(3),
      "publicationCounts payer": count(1),
    })
    lists(entry(2, two), entry(2, two))
    pages["/members"] = {
      members: [
        {
          ...{ member: "payer", name: "Payer", kind: "insurer", url: "https://payer.example" },
          status: "active",
        },
      ],
    }
    assert.deepEqual((await client.list()).leftOut, [
      { member: "payer", count: 1 },
      { member: "city", count: 2 },
    ])
  })

  it("lists page after page, by member and then by slug; one that lists for ever is left", async () => {
    const page = (next: string | null, member: string, slug: string) => ({
      entries: [libraryEntry.toJson(entry(2, two, { member, slug }))],
      next,
    })
    pages = {
      "/library": page("city/z", "city", "z"),
      "/library?after=city/z": page("city-two/a", "city-two", "a"),
      "/library?after=city-two/a": page(null, "county", "a"),
    }
    const { entries } = await library({}).list()
    assert.deepEqual(
      entries.map(({ member }) => member),
      ["city", "city-two", "county"],
    )
    pages["/library?after=city-two/a"] = page("city/z", "city", "z")
    await assert.rejects(library({}).list(), (error) => {
      assert.ok(error instanceof PlatformError)
      return error.code === "bad_answer"
    })
  })

  describe("is listed in parts", () => {
    const named = (member: string, slug: string) => entry(1, one, { member, slug })
    const page = (next: string | null, ...entries: LibraryEntry[]) => ({
      entries: entries.map((one) => libraryEntry.toJson(one)),
      next,
    })
    const held = [row(1, one)]
    const rows = {
      "publications city/a": held,
      "publications city/b": held,
      "publications county/a": held,
      "publicationCounts city": count(2),
      "publicationCounts county": count(2),
      "publicationCounts insurer": count(1),
    }
    before(() => {
      pages = {
        "/members": {
          members: ["city", "county", "insurer"].map((member) => ({
            ...{ member, name: member, kind: "custodian", url: "http://127.0.0.1", status: "active" },
          })),
        },
        "/library": page("city/a", named("city", "a")),
        "/library?after=city/a": page("county/a", named("city", "b"), named("county", "a")),
        "/library?after=city/b": page(null, named("county", "a")),
      }
    })
    it("of whole members, so that what is left out shows in its part", async () => {
      const first = await library(rows).list({ atLeast: 1 })
      assert.deepEqual(
        first.entries.map(({ member, slug, finding }) => [member, slug, finding]),
        [
          ["city", "a", null],
          ["city", "b", null],
        ],
      )
      assert.deepEqual([first.leftOut, first.next], [[], "city/b"])
      const second = await library(rows).list({ after: "city/b", atLeast: 1 })
      assert.deepEqual(
        second.entries.map(({ member, slug }) => [member, slug]),
        [["county", "a"]],
      )
      assert.deepEqual(second.leftOut, [
        { member: "county", count: 1 },
        { member: "insurer", count: 1 },
      ])
      assert.equal(second.next, null)
    })
    it("that go on", async () => {
      pages["/library?after=city/a"] = page("city/a", named("city", "a"))
      await assert.rejects(library(rows).list({ atLeast: 1 }), { code: "bad_answer" })
    })
  })
})
