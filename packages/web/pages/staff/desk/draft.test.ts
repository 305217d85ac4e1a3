import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { registerQuestion } from "@aceso/client/enrolment-schemas.ts"
import { type Draft, emptyDraft, personOf } from "./draft.ts"

const typed = { family: " Zhao ", given: "Yu  Min", birthDate: "1988-02-03", sex: "female" } as const
const person = {
  name: { family: "Zhao", given: ["Yu", "Min"] },
  birthDate: "1988-02-03",
  sex: "female",
  identifiers: [],
}
const table: readonly { readonly comment: string; readonly draft: Partial<Draft>; readonly said: object }[] =
  [
    { comment: "a name in parts, without a document", draft: { document: "none", number: "7" }, said: {} },
    {
      comment: "a passport is found by its country's numbers",
      draft: { document: "passport", number: " E 12 ", country: "chn", validUntil: "2031-01-31" },
      said: {
        document: {
          ...{ type: "passport", number: "E 12", system: "http://hl7.org/fhir/sid/passport-CHN" },
          validUntil: "2031-01-31",
        },
      },
    },
    {
      comment: "a country says nothing of an identity card",
      draft: { document: "national-id", number: "1", country: "CHN", issuer: " Town  hall " },
      said: { document: { type: "national-id", number: "1", issuer: "Town hall" } },
    },
    {
      comment: "an empty line is no number, half of one is",
      draft: {
        document: "none",
        identifiers: [
          { system: "", value: " " },
          { system: "https://city.example/mrn", value: "9" },
        ],
      },
      said: { identifiers: [{ system: "https://city.example/mrn", value: "9" }] },
    },
  ]

describe("what a clerk types", () => {
  for (const { comment, draft, said } of table)
    it(comment, () => {
      const found = personOf({ ...emptyDraft(), ...typed, ...draft })
      assert.deepEqual(found, { ...person, ...said })
      assert.deepEqual(registerQuestion.parse(found, "person"), found)
    })

  it("half a number is refused by what the node asks", () => {
    const found = personOf({ ...emptyDraft(), ...typed, identifiers: [{ system: "", value: "9" }] })
    assert.throws(() => registerQuestion.parse(found, "person"), { code: "bad_input" })
  })
})
