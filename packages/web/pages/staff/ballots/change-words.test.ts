import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { governance } from "@aceso/contracts"
import { atHome, type ShownChange } from "../../../session/staff/ballots.ts"
import { addMessages, useMessagesOf } from "../../../texts/i18n.ts"
import { networkTexts } from "../../network/late-texts.ts"
import { changeTexts } from "./change-late-texts.ts"
import { useChangeWords } from "./words.ts"

interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
}
const fields = (governance.actions.propose.input.jsonSchema as unknown as Schema).properties?.changes.items
  ?.properties as Readonly<Record<string, Schema>>
const kinds = fields.do.enum as readonly string[]

/** What are bytes is hexadecimal in a shown change. */
const LENGTHS: Readonly<Record<string, number>> = { key: 64, proof: 128, case: 64, sources: 64, build: 64 }
function sampleOf(name: string, schema: Schema, digit: string): unknown {
  if (name in LENGTHS) return `${"0123456789abcdef".repeat(8).slice(0, LENGTHS[name] - 1)}${digit}`
  if (schema.enum) return schema.enum[0]
  if (schema.type === "array") return [schema.items?.enum?.[0]]
  if (schema.type === "integer") return 1_700_000_000_000
  return `${name}-of-${digit}`
}
/** A change of a kind with every field that the contract has. */
const filled = (kind: string, digit: string) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [
      name,
      name === "do" ? kind : sampleOf(name, schema, digit),
    ]),
  ) as unknown as ShownChange

for (const language of ["en", "zh"] as const)
  describe(`what is voted on, in ${language}`, async () => {
    for (const [name, texts] of [
      ["change", changeTexts],
      ["network", networkTexts],
    ] as const)
      addMessages(language, { [name]: await texts[language]() })
    const { fieldsOf } = useChangeWords((member) => `name of ${member}`)
    const shown = (change: ShownChange) => {
      useMessagesOf(language)
      return fieldsOf(change)
    }

    for (const kind of kinds)
      it(`of ${kind} is every field that a change may have, under a name, and keys and hashes whole`, async () => {
        const texts = (await changeTexts[language]()) as { readonly field: Readonly<Record<string, string>> }
        const change = filled(kind, "1")
        const all = shown(change)
        const names = Object.keys(fields).filter((name) => name !== "do")
        assert.deepEqual(all.map(({ name }) => name).sort(), names.sort())
        for (const { name, label, text, isCode } of all) {
          assert.equal(label, texts.field[name], name)
          assert.notEqual(text, "", name)
          if (name in LENGTHS) assert.deepEqual([text, isCode], [change[name as keyof ShownChange], true])
        }
      })

    it("differs where one digit at the end does", () => {
      for (const kind of kinds)
        for (const name of Object.keys(LENGTHS)) {
          const of = (digit: string) => {
            const { do: what, ...rest } = filled(kind, digit)
            return shown({ do: what, [name]: rest[name as keyof typeof rest] })
          }
          assert.notDeepEqual(of("1"), of("2"))
        }
    })

    it("has what this page does not know yet, under the name that it has there", () => {
      const change = { do: "merge", into: "county", parts: [1, { two: true }] } as unknown as ShownChange
      assert.deepEqual(shown(change), [
        { name: "into", label: "into", text: "county", isCode: false },
        { name: "parts", label: "parts", text: '[1,{"two":true}]', isCode: false },
      ])
    })
  })

describe("a version that is to be activated", () => {
  const versions = [{ contract: "records", version: 2, sources: "aa" }]
  const rows = [
    ["same", { do: "activate", contract: "records", version: 2, sources: "aa" }],
    ["other", { do: "activate", contract: "records", version: 2, sources: "ab" }],
    ["missing", { do: "activate", contract: "records", version: 3, sources: "aa" }],
    ["missing", { do: "activate", contract: "cases", version: 2, sources: "aa" }],
    [null, { do: "disableAction", contract: "records", action: "commit" }],
  ] as const
  for (const [says, change] of rows)
    it(`is ${says} to the own release: ${JSON.stringify(change)}`, () =>
      assert.equal(atHome(change, versions), says))
})
