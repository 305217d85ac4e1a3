import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Publication } from "./publication.ts"
import { wrongFields } from "./wrong-fields.ts"

const good: Publication = {
  title: "Warfarin",
  language: "en",
  contentType: "text/plain",
  content: "Take it.",
}
const form = (resource: object): Partial<Publication> => ({
  contentType: "application/fhir+json",
  content: JSON.stringify({ resourceType: "Questionnaire", status: "active", ...resource }),
})

describe("what is filled in to be published", () => {
  const rows: readonly (readonly [
    comment: string,
    slug: string,
    given: Partial<Publication>,
    wrong: readonly string[],
  ])[] = [
    ["all is right", "warfarin", {}, []],
    ["a resource", "intake-2", form({ title: "Intake" }), []],
    ["a name in capitals", "Warfarin 5", {}, ["slug publication_bad_slug"]],
    ["no name", "", {}, ["slug publication_bad_slug"]],
    ["a language in words", "warfarin", { language: "English" }, ["language publication_bad_language"]],
    ["no title", "warfarin", { title: " " }, ["title publication_empty"]],
    ["a title with markup", "warfarin", { title: "<b>W</b>" }, ["title publication_has_markup"]],
    ["a title in lines", "warfarin", { title: "a\nb" }, ["title publication_title_lines"]],
    ["a long title", "warfarin", { title: "a".repeat(201) }, ["title publication_title_long"]],
    ["no text", "warfarin", { content: "" }, ["content publication_empty"]],
    ["markup", "warfarin", { content: "<p>a</p>" }, ["content publication_has_markup"]],
    ["what nobody can see", "warfarin", { content: "a\u202eb" }, ["content publication_not_plain"]],
    ["a long text", "warfarin", { content: "a".repeat(2 ** 20) }, ["content publication_too_long"]],
    [
      "half of a resource",
      "warfarin",
      { contentType: "application/fhir+json", content: '{"resourceType":' },
      ["content publication_no_resource"],
    ],
    [
      "no resource",
      "warfarin",
      { contentType: "application/fhir+json", content: "[]" },
      ["content publication_no_resource"],
    ],
    [
      "another kind",
      "warfarin",
      form({ resourceType: "PlanDefinition" }),
      ["content publication_of_another_kind"],
    ],
    [
      "a person in it",
      "warfarin",
      form({ contained: [{ resourceType: "Patient" }] }),
      ["content publication_names_a_person contained[0]"],
    ],
    [
      "all of it",
      "-",
      { title: "", language: "x", content: "" },
      [
        "slug publication_bad_slug",
        "language publication_bad_language",
        "title publication_empty",
        "content publication_empty",
      ],
    ],
  ]
  for (const [comment, slug, given, wrong] of rows)
    it(`${comment}: ${wrong.join(", ") || "nothing is wrong"}`, () => {
      const found = wrongFields(slug, { ...good, ...given }, "form")
      assert.deepEqual(
        found.map(({ field, why, element }) => [field, why, ...(element ? [element] : [])].join(" ")),
        wrong,
      )
    })
})
