import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { systems } from "./codes.ts"
import type { DemoPatient, DemoVisit } from "./index.ts"
import { demoPatients, largePatient } from "./index.ts"
import { Decimal, emitJson } from "./json.ts"
import { residentCheckCharacter } from "./people.ts"
import { Randomness } from "./random.ts"
import type { Parsed } from "./testing.ts"
import { named, parse, resourcesOf } from "./testing.ts"

const now = Date.parse("2026-03-04T05:06:07.890Z")
const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
const seed = "test"
const patients = demoPatients({ seed, now, count: 12 })
const visits = patients.flatMap((patient) => patient.visits)
const [first] = patients
assert.ok(first)

const withText = (visit: DemoVisit, type: string, text: string): Parsed[] =>
  resourcesOf(visit).filter(
    (found) => found.resourceType === type && JSON.stringify(found).includes(`"${text}"`),
  )

describe("one seed, one set of bytes", () => {
  test("same seed and same now", () => {
    assert.equal(JSON.stringify(demoPatients({ seed, now, count: 12 })), JSON.stringify(patients))
  })
  test("a smaller count is a prefix", () => {
    assert.deepEqual(demoPatients({ seed, now, count: 5 }), patients.slice(0, 5))
  })
  test("another seed differs in every bundle", () => {
    const others = demoPatients({ seed: "other", now, count: 12 }).flatMap((patient) => patient.visits)
    assert.equal(others.length, visits.length)
    assert.ok(others.every(({ bundle }, index) => bundle !== visits[index]?.bundle))
  })
})

describe("every bundle", () => {
  test("is a transaction with as many entries as told", () => {
    for (const visit of visits) {
      const { resourceType, type, entry } = parse(visit)
      assert.deepEqual([resourceType, type, entry.length], ["Bundle", "transaction", visit.resources])
      for (const { resource, request, fullUrl } of entry) {
        assert.match(
          fullUrl,
          /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
        assert.equal(request.method, "POST")
        assert.equal(request.url, resource.resourceType)
      }
    }
  })
  test("holds one each of patient, custodian, practitioner, coverage, encounter and claim", () => {
    const types = ["Patient", "Organization", "Practitioner", "Coverage", "Encounter", "Claim"]
    for (const visit of visits) {
      const found = resourcesOf(visit).map(({ resourceType }) => resourceType)
      for (const type of types) assert.equal(found.filter((other) => other === type).length, 1, type)
    }
  })
  test("creates what bundles share only where it is missing", () => {
    for (const visit of visits) {
      for (const { resource, request } of parse(visit).entry) {
        if (!["Patient", "Organization", "Practitioner", "Coverage"].includes(resource.resourceType)) {
          assert.equal(request.ifNoneExist, undefined)
          continue
        }
        const known = resource.identifier.map(({ system, value }: Parsed) => `identifier=${system}|${value}`)
        assert.ok(known.includes(request.ifNoneExist), request.ifNoneExist)
      }
    }
  })
  test("resolves its references by itself", () => {
    for (const visit of visits) {
      const known = new Set(parse(visit).entry.map(({ fullUrl }: Parsed) => fullUrl))
      for (const reference of named(["reference"], [visit])) assert.ok(known.has(reference), reference)
    }
  })
  test("has ids of its own", () => {
    const ids = [...named(["fullUrl"], visits)]
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe("numbers", () => {
  test("come out as the token they went in as", () => {
    assert.equal(emitJson({ value: new Decimal("4.10") }), '{"value":4.10}')
    assert.throws(() => emitJson(4.1), /4\.1 is no safe integer: write a Decimal/)
    assert.throws(() => new Decimal("04"), /not a decimal token: "04"/)
  })
  test("every bundle survives a reading that keeps tokens", () => {
    for (const { bundle } of visits) {
      const kept = JSON.parse(bundle, (_, value, context?: { source?: string }) =>
        typeof value === "number" ? new Decimal(context?.source ?? "") : value,
      )
      assert.equal(emitJson(kept), bundle)
    }
  })
  test("a drawn value has the decimals of its range and lies in it", () => {
    const random = new Randomness("decimals")
    for (let index = 0; index < 200; index++) {
      const drawn = random.at(index).decimal("0.08", "0.12")
      assert.match(drawn, /^0\.(08|09|10|11|12)$/)
    }
  })
  test("every quantity is in UCUM", () => {
    for (const quantity of named(["valueQuantity", "doseQuantity", "low", "high"], visits)) {
      assert.equal(quantity.system, systems.ucum)
      assert.ok(quantity.unit && quantity.code)
    }
  })
})

describe("every patient", () => {
  for (const patient of patients) {
    test(`${patient.alias}, ${patient.story}`, () => checkPatient(patient))
  }
  test("is known by identifiers that are no other's", () => {
    const values = patients.flatMap(({ identifiers }) =>
      identifiers.map(({ system, value }) => `${system}|${value}`),
    )
    assert.equal(new Set(values).size, values.length)
  })
})

function checkPatient({ visits, identifiers, organisations, birthDate, gender, story }: DemoPatient): void {
  const starts = visits.map(({ start }) => Date.parse(start))
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  )
  const latest = starts.at(-1) ?? 0
  assert.ok(latest < now && latest > now - 365 * dayMs, "an encounter in the last twelve months")
  assert.ok((starts[0] ?? 0) >= Date.parse(birthDate), "no visit before birth")
  assert.ok(organisations.length === 2 || organisations.length === 3)
  for (const { start: from, end } of named(["period"], visits)) {
    assert.ok(end === undefined || (from < end && Date.parse(end) < now))
  }
  for (const at of named(["effectiveDateTime", "onsetDateTime", "authoredOn", "performedDateTime"], visits)) {
    assert.ok(Date.parse(at) < now && Date.parse(at) >= Date.parse(birthDate), at)
  }

  const [resident, ...local] = identifiers
  const number = resident?.value ?? ""
  assert.equal(resident?.system, "urn:oid:2.16.156.10011.1.3")
  assert.match(number, /^999\d{14}[\dX]$/)
  assert.equal(number.slice(6, 14), birthDate.replaceAll("-", ""))
  assert.equal(Number(number[16]) % 2 === 1 ? "male" : "female", gender)
  assert.equal(residentCheckCharacter(number.slice(0, 17)), number[17])
  assert.deepEqual(
    local.map(({ system }) => system),
    organisations.map((organisation) => `https://${organisation}.example/mrn`),
  )
  assert.ok(mergeable(visits).byIdentifier > 0, `${story}: facts with one national identifier`)
  assert.ok(mergeable(visits).byContent > 0, `${story}: facts with one code, time and value`)
}

/** How many facts are told by two organisations. */
function mergeable(visits: readonly DemoVisit[]): { byIdentifier: number; byContent: number } {
  const tellers = { byIdentifier: new Map<string, Set<string>>(), byContent: new Map<string, Set<string>>() }
  for (const visit of visits) {
    for (const found of resourcesOf(visit)) {
      const national = found.identifier?.find(({ system }: Parsed) => system.startsWith("https://national."))
      const { encounter, subject, patient, performer, ...content } = found
      if (national) add(tellers.byIdentifier, `${national.system}|${national.value}`, visit.organisation)
      else if (["Observation", "Immunization"].includes(found.resourceType)) {
        add(tellers.byContent, JSON.stringify(content), visit.organisation)
      }
    }
  }
  const shared = (told: Map<string, Set<string>>) => [...told.values()].filter(({ size }) => size > 1).length
  return { byIdentifier: shared(tellers.byIdentifier), byContent: shared(tellers.byContent) }

  function add(told: Map<string, Set<string>>, fact: string, teller: string): void {
    told.set(fact, (told.get(fact) ?? new Set()).add(teller))
  }
}

describe("patient-1", () => {
  const last = first.visits.at(-1)
  assert.ok(last)

  test("is 58 and tells the first story", () => {
    assert.deepEqual([first.alias, first.story], ["patient-1", "chest-pain"])
    const birthday = `${Number(first.birthDate.slice(0, 4)) + 58}${first.birthDate.slice(4)}`
    assert.ok(Date.parse(birthday) <= now && Date.parse(birthday) > now - 365 * dayMs)
  })
  test("has ended the last visit at City just before now", () => {
    assert.equal(last.organisation, "city-hospital")
    const [encounter] = resourcesOf(last).filter(({ resourceType }) => resourceType === "Encounter")
    const endedMsAgo = now - Date.parse(encounter.period.end)
    assert.ok(endedMsAgo > 0 && endedMsAgo < hourMs)
  })
  for (const [type, text] of [
    ["AllergyIntolerance", "91936005"],
    ["MedicationRequest", "B01AA03"],
    ["Observation", "6301-6"],
    ["Observation", "2823-3"],
    ["Observation", "67151-1"],
  ] as const) {
    test(`has ${type} ${text} in the last visit`, () => {
      assert.equal(withText(last, type, text).length, 1)
    })
  }
  test("had troponin measured two hours before now", () => {
    const [troponin] = withText(last, "Observation", "67151-1")
    assert.equal(troponin.effectiveDateTime, "2026-03-04T03:06:07Z")
  })
  test("has potassium of 4.10 to the last digit", () => {
    assert.match(last.bundle, /"valueQuantity":\{"value":4\.10,"unit":"mmol\/L"/)
  })
  test("has one warfarin prescription in two doses", () => {
    const doses = first.visits.flatMap((visit) =>
      withText(visit, "MedicationRequest", "B01AA03")
        .filter(({ identifier }) => identifier)
        .map(({ identifier, dosageInstruction: [{ text }] }) => [
          visit.organisation,
          identifier[0].value,
          text,
        ]),
    )
    const [[, prescription] = []] = doses
    assert.deepEqual(doses, [
      ["community-clinic", prescription, "2.5 mg, 1 × daily"],
      ["city-hospital", prescription, "3.0 mg, 1 × daily"],
    ])
  })
})

describe("the large patient", () => {
  for (const resources of [6, 49, 50, 1000, 1234]) {
    test(`has ${resources} resources at City`, () => {
      const { visits, organisations } = largePatient({ seed, now, resources })
      assert.deepEqual(organisations, ["city-hospital"])
      assert.equal(
        visits.reduce((sum, visit) => sum + parse(visit).entry.length, 0),
        resources,
      )
      assert.ok(Date.parse(visits.at(-1)?.start ?? "") > now - 365 * dayMs)
    })
  }
  test("has at least six resources", () => {
    assert.throws(
      () => largePatient({ seed, now, resources: 5 }),
      /a patient has at least 6 resources, not 5/,
    )
  })
})
