import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { type JsonObject, parseJson } from "@aceso/core"
import { DETAILS } from "@aceso/core/display/details.table.ts"
import { marksText, statementOf } from "@aceso/core/display/index.ts"
import { definitionsIn, type ElementDefinition, type TypeDefinition } from "../scripts/elements/r4.ts"

const folder = process.env.ACESO_R4_DEFINITIONS ?? ""
const reason = existsSync(join(folder, "profiles-resources.json"))
  ? false
  : "needs R4's definitions: name their folder in ACESO_R4_DEFINITIONS (scripts/elements.ts)"

const W = "Q-said"
/** Of each datatype a value that says `W`, or the number. */
const concept = { coding: [{ system: "urn:s", code: "c", display: W }] }
const quantity = { value: 717171, unit: W }
const SAMPLES: Readonly<Record<string, unknown>> = {
  Address: { city: W },
  Age: quantity,
  Annotation: { text: W },
  Attachment: { contentType: "text/plain", title: W },
  CodeableConcept: concept,
  Coding: { system: "urn:s", code: "c", display: W },
  ContactPoint: { system: "phone", value: W },
  Dosage: { text: W },
  Duration: quantity,
  HumanName: { family: W },
  Identifier: { system: "urn:s", value: W },
  Money: { value: 717171, currency: W },
  Period: { start: W },
  Quantity: quantity,
  Range: { low: quantity },
  Ratio: { numerator: quantity },
  Reference: { reference: `Basic/${W}`, display: W },
  SampledData: { origin: quantity, dimensions: 1 },
  Timing: { event: [W] },
  boolean: true,
  decimal: 717171,
  integer: 717171,
  positiveInt: 717171,
  unsignedInt: 717171,
}
const INSIDE = new Set(["BackboneElement", "Element"])
/** Said in other words than its own, or of no say in a patient's health. */
const OTHERWISE: ReadonlySet<string> = new Set(
  `uid number endpoint started performer.function performer.actor instance.uid instance.sopClass instance.number`
    .split(" ")
    .map((path) => `ImagingStudy.series.${path}`)
    // A question without an answer is counted.
    .concat(["linkId", "definition", "text"].map((name) => `QuestionnaireResponse.item.${name}`)),
)

interface Definition extends ElementDefinition {
  readonly max?: string
}

/** An element alone in its resource, under each name that it may have. */
function alone(type: TypeDefinition, element: Definition): [path: string, resource: object][] {
  const isList = new Map(type.elements.map((one: Definition) => [one.path, one.max === "*"]))
  return (element.type ?? []).map(({ code }) => {
    const name =
      code.replace("http://hl7.org/fhirpath/System.", "").toLowerCase() === "string" ? "string" : code
    const path = element.path.replace("[x]", code[0].toUpperCase() + code.slice(1))
    const steps = path.split(".")
    let value: unknown = SAMPLES[name] ?? W
    for (let at = steps.length - 1; at > 0; at--) {
      const many = isList.get(at === steps.length - 1 ? element.path : steps.slice(0, at + 1).join("."))
      value = { [steps[at]]: many ? [value] : value }
    }
    return [path, { resourceType: type.name, ...(value as object) }]
  })
}

describe("every element of R4 inside one that is shown", { skip: reason }, () => {
  const { resources } = reason ? { resources: [] } : definitionsIn(folder)
  for (const type of resources.filter(({ name }) => Object.hasOwn(DETAILS, name)))
    it(type.name, () => {
      const shown = new Set(DETAILS[type.name])
      const lost = (type.elements as Definition[])
        .filter(({ path, type: of }) => {
          const [, first, ...more] = path.split(".")
          return (
            first !== undefined &&
            shown.has(first.replace("[x]", "")) &&
            !/^(id|extension|modifierExtension)$/.test(more.at(-1) ?? "") &&
            of?.some(({ code }) => !INSIDE.has(code))
          )
        })
        .flatMap((element) => alone(type, element))
        .filter(([path, resource]) => {
          if (OTHERWISE.has(path)) return false
          const said = statementOf(parseJson(JSON.stringify(resource)) as JsonObject)
          const text = said ? `${said.timeText} ${marksText(said.marks)}${said.title} ${said.value}` : ""
          return ![W, "717171", "true", "TAKEN OFF"].some((token) => text.includes(token))
        })
      assert.deepEqual(
        lost.map(([path]) => path),
        [],
      )
    })
})
