import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  canonicalJson,
  type Grant,
  grantDocument,
  isObject,
  type JsonObject,
  type PolicyDocument,
  parseJson,
  toJson,
} from "@aceso/core"
import { inForceOf, isCovered, type Relation, standingTo } from "./standing.ts"

const NOW = Date.parse("2026-06-15T12:00:00Z")
const DAY_MS = 86_400_000
const wish: Grant = {
  ...{ custodian: "city", grantee: "county", purpose: "TREAT", classes: ["Claim", "Basic"] },
  ...{ until: NOW + 30 * DAY_MS, now: NOW, dataFrom: "2025", dataTo: "2025-12" },
}
const before = NOW - DAY_MS
const granted = (change: Partial<Grant>, from: Grant = wish): PolicyDocument => {
  const grant = { ...from, now: before, ...change }
  return grantDocument(Object.fromEntries(Object.entries(grant).filter(([, value]) => value)) as never)
}
const open = { dataFrom: "", dataTo: "" }
/** The document with members of it, and of its provision, changed. */
function changed(change: JsonObject, provision: JsonObject = {}): PolicyDocument {
  const { salt, content } = granted({})
  const consent = parseJson(content)
  assert.ok(isObject(consent) && isObject(consent.provision))
  return {
    salt,
    content: canonicalJson({ ...consent, ...change, provision: { ...consent.provision, ...provision } }),
  }
}
const json = (value: unknown) => toJson(value) as JsonObject
const OPT_OUT = { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "OPTOUT" }

describe("how what is in force stands to what is about to be signed", () => {
  const rows: readonly (readonly [comment: string, document: PolicyDocument, relation?: Relation])[] = [
    ["the very same", granted({}), "covers"],
    ["for longer", granted({ until: wish.until + 1 }), "covers"],
    ["of more classes", granted({ classes: ["Basic", "Claim", "Device"] }), "covers"],
    ["of all classes, of all times", granted({ classes: [], ...open }), "covers"],
    ["of a longer time", granted({ dataFrom: "2024-12", dataTo: "2026" }), "covers"],
    ["of the same time in other words", granted({ dataFrom: "2025-01-01", dataTo: "2025-12-31" }), "covers"],
    ["for a moment less", granted({ until: wish.until - 1 }), "within"],
    ["of fewer classes", granted({ classes: ["Claim"] }), "within"],
    ["of a shorter time", granted({ dataFrom: "2025-02" }), "within"],
    ["of no bound before, and a shorter after", granted({ dataFrom: "", dataTo: "2025-11" }), "beside"],
    ["of more classes for less long", granted({ classes: [], until: wish.until - 1 }), "beside"],
    ["of other classes", granted({ classes: ["Device"] }), "beside"],
    ["of a bound with a zone", granted({ dataFrom: "2020-01-01T00:00:00Z" }), "beside"],
    ["for a purpose under it", granted({ purpose: "ETREAT" }), "within"],
    ["for another purpose", granted({ purpose: "HPAYMT" }), "beside"],
    ["for somebody else", granted({ grantee: "clinic" })],
    ["of one record", granted({ records: ["Claim/1"] }), "within"],
    ["that is over", granted({ until: NOW - 1 })],
    ["that begins later", granted({ now: NOW + DAY_MS }), "within"],
    ["that begins later, and opens more", granted({ now: NOW + DAY_MS, classes: [] }), "beside"],
    ["that was taken back", changed({ status: "inactive" })],
    ["that is a draft", changed({ status: "draft" })],
    [
      "with a condition more",
      changed({}, json({ code: [{ coding: [{ system: "urn:x", code: "1" }] }] })),
      "beside",
    ],
    [
      "with an exception",
      changed({}, json({ provision: [{ type: "deny", class: [{ code: "Claim" }] }] })),
      "denies",
    ],
    ["with something that nobody understands", changed({ modifierExtension: [] }), "beside"],
    ["that denies", changed({}, { type: "deny" }), "denies"],
    ["that denies somebody else", denialOf("clinic")],
    ["that denies anybody", changed({}, json({ type: "deny", actor: undefined })), "denies"],
    [
      "that denies for another purpose",
      changed({}, json({ type: "deny", purpose: [purpose("HRESCH")] })),
      "beside",
    ],
    ["that denies later", changed({}, json({ type: "deny", period: { start: "2027" } })), "denies"],
    ["that denied", changed({}, json({ type: "deny", period: { end: "2025" } }))],
    ["that opts out", changed({ policyRule: json({ coding: [OPT_OUT] }) }), "denies"],
  ]
  for (const [comment, document, relation] of rows)
    it(`${comment}: ${relation ?? "nothing to say"}`, () => {
      const found = standingTo([document], wish)
      assert.deepEqual(
        found.map((one) => one.relation),
        relation === undefined ? [] : [relation],
      )
      assert.equal(isCovered(found), relation === "covers")
    })

  it("a purpose that takes the asked one in covers it", () => {
    const emergency = { ...wish, purpose: "ETREAT" }
    assert.deepEqual(
      standingTo([granted({})], emergency).map(({ relation }) => relation),
      ["covers"],
    )
  })
  it("all records are not covered by some, nor all times by one", () => {
    for (const more of [{ classes: [] }, open])
      assert.deepEqual(
        standingTo([granted({})], { ...wish, ...more, dataFrom: undefined, dataTo: undefined } as never).map(
          ({ relation }) => relation,
        ),
        ["within"],
      )
  })
  const one = ["Claim/1"]
  for (const [comment, standing, wished, relation] of [
    ["the same record", one, one, "covers"],
    ["all of them", undefined, one, "covers"],
    ["two of them", ["Claim/2", "Claim/1"], one, "covers"],
    ["another", ["Claim/2"], one, "beside"],
    ["one, where two are wished", one, ["Claim/2", "Claim/1"], "within"],
    ["one, where all are wished", one, undefined, "within"],
  ] as const)
    it(`of single records, ${comment}: ${relation}`, () => {
      const standingOf = granted(standing ? { records: standing } : {})
      const found = standingTo([standingOf], { ...wish, ...(wished && { records: wished }) })
      assert.deepEqual(
        found.map((one) => one.relation),
        [relation],
      )
    })

  it("what covers stands first, then denials, then what is taken in, then the rest", () => {
    const documents = [
      granted({ purpose: "HPAYMT" }),
      granted({ classes: ["Claim"] }),
      changed({}, { type: "deny" }),
      granted({ classes: [] }),
    ]
    assert.deepEqual(
      standingTo(documents, wish).map(({ relation }) => relation),
      ["covers", "denies", "within", "beside"],
    )
  })
})

function purpose(code: string) {
  return { system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code }
}
function denialOf(grantee: string): PolicyDocument {
  const { salt, content } = granted({ grantee })
  return {
    salt,
    content: new TextEncoder().encode(new TextDecoder().decode(content).replace('"permit"', '"deny"')),
  }
}

describe("what of a request is in force", () => {
  for (const [comment, document, isInForce] of [
    ["what was signed as it was asked", granted({}), true],
    ["what was narrowed", granted({ classes: ["Claim"], until: wish.until - 1 }), true],
    ["what was open before, and is more", granted({ classes: [] }), true],
    ["of other classes too, for less long", granted({ classes: [], until: wish.until - 1 }), false],
    ["for another purpose", granted({ purpose: "HPAYMT" }), false],
    ["for somebody else", granted({ grantee: "clinic" }), false],
    ["what is over", granted({ until: NOW - 1 }), false],
    ["a denial", changed({}, { type: "deny" }), false],
  ] as const)
    it(`${comment}: ${isInForce}`, () => assert.equal(inForceOf([document], wish).length, isInForce ? 1 : 0))
})
