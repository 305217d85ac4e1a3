import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { CaseClient, forgetfulDevice, LedgerProofs, type PatientPlace, post } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import type { NetworkOptions } from "@aceso/consortium/network.ts"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import { disclosures, memberKeyLists } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  canonicalJson,
  caseAnswer,
  caseStepAnswer,
  documentCommitment,
  equalBytes,
  fromHex,
  inboxAnswer,
  type MemberId,
  makePull,
  PlatformError,
  practitionerProof,
  randomBytes,
  type Schema,
  STAFF_TAG,
  signDocumentWord,
  toHex,
  toJson,
} from "@aceso/core"
import { days } from "@aceso/core/process/define.ts"
import { DEMAND_AFTER_MS } from "@aceso/server/cases/awaited.ts"
import { DEFAULT_ROLE, Turns } from "@aceso/server/cases/turns.ts"
import { type AuditLine, readMessage, writeMessage } from "../client/communication.ts"
import { messages } from "../definition/process.ts"

const CITY = "city-hospital"
const none = new Uint8Array()
const text = (words: string): Bytes => new TextEncoder().encode(words)
const words = (bytes: Bytes): string => readMessage(bytes).text
const written = (words: string, about?: AuditLine) => [
  { name: "Communication", content: writeMessage({ text: words, ...(about && { about }) }) },
]

/** The ledger has the step; the organisation did not take its document. */
const refusedAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError && error.cause instanceof PlatformError, String(error))
  assert.deepEqual([error.code, error.cause.code], ["not_handed_over", code])
  return true
}

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
      const device = forgetfulDevice()
      const client = new CaseClient({
        device,
        network: story.network.document.network,
        seed: fromHex(seed),
        proofs: new LedgerProofs(story.network.document),
        processes: [messages],
      })
      return { client, device, place }
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
        async step(id: Bytes, base: number, step: string, content: Bytes) {
          const proof = await ask("/staff/proof", {}, practitionerProof)
          const member = story.network.nodes
            .entries()
            .find(([, { services }]) => services.config.url === node)?.[0]
          assert.ok(member)
          const salt = randomBytes(32)
          const place = { network: story.network.document.network, case: id, n: base, name: "Communication" }
          const commitment = documentCommitment(salt, content)
          const word = signDocumentWord(place, member, commitment, proof, seed)
          const documents = [{ content, salt, word }]
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
        written("Who looked at my record?"),
        "authority",
      )
      const asked = await item("city-registrar", "asked")
      assert.deepEqual(asked.id, own.id)
      const shown = await staff("city-registrar").show(own.id)
      assert.equal(words(shown.steps[0].documents[0].document?.content ?? none), "Who looked at my record?")

      await staff("city-registrar").step(own.id, 1, "answer", writeMessage({ text: "Your doctor did." }))
      const answered = await client.now(own)
      assert.equal(answered.standing.state.name, "answered")
      const answer = await client.document(answered, 1, "Communication")
      assert.equal(words(answer.content), "Your doctor did.")
      assert.ok((await staff("city-registrar").inbox()).every(({ id }) => words(id) !== words(own.id)))

      await client.step(answered, "passOn", written("Which doctor?"), "authority")
      const passed = await item("authority", "passedOn")
      assert.deepEqual(passed.id, own.id)
      const seen = await staff("authority").show(own.id)
      const contents = seen.steps.map(({ documents }) =>
        documents.map(({ document }) => (document ? words(document.content) : null)),
      )
      // The person hands over what they wrote before; the hospital's answer is fetched from the hospital.
      assert.deepEqual(contents, [["Who looked at my record?"], ["Your doctor did."], ["Which doctor?"]])
      assert.deepEqual([seen.patient, typeof shown.patient], [null, "string"])
      await staff("authority").step(
        own.id,
        3,
        "decide",
        writeMessage({ text: "It was Dr. Chen, for your visit." }),
      )
      const decided = await client.now(own)
      assert.deepEqual([decided.standing.isEnded, decided.standing.state.name], [true, "decided"])
      const decision = await client.document(decided, 3, "Communication")
      assert.equal(words(decision.content), "It was Dr. Chen, for your visit.")
    })

    it("a seed that was restored finds its cases", async () => {
      const { client, place } = person()
      const { cases, next } = await client.all(place)
      assert.deepEqual([cases.length, next], [1, 1])
      assert.equal((await client.now(cases[0])).steps.length, 4)
    })

    it("a document that is not handed over is demanded on the ledger; what members hand out stands in the audit", async () => {
      const { client, place } = person()
      const silent = Object.assign(Object.create(client), { deliver: async () => {} }) as CaseClient
      const own = await silent.open(place, messages, { organisation: CITY }, written("Hello?"), "authority")
      await item("city-registrar", "asked")
      const { awaited, cases } = story.node(CITY).services
      await until(async () => {
        await awaited.look(Date.now() + DEMAND_AFTER_MS + 1)
        return (await cases.at(own.id)).row.demands[0]
      })
      const shown = await staff("city-registrar").show(own.id)
      assert.deepEqual(
        shown.steps[0].documents.map(({ document, lacking }) => [document, lacking]),
        [[null, "document_not_here"]],
      )
      // The authority got City's answer to the first question, and its explanation by itself.
      const account = await story.patient("patient-1").account()
      const city = account.find(({ custodian }) => custodian === CITY)
      const handed = city?.entries.filter(({ outcome }) => outcome === "document") ?? []
      assert.ok(handed.length > 0)
      for (const { requester, caseDocument, contradictions } of handed) {
        const [, n, name] = caseDocument?.split("/") ?? []
        assert.deepEqual([requester, name, contradictions], ["authority", "Communication", []])
        assert.ok(["0", "1"].includes(n), n)
      }
    })

    it("an organisation that takes nothing silences nobody: the authority gets all that was written", async () => {
      const { client, place } = person()
      const { correspondence } = story.node(CITY).services
      const { take } = correspondence
      Object.assign(correspondence, {
        take: async () => {
          throw new PlatformError("document_not_here", "not today")
        },
      })
      try {
        const open = client.open(place, messages, { organisation: CITY }, written("Help!"), "authority")
        await assert.rejects(open, { code: "not_handed_over" })
        const { cases } = await client.all(place)
        const own = cases[cases.length - 1]
        const passing = client.step(
          await client.now(own),
          "passOn",
          written("They take nothing."),
          "authority",
        )
        await assert.rejects(passing, { code: "not_handed_over" })
        await item("authority", "passedOn")
        const contents = async () =>
          (await staff("authority").show(own.id)).steps.map(({ documents }) =>
            documents.map(({ document }) => document && words(document.content)),
          )
        assert.deepEqual(await contents(), [["Help!"], ["They take nothing."]])
        Object.assign(correspondence, { take })
        // Looking at it hands over what is owed.
        await client.now(own)
        const { steps } = await staff("city-registrar").show(own.id)
        assert.ok(steps.every(({ documents }) => documents.every(({ lacking }) => lacking === null)))
      } finally {
        Object.assign(correspondence, { take })
      }
    })

    it("a case is closed also where the organisation takes nothing", async () => {
      const { client, place } = person()
      const { correspondence } = story.node(CITY).services
      const { take } = correspondence
      Object.assign(correspondence, {
        take: async () => {
          throw new PlatformError("document_not_here", "not today")
        },
      })
      try {
        const open = client.open(place, messages, { organisation: CITY }, written("Hello?"), "authority")
        await assert.rejects(open, { code: "not_handed_over" })
        const { cases } = await client.all(place)
        const own = cases[cases.length - 1]
        await assert.rejects(client.step(await client.now(own), "close", []), { code: "not_handed_over" })
        assert.equal((await client.now(own)).standing.state.name, "closed")
      } finally {
        Object.assign(correspondence, { take })
      }
    })

    it("a member that fetches a document again fills nobody's audit", async () => {
      const { client, place } = person()
      const { correspondence, cases } = story.node(CITY).services
      const [own] = (await client.all(place)).cases
      const key = (await story.node("authority").services.engine.read(memberKeyLists, ["authority"]))
        ?.valid[0]
      assert.ok(key)
      const lines = async () =>
        (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)?.entries
          .length
      const before = await lines()
      for (let i = 0; i < 5; i++) {
        const { question } = await makePull(cases.placeOf({ case: own.id, n: 1, name: "Communication" }), key)
        await correspondence.hand(question, { member: "authority", key })
      }
      const { question } = await makePull(cases.placeOf({ case: own.id, n: 0, name: "Communication" }), key)
      const bad = { ...question, oneTimeKey: new Uint8Array(32) }
      await assert.rejects(correspondence.hand(bad, { member: "authority", key }), { code: "bad_key" })
      assert.equal(await lines(), before)
    })

    it("complains about a line of the audit, which must be the writer's own, and as the ledger has it", async () => {
      const { client, place } = person()
      const { engine, vault } = story.node(CITY).services
      const handle = place.handle
      const other = (await vault.patients()).find((one) => !equalBytes(one.handle, handle))
      assert.ok(other)
      const line = async (handle: Bytes): Promise<AuditLine> => {
        const { disclosures: log } = story.node(CITY).services
        const event = canonicalJson(toJson({ resourceType: "AuditEvent", about: toHex(handle) }))
        const { promise } = await log.note(handle, event, null)
        await until(async () => engine.read(disclosures, [CITY, promise.tag]))
        const stored = await vault.disclosure(promise.tag)
        assert.ok(stored)
        return { custodian: CITY, ...stored }
      }
      const [mine, theirs] = [await line(handle), await line(other.handle)]
      const complain = (about: AuditLine) =>
        client.open(place, messages, { organisation: CITY }, written("Why?", about), "authority")
      const own = await complain(mine)
      const shown = await staff("city-registrar").show(own.id)
      assert.deepEqual(readMessage(shown.steps[0].documents[0].document?.content ?? none).about, {
        ...{ custodian: CITY, tag: mine.tag, salt: mine.salt, auditEvent: mine.auditEvent },
      })
      await assert.rejects(complain(theirs), refusedAs("not_your_line"))
      const changed = { ...mine, auditEvent: canonicalJson(toJson({ resourceType: "AuditEvent" })) }
      await assert.rejects(complain(changed), refusedAs("line_differs"))
      await assert.rejects(
        client.open(place, messages, { organisation: "county-hospital" }, written("Why?", mine), "authority"),
        refusedAs("line_of_another"),
      )
    })

    it("of what was refused in any form nothing is kept on the device, and whoever was named gets nothing", async () => {
      const { client, device, place } = person()
      const open = (text: string, sponsor = "authority") =>
        client.open(place, messages, { organisation: CITY }, written(text), sponsor)
      const kept = async () =>
        ((await device.read()).written ?? []).map(({ document }) => words(document.content))
      const before = await kept()
      const all = await Promise.allSettled(["one", "two", "three"].map((text) => open(text)))
      const refused = all.flatMap((one) => (one.status === "rejected" ? [one.reason as PlatformError] : []))
      assert.deepEqual(
        refused.map(({ code }) => code),
        ["key_used", "key_used"],
      )
      for (const { message } of refused)
        assert.match(message, /the case was not opened, and nothing was sent/)
      assert.equal((await kept()).length, before.length + 1)
      const own = await open("Passed on to whom it cannot be.")
      const passing = client.step(await client.now(own), "passOn", written("no"), "county-hospital")
      await assert.rejects(passing, /nothing was sent/)
      assert.deepEqual([(await kept()).includes("no"), (await kept()).length], [false, before.length + 2])
      assert.ok(((await device.read()).written ?? []).every(({ owed }) => owed.length === 0))
    })

    it("whatever lapses comes to whom it falls back to", async () => {
      const { client, place } = person()
      const own = await client.open(place, messages, { organisation: CITY }, written("Again."), "authority")
      await client.step(await client.now(own), "passOn", written("To you."), "authority")
      const { engine, inbox } = story.node("authority").services
      const waits = async () =>
        (await inbox.open({ roles: [DEFAULT_ROLE], limit: 200 })).some(({ id }) => equalBytes(id, own.id))
      await until(async () => (await waits()) || undefined)
      await staff("authority").step(own.id, 2, "inquire", writeMessage({ text: "Explain." }))
      await until(async () => !(await waits()) || undefined)
      const time = Date.now() + days(15)
      const turns = new Turns({
        ...{ inbox, member: "authority", cases: story.node("authority").services.cases },
        stocks: story.node("authority").services.stocks,
        documents: story.node("authority").services.caseDocuments,
        engine: { status: async () => ({ ...(await engine.status()), checkpoint: { time } as never }) },
      })
      await turns.overdue()
      assert.ok(await waits())
    })

    it("takes plain text of bounded size alone, whoever's device or node wrote it otherwise", async () => {
      const { client, place } = person()
      const send = (content: Bytes) =>
        client.open(
          place,
          messages,
          { organisation: CITY },
          [{ name: "Communication", content }],
          "authority",
        )
      const as = (payload: string, more = "") =>
        text(
          `{"payload":[{"contentString":${JSON.stringify(payload)}}],"resourceType":"Communication","status":"completed"${more}}`,
        )
      for (const [content, code] of [
        [as("a".repeat(2 ** 20)), "message_too_long"],
        [as("b".repeat(8_001)), "message_refused"],
        [as("<script>alert(1)</script>"), "message_has_markup"],
        [as("one \u202e two"), "message_not_plain"],
        [as(" "), "message_empty"],
        [as("Why?", ',"text":{"status":"generated","div":"<div/>"}'), "message_refused"],
        [text("Why?"), "message_refused"],
      ] as const)
        await assert.rejects(send(content), refusedAs(code))
    })

    it("nobody else gets a document, or hands one over that was not committed", async () => {
      const { client, place } = person()
      const [own] = (await client.all(place)).cases
      await assert.rejects(client.now({ ...own, j: own.j + 1 }), { code: "not_permitted" })
      await assert.rejects(client.now({ ...own, j: 500 }), { code: "unknown_key" })
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
