import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type CaseDocument,
  caseDocument,
  type DocumentExpectation,
  documentCommitment,
  documentFault,
  makePull,
  pullQuestion,
  sealDocument,
  signDocumentWord,
} from "./case-documents.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { publicKey, sha256 } from "./crypto.ts"
import { directoryRoot, provePractitioner } from "./keys.ts"
import { makePromise } from "./promise.ts"

const seedOf = (n: number) => sha256(Uint8Array.of(n))
const chen = { key: publicKey(seedOf(1)), role: "doctor", from: 1000, to: 2000 }
const gone = { key: publicKey(seedOf(2)), role: "doctor", from: 0, to: 500 }
const people = [chen, gone].map((practitioner, i) => ({ practitioner, salt: seedOf(10 + i) }))
const place = { network: "test-net", case: seedOf(3), n: 2, name: "Communication" }
const content = new TextEncoder().encode("an answer")
const salt = seedOf(4)
const commitment = documentCommitment(salt, content)
const word = signDocumentWord(place, "city", commitment, provePractitioner(people, 0), seedOf(1))
const good: CaseDocument = { content, salt, word }
const expected: DocumentExpectation = {
  place,
  commitment,
  at: 1500,
  member: { member: "city", directory: directoryRoot(people) },
}

describe("documents of cases", () => {
  it("what was committed, in the word of somebody of the directory", () => {
    assert.equal(documentFault(good, expected), undefined)
    const passed = caseDocument.parse(decodeCbor(encodeCbor(good as never)), "document")
    assert.equal(documentFault(passed, expected), undefined)
  })
  it("a case key's needs nobody's word", () => {
    const { member: _, ...byKey } = expected
    assert.equal(documentFault({ ...good, word: null }, byKey), undefined)
  })

  const faults: readonly (readonly [string, string, Partial<CaseDocument>, Partial<DocumentExpectation>])[] =
    [
      ["other content", "another_document", { content: new TextEncoder().encode("another") }, {}],
      ["another salt", "another_document", { salt: seedOf(5) }, {}],
      ["another commitment on the ledger", "another_document", {}, { commitment: seedOf(6) }],
      ["nobody's word", "nobody_signed", { word: null }, {}],
      ["before the person's time", "not_of_the_directory", {}, { at: 999 }],
      ["after it", "not_of_the_directory", {}, { at: 2000 }],
      ["another directory", "not_of_the_directory", {}, { member: { member: "city", directory: seedOf(7) } }],
      [
        "another member's word",
        "another_word",
        {},
        { member: { member: "county", directory: directoryRoot(people) } },
      ],
      ["of another case", "another_word", {}, { place: { ...place, case: seedOf(8) } }],
      ["of another step", "another_word", {}, { place: { ...place, n: 3 } }],
      ["by another name", "another_word", {}, { place: { ...place, name: "Task" } }],
      ["of another network", "another_word", {}, { place: { ...place, network: "other-net" } }],
      [
        "signed by somebody else",
        "another_word",
        { word: signDocumentWord(place, "city", commitment, provePractitioner(people, 0), seedOf(2)) },
        {},
      ],
      [
        "somebody whose time is over",
        "not_of_the_directory",
        { word: signDocumentWord(place, "city", commitment, provePractitioner(people, 1), seedOf(2)) },
        {},
      ],
    ]
  for (const [what, fault, change, other] of faults)
    it(`${fault}: ${what}`, () => {
      assert.equal(documentFault({ ...good, ...change }, { ...expected, ...other }), fault)
    })

  const promise = makePromise(
    {
      ...{ custodian: "city", tag: new Uint8Array(16), event: seedOf(6), includeBy: 1 },
      key: publicKey(seedOf(7)),
    },
    place.network,
    seedOf(7),
  )
  it("is sealed to the question's key, for that question alone", async () => {
    const asker = publicKey(seedOf(9))
    const { question, open } = await makePull(place, asker)
    assert.deepEqual(pullQuestion.parse(decodeCbor(encodeCbor(question as never)), "question"), question)
    const noted = { promise, auditEvent: new Uint8Array([1, 2]), auditSalt: seedOf(5) }
    for (const disclosed of [null, noted]) {
      const handed = { document: good, disclosed }
      const opened = await open(await sealDocument(handed, question, asker))
      assert.deepEqual(opened, handed)
      assert.equal(documentFault(opened.document, expected), undefined)
    }
    const handed = { document: good, disclosed: null }
    for (const sealed of [
      sealDocument(handed, { ...question, n: 3 }, asker),
      sealDocument(handed, { ...question, case: seedOf(8) }, asker),
      sealDocument(handed, { ...question, name: "Task" }, asker),
      sealDocument(handed, { ...question, network: "other-net" }, asker),
      sealDocument(handed, { ...question, nonce: new Uint8Array(16).fill(1) }, asker),
      sealDocument(handed, question, publicKey(seedOf(8))),
    ])
      await assert.rejects(open(await sealed), { code: "unsealing_failed" })
  })
})
