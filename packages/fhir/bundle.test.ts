import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { canonicalText, fromUtf8, type Json, type JsonObject, parseJson, toJson } from "@aceso/core"
import fc from "fast-check"
import { askedOf } from "./asked.ts"
import { takeInput } from "./bundle.ts"
import type { BundleContext } from "./entries.ts"
import { inputOf, MAX_ENTRIES } from "./input.ts"
import type { Person } from "./person.ts"
import { stamp, stamped, unstamped } from "./stamp.ts"

const takeBundle = (bundle: JsonObject, context: BundleContext) => takeInput(inputOf(bundle), context)
const json = (value: unknown) => toJson(value) as JsonObject
const urn = (n: number) => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

type Known = Readonly<Record<string, string | readonly string[]>>

/** Ids new-1, new-2, ...; `known`: what is here already, "Type system|value" to ids; `former`: by place. */
function contextOf(known: Known = {}, former: Readonly<Record<number, string>> = {}): BundleContext {
  let made = 0
  const idsOf = (ids: Known[string]) => (typeof ids === "string" ? [ids] : ids)
  const people = new Map<string, Person>()
  for (const [name, ids] of Object.entries(known)) {
    const [, type, system, value] = /^(\S+) (.*)\|(.*)$/.exec(name) as RegExpExecArray
    if (type !== "Patient") continue
    const identifier = { system, value, meaning: "unique", isCurrent: true, type: undefined } as const
    for (const id of idsOf(ids))
      people.set(id, { names: [], birthDate: undefined, sex: undefined, identifiers: [identifier] })
  }
  return {
    rules: { configured: {}, now: 0 },
    find: (type, system, value) => idsOf(known[`${type} ${system}|${value}`] ?? []),
    person: (id) => people.get(id),
    claims: ({ id }) => ({
      own: undefined,
      isOurs: people.has(id),
      isTaken: people.has(id),
      isTemporary: false,
      isAmbiguous: false,
      isOfServer: false,
      bare: undefined,
    }),
    formerId: (index) => former[index],
    byUrn: () => undefined,
    withoutServer: () => undefined,
    said: () => undefined,
    newId: () => `new-${++made}`,
  }
}

const post = (resource: object, more: object = {}) => ({
  resource,
  request: { method: "POST", url: (resource as { resourceType?: string }).resourceType },
  ...more,
})
const put = (resource: object, url: string) => ({ resource, request: { method: "PUT", url } })
const conditional = (resource: object, ifNoneExist: string, more: object = {}) => ({
  resource,
  request: { method: "POST", url: (resource as { resourceType?: string }).resourceType, ifNoneExist },
  ...more,
})
const bundleOf = (type: string, ...entry: unknown[]) => json({ resourceType: "Bundle", type, entry })
const take = (type: string, entries: readonly unknown[], known: Known = {}) =>
  takeBundle(bundleOf(type, ...entries), contextOf(known))

const organization = { resourceType: "Organization", name: "City" }
const observation = (more: object = {}) => ({ resourceType: "Observation", status: "final", ...more })

describe("bundle: what an entry becomes", () => {
  const rows: readonly {
    comment: string
    entry: object
    known?: Known
    incoming: readonly { id: string; isNew: boolean }[]
    existing?: number
  }[] = [
    { comment: "POST: an id is minted", entry: post(organization), incoming: [{ id: "new-1", isNew: true }] },
    {
      comment: "POST: the resource's own id is not taken",
      entry: post({ ...organization, id: "theirs" }),
      incoming: [{ id: "new-1", isNew: true }],
    },
    {
      comment: "PUT: the id of the request",
      entry: put({ ...organization, id: "hl7" }, "Organization/hl7"),
      incoming: [{ id: "hl7", isNew: false }],
    },
    {
      comment: "PUT of a resource without an id",
      entry: put(organization, "Organization/hl7"),
      incoming: [{ id: "hl7", isNew: false }],
    },
    {
      comment: "PUT: an id of 64 characters",
      entry: put(organization, `Organization/${"a.-9".repeat(16)}`),
      incoming: [{ id: "a.-9".repeat(16), isNew: false }],
    },
    {
      comment: "conditional create of what is not here",
      entry: conditional(organization, "identifier=urn:npi|150"),
      incoming: [{ id: "new-1", isNew: true }],
    },
    {
      comment: "conditional create of what is here",
      entry: conditional(organization, "identifier=urn:npi|150"),
      known: { "Organization urn:npi|150": "city" },
      incoming: [],
      existing: 1,
    },
    {
      comment: "conditional create, percent-encoded",
      entry: conditional(organization, "identifier=http%3A%2F%2Fa.example|1%2F5"),
      known: { "Organization http://a.example|1/5": "city" },
      incoming: [],
      existing: 1,
    },
    {
      comment: "conditional create: another type's identifier does not count",
      entry: conditional(organization, "identifier=urn:npi|150"),
      known: { "Practitioner urn:npi|150": "dr" },
      incoming: [{ id: "new-1", isNew: true }],
    },
    {
      comment: "POST of a Patient who is known by an identifier",
      entry: post({ resourceType: "Patient", identifier: [{ system: "urn:ssn", value: "9" }] }),
      known: { "Patient urn:ssn|9": "ann" },
      incoming: [{ id: "ann", isNew: false }],
    },
  ]
  for (const { comment, entry, known, incoming, existing = 0 } of rows)
    for (const type of ["transaction", "batch"])
      it(`${comment} (${type})`, () => {
        const taken = take(type, [entry], known)
        assert.deepEqual(taken.refused, [])
        assert.deepEqual(
          taken.incoming.map(({ id, isNew }) => ({ id, isNew })),
          incoming,
        )
        assert.equal(taken.existing.length, existing)
      })
})

const refusals: readonly { comment: string; entry: unknown; reason: string }[] = [
  { comment: "an entry that is a text", entry: "x", reason: "no_request" },
  { comment: "no request", entry: { resource: organization }, reason: "no_request" },
  {
    comment: "no resource",
    entry: { request: { method: "POST", url: "Organization" } },
    reason: "no_resource",
  },
  {
    comment: "a resource that is a list",
    entry: { resource: [organization], request: { method: "POST", url: "Organization" } },
    reason: "no_resource",
  },
  { comment: "no resourceType", entry: post({ name: "x" }), reason: "unknown_type" },
  { comment: "a type of R5 only", entry: post({ resourceType: "Permission" }), reason: "unknown_type" },
  {
    comment: "a type named as a member of every object",
    entry: post({ resourceType: "constructor" }),
    reason: "unknown_type",
  },
  {
    comment: "an abstract type",
    entry: post({ resourceType: "DomainResource" }),
    reason: "unknown_type",
  },
  { comment: "Parameters", entry: post({ resourceType: "Parameters" }), reason: "type_not_stored" },
  {
    comment: "OperationOutcome",
    entry: post({ resourceType: "OperationOutcome" }),
    reason: "type_not_stored",
  },
  {
    comment: "POST to another type",
    entry: { resource: organization, request: { method: "POST", url: "Patient" } },
    reason: "bad_request_url",
  },
  {
    comment: "POST to an id",
    entry: { resource: organization, request: { method: "POST", url: "Organization/1" } },
    reason: "bad_request_url",
  },
  { comment: "PUT without an id", entry: put(organization, "Organization"), reason: "bad_request_url" },
  { comment: "PUT to another type", entry: put(organization, "Patient/1"), reason: "bad_request_url" },
  { comment: "PUT to an id with _", entry: put(organization, "Organization/a_b"), reason: "bad_request_url" },
  {
    comment: "PUT to an id of 65 characters",
    entry: put(organization, `Organization/${"a".repeat(65)}`),
    reason: "bad_request_url",
  },
  ...["Organization?name=City", "Organization?identifier=150", "Organization?"].map((url) => ({
    comment: `PUT ${url}`,
    entry: put(organization, url),
    reason: "bad_condition",
  })),
  {
    comment: "a conditional PUT of another type",
    entry: put(organization, "Patient?identifier=urn:npi|150"),
    reason: "bad_request_url",
  },
  {
    comment: "a reference with another condition than an identifier",
    entry: post(observation({ subject: { reference: "Patient?name=Ann" } })),
    reason: "bad_condition",
  },
  {
    comment: "a conditional reference that finds nothing",
    entry: post(observation({ subject: { reference: "Patient?identifier=urn:ssn|7" } })),
    reason: "no_match",
  },
  {
    comment: "PUT to a version",
    entry: put(organization, "Organization/1/_history/2"),
    reason: "bad_request_url",
  },
  {
    comment: "PUT under another id than the resource's",
    entry: put({ ...organization, id: "a" }, "Organization/b"),
    reason: "bad_id",
  },
  ...["name=City", "identifier=150", "identifier=urn:npi|", "identifier=a|b&name=c", ""].map((condition) => ({
    comment: `ifNoneExist "${condition}"`,
    entry: conditional(organization, condition),
    reason: "bad_condition",
  })),
  {
    comment: "ifNoneExist with a broken percent code",
    entry: conditional(organization, "identifier=urn:npi|100%"),
    reason: "bad_condition",
  },
  ...["GET", "PATCH", "HEAD", "post"].map((method) => ({
    comment: `method ${method}`,
    entry: { resource: organization, request: { method, url: "Organization" } },
    reason: "method_not_supported",
  })),
  {
    comment: "a deletion that names no resource",
    entry: { request: { method: "DELETE", url: "Organization" } },
    reason: "bad_request_url",
  },
  {
    comment: "a deletion by a condition",
    entry: { request: { method: "DELETE", url: "Organization?identifier=a|1" } },
    reason: "bad_request_url",
  },
  {
    comment: "a deletion of a certain version",
    entry: { request: { method: "DELETE", url: "Organization/1", ifMatch: 'W/"1"' } },
    reason: "version_condition",
  },
  {
    comment: "a part of a resource",
    entry: {
      resource: { ...organization, meta: { tag: [{ code: "SUBSETTED" }] } },
      request: { method: "POST", url: "Organization" },
    },
    reason: "part_of_resource",
  },
  {
    comment: "no method",
    entry: { resource: organization, request: { url: "Organization" } },
    reason: "method_not_supported",
  },
]

describe("bundle: refusals", () => {
  for (const { comment, entry, reason } of refusals) {
    it(`${comment}: ${reason}; a transaction stores nothing`, () => {
      const taken = take("transaction", [post(organization), entry, post(organization)])
      assert.deepEqual(
        taken.refused.map((refusal) => [refusal.index, refusal.reason]),
        [[1, reason]],
      )
      assert.match(taken.refused[0].detail, /^entry 1: ./)
      assert.deepEqual([taken.incoming, taken.existing, taken.unresolved], [[], [], []])
    })
    it(`${comment}: ${reason}; a batch stores the others`, () => {
      const taken = take("batch", [post(organization), entry, post(organization)])
      assert.deepEqual(
        taken.refused.map((refusal) => [refusal.index, refusal.reason]),
        [[1, reason]],
      )
      assert.deepEqual(
        taken.incoming.map(({ index }) => index),
        [0, 2],
      )
    })
  }

  it("a transaction counts nothing as existing when it is refused", () => {
    const known = { "Organization urn:npi|150": "city" }
    const taken = take("transaction", [conditional(organization, "identifier=urn:npi|150"), "x"], known)
    assert.deepEqual([taken.existing, taken.incoming], [[], []])
  })

  it("every refusal of a transaction is told", () => {
    const taken = take(
      "transaction",
      refusals.filter(({ comment }) => !comment.includes("percent")).map(({ entry }) => entry),
    )
    assert.deepEqual(
      taken.refused.map(({ reason }) => reason),
      refusals.filter(({ comment }) => !comment.includes("percent")).map(({ reason }) => reason),
    )
  })

  it("too_many_entries", () => {
    const entry = json(post(organization))
    const taken = takeBundle(
      { resourceType: "Bundle", type: "batch", entry: new Array(MAX_ENTRIES + 1).fill(entry) },
      contextOf(),
    )
    assert.deepEqual(
      taken.refused.map(({ index, reason }) => [index, reason]),
      [[-1, "too_many_entries"]],
    )
    assert.deepEqual(taken.incoming, [])
  })

  it("a bundle without entries is nothing", () => {
    const taken = takeBundle(json({ resourceType: "Bundle", type: "transaction" }), contextOf())
    const none = { incoming: [], refused: [], existing: [], older: [], unresolved: [], outside: [] }
    assert.deepEqual(taken, { ...none, doubts: [], claims: [] })
  })
})

describe("bundle: references", () => {
  it("are rewritten everywhere: nested, in lists, contained, in extensions and in urls", () => {
    const patient = { resourceType: "Patient" }
    const other = observation({
      subject: { reference: urn(1) },
      performer: [{ reference: urn(2) }, { reference: "Practitioner/9" }],
      component: [{ extension: [{ url: "http://x", valueReference: { reference: urn(1) } }] }],
      contained: [{ resourceType: "Coverage", beneficiary: { reference: urn(1) }, payor: [] }],
      extension: [{ url: urn(2), valueUri: urn(2) }],
    })
    const taken = take("transaction", [
      post(other, { fullUrl: urn(3) }),
      post(patient, { fullUrl: urn(1) }),
      post(organization, { fullUrl: urn(2) }),
    ])
    assert.deepEqual(
      taken.incoming[0].resource,
      json({
        ...other,
        subject: { reference: "Patient/new-2" },
        performer: [{ reference: "Organization/new-3" }, { reference: "Practitioner/9" }],
        component: [{ extension: [{ url: "http://x", valueReference: { reference: "Patient/new-2" } }] }],
        contained: [{ resourceType: "Coverage", beneficiary: { reference: "Patient/new-2" }, payor: [] }],
        extension: [{ url: "Organization/new-3", valueUri: "Organization/new-3" }],
      }),
    )
    assert.deepEqual(taken.unresolved, [])
    const practitioner = "Practitioner/9"
    assert.deepEqual(taken.outside, [{ reference: practitioner, target: practitioner }])
  })

  it("to an http fullUrl, and to an entry that is here already or stored by PUT", () => {
    const taken = take(
      "transaction",
      [
        { ...put(organization, "Organization/hl7"), fullUrl: "https://a.example/fhir/Organization/hl7" },
        conditional({ resourceType: "Practitioner" }, "identifier=urn:npi|1", { fullUrl: urn(1) }),
        post(
          observation({
            performer: [{ reference: urn(1) }, { reference: "https://a.example/fhir/Organization/hl7" }],
          }),
        ),
      ],
      { "Practitioner urn:npi|1": "dr" },
    )
    assert.deepEqual(
      taken.incoming[1].resource.performer,
      json([{ reference: "Practitioner/dr" }, { reference: "Organization/hl7" }]),
    )
  })

  it("#contained ones and texts that only begin like a fullUrl stay", () => {
    const resource = observation({
      subject: { reference: "#p" },
      note: [{ text: `see ${urn(1)}` }, { text: `${urn(1)}x` }],
    })
    const taken = take("transaction", [
      post(resource),
      post({ resourceType: "Patient" }, { fullUrl: urn(1) }),
    ])
    assert.deepEqual(taken.incoming[0].resource, json(resource))
  })

  it("a relative one to an entry that has got another id is rewritten by the fullUrl's base", () => {
    // R4 bundle.html#references: relative references are resolved against the fullUrl of their entry.
    const base = "https://a.example/fhir"
    const taken = take("transaction", [
      post({ resourceType: "Patient", id: "1" }, { fullUrl: `${base}/Patient/1` }),
      post(observation({ subject: { reference: "Patient/1" } }), { fullUrl: `${base}/Observation/2` }),
    ])
    assert.deepEqual(taken.incoming[1].resource.subject, json({ reference: "Patient/new-1" }))
  })

  it("that lead nowhere are kept and reported once", () => {
    const taken = take("transaction", [
      post(observation({ subject: { reference: urn(7) }, performer: [{ reference: urn(7) }] })),
      post(observation({ subject: { reference: "urn:oid:1.2.3" } })),
    ])
    assert.deepEqual(taken.unresolved, [urn(7), "urn:oid:1.2.3"])
    assert.deepEqual(taken.incoming[0].resource.subject, json({ reference: urn(7) }))
  })

  it("of a batch to an entry that was refused are reported", () => {
    const taken = take("batch", [
      { resource: { resourceType: "Nonsense" }, request: { method: "POST", url: "" }, fullUrl: urn(1) },
      post(observation({ subject: { reference: urn(1) } })),
    ])
    assert.deepEqual(taken.unresolved, [urn(1)])
  })

  it("two who are joined do not contradict each other", () => {
    const known = { "Patient urn:ssn|1": "ann", "Patient urn:ssn|2": "bob" }
    const subject = { reference: "Patient/ann", identifier: { system: "urn:ssn", value: "2" } }
    const bundle = bundleOf("transaction", post(observation({ subject })))
    const context = contextOf(known)
    assert.deepEqual(
      takeBundle(bundle, context).refused.map(({ reason }) => reason),
      ["patient_unclear"],
    )
    const person = (id: string) => {
      const found = context.person(id)
      return found && { ...found, sameAs: [id === "ann" ? "bob" : "ann"] }
    }
    assert.deepEqual(takeBundle(bundle, { ...context, person }).refused, [])
    const asked = askedOf(inputOf(bundle)).identifiers
    assert.deepEqual(asked, [{ type: "Patient", system: "urn:ssn", value: "2" }])
  })

  it("of texts that are no link, such as a valueString, stay", () => {
    // R4 http.html#trules names what is rewritten: references, elements of type uri, url, oid and uuid.
    const taken = take("transaction", [
      post({ resourceType: "Patient" }, { fullUrl: urn(1) }),
      post(observation({ valueString: urn(1) })),
    ])
    assert.equal(taken.incoming[1].resource.valueString, urn(1))
  })
})

describe("bundle: equal conditional creates", () => {
  const npi = (n: number) => `identifier=urn:npi|${n}`
  it("find what the first one makes, and so do references to them", () => {
    const taken = take("transaction", [
      conditional(organization, npi(1), { fullUrl: urn(1) }),
      conditional({ ...organization, name: "Town" }, npi(1), { fullUrl: urn(2) }),
      conditional(organization, npi(2)),
      conditional({ resourceType: "Practitioner" }, npi(1)),
      post(observation({ performer: [{ reference: urn(1) }, { reference: urn(2) }] })),
    ])
    assert.deepEqual(
      taken.incoming.map(({ index, id }) => [index, id]),
      [
        [0, "new-1"],
        [2, "new-2"],
        [3, "new-3"],
        [4, "new-4"],
      ],
    )
    const [{ resource: sent, ...existing }] = taken.existing
    assert.deepEqual(existing, { type: "Organization", id: "new-1", index: 1, urn: urn(2) })
    assert.deepEqual(sent, json({ ...organization, name: "Town" }))
    const there = { reference: "Organization/new-1" }
    assert.deepEqual(taken.incoming[3].resource.performer, json([there, there]))
  })
})

describe("bundle: the very same one again", () => {
  it("its entries are what they made the first time, by their places", () => {
    const bundle = bundleOf(
      "transaction",
      post(organization),
      conditional(organization, "identifier=urn:npi|1"),
      put({ ...organization, id: "hl7" }, "Organization/hl7"),
      post(organization),
    )
    const taken = takeBundle(bundle, contextOf({}, { 0: "was-0", 1: "was-1", 2: "was-2" }))
    assert.deepEqual(
      taken.incoming.map(({ id, isNew }) => [id, isNew]),
      [
        ["was-0", false],
        ["was-2", false],
        ["new-1", true],
      ],
    )
    assert.deepEqual(
      taken.existing.map(({ type, id, index }) => [type, id, index]),
      [["Organization", "was-1", 1]],
    )
    const alone = takeBundle(json(organization), contextOf({}, { [-1]: "was" }))
    assert.equal(alone.incoming[0].id, "was")
  })
})

describe("bundle: what is asked for", () => {
  const ssn = { system: "urn:ssn", value: "9" }
  const patient = { resourceType: "Patient", identifier: [ssn, { system: "urn:mrn", value: "1" }] }
  const whole = JSON.stringify([["urn:mrn|1", "urn:ssn|9"], [], "", ""])
  const both = [
    { type: "Patient", ...ssn },
    { type: "Patient", system: "urn:mrn", value: "1" },
    { type: "Patient", system: "", value: whole },
  ]
  it("identifiers of patients and of conditions, ids that the source gives or refers to, nothing else", () => {
    const entries = [
      post({ ...organization, identifier: [ssn] }),
      post({ ...patient, id: "theirs" }),
      conditional(organization, "identifier=urn:npi|1"),
      put(organization, "Organization?identifier=urn:npi|2"),
      { ...put({ ...patient, id: "p" }, "Patient/p"), fullUrl: "https://a.example/Patient/p" },
      post(
        observation({
          subject: { reference: "Patient/77/_history/2" },
          performer: [{ reference: "Practitioner?identifier=urn:npi|3" }, { reference: "Practitioner/5" }],
          focus: [{ reference: "https://a.example/Patient/6" }],
        }),
      ),
      "x",
    ]
    const npi = (type: string, value: string) => ({ type, system: "urn:npi", value })
    const name = (type: string, id: string, base = "") => ({ type, id, base })
    assert.deepEqual(askedOf(inputOf(bundleOf("batch", ...entries))), {
      identifiers: [...both, npi("Organization", "1"), npi("Organization", "2"), npi("Practitioner", "3")],
      sourceIds: [
        name("Patient", "theirs"),
        name("Patient", "p", "https://a.example"),
        name("Patient", "p"),
        name("Patient", "77"),
        name("Practitioner", "5"),
        name("Patient", "6", "https://a.example"),
      ],
      urns: [],
      dated: [],
    })
    assert.deepEqual(askedOf(inputOf(json({ ...patient, id: "p" }))), {
      identifiers: both,
      sourceIds: [name("Patient", "p")],
      urns: [],
      dated: [],
    })
    assert.deepEqual(askedOf(inputOf(json({ ...organization, identifier: [ssn], id: "o" }))), {
      identifiers: [],
      sourceIds: [name("Organization", "o")],
      urns: [],
      dated: [],
    })
    const meta = { lastUpdated: "2024-01-01T00:00:00Z" }
    assert.deepEqual(askedOf(inputOf(json({ ...organization, meta, id: "o" }))).dated, [
      name("Organization", "o"),
    ])
  })
})

describe("bundle: content is otherwise untouched", () => {
  const tokens = ["1.0", "1.00", "1E-22", "-0", "1000000000000000000000", "1.000000000000000000E-245"]

  it("number tokens stay as they were written", () => {
    const text = `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"${urn(1)}","request":{"method":"POST","url":"Observation"},"resource":{"component":[${tokens.map((token) => `{"valueQuantity":{"value":${token}}}`)}],"resourceType":"Observation"}}]}`
    const { incoming } = takeBundle(parseJson(text) as JsonObject, contextOf())
    assert.equal(
      canonicalText(stamp(incoming[0].resource, "x", 1, "2020-01-01T00:00:00Z")),
      `{"component":[${tokens.map((token) => `{"valueQuantity":{"value":${token}}}`)}],"id":"x","meta":{"lastUpdated":"2020-01-01T00:00:00Z","versionId":"1"},"resourceType":"Observation"}`,
    )
  })

  it("any resource without links goes through unchanged, in a bundle and alone", () => {
    const anything = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.string({ unit: "grapheme" }))
    fc.assert(
      fc.property(anything, (members) => {
        const resource = { ...json(members), resourceType: "Basic" }
        const inBundle = takeBundle(
          { resourceType: "Bundle", type: "batch", entry: [json(post(resource))] },
          contextOf(),
        )
        assert.deepEqual(inBundle.incoming[0].resource, resource)
      }),
      { numRuns: 100 },
    )
  })

  it("stamp keeps the rest of meta and does not change its input", () => {
    const resource = json({ resourceType: "Basic", meta: { tag: [{ code: "t" }], versionId: "99" } })
    const before = canonicalText(resource)
    const stamped = stamp(resource, "x", 2, "2020-01-01T00:00:00Z")
    assert.deepEqual(
      stamped.meta,
      json({ tag: [{ code: "t" }], versionId: "2", lastUpdated: "2020-01-01T00:00:00Z" }),
    )
    assert.equal(canonicalText(resource), before)
  })
})

describe("unstamped and stamped", () => {
  const metas = [
    { comment: "no meta", meta: {} },
    {
      comment: "a meta with members before, between and after",
      meta: { meta: { a: "1", profile: ["p"], z: "\u0000" } },
    },
    { comment: "a meta of another server", meta: { meta: { versionId: "9", lastUpdated: "then" } } },
    { comment: "a meta that is no object", meta: { meta: "x" } },
  ]
  for (const { comment, meta } of metas)
    it(`make the bytes that stamp makes: ${comment}`, () => {
      const resource = json({ ...observation({ id: "theirs", note: '"\u0000"', value: 1 }), ...meta })
      for (const time of ["2024-01-02T00:00:00.000Z", 'a "quoted" \n one'])
        assert.equal(
          fromUtf8(stamped(unstamped(resource, "x"), 12, time)),
          canonicalText(stamp(resource, "x", 12, time)),
        )
    })
})

describe("a lone resource", () => {
  const rows: readonly { comment: string; resource: Json; id?: string; reason?: string }[] = [
    { comment: "keeps its id", resource: json({ ...organization, id: "hl7" }), id: "hl7" },
    { comment: "without an id gets one", resource: json(organization), id: "new-1" },
    {
      comment: "a Patient who is known has the id from here",
      resource: json({
        resourceType: "Patient",
        id: "theirs",
        identifier: [{ system: "urn:ssn", value: "9" }],
      }),
      id: "ann",
    },
    { comment: "an id with a slash", resource: json({ ...organization, id: "a/b" }), reason: "bad_id" },
    { comment: "an id that is a number", resource: json({ ...organization, id: 7 }), reason: "bad_id" },
    { comment: "an empty id", resource: json({ ...organization, id: "" }), reason: "bad_id" },
    { comment: "no type", resource: json({ id: "a" }), reason: "unknown_type" },
    { comment: "Parameters", resource: json({ resourceType: "Parameters" }), reason: "type_not_stored" },
  ]
  for (const { comment, resource, id, reason } of rows)
    it(comment, () => {
      const taken = takeBundle(resource as JsonObject, contextOf({ "Patient urn:ssn|9": "ann" }))
      assert.deepEqual(
        taken.refused.map((refusal) => refusal.reason),
        reason ? [reason] : [],
      )
      assert.deepEqual(
        taken.incoming.map((one) => one.id),
        id ? [id] : [],
      )
    })

  it("reports its references that lead nowhere", () => {
    const resource = json(observation({ subject: { reference: urn(1) } }))
    assert.deepEqual(takeBundle(resource, contextOf()).unresolved, [urn(1)])
  })
})
