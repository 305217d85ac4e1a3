import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { capabilities } from "@aceso/capabilities/index.ts"
import { okAnswer, post } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  EXCHANGE_TAG,
  encodeCbor,
  fromHex,
  letterHash,
  lettersAnswer,
  mailReceipt,
  makePull,
  makePullSecret,
  type PublicKey,
  practitionerProof,
  randomBytes,
  STAFF_TAG,
  signQuestion,
  utf8,
  verifyMailReceipt,
} from "@aceso/core"
import { knowCapabilities } from "@aceso/server/node/processes.ts"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"
import { handOver, handover } from "./testing/handover.ts"

knowCapabilities([...capabilities, { processes: [handover], modules: [] }])

const [CITY, COUNTY, AUTHORITY] = ["city-hospital", "county-hospital", "authority"]

describe("mail between two members of which never both are there", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-mail-"))
  let network: DemoNetwork
  const node = (member: string) => network.node(member).services
  before(async () => {
    network = await DemoNetwork.open({ folder, port: 0 })
  })
  after(async () => {
    await network.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** City opens a case with County, with a document in the word of one of its people. */
  async function send(words: string) {
    const { config } = node(CITY)
    const { seed: hex } = readJson(layout(folder).person("city-registrar")) as { seed: string }
    const seed = fromHex(hex)
    const proof = await post(`${config.url}/staff/proof`, {}, { seed, tag: STAFF_TAG }, practitionerProof)
    return handOver(network.node(CITY), COUNTY, words, { proof, seed })
  }
  /** County's node does not reach City's. */
  function partCounty(): () => void {
    const { outbound } = node(COUNTY)
    const { fetch } = outbound
    const city = node(CITY).config.url
    Object.assign(outbound, {
      fetch: async (url: string, options: never) => {
        if (url.startsWith(city)) throw new TypeError("fetch failed")
        return fetch(url, options)
      },
    })
    return () => Object.assign(outbound, { fetch })
  }
  const textAt = async (id: Bytes) =>
    (await node(COUNTY).correspondence.shown(id)).steps[0].documents[0].document?.content
  /** County's node asks by itself, and after some attempts by mail. */
  async function untilAsked(): Promise<void> {
    const { awaited } = node(COUNTY)
    for (let hour = 0; ; hour++) {
      const waiting = await node(AUTHORITY).mailbox.letters(CITY, 0)
      if (waiting.length > 0) return
      await awaited.look(Date.now() + hour * 3_700_000)
      await delay(5)
    }
  }

  it("the question lies with the authority, then the answer; what arrives is held against the ledger", async () => {
    const join = partCounty()
    const { id, content } = await send("a patient to be taken over")
    await untilAsked()
    assert.equal(await textAt(id), undefined)
    await node(CITY).mailer.round()
    assert.deepEqual(await node(AUTHORITY).mailbox.letters(CITY, 0), [])
    const [letter] = await node(AUTHORITY).mailbox.letters(COUNTY, 0)
    assert.equal(letter.from, CITY)
    // Sealed: the holder finds nothing of it in what lies there.
    assert.ok(!Buffer.from(letter.content).includes(Buffer.from(content)))
    await node(COUNTY).mailer.round()
    assert.deepEqual(await textAt(id), content)
    assert.deepEqual(await node(AUTHORITY).mailbox.letters(COUNTY, 0), [])
    join()
  })

  it("a letter that the holder shows again changes nothing, and nobody else's letters are shown or taken away", async () => {
    const join = partCounty()
    const { id } = await send("another one")
    await untilAsked()
    const { mailbox } = node(AUTHORITY)
    const [question] = await mailbox.letters(CITY, 0)
    await node(CITY).mailer.round()
    const answers = await mailbox.letters(COUNTY, 0)
    await mailbox.take(COUNTY, { to: CITY, kind: "question", content: question.content })
    await node(CITY).mailer.round()
    assert.equal((await mailbox.letters(COUNTY, 0)).length, answers.length)
    // A question of County's that somebody else hands in as theirs is answered to nobody.
    await mailbox.take("community-clinic", { to: CITY, kind: "question", content: question.content })
    await node(CITY).mailer.round()
    assert.deepEqual(await mailbox.letters("community-clinic", 0), [])
    const clinic = { seed: readSecret("community-clinic"), tag: EXCHANGE_TAG } as const
    const url = node(AUTHORITY).config.url
    const seen = await post(`${url}/exchange/mail/letters`, { after: 0 }, clinic, lettersAnswer)
    assert.deepEqual(seen.letters, [])
    const numbers = answers.map(({ n }) => n)
    await post(`${url}/exchange/mail/done`, { numbers }, clinic, okAnswer)
    assert.equal((await mailbox.letters(COUNTY, 0)).length, answers.length)
    await node(COUNTY).mailer.round()
    assert.ok(await textAt(id))
    join()
  })

  it("an answer to nothing, a changed one and one of somebody else are dropped; the document comes all the same", async () => {
    const join = partCounty()
    const { id } = await send("a third one")
    await untilAsked()
    const { mailbox } = node(AUTHORITY)
    await node(CITY).mailer.round()
    const [good] = await mailbox.letters(COUNTY, 0)
    await mailbox.done(COUNTY, [good.n])
    const changed = good.content.with(good.content.length - 1, good.content[good.content.length - 1] ^ 1)
    for (const [from, content] of [
      [CITY, changed],
      [CITY, utf8("no letter")],
      ["community-clinic", good.content],
    ] as const)
      await mailbox.take(from, { to: COUNTY, kind: "answer", content })
    await node(COUNTY).mailer.round()
    assert.deepEqual(await mailbox.letters(COUNTY, 0), [])
    assert.equal(await textAt(id), undefined)
    await mailbox.take(CITY, { to: COUNTY, kind: "answer", content: good.content })
    await node(COUNTY).mailer.round()
    assert.ok(await textAt(id))
    join()
  })

  /** Questions of the insurer's for documents of cases that nobody opened. */
  async function leaveInvented(count: number) {
    const { cases, ledger } = node("insurer")
    for (let i = 0; i < count; i++) {
      const place = cases.placeOf({ case: randomBytes(32), n: 0, name: "Task" })
      const key = ledger.key as PublicKey
      const { question } = await makePull(place, key, makePullSecret())
      const content = encodeCbor(
        signQuestion(question, "insurer", CITY, key, readSecret("insurer")) as unknown as Cbor,
      )
      await node(AUTHORITY).mailbox.take("insurer", { to: CITY, kind: "question", content })
    }
  }
  const lyingFrom = async (from: string) => {
    let after = 0
    let found = 0
    for (;;) {
      const page = await node(AUTHORITY).mailbox.letters(CITY, after)
      if (page.length === 0) return found
      found += page.filter((one) => one.from === from).length
      after = page[page.length - 1].n
    }
  }

  it("questions about invented cases hold up nobody else's, and are taken away after some tries", async () => {
    const join = partCounty()
    await leaveInvented(70)
    const { id, content } = await send("behind seventy others")
    const { mailbox } = node(AUTHORITY)
    for (let hour = 0; (await lyingFrom(COUNTY)) === 0; hour++) {
      await node(COUNTY).awaited.look(Date.now() + hour * 3_700_000)
      await delay(5)
    }
    const now = Date.now()
    await node(CITY).mailer.round(now)
    await node(CITY).mailer.round(now)
    assert.equal(await lyingFrom(COUNTY), 0)
    await node(COUNTY).mailer.round()
    assert.deepEqual(await textAt(id), content)
    // Looked at again in the same minute nothing is tried; a ledger that is behind has an hour at least.
    for (let i = 0; i < 20; i++) await node(CITY).mailer.round(now + 1)
    assert.equal(await lyingFrom("insurer"), 70)
    for (let minute = 1; minute <= 60; minute++) await node(CITY).mailer.round(now + minute * 60_000)
    assert.equal(await lyingFrom("insurer"), 70)
    for (let minute = 80; minute <= 95; minute++) await node(CITY).mailer.round(now + minute * 60_000)
    assert.deepEqual(await mailbox.letters(CITY, 0), [])
    join()
  })

  it("a holder that shows the same page without end is left for the next round", async () => {
    await leaveInvented(1)
    const { mailbox } = node(AUTHORITY)
    const { letters } = mailbox
    const [letter] = await mailbox.letters(CITY, 0)
    let asked = 0
    Object.assign(mailbox, {
      letters: async () => {
        asked++
        return [letter]
      },
    })
    await node(CITY).mailer.round()
    assert.equal(asked, 2)
    Object.assign(mailbox, { letters })
    await mailbox.done(CITY, [letter.n])
  })

  it("the holder signs for what it took, holds so much of one member, and only an authority holds", async () => {
    const city = { seed: readSecret(CITY), tag: EXCHANGE_TAG } as const
    const letter = { to: COUNTY, kind: "answer", content: utf8("sealed") }
    const put = (member: string) =>
      post(`${node(member).config.url}/exchange/mail/put`, letter, city, mailReceipt)
    const receipt = await put(AUTHORITY)
    assert.ok(verifyMailReceipt(receipt))
    assert.deepEqual(
      [receipt.holder, receipt.from, receipt.to, receipt.hash],
      [AUTHORITY, CITY, COUNTY, letterHash(letter.content)],
    )
    assert.equal(verifyMailReceipt({ ...receipt, until: receipt.until + 1 }), false)
    await assert.rejects(put("community-clinic"), { code: "no_mailbox" })
    const { mailbox } = node(AUTHORITY)
    const big = { to: CITY, kind: "question" as const }
    for (let i = 0; i < 8; i++)
      await mailbox.take("insurer", { ...big, content: new Uint8Array(8 * 2 ** 20).fill(i) })
    await assert.rejects(mailbox.take("insurer", { ...big, content: utf8("one more") }), {
      code: "mailbox_full",
    })
    // The very same is no other one, and when their time is over there is room again.
    await mailbox.take("insurer", { ...big, content: new Uint8Array(8 * 2 ** 20).fill(7) })
    const later = Date.now() + 31 * 86_400_000
    await mailbox.take("insurer", { ...big, content: utf8("one more") }, later)
    assert.equal((await mailbox.letters(CITY, 0, later)).length, 1)
  })

  const readSecret = (member: string) =>
    fromHex(readFileSync(join(layout(folder).node(member), "member.key"), "utf8").trim())
})
