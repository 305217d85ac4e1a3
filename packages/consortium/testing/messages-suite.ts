import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { messages } from "@aceso/capabilities/messages/definition/process.ts"
import { CaseClient, LedgerProofs, type PatientPlace, post } from "@aceso/client"
import { directories, directoryVersions, memberKeyLists } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  caseAnswer,
  caseStepAnswer,
  documentCommitment,
  fromHex,
  inboxAnswer,
  type MemberId,
  practitionerProof,
  randomBytes,
  type Schema,
  STAFF_TAG,
  signDocumentWord,
} from "@aceso/core"
import { layout, readJson } from "../files.ts"
import type { NetworkOptions } from "../network.ts"
import { bootStory, type Story } from "./story.ts"

const CITY = "city-hospital"
const text = (words: string): Bytes => new TextEncoder().encode(words)
const words = (bytes: Bytes): string => new TextDecoder().decode(bytes)

/** A question, its answer, and the way to the authority, over HTTP on nodes as they run. */
export function messagesSuite(engine: NonNullable<NetworkOptions["engine"]>): void {
  describe(`messages of a patient on ${engine}`, () => {
    let story: Story
    before(async () => {
      story = await bootStory({ engine })
    })
    after(() => story.end())

    const urlOf = async (member: MemberId) => story.node(member).services.config.url
    const person = () => {
      const file = readJson(layout(story.network.folder).person("patient-1")) as {
        seedFile: string
        places: (Omit<PatientPlace, "handle"> & { handle: string })[]
      }
      const seed = readFileSync(file.seedFile, "utf8").trim()
      const [place] = file.places
        .filter(({ custodian }) => custodian === CITY)
        .map((one) => ({ ...one, handle: fromHex(one.handle), url: story.node(CITY).services.config.url }))
      const client = new CaseClient({
        network: story.network.document.network,
        seed: fromHex(seed),
        proofs: new LedgerProofs(story.network.document),
        processes: [messages],
      })
      return { client, place }
    }
    const sponsor = async () => {
      const { engine, config } = story.node("authority").services
      const key = (await engine.read(memberKeyLists, ["authority"]))?.valid[0]
      assert.ok(key)
      return { url: config.url, key }
    }
    const directoryOf = async (member: MemberId) => {
      const { engine } = story.node(CITY).services
      const version = (await engine.read(directories, [member]))?.version ?? 0
      const row = await engine.read(directoryVersions, [member, version])
      assert.ok(row)
      return row.root
    }
    /** What somebody of an organisation asks the own node. */
    const staff = (name: string) => {
      const { node, seed: hex } = readJson(layout(story.network.folder).person(name)) as {
        node: string
        seed: string
      }
      const seed = fromHex(hex)
      const ask = <T>(path: string, question: object, answer: Schema<T>) =>
        post(`${node}${path}`, question as Cbor, { seed, tag: STAFF_TAG }, answer)
      return {
        inbox: async () => (await ask("/staff/inbox", { limit: 10, waitMs: 0 }, inboxAnswer)).items,
        show: (id: Bytes) => ask("/staff/case", { case: id }, caseAnswer),
        async step(id: Bytes, base: number, step: string, content: string) {
          const proof = await ask("/staff/proof", {}, practitionerProof)
          const member = story.network.nodes
            .entries()
            .find(([, { services }]) => services.config.url === node)?.[0]
          assert.ok(member)
          const salt = randomBytes(32)
          const place = { network: story.network.document.network, case: id, n: base, name: "Communication" }
          const commitment = documentCommitment(salt, text(content))
          const word = signDocumentWord(place, member, commitment, proof, seed)
          const documents = [{ content: text(content), salt, word }]
          return ask("/staff/case/step", { case: id, base, step, documents }, caseStepAnswer)
        },
      }
    }
    const until = async <T>(find: () => Promise<T | undefined>): Promise<T> => {
      for (;;) {
        const found = await find()
        if (found !== undefined) return found
        await delay(20)
      }
    }
    const item = (name: string, state: string) =>
      until(async () => (await staff(name).inbox()).find((one) => one.state === state))

    it("goes from the question to the authority's decision, each document to those who take part", async () => {
      const { client, place } = person()
      const own = await client.open(
        place,
        messages,
        { organisation: CITY },
        [{ name: "Communication", content: text("Who looked at my record?") }],
        await sponsor(),
      )
      const asked = await item("city-registrar", "asked")
      assert.deepEqual(asked.id, own.id)
      const shown = await staff("city-registrar").show(own.id)
      assert.equal(
        words(shown.steps[0].documents[0].document?.content ?? new Uint8Array()),
        "Who looked at my record?",
      )

      await staff("city-registrar").step(own.id, 1, "answer", "Your doctor did.")
      const answered = await client.now(own)
      assert.equal(answered.standing.state.name, "answered")
      const answer = await client.pull(
        answered,
        { n: 1, name: "Communication" },
        await urlOf(CITY),
        directoryOf,
      )
      assert.equal(words(answer.content), "Your doctor did.")
      assert.ok((await staff("city-registrar").inbox()).every(({ id }) => words(id) !== words(own.id)))

      await client.step(
        answered,
        "passOn",
        [{ name: "Communication", content: text("Which doctor?") }],
        urlOf,
        "authority",
      )
      const passed = await item("authority", "passedOn")
      assert.deepEqual(passed.id, own.id)
      const seen = await staff("authority").show(own.id)
      const contents = seen.steps.map(({ documents }) =>
        documents.map(({ document }) => (document ? words(document.content) : null)),
      )
      // The first question was the hospital's alone; its answer is fetched from the hospital.
      assert.deepEqual(contents, [[null], ["Your doctor did."], ["Which doctor?"]])
      await staff("authority").step(own.id, 3, "decide", "It was Dr. Chen, for your visit.")
      const decided = await client.now(own)
      assert.deepEqual([decided.standing.isEnded, decided.standing.state.name], [true, "decided"])
      const decision = await client.pull(
        decided,
        { n: 3, name: "Communication" },
        await urlOf("authority"),
        directoryOf,
      )
      assert.equal(words(decision.content), "It was Dr. Chen, for your visit.")
    })

    it("a seed that was restored finds its cases", async () => {
      const { client, place } = person()
      const { cases, next } = await client.all(place)
      assert.equal(cases.length, 1)
      assert.equal(next, 1)
      assert.equal((await client.now(cases[0])).steps.length, 4)
    })

    it("nobody else gets a document, or hands one over that was not committed", async () => {
      const { client, place } = person()
      const [own] = (await client.all(place)).cases
      const other = { ...own, j: 5 }
      await assert.rejects(client.now(other), { code: "unknown_key" })
      const forged = { content: text("something else"), salt: randomBytes(32), word: null }
      await assert.rejects(client.deliver(own, place.url, 0, "Communication", forged), {
        code: "document_refused",
      })
      await assert.rejects(client.deliver(own, await urlOf("county-hospital"), 0, "Communication", forged), {
        code: "not_permitted",
      })
      await assert.rejects(staff("county-admin").show(own.id), { code: "not_permitted" })
      assert.deepEqual(story.faults, [])
    })
  })
}
