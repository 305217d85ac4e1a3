import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { governance } from "@aceso/contracts"
import { ability, encodeCbor, licence, type PlatformError, publicKey, toHex, utf8 } from "@aceso/core"
import { application, makeApplication } from "@aceso/server/home/application.ts"
import { changeOf, readApplication, type ShownChange, shownChange } from "../../../session/staff/ballots.ts"
import { changeTexts } from "./change-late-texts.ts"
import {
  ABILITIES,
  abilitiesChanged,
  badField,
  changeFrom,
  type Draft,
  emptyDraft,
  FIELDS,
  type Field,
  KINDS,
  LICENCES,
} from "./form.ts"

type Enum = { readonly enum?: readonly string[] }
const { input } = governance.actions.propose
const allOf = (schema: unknown): readonly string[] => (schema as Enum).enum ?? []
const properties = (
  input.jsonSchema as unknown as {
    readonly properties: {
      readonly changes: { readonly items: { readonly properties: Record<string, unknown> } }
    }
  }
).properties.changes.items.properties

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const facts = {
  member: "north-clinic",
  name: "North Clinic",
  kind: "custodian",
  url: "https://north.example",
} as const
const made = makeApplication(facts, { member: seed(1), validator: seed(2), node: seed(3) })
const file = (one: unknown) => utf8(JSON.stringify(one))
const whole = application.toJson(made) as Readonly<Record<string, unknown>>

const NOW = 1_700_000_000_000
const around = { now: NOW, height: 10, abilities: ["keepsRecords"] }
const filled: Draft = {
  ...emptyDraft(),
  application: readApplication(file(whole)),
  ...{ member: "insurer", abilities: ["votes"], licence: "treat", until: NOW + 1, compromised: NOW - 1 },
  ...{ case: "9a".repeat(32), height: 11, action: "records.commit", build: "5d".repeat(32) },
  version: { contract: "records", version: 2, sources: "3c".repeat(32) },
}

describe("words for changes", () => {
  for (const language of ["en", "zh"] as const)
    it(`are there for every kind that the governance contract knows and for no other, in ${language}`, async () => {
      const {
        title,
        effect,
        forms,
        ability: abilities,
        licence: licences,
      } = (await changeTexts[language]()) as Readonly<Record<string, Readonly<Record<string, string>>>>
      const known = [...allOf(properties.do)].sort()
      assert.ok(known.length > 10)
      for (const group of [title, effect, forms]) assert.deepEqual(Object.keys(group).sort(), known)
      assert.deepEqual(Object.keys(abilities).sort(), [...allOf(ability.jsonSchema)].sort())
      assert.deepEqual(Object.keys(licences).sort(), [...allOf(licence.jsonSchema)].sort())
    })
})

describe("a form", () => {
  it("is there for every kind of change, with every ability and licence", () => {
    assert.deepEqual([...KINDS].sort(), [...allOf(properties.do)].sort())
    assert.deepEqual([...ABILITIES], allOf(ability.jsonSchema))
    assert.deepEqual([...LICENCES], allOf(licence.jsonSchema))
  })

  for (const kind of KINDS)
    it(`of ${kind} makes what the contract takes, and is shown as it was filled in`, () => {
      assert.equal(badField(kind, filled, around), undefined)
      const change = changeFrom(kind, filled)
      input.parse({ changes: [changeOf(change)] }, "input")
      assert.deepEqual(shownChange(encodeCbor(changeOf(change))), change)
    })

  const wrong: readonly (readonly [Field, Partial<Draft>])[] = [
    ["application", { application: undefined }],
    ["member", { member: "" }],
    ["abilities", { abilities: [] }],
    ["abilities", { abilities: ["keepsRecords"] }],
    ["licence", { licence: "" }],
    ["until", { until: NOW }],
    ["compromised", { compromised: NOW }],
    ["case", { case: "9A".repeat(32) }],
    ["case", { case: "9a" }],
    ["build", { build: "" }],
    ["version", { version: undefined }],
    ["height", { height: 10 }],
    ["height", { height: 10.5 }],
    ["height", { height: Number.NaN }],
    ["action", { action: "" }],
  ]
  for (const [field, change] of wrong)
    it(`names ${field} where it cannot be ${JSON.stringify(Object.values(change)[0])}`, () => {
      const kinds = KINDS.filter((kind) => (FIELDS[kind] as readonly Field[]).includes(field))
      assert.ok(kinds.length > 0)
      for (const kind of kinds) assert.equal(badField(kind, { ...filled, ...change }, around), field)
    })
})

describe("what an organisation may do", () => {
  for (const [now, then, come, go] of [
    [["keepsRecords"], ["keepsRecords", "votes"], ["votes"], []],
    [["keepsRecords"], ["votes"], ["votes"], ["keepsRecords"]],
    [["keepsRecords", "votes"], ["votes", "keepsRecords"], [], []],
  ] as const)
    it(`from ${now} to ${then} brings ${come} and ends ${go}`, () =>
      assert.deepEqual(abilitiesChanged(now, then), { come, go }))

  it("is not proposed before it is known what it has", () => {
    assert.equal(badField("setAbilities", filled, { now: NOW, height: 10 }), "abilities")
  })
})

describe("an application", () => {
  it("is read as aceso init writes it", () => {
    const { member, name, kind, url, key } = readApplication(file(whole))
    assert.deepEqual({ member, name, kind, url, key }, { ...facts, key: toHex(publicKey(seed(1))) })
    assert.equal(readApplication(file({ ...whole, p2p: "north.example:26656" })).isPeer, true)
  })

  const other = makeApplication(
    { ...facts, member: "south-clinic" },
    { member: seed(1), validator: seed(2), node: seed(3) },
  )
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array()],
    ["no JSON", utf8("hello")],
    ["no UTF-8", new Uint8Array([0xff, 0xfe])],
    ["another file", file({ root: "00" })],
    ["more than it has", file({ ...whole, more: 1 })],
    ["a larger one", utf8(`${" ".repeat(65_536)}${JSON.stringify(whole)}`)],
    [
      "another organisation's proof",
      file({ ...whole, validator: (application.toJson(other) as typeof whole).validator }),
    ],
  ]
  for (const [what, bytes] of bad)
    it(`is not ${what}`, () => {
      assert.throws(
        () => readApplication(bytes),
        (error: PlatformError) => error.code === "bad_application",
      )
    })
})

it("a change that is none is no answer", () => {
  for (const value of [1, "admit", null, [], { kind: "admit" }, { do: 1 }])
    assert.throws(() => shownChange(encodeCbor(value)), { code: "bad_answer" })
})

it("what should be bytes is hexadecimal", () => {
  const draft: ShownChange = { do: "closeCase", case: "no" }
  assert.throws(() => changeOf(draft), { code: "bad_input" })
})
