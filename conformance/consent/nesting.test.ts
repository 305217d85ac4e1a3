import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type AccessQuery,
  canonicalJson,
  type Decision,
  decide,
  factsOf,
  hasNoRecordCriteria,
  type JsonObject,
  parseJson,
  randomBytes,
  readPolicy,
  settledFactsOf,
  toJson,
} from "@aceso/core"
import fc from "fast-check"
import {
  CONFIDENTIALITY,
  classes,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  LOINC,
  permit,
  purposes,
  query,
  SNOMED,
  them,
  us,
} from "./deciding.ts"

/**
 * R4 Consent.provision.provision, "rules which provide exceptions to the base rule or subrules"; IHE PCF P.4.4: "each
 * level of nesting would contain the exceptions to the rules set down in the prior level".
 */
const weight = {
  resourceType: "Observation",
  code: concept(LOINC, "29463-7"),
  effectiveDateTime: "2026-03-10",
}
const height = {
  resourceType: "Observation",
  code: concept(LOINC, "8302-2"),
  effectiveDateTime: "2020-03-10",
}
const problem = {
  resourceType: "Condition",
  code: concept(SNOMED, "1"),
  onsetDateTime: "2026",
  abatementDateTime: "2026",
}
const Observations = { class: classes("Observation") }
const Conditions = { class: classes("Condition") }
const Weights = { code: [concept(LOINC, "29463-7")] }
const provisions = (...provision: unknown[]) => ({ provision })

type Row = readonly [
  section: string,
  provision: Fields,
  record: Fields,
  decision: Decision,
  asked?: Partial<AccessQuery>,
]
const rows: readonly Row[] = [
  ["a denial in a permit", permit(provisions(deny(Observations))), weight, "deny"],
  ["a denial in a permit, of something else", permit(provisions(deny(Conditions))), weight, "permit"],
  ["a permit in a denial", deny(provisions(permit(Observations))), weight, "permit"],
  ["a permit in a denial, of something else", deny(provisions(permit(Conditions))), weight, "deny"],
  [
    "a denial in a permit in a denial",
    deny(provisions(permit({ ...Observations, ...provisions(deny(Weights)) }))),
    weight,
    "deny",
  ],
  [
    "a denial in a permit in a denial, of something else",
    deny(provisions(permit({ ...Observations, ...provisions(deny(Weights)) }))),
    height,
    "permit",
  ],
  [
    "a permit in a denial in a permit",
    permit(provisions(deny({ ...Observations, ...provisions(permit(Weights)) }))),
    weight,
    "permit",
  ],
  [
    "a permit in a denial in a permit, of something else",
    permit(provisions(deny({ ...Observations, ...provisions(permit(Weights)) }))),
    height,
    "deny",
  ],
  [
    "a permit in a denial in a permit opens nothing that the outer permit leaves out",
    permit({ ...Conditions, ...provisions(deny({ ...Observations, ...provisions(permit(Weights)) })) }),
    weight,
    "none",
  ],
  [
    "a permit in a denial in a denial lifts the inner one alone",
    deny(provisions(deny({ ...Observations, ...provisions(permit(Weights)) }))),
    weight,
    "deny",
  ],
  [
    "a denial in a permit holds for whoever the permit is for, also for what it does not open itself",
    permit({ ...Conditions, ...provisions(deny(Weights)) }),
    weight,
    "deny",
  ],
  [
    "a permit in a permit adds what the outer one leaves out",
    permit({ ...Conditions, ...provisions(permit(Observations)) }),
    weight,
    "permit",
  ],
  [
    "and leaves the outer one as it is",
    permit({ ...Conditions, ...provisions(permit(Observations)) }),
    problem,
    "permit",
  ],
  [
    "and adds no more",
    permit({ ...Conditions, ...provisions(permit(Observations)) }),
    { resourceType: "Device" },
    "none",
  ],
  [
    "it keeps what it does not replace: the time",
    permit({ ...Conditions, dataPeriod: { start: "2026" }, ...provisions(permit(Observations)) }),
    height,
    "none",
  ],
  [
    "it may replace the time",
    permit({
      dataPeriod: { start: "2026" },
      ...provisions(permit({ ...Observations, dataPeriod: { start: "2020" } })),
    }),
    height,
    "permit",
  ],
  [
    "it is for nobody else",
    permit({ ...Conditions, ...provisions(permit({ ...Observations, actor: them })) }),
    weight,
    "none",
    { member: "county-hospital" },
  ],
  [
    "it is for no other purpose",
    permit({
      ...Conditions,
      purpose: purposes("TREAT"),
      ...provisions(permit({ ...Observations, purpose: purposes("HPAYMT") })),
    }),
    weight,
    "none",
    { purpose: "HPAYMT" },
  ],
  [
    "it is for no longer",
    permit({
      ...Conditions,
      period: { end: "2025" },
      ...provisions(permit({ ...Observations, period: { end: "2027" } })),
    }),
    weight,
    "none",
  ],
  [
    "it has the outer one's actor",
    permit({ ...Conditions, ...provisions({ type: "permit", ...Observations }) }),
    weight,
    "permit",
  ],
  [
    "a permit of nobody, in it one for us",
    permit({ actor: undefined, ...Conditions, ...provisions(permit(Observations)) }),
    weight,
    "permit",
  ],
  [
    "a permit of nobody opens nothing itself",
    permit({ actor: undefined, ...Conditions, ...provisions(permit(Observations)) }),
    problem,
    "none",
  ],
  [
    "a permit in a permit that does not count",
    permit({ environment: "x", ...Conditions, ...provisions(permit(Observations)) }),
    weight,
    "none",
  ],
  [
    "a denial beside a permit in a permit",
    permit({ ...Conditions, ...provisions(permit(Observations), deny(Weights)) }),
    weight,
    "deny",
  ],
  [
    "a denial in a permit that is over",
    permit({ period: { end: "2025" }, ...provisions(deny()) }),
    weight,
    "none",
  ],
]

describe("R4 Consent.provision.provision", () => {
  for (const [section, provision, record, decision, asked] of rows)
    it(`${section}: ${decision}`, () => assert.equal(decided([consent(provision)], record, asked), decision))

  it("a denial in a permit that is not understood still closes what others open", () => {
    const one = consent(permit({ environment: "x", ...provisions(deny(Weights)) }))
    assert.equal(decided([consent(permit()), one], weight), "deny")
    assert.equal(decided([consent(permit()), one], height), "permit")
  })
  it("a denial in a document that is not understood still closes what others open", () => {
    const one = consent(permit(provisions(deny(Weights))), { implicitRules: "http://a.example/r" })
    assert.equal(decided([consent(permit()), one], weight), "deny")
  })
  it("an exception to a denial does not count in a document that is not understood", () => {
    const one = consent(deny(provisions(permit())), { implicitRules: "http://a.example/r" })
    assert.equal(decided([one], weight), "deny")
  })
})

describe("properties", () => {
  const criterion = fc.constantFrom<Fields>(
    {},
    Observations,
    Conditions,
    Weights,
    { dataPeriod: { start: "2026" } },
    { dataPeriod: { end: "2025" } },
    { securityLabel: [{ system: CONFIDENTIALITY, code: "N" }] },
    { purpose: purposes("TREAT") },
    { actor: them },
    { actor: undefined },
    { data: [{ meaning: "instance", reference: { reference: "Observation/1" } }] },
  )
  const criteria = fc.array(criterion, { maxLength: 2 }).map((all) => Object.assign({}, ...all) as Fields)
  const { provision } = fc.letrec<{ provision: Fields; nested: Fields[] }>((tie) => ({
    nested: fc.oneof(
      { maxDepth: 3 },
      fc.constant<Fields[]>([]),
      fc.array(tie("provision"), { maxLength: 3 }),
    ),
    provision: fc
      .tuple(fc.constantFrom("permit", "permit", "deny"), criteria, tie("nested"))
      .map(([type, own, nested]) => ({
        type,
        actor: us,
        ...own,
        ...(nested.length > 0 && { provision: nested }),
      })),
  }))
  const records = fc.constantFrom<Fields>(weight, height, problem, { ...weight, contained: [problem] })
  const documents = fc.array(provision, { maxLength: 3 }).map((all) => all.map((one) => consent(one)))

  /** The provision with something put in at its nth place, counted in depth. */
  function changed(root: Fields, place: number, change: (own: Fields) => Fields): Fields {
    let at = 0
    const visit = (own: Fields): Fields => {
      const isIt = at++ === place
      const nested = Array.isArray(own.provision) ? { provision: own.provision.map(visit) } : {}
      return isIt ? change({ ...own, ...nested }) : { ...own, ...nested }
    }
    return visit(root)
  }

  it("an unknown member, put into any provision, never opens more", () => {
    fc.assert(
      fc.property(documents, provision, records, fc.nat(6), (all, one, record, place) => {
        const before = decided([...all, consent(one)], record)
        const after = decided(
          [...all, consent(changed(one, place, (own) => ({ ...own, environment: "x" })))],
          record,
        )
        if (before !== "permit") assert.notEqual(after, "permit")
        if (before === "deny") assert.equal(after, "deny")
      }),
      { numRuns: 1_000 },
    )
  })

  it("an unknown member, put into the document, never opens more", () => {
    fc.assert(
      fc.property(documents, provision, records, (all, one, record) => {
        const before = decided([...all, consent(one)], record)
        const after = decided([...all, consent(one, { environment: "x" })], record)
        if (before !== "permit") assert.notEqual(after, "permit")
        if (before === "deny") assert.equal(after, "deny")
      }),
      { numRuns: 1_000 },
    )
  })

  it("a denial, as a document or as an exception to a permit, never opens more", () => {
    fc.assert(
      fc.property(documents, provision, criteria, records, fc.nat(6), (all, one, own, record, place) => {
        const before = decided([...all, consent(one)], record)
        const denial = deny(own)
        const added = changed(one, place, (at) =>
          at.type === "permit" ? { ...at, provision: [...((at.provision as Fields[]) ?? []), denial] } : at,
        )
        for (const after of [
          decided([...all, consent(added)], record),
          decided([...all, consent(one), consent(denial)], record),
        ]) {
          if (before !== "permit") assert.notEqual(after, "permit")
          if (before === "deny") assert.equal(after, "deny")
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it("neither the order of documents nor that of their provisions matters", () => {
    const turned = (own: Fields): Fields => ({
      ...own,
      ...(Array.isArray(own.provision) && { provision: own.provision.map(turned).reverse() }),
    })
    fc.assert(
      fc.property(fc.array(provision, { maxLength: 3 }), records, (all, record) => {
        const documents = all.map((one) => consent(one))
        const backwards = all.map((one) => consent(turned(one))).reverse()
        assert.equal(decided(documents, record), decided(backwards, record))
      }),
      { numRuns: 1_000 },
    )
  })

  it("what is permitted, some permit names, with what it has from the permits around it", () => {
    const permits = (own: Fields, from: Fields): Fields[] => {
      const said = Object.entries(own).filter(([name, value]) => name !== "provision" && value !== undefined)
      const criteria: Fields = { ...from, ...Object.fromEntries(said) }
      const inner = Array.isArray(own.provision) ? (own.provision as Fields[]) : []
      const isPermit = own.type === "permit"
      return [
        ...(isPermit ? [criteria] : []),
        ...inner.flatMap((one) => permits(one, isPermit && one.type === "permit" ? criteria : {})),
      ]
    }
    fc.assert(
      fc.property(provision, records, (one, { contained: _, ...record }) => {
        if (decided([consent(one)], record) !== "permit") return
        assert.ok(permits(one, {}).some((alone) => decided([consent(alone)], record) === "permit"))
      }),
      { numRuns: 2_000 },
    )
  })

  it("a consent that says nothing about records opens every record and every dummy, or nothing", () => {
    fc.assert(
      fc.property(provision, records, (one, record) => {
        const content = canonicalJson(toJson(consent(one)))
        if (!hasNoRecordCriteria({ content, salt: new Uint8Array(32) })) return
        assert.equal(decided([consent(one)], record), decided([consent(one)], {}))
      }),
      { numRuns: 2_000 },
    )
  })

  it("the custodian, which asks a record what it needs, and the device, which keeps all, decide the same", () => {
    fc.assert(
      fc.property(documents, records, (all, record) => {
        const policy = readPolicy(
          all.map((one) => ({ content: canonicalJson(toJson(one)), salt: randomBytes(32) })),
        )
        const bytes = canonicalJson(
          toJson({ ...record, meta: { security: [{ system: CONFIDENTIALITY, code: "R" }] } }),
        )
        const [lazy, kept] = [factsOf, settledFactsOf].map((of) => of(parseJson(bytes) as JsonObject))
        assert.equal(decide(policy, query, lazy), decide(policy, query, kept))
      }),
      { numRuns: 1_000 },
    )
  })

  it("what lies inside of a record never makes it more open", () => {
    fc.assert(
      fc.property(documents, records, records, (all, record, inside) => {
        const { contained: _, ...own } = record
        if (decided(all, own) !== "permit")
          assert.notEqual(decided(all, { ...own, contained: [inside] }), "permit")
      }),
      { numRuns: 1_000 },
    )
  })
})
