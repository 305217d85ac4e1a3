import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { type Fetch, LedgerProofs, PublicClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import type { NetworkOptions } from "@aceso/consortium/network.ts"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import { publicationCounts, publications } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  encodeCbor,
  fromHex,
  fromUtf8,
  type MemberId,
  PlatformError,
  type PublicationKind,
  publicationHash,
  publicationKind,
  toHex,
} from "@aceso/core"
import { LibraryClient, type Place } from "../client/library-client.ts"
import { LibraryStaff } from "../client/library-staff.ts"
import { writePublication } from "../client/publication.ts"
import { libraryMigrations, type Tables } from "../server/tables.ts"

const [CITY, COUNTY] = ["city-hospital", "county-hospital"]
const WARFARIN: Place = { member: CITY, slug: "warfarin" }

export const textOf = (content: string, title = "Warfarin"): Bytes =>
  writePublication({ title, language: "en", contentType: "text/plain", content }, "medicine")

/** Resolves when it holds; the test's own limit ends what never does. */
async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    await delay(50)
  }
}

/** What is open to all, over HTTP on nodes as they run: published at one, copied by all, checked by whoever reads. */
export function librarySuite(engine: NonNullable<NetworkOptions["engine"]>): void {
  describe(`the library on ${engine}`, () => {
    let story: Story
    before(async () => {
      story = await bootStory({ engine })
    })
    after(() => story.end())

    const urlOf = (member: MemberId) => story.node(member).services.config.url
    const reader = (member: MemberId) =>
      new LibraryClient(new PublicClient(urlOf(member)), new LedgerProofs(story.network.document))
    const staff = (name: string) => {
      const { node, seed } = readJson(layout(story.network.folder).person(name)) as Record<string, string>
      return new LibraryStaff(node, fromHex(seed))
    }
    const publish = (
      base: number,
      document: Bytes,
      slug = WARFARIN.slug,
      kind: PublicationKind = "medicine",
    ) => staff("city-admin").publish({ slug, base, kind, document })
    /** What a node has when the ledger's events have reached it. */
    const copied = (member: MemberId, version: number, place = WARFARIN) =>
      until(async () => {
        const found = await reader(member).show(place).catch(onTheWay)
        return found?.version === version ? found : undefined
      })
    const onTheWay = (error: unknown) => {
      const codes = ["publication_not_here", "publication_old", "unknown_publication"]
      if (error instanceof PlatformError && codes.includes(error.code)) return undefined
      throw error
    }
    const members = () => [...story.network.nodes.keys()]

    /** Puts something between a node and the others, for as long as the work takes. */
    async function between<T>(
      member: MemberId,
      change: (url: string) => Response | undefined,
      work: () => Promise<T>,
    ) {
      const outbound = story.node(member).services.outbound as { fetch: Fetch }
      const own = outbound.fetch
      outbound.fetch = async (url, init) => (url.includes("/library/") && change(url)) || own(url, init)
      try {
        return await work()
      } finally {
        outbound.fetch = own
      }
    }
    const offline = () => {
      throw new TypeError("nobody is there")
    }
    const serves = (version: number, content: Bytes) =>
      new Response(JSON.stringify({ version, content: toHex(content) }))

    it("published at one, copied by all, verified at each", async () => {
      const { version, payloadId } = await publish(0, textOf("the first text"))
      assert.deepEqual([version, payloadId.length], [1, 32])
      for (const member of members()) {
        const { publication, kind } = await copied(member, 1)
        assert.deepEqual([publication.content, kind], ["the first text", "medicine"])
        const { entries, leftOut } = await reader(member).list()
        assert.deepEqual(leftOut, [])
        const [entry] = entries
        assert.deepEqual([entry.finding, entry.title, entry.lacking], [null, "Warfarin", null])
      }
    })

    it("a newer version follows; the publisher's node away, it comes from another", async () => {
      const isCity = (url: string) => (url.startsWith(urlOf(CITY)) ? offline() : undefined)
      await between(COUNTY, isCity, async () => {
        await publish(1, textOf("the second text"))
        assert.equal((await copied(COUNTY, 2)).publication.content, "the second text")
      })
      for (const member of members()) await copied(member, 2)
    })

    it("another text, and an older version, from every other node but one, are not kept", async () => {
      for (const [base, lie] of [
        [2, serves(3, textOf("take ten"))],
        [3, serves(3, textOf("the third text"))],
      ] as const) {
        let isHonest = false
        const lies = () => (isHonest ? undefined : lie.clone())
        await between(COUNTY, lies, async () => {
          await publish(base, textOf(base === 2 ? "the third text" : "the fourth text"))
          const shelf = async () => (await reader(COUNTY).list()).entries[0]
          const wanted = base === 2 ? "publication_differs" : "publication_old"
          await until(async () => ((await shelf()).lacking === wanted ? true : undefined))
          await assert.rejects(reader(COUNTY).show(WARFARIN), { code: "publication_not_here" })
          isHonest = true
          await copied(COUNTY, base + 1)
        })
      }
      assert.ok(story.faults.every((fault) => (fault as PlatformError).code === "publication_differs"))
      story.faults.length = 0
    })

    it("only administrators publish, on the newest version, what is plain and names nobody", async () => {
      const document = textOf("the fifth text")
      await assert.rejects(
        staff("city-doctor").publish({ slug: "warfarin", base: 4, kind: "medicine", document }),
        {
          code: "not_permitted",
        },
      )
      await assert.rejects(publish(3, document), { code: "publication_changed_meanwhile" })
      await assert.rejects(publish(4, document, "warfarin", "form"), { code: "kind_differs" })
      const raw = (value: object) => encodeCbor(value as Cbor)
      const plain = { title: "Warfarin", language: "en", contentType: "text/plain" }
      const resource = { ...plain, contentType: "application/fhir+json" }
      const named = '{"resourceType":"Questionnaire","subject":{"reference":"Patient/1"}}'
      for (const [given, kind, code] of [
        [{ ...plain, content: "<b>x</b>" }, "medicine", "publication_has_markup"],
        [{ ...plain, content: "x", note: "y" }, "medicine", "publication_refused"],
        [{ ...resource, content: named }, "form", "publication_names_a_person"],
      ] as const)
        await assert.rejects(publish(0, raw(given), "other", kind), { code })
      assert.equal(await reader(CITY).row({ member: CITY, slug: "other" }), undefined)
    })

    it("holds only what was published: no record can be read there, nor be published", async () => {
      const { vault, engine } = story.node(CITY).services
      const [patient] = await vault.patients()
      const records = await vault.log(patient.handle)
      assert.ok(records.length > 5)
      const ask = async (path: string) => (await fetch(`${urlOf(COUNTY)}/library/publication?${path}`)).status
      const names = [patient.handle, ...records.slice(0, 20).map(({ recordId }) => recordId)].map(toHex)
      for (const name of names) {
        assert.equal(await ask(`member=${CITY}&slug=r${name.slice(0, 60)}`), 409)
        assert.equal(await ask(`member=${CITY}&slug=${name}/../..`), 400)
      }
      const contents = await Promise.all(records.map((record) => vault.content(record)))
      // Dummies say nothing.
      for (const { content } of contents.filter(({ content }) => content.length > 0))
        for (const kind of publicationKind.jsonSchema.enum as PublicationKind[])
          assert.throws(
            () =>
              writePublication(
                {
                  title: "x",
                  language: "en",
                  contentType: "application/fhir+json",
                  content: fromUtf8(content),
                },
                kind,
              ),
            ({ code }: PlatformError) =>
              ["publication_of_another_kind", "publication_names_a_person"].includes(code),
          )
      // What lies in the library's tables of each node is what the ledger says was published, and nothing else.
      for (const member of members()) {
        const db = story.node(member).services.vault.moduleDatabase<Tables>("library", libraryMigrations).db
        const copies = await db.selectFrom("library_copies").selectAll().execute()
        for (const { member: of, slug, content, hash, version } of copies) {
          const row = await engine.read(publications, [of, slug])
          const isDraft = version === null && member === of
          assert.deepEqual(publicationHash(content), hash)
          if (!isDraft) assert.deepEqual([row?.version, row?.hash], [version, hash])
        }
      }
    })

    it("withdrawn: every copy goes, and a node that hands it out still is found", async () => {
      const { hash, version } = (await reader(CITY).row(WARFARIN)) ?? {}
      assert.ok(hash && version === 4)
      await staff("city-admin").withdraw({ slug: "warfarin", base: 4 })
      for (const member of members()) {
        await until(async () => {
          const { status } = await fetch(`${urlOf(member)}/library/publication?member=${CITY}&slug=warfarin`)
          return status === 409 ? true : undefined
        })
        await until(async () => {
          const { entries } = await reader(member).list()
          return entries[0].hash === null && entries[0].finding === null ? true : undefined
        })
        const db = story.node(member).services.vault.moduleDatabase<Tables>("library", libraryMigrations).db
        const left = await db.selectFrom("library_copies").selectAll().where("hash", "=", hash).execute()
        assert.deepEqual(left, [])
      }
      await assert.rejects(reader(COUNTY).show(WARFARIN), { code: "publication_withdrawn" })
      await assert.rejects(staff("city-admin").withdraw({ slug: "warfarin", base: 5 }), {
        code: "already_withdrawn",
      })
      const { engine } = story.node(CITY).services
      assert.deepEqual(await engine.read(publicationCounts, [CITY]), { count: 1 })
      assert.deepEqual(story.faults, [])
    })
  })
}
