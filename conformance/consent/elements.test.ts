import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { factsOf, type JsonObject, toJson } from "@aceso/core"
import { datedElements, datedTypes } from "@aceso/core/elements/r4.ts"
import { coded, dated, definitionsIn } from "../../scripts/elements/r4.ts"

/**
 * R4's elements that carry time and codes, against what the decision on a record sees of them. The complete lists
 * stand in packages/core/elements/r4.ts and r4-coded.txt; a last test compares them with R4's definitions.
 */
const DAY = "2020-05-17"
const IN = { fromMs: Date.parse("2020-05-17"), toMs: Date.parse("2020-05-18") }
const TYPES: Readonly<Record<string, unknown>> = {
  date: DAY,
  dateTime: DAY,
  instant: "2020-05-17T10:00:00Z",
  Period: { start: DAY, end: DAY },
  Timing: { event: [DAY] },
}
const VAGUE: Readonly<Record<string, unknown>> = {
  Age: { value: 30, unit: "years" },
  Range: { low: { value: 30 } },
  Duration: { value: 3, unit: "days" },
  string: "as a child",
  CodeableConcept: { text: "at admission" },
}

/** What stands at a path, in objects, or in lists of objects. */
function nest(path: readonly string[], value: unknown, areLists: boolean): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  const inner = nest(rest, value, areLists)
  return { [name]: areLists ? [inner] : inner }
}

interface Element {
  readonly type: string
  readonly path: string
  readonly choice: readonly string[] | undefined
  readonly dates: string
}
function elementsOf(table: Readonly<Record<string, string>>): Element[] {
  return Object.entries(table).flatMap(([type, all]) =>
    all
      .split(" ")
      .filter(Boolean)
      .map((element) => {
        const [path, choice] = element.slice(0, -1).replace("]", "").split("[")
        return { type, path, choice: choice?.split("|"), dates: element.slice(-1) }
      }),
  )
}

const big = (type: string) => type[0].toUpperCase() + type.slice(1)
function instance({ type, path }: Element, suffix: string, value: unknown, areLists: boolean): JsonObject {
  const resource = nest(`${path}${suffix}`.split("."), value, areLists) as object
  // A condition goes on until it abates.
  const ended = type === "Condition" && !path.startsWith("abatement") ? { abatementDateTime: DAY } : {}
  return toJson({ resourceType: type, ...ended, ...resource }) as JsonObject
}

describe("every element of R4 that carries a time is read as what it dates", () => {
  for (const element of elementsOf(datedElements)) {
    const { type, path, choice, dates } = element
    it(`${type}.${path}`, () => {
      assert.match(dates, /^[!~-]$/, "decide what it dates: packages/core/elements/r4.ts")
      for (const one of choice ?? [""])
        for (const areLists of [false, true]) {
          const values = one === "" ? [DAY, TYPES.Period] : [TYPES[one] ?? VAGUE[one]]
          for (const value of values) {
            const facts = factsOf(instance(element, big(one || " ").trim(), value, areLists))
            const time = VAGUE[one] ? undefined : facts.time
            const seen = `${one} ${JSON.stringify(value)}`
            if (VAGUE[one]) assert.equal(facts.time, undefined, seen)
            else if (dates === "-" && type !== "Condition") assert.equal(facts.time, undefined, seen)
            else {
              assert.ok(time, seen)
              assert.ok(time.fromMs >= IN.fromMs && time.toMs <= IN.toMs, seen)
            }
            if (dates === "~") assert.ok(facts.paperwork, seen)
          }
        }
    })
  }
})

describe("a time of the matter counts before one of the paperwork, and beside every other of the matter", () => {
  const wide = { start: "2010-01-01", end: "2011-01-01" }
  for (const element of elementsOf(datedElements)) {
    const { type, path, choice, dates } = element
    it(`${type}.${path}`, () => {
      const [first = ""] = choice?.filter((one) => TYPES[one] !== undefined) ?? []
      if (choice && first === "") return
      const resource = instance(element, big(first || " ").trim(), first ? TYPES[first] : DAY, false)
      const facts = factsOf({ ...resource, extension: toJson([{ url: "urn:x", valuePeriod: wide }]) })
      assert.equal(facts.time?.fromMs, Date.parse(wide.start))
      const isCounted = (facts.time?.toMs ?? 0) > Date.parse("2020-01-01")
      assert.equal(isCounted, dates === "!" || type === "Condition")
    })
  }
})

describe("data types date what they are part of, or have a validity of their own", () => {
  const rows: readonly (readonly [type: string, resource: object, dates: "!" | "~" | "-"])[] = [
    ["Address.period", { resourceType: "Location", address: { period: TYPES.Period } }, "-"],
    ["Annotation.time", { resourceType: "Observation", note: [{ time: DAY, text: "x" }] }, "~"],
    ["Attachment.creation", { resourceType: "Media", content: { creation: DAY } }, "~"],
    ["ContactPoint.period", { resourceType: "Patient", telecom: [{ period: TYPES.Period }] }, "-"],
    ["DataRequirement.dateFilter.value", {}, "-"],
    [
      "Dosage.timing",
      { resourceType: "MedicationRequest", dosageInstruction: [{ timing: TYPES.Timing }] },
      "!",
    ],
    ["ElementDefinition.defaultValue", {}, "-"],
    ["ElementDefinition.fixed", {}, "-"],
    ["ElementDefinition.pattern", {}, "-"],
    ["ElementDefinition.example.value", {}, "-"],
    ["ElementDefinition.minValue", {}, "-"],
    ["ElementDefinition.maxValue", {}, "-"],
    ["Extension.value", { resourceType: "Basic", extension: [{ url: "urn:x", valueDate: DAY }] }, "!"],
    ["HumanName.period", { resourceType: "Patient", name: [{ period: TYPES.Period }] }, "-"],
    ["Identifier.period", { resourceType: "Basic", identifier: [{ period: TYPES.Period }] }, "-"],
    [
      "MarketingStatus.dateRange",
      { resourceType: "MedicinalProduct", marketingStatus: [{ dateRange: TYPES.Period }] },
      "!",
    ],
    [
      "MarketingStatus.restoreDate",
      { resourceType: "MedicinalProduct", marketingStatus: [{ restoreDate: DAY }] },
      "!",
    ],
    ["Meta.lastUpdated", { resourceType: "Basic", meta: { lastUpdated: "2020-05-17T10:00:00Z" } }, "-"],
    ["Period.start", { resourceType: "Encounter", period: { start: DAY, end: DAY } }, "!"],
    ["Period.end", { resourceType: "Encounter", period: { start: DAY, end: DAY } }, "!"],
    ["Signature.when", { resourceType: "Provenance", signature: [{ when: "2020-05-17T10:00:00Z" }] }, "~"],
    ["Timing.event", { resourceType: "Observation", effectiveTiming: TYPES.Timing }, "!"],
    [
      "Timing.repeat.bounds",
      { resourceType: "Observation", effectiveTiming: { repeat: { boundsPeriod: TYPES.Period } } },
      "!",
    ],
    [
      "TriggerDefinition.timing",
      { resourceType: "Task", input: [{ valueTriggerDefinition: { timingDate: DAY } }] },
      "!",
    ],
  ]
  it("all of them stand here", () =>
    assert.deepEqual(
      rows.map(([type]) => type),
      elementsOf(datedTypes).map(({ type, path }) => `${type}.${path}`),
    ))
  for (const [type, resource, dates] of rows)
    it(`${type}: ${dates}`, () => {
      if (Object.keys(resource).length === 0) return // Stands in definitions alone, of which nobody is the patient.
      const { time, paperwork } = factsOf(toJson(resource) as JsonObject)
      assert.equal(time !== undefined, dates !== "-")
      assert.equal(paperwork !== undefined, dates === "~")
    })
})

const lists = readFileSync(join(import.meta.dirname, "r4-coded.txt"), "utf8")
  .trim()
  .split("\n")

describe("every element of R4 that carries a code is found by its code", () => {
  const values: Readonly<Record<string, unknown>> = {
    code: "Xy.9",
    Coding: { system: "urn:s", code: "Xy.9" },
    CodeableConcept: {
      coding: [
        { system: "urn:t", code: "other" },
        { system: "urn:s", code: "Xy.9" },
      ],
    },
  }
  for (const line of lists) {
    const [type, all] = line.split(/: ?/)
    if (!Object.hasOwn(datedElements, type)) continue
    it(type, () => {
      for (const element of (all ?? "").split(" ").filter(Boolean)) {
        // Says a type as a resource inside does, and is read as one.
        if (element === "instance.resourceType(code)") continue
        const [path, kinds] = element.replace(/[\])]/, "").split(/[[(]/)
        for (const kind of kinds.split("|"))
          for (const areLists of [false, true]) {
            const name = element.includes("[") ? `${path}${big(kind)}` : path
            const resource = nest(name.split("."), values[kind], areLists) as object
            const facts = factsOf(toJson({ resourceType: type, ...resource }) as JsonObject)
            assert.equal(facts.allCodes.mayHave({ code: "Xy.9" }), "yes", `${type}.${name}`)
          }
      }
    })
  }
})

const folder = process.env.ACESO_R4_DEFINITIONS ?? ""
const reason = existsSync(join(folder, "profiles-resources.json"))
  ? false
  : "needs R4's definitions: name their folder in ACESO_R4_DEFINITIONS (scripts/elements.ts)"

describe("the lists are those of R4's definitions", { skip: reason }, () => {
  it("times and codes of every type", () => {
    const { types, resources } = definitionsIn(folder)
    const written = (table: Readonly<Record<string, string>>) =>
      Object.entries(table).map(([name, all]) => `${name}: ${all.replace(/[!~-](?= |$)/g, "")}`.trim())
    assert.deepEqual(
      written(datedElements),
      resources.map((type) => `${type.name}: ${dated(type).join(" ")}`.trim()),
    )
    assert.deepEqual(
      written(datedTypes),
      types.filter((type) => dated(type).length > 0).map((type) => `${type.name}: ${dated(type).join(" ")}`),
    )
    assert.deepEqual(
      lists,
      [...resources, ...types].map((type) => `${type.name}: ${coded(type).join(" ")}`.trim()),
    )
  })
})
