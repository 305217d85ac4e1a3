import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, it } from "node:test"
import {
  attachmentsIn,
  chunksOf,
  largeObject,
  type ManifestBody,
  PlatformError,
  parseJson,
  sha256,
  toBase64,
  utf8,
} from "@aceso/core"
import { bootStory, flushPolicies, type Story } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const code = (wanted: string) => (error: unknown) => error instanceof PlatformError && error.code === wanted
const content = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 9)) & 0xff)

/** An attachment from its hospital to another one's doctor and to the patient, with every lie on the way. */
describe("attachments", () => {
  let story: Story
  let index: number
  const { root, size } = largeObject(content)
  const place = () => {
    const found = story.patient("patient-1").places.find(({ custodian }) => custodian === CITY)
    assert.ok(found)
    return found
  }
  const doctor = () => story.staff("county-doctor")
  const ask = (wanted = { root, size }, at = index) => {
    const { custodian, handle } = place()
    return doctor().attachment({ place: { custodian, handle } }, "TREAT", at, wanted)
  }
  const grant = async (classes: readonly string[]) => {
    const until = Date.now() + 86_400_000
    await story.patient("patient-1").grant({ grantee: COUNTY, purpose: "TREAT", classes, until }, CITY)
    await flushPolicies(story.node(CITY))
  }
  const account = async () => {
    const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
    return part?.entries.at(-1)
  }

  before(async () => {
    story = await bootStory()
    const node = story.node(CITY)
    const patient = await node.services.vault.patient({ handle: place().handle })
    const document = {
      resourceType: "DocumentReference",
      id: "scan",
      status: "current",
      subject: { reference: `Patient/${patient?.fhirId}` },
      content: [{ attachment: { contentType: "application/pdf", data: toBase64(content) } }],
    }
    const { refused } = await node.services.importer.import(utf8(JSON.stringify(document)), "scan")
    assert.deepEqual(refused, [])
    await node.services.committer.flush()
    const record = (await node.services.vault.log(place().handle)).find(({ fhirId }) => fhirId === "scan")
    assert.ok(record)
    index = record.index
  })
  after(() => story.end())

  it("without a consent there is none, and the denial is logged", async () => {
    await assert.rejects(ask(), code("policy_missing"))
    assert.deepEqual([(await account())?.outcome, (await account())?.reason], ["denied", "policy_missing"])
  })

  it("the record names it, and the doctor gets it whole; the patient sees that it was read", async () => {
    await grant(["DocumentReference"])
    const { custodian, handle } = place()
    const { timeline } = await doctor().history([{ custodian, handle }], "TREAT")
    const shown = timeline.flatMap(({ sources }) => sources).find((line) => line.index === index)
    assert.ok(shown?.content && shown.content.length < 2_000)
    const [named] = attachmentsIn(parseJson(shown.content))
    assert.deepEqual([named.object, named.contentType], [{ root, size }, "application/pdf"])
    const answer = await ask()
    assert.deepEqual(answer.findings, [])
    assert.ok(Buffer.from(answer.content).equals(content))
    const entry = await account()
    assert.deepEqual([entry?.attachment, entry?.contradictions], [{ index, size }, []])
  })

  it("the patient's own device gets it too", async () => {
    const found = await story.patient("patient-1").attachment(place(), index, { root, size })
    assert.ok(Buffer.from(found).equals(content))
  })

  it("the hospital's own doctor gets it", async () => {
    const found = await story
      .staff("city-doctor")
      .attachment({ own: place().handle }, "TREAT", index, { root, size })
    assert.ok(Buffer.from(found.content).equals(content))
  })

  it("of another record, or of another root, there is none", async () => {
    const other = largeObject(utf8("other"))
    await assert.rejects(ask(other), code("object_missing"))
    await assert.rejects(ask({ root, size }, 0), code("object_missing"))
    await assert.rejects(ask({ root, size }, 10_000), code("object_missing"))
    await assert.rejects(
      story.patient("patient-1").attachment(place(), 0, { root, size }),
      code("object_missing"),
    )
  })

  it("another content than the record committed to is refused", async () => {
    const { vault } = story.node(CITY).services
    const honest = vault.objectOf.bind(vault)
    const forged = content.with(300_000, content[300_000] ^ 1)
    vault.objectOf = async () => ({ hashes: chunksOf(forged).map(sha256), chunks: chunksOf(forged) })
    await assert.rejects(ask(), code("object_differs"))
    vault.objectOf = async () => ({ hashes: chunksOf(content).map(sha256), chunks: chunksOf(forged) })
    await assert.rejects(ask(), code("object_differs"))
    vault.objectOf = honest
  })

  it("a lie about what was sent is caught", async () => {
    const { custodian } = story.node(CITY).services
    custodian.dishonesty = {
      body: (body) => ({ ...body, object: body.object && { ...body.object, index: 0 } }),
    }
    assert.deepEqual(
      (await ask()).findings.map(({ kind }) => kind),
      ["wrong_manifest"],
    )
    custodian.dishonesty = {
      body: (body) => ({
        ...body,
        object: body.object && { ...body.object, commitment: new Uint8Array(32) },
      }),
    }
    await ask()
    assert.deepEqual((await account())?.contradictions, [
      "an attachment was sent of a record that is not yours",
    ])
    custodian.dishonesty = {}
  })

  const lies: readonly (readonly [comment: string, lie: object, contradiction: () => string])[] = [
    [
      "of another root",
      { root: new Uint8Array(32) },
      () => "an attachment was sent that its record does not have",
    ],
    ["of another size", { size: 7 }, () => "an attachment was sent that its record does not have"],
    ["of another index", { index: 0 }, () => `an attachment of record ${index} was said to be of record 0`],
  ]
  for (const [comment, lie, contradiction] of lies)
    it(`one ${comment} than its record has is caught by the patient's device`, async () => {
      const { custodian } = story.node(CITY).services
      custodian.dishonesty = {
        body: (body) => ({ ...body, object: body.object && { ...body.object, ...lie } }),
      }
      await ask().catch(code("object_differs"))
      custodian.dishonesty = {}
      assert.deepEqual((await account())?.contradictions, [contradiction()])
    })

  describe("a file by its url", () => {
    const letter = Buffer.from("a letter")
    const hash = createHash("sha1").update(letter).digest("base64")
    let at: number
    let reference: string
    const askFile = () => {
      const { custodian, handle } = place()
      return doctor().attachment({ place: { custodian, handle } }, "TREAT", at, { reference })
    }
    before(async () => {
      const node = story.node(CITY)
      const patient = await node.services.vault.patient({ handle: place().handle })
      const inputs = [
        { resourceType: "Binary", id: "letter", contentType: "text/plain", data: toBase64(letter) },
        {
          resourceType: "DocumentReference",
          id: "by-url",
          status: "current",
          subject: { reference: `Patient/${patient?.fhirId}` },
          content: [{ attachment: { url: "Binary/letter", hash } }],
        },
      ]
      await node.services.importer.importAll(
        inputs.map((one) => ({ input: utf8(JSON.stringify(one)), where: one.id })),
      )
      await node.services.committer.flush()
      const record = (await node.services.vault.log(place().handle)).find(({ fhirId }) => fhirId === "by-url")
      assert.ok(record)
      at = record.index
      const shown = attachmentsIn(parseJson((await node.services.vault.content(record)).content))
      reference = shown[0].reference ?? ""
      assert.match(reference, /^Binary\//)
    })

    it("reaches another hospital's doctor and the own one, and the patient sees that it was read", async () => {
      const found = await askFile()
      assert.deepEqual([Buffer.from(found.content), found.findings], [letter, []])
      const entry = await account()
      assert.deepEqual([entry?.attachment, entry?.contradictions], [{ index: at, size: letter.length }, []])
      const own = await story
        .staff("city-doctor")
        .attachment({ own: place().handle }, "TREAT", at, { reference })
      assert.deepEqual(Buffer.from(own.content), letter)
    })

    const other = Buffer.from("another letter")
    const forged = largeObject(other)
    it("that is another than the custodian signed is refused", async () => {
      const { custodian } = story.node(CITY).services
      custodian.dishonesty = {
        body: (body) => ({ ...body, object: body.object && { ...body.object, root: forged.root, size: 14 } }),
      }
      await assert.rejects(askFile(), code("object_differs"))
      custodian.dishonesty = {}
    })

    type Sent = NonNullable<ManifestBody["object"]>
    const notThere = "an attachment was sent that its record does not have"
    const lies: readonly (readonly [comment: string, lie: (sent: Sent) => Sent, said: () => string])[] = [
      ["under another name", (sent) => ({ ...sent, reference: "Binary/x" }), () => notThere],
      ["under none", ({ reference: _reference, ...sent }) => sent, () => notThere],
      [
        "of another record",
        (sent) => ({ ...sent, index: 0 }),
        () => `an attachment of record ${at} was said to be of record 0`,
      ],
    ]
    for (const [comment, lie, said] of lies)
      it(`${comment} is refused, and contradicted by the patient's device`, async () => {
        const { custodian } = story.node(CITY).services
        custodian.dishonesty = { body: (body) => ({ ...body, object: body.object && lie(body.object) }) }
        await assert.rejects(askFile(), code("bad_answer"))
        custodian.dishonesty = {}
        assert.deepEqual((await account())?.contradictions, [said()])
      })

    it("of a record that is withheld is none", async () => {
      await story
        .staff("city-admin")
        .joins.misfiled("patient-1", "DocumentReference/by-url", "a twin's", null)
      await assert.rejects(askFile(), code("object_missing"))
      await assert.rejects(
        story.staff("city-doctor").attachment({ own: place().handle }, "TREAT", at, { reference }),
        code("object_missing"),
      )
    })
  })

  it("65 equal ones, and many large ones, leave history and audit as they are", async () => {
    const node = story.node(CITY)
    const patient = await node.services.vault.patient({ handle: place().handle })
    const documents = Array.from({ length: 65 }, (_, i) => ({
      resourceType: "DocumentReference",
      id: `copy-${i}`,
      status: "current",
      subject: { reference: `Patient/${patient?.fhirId}` },
      content: [{ attachment: { contentType: "application/pdf", data: toBase64(content) } }],
    }))
    await node.services.importer.importAll(
      documents.map((one) => ({ input: utf8(JSON.stringify(one)), where: one.id })),
    )
    await node.services.committer.flush()
    const { custodian, handle } = place()
    const { custodians } = await doctor().history([{ custodian, handle }], "TREAT")
    assert.deepEqual([custodians[0].outcome, custodians[0].findings], ["answered", []])
    assert.ok(custodians[0].released >= 66)
    assert.deepEqual((await account())?.contradictions, [])
  })

  it("a record that is withheld opens none, also not to the patient", async () => {
    await story
      .staff("city-admin")
      .joins.misfiled("patient-1", "DocumentReference/scan", "another person's", null)
    await assert.rejects(ask(), code("object_missing"))
    await assert.rejects(
      story.patient("patient-1").attachment(place(), index, { root, size }),
      code("object_missing"),
    )
  })

  it("one of a record that is withheld is caught by the patient's device", async () => {
    const { vault } = story.node(CITY).services
    const { isWithheld, withheldIn } = vault
    vault.isWithheld = async () => false
    vault.withheldIn = async () => new Map()
    await ask()
    Object.assign(vault, { isWithheld, withheldIn })
    assert.deepEqual((await account())?.contradictions, [
      "an attachment was sent although its record was withdrawn as somebody else's",
    ])
  })
})
