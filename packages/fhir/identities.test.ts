import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, toJson } from "@aceso/core"
import { type Taken, takeInput } from "./bundle.ts"
import { inputOf } from "./input.ts"
import { indexedIdentifiers, type Person, personOf } from "./person.ts"
import { type Claim, keyOfId, type SourceId } from "./source-ids.ts"

const rules = { configured: {}, now: Date.UTC(2026, 0, 1) }

/** What an import keeps of patients, in memory. */
class Here {
  readonly patients = new Map<string, JsonObject>()
  readonly doubts: string[] = []
  readonly same = new Map<string, readonly string[]>()
  private readonly setApart = new Set<string>()
  private readonly sources = new Map<string, Claim>()
  private made = 0

  take(input: object, source = ""): Taken {
    const resource = toJson(input) as JsonObject
    const context = {
      rules,
      find: (type: string, system: string, value: string) =>
        [...this.patients]
          .filter(
            ([, one]) =>
              type === "Patient" &&
              indexedIdentifiers(one).some((i) => i.system === system && i.value === value),
          )
          .map(([id]) => id),
      person: (id: string): (Person & { wasSetApart: boolean; sameAs: readonly string[] }) | undefined => {
        const patient = this.patients.get(id)
        return (
          patient && {
            ...personOf(patient, rules),
            wasSetApart: this.setApart.has(id),
            sameAs: this.same.get(id) ?? [],
          }
        )
      },
      claims: (name: SourceId) => {
        const said = [...this.sources].filter(([key]) => key.endsWith(` ${keyOfId({ ...name, base: "" })}`))
        const isHere = name.type === "Patient" && this.patients.has(name.id)
        const isKept = said.some(([, { idHere }]) => idHere === name.id)
        const own = this.sources.get(`${source} ${keyOfId(name)}`)
        return {
          own: own?.idHere,
          isTemporary: own?.isTemporary ?? false,
          isAmbiguous: own !== undefined && own.idHere === undefined,
          isOfServer: false,
          bare: undefined,
          isOurs: isHere && !isKept,
          isTaken: isHere || isKept,
        }
      },
      formerId: () => undefined,
      byUrn: () => undefined,
      withoutServer: () => undefined,
      said: () => undefined,
      newId: () => `new-${++this.made}`,
    }
    const taken = takeInput(inputOf(resource), context)
    for (const { type, id, resource: one } of taken.incoming)
      if (type === "Patient") this.patients.set(id, one)
    for (const claim of taken.claims) this.sources.set(`${source} ${keyOfId(claim)}`, claim)
    for (const { id, other, reasons, isSetApart } of taken.doubts) {
      this.doubts.push(`${id} ${other}: ${reasons.join(" ")}`)
      if (isSetApart) this.setApart.add(id)
    }
    return taken
  }

  /** The ids that the patients of inputs get, one after the other. */
  ids(...inputs: readonly object[]): string[] {
    return inputs.flatMap((input) => this.take(input).incoming.map(({ id }) => id))
  }
}

const mrn = (value: string, system = "https://a.example/mrn") => ({ system, value })
const ssn = (value: string) => ({ system: "http://hl7.org/fhir/sid/us-ssn", value })
const licence = (value: string) => ({ system: "https://a.example/licence", value })
const called = (name: string) => ({ name: [{ text: name }] })
const patient = (identifier: object[], more: object = {}) => ({
  resourceType: "Patient",
  identifier,
  ...more,
})
const ANNA = { ...called("Anna Smith"), birthDate: "1950-01-02", gender: "female" }
const bundle = (...entry: object[]) => ({ resourceType: "Bundle", type: "transaction", entry })
const put = (resource: { resourceType: string }, id: string) => ({
  resource: { ...resource, id },
  request: { method: "PUT", url: `${resource.resourceType}/${id}` },
})
const post = (resource: { resourceType: string }, more: object = {}) => ({
  resource,
  request: { method: "POST", url: resource.resourceType },
  ...more,
})
const observation = (reference: string) => ({
  resourceType: "Observation",
  status: "final",
  subject: { reference },
})
const subjectOf = ({ incoming }: Taken) => {
  const observed = incoming.find(({ type }) => type === "Observation")
  return (observed?.resource.subject as JsonObject | undefined)?.reference
}

describe("whom a Patient without an id is", () => {
  const first = patient([mrn("1"), ssn("111-22-3333"), licence("L")], ANNA)
  const rows: readonly { comment: string; next: object; is: "new-1" | "new-2"; doubt?: string }[] = [
    { comment: "the same", next: first, is: "new-1" },
    { comment: "one trusted number, written otherwise", next: patient([ssn("111 22 3333")]), is: "new-1" },
    { comment: "one trusted number as it stands", next: patient([ssn("111-22-3333")]), is: "new-1" },
    {
      comment: "a trusted number and a married name",
      next: patient([mrn("1")], { ...ANNA, ...called("Anna Jones") }),
      is: "new-1",
    },
    {
      comment: "a trusted number, all of the name other, the birth date the same",
      next: patient([mrn("1")], { ...ANNA, ...called("Bo Jones") }),
      is: "new-1",
    },
    {
      comment: "a trusted number, all of the name other, no birth date",
      next: patient([mrn("1")], called("Bo Jones")),
      is: "new-2",
      doubt: "same_identifier other_name",
    },
    {
      comment: "a trusted number, another birth date",
      next: patient([mrn("1")], { ...ANNA, birthDate: "1950-01-03" }),
      is: "new-2",
      doubt: "same_identifier other_birth_date",
    },
    {
      comment: "a trusted number, another sex",
      next: patient([mrn("1")], { ...ANNA, gender: "male" }),
      is: "new-2",
      doubt: "same_identifier other_sex",
    },
    {
      comment: "a trusted number, another one in another trusted system",
      next: patient([mrn("2"), ssn("111-22-3333")], ANNA),
      is: "new-2",
      doubt: "same_identifier other_identifier",
    },
    {
      comment: "a shared number, everything else the same",
      next: patient([licence("L")], ANNA),
      is: "new-2",
      doubt: "shared_identifier",
    },
    {
      comment: "a shared number, all else other",
      next: patient([licence("L"), mrn("2")], { ...called("Bo"), birthDate: "1999", gender: "male" }),
      is: "new-2",
      doubt: "shared_identifier other_identifier other_birth_date other_sex other_name",
    },
    {
      comment: "a number of an unknown system",
      next: patient([{ system: "urn:oid:1.2.3", value: "1" }], ANNA),
      is: "new-2",
    },
    {
      comment: "its number in another hospital's system",
      next: patient([mrn("1", "https://b.example/mrn")], ANNA),
      is: "new-2",
    },
    { comment: "its number without a system", next: patient([{ value: "1" }], ANNA), is: "new-2" },
    {
      comment: "its number as an old one",
      next: patient([{ ...mrn("1"), use: "old" }], ANNA),
      is: "new-2",
      doubt: "shared_identifier",
    },
    {
      comment: "a number that may only be written otherwise",
      next: patient([mrn("1-")], ANNA),
      is: "new-1",
    },
    { comment: "nothing in common", next: patient([mrn("2")], ANNA), is: "new-2" },
  ]
  for (const { comment, next, is, doubt } of rows)
    it(`${comment}: ${is === "new-1" ? "the one who is here" : "somebody else"}`, () => {
      const here = new Here()
      assert.deepEqual(here.ids(first, next), ["new-1", is])
      assert.deepEqual(here.doubts, doubt ? [`new-2 new-1: ${doubt}`] : [])
      if (is === "new-2") assert.deepEqual(here.patients.get("new-1"), toJson(first))
    })
  for (const { comment, next, is, doubt } of rows)
    for (const type of ["transaction", "batch"])
      it(`${comment}, in one ${type}: two, as the sender says`, () => {
        const here = new Here()
        const both = { ...bundle(post(first), post(next as never)), type }
        assert.deepEqual(here.ids(both), ["new-1", "new-2"])
        if (is === "new-2") assert.deepEqual(here.doubts, doubt ? [`new-2 new-1: ${doubt}`] : [])
        else assert.match(here.doubts.join(), /^new-2 new-1: same_identifier( other_name)?$/)
        assert.deepEqual(here.patients.get("new-1"), toJson(first))
      })

  it("twins under their mother's number are two, and not the mother, however they are sent together", () => {
    const mother = patient([mrn("M")], { ...called("Mia Lee"), birthDate: "1990-01-01", gender: "female" })
    const twin = (name: string) => patient([mrn("M")], { ...called(name), birthDate: "2026-01-01" })
    const where = { method: "POST", url: "Patient", ifNoneExist: "identifier=https://a.example/mrn|M" }
    const update = { method: "PUT", url: "Patient?identifier=https://a.example/mrn|M" }
    for (const request of [{ method: "POST", url: "Patient" }, where, update]) {
      const here = new Here()
      const entries = ["Baby A", "Baby B"].map((name, i) => ({
        resource: twin(name),
        request,
        fullUrl: `urn:uuid:${i}`,
      }))
      const subjects = (...all: object[]) =>
        here
          .take(bundle(...all, post(observation("urn:uuid:0")), post(observation("urn:uuid:1"))))
          .incoming.flatMap(({ resource }) => (resource.subject as JsonObject)?.reference ?? [])
      const [a, b] = subjects(...entries)
      assert.notEqual(a, b, request.method)
      assert.ok(here.doubts.some((one) => one.includes("same_identifier")))
      const here2 = new Here()
      here2.take(mother)
      if (request.method === "PUT") continue
      here2.take(bundle(...entries))
      assert.equal(here2.patients.size, 3)
    }
  })

  it("a placeholder makes nobody one", () => {
    const here = new Here()
    assert.deepEqual(
      here.ids(patient([ssn("999-99-9999")], ANNA), patient([ssn("999-99-9999")], ANNA)).length,
      2,
    )
    assert.equal(here.patients.size, 2)
  })

  it("1-23 and 12-3 are two, and listed; another number in another trusted system is no doubt", () => {
    const here = new Here()
    assert.deepEqual(here.ids(patient([mrn("1-23")], ANNA), patient([mrn("12-3")], ANNA)), ["new-1", "new-2"])
    assert.deepEqual(here.doubts, ["new-2 new-1: shared_identifier"])
  })

  it("a number that many share is no doubt any more", () => {
    const here = new Here()
    for (let i = 0; i < 10; i++) here.take(patient([mrn(`${i}`), licence("L")]))
    assert.equal(here.patients.size, 10)
    assert.equal(here.doubts.length, 0 + 1 + 2 + 3)
  })

  it("whom two fit becomes a patient apart, and stays that one", () => {
    const here = new Here()
    here.take(
      bundle(
        put(patient([mrn("M")], called("Ambi One")), "a"),
        put(patient([mrn("M")], called("Ambi One")), "b"),
      ),
    )
    assert.deepEqual(here.doubts, ["b a: same_identifier"])
    const third = patient([mrn("M")], called("Ambi One"))
    assert.deepEqual(here.ids(third, third, third), ["new-1", "new-1", "new-1"])
    assert.deepEqual(here.doubts.slice(1, 3), [
      "new-1 a: same_identifier several_matches",
      "new-1 b: same_identifier several_matches",
    ])
  })

  it("of those whom somebody has said are one, the one whose data it is; nothing is doubted", () => {
    const here = new Here()
    const all = { a: "Ambi One", b: "Ambi Two", c: "Ambi Six" }
    here.take(bundle(...Object.entries(all).map(([id, name]) => put(patient([mrn("M")], called(name)), id))))
    here.doubts.length = 0
    here.same.set("a", ["b", "c"]).set("b", ["a", "c"]).set("c", ["a", "b"])
    assert.deepEqual(here.ids(patient([mrn("M")], called("Ambi Two"))), ["b"])
    assert.deepEqual(here.ids(patient([mrn("M")], called("Ambi Six"))), ["c"])
    assert.deepEqual(here.ids(patient([mrn("M")], called("Ambi"))), ["a"])
    assert.ok(!here.doubts.some((one) => one.includes("several_matches")), here.doubts.join())
  })

  it("two that fit and that somebody has said are one are one", () => {
    const here = new Here()
    here.take(
      bundle(
        put(patient([mrn("M")], called("Ambi One")), "a"),
        put(patient([mrn("M")], called("Ambi Two")), "b"),
      ),
    )
    const third = patient([mrn("M")], called("Ambi Three"))
    here.same.set("a", ["b"]).set("b", ["a"])
    assert.deepEqual(here.ids(third), ["a"])
    here.same.clear()
    assert.deepEqual(here.ids(patient([mrn("M")])), ["new-1"])
  })

  it("of two that fit, the one who is the very same", () => {
    const here = new Here()
    here.take(
      bundle(
        put(patient([mrn("M")], called("Ambi One")), "a"),
        put(patient([mrn("M")], called("Ambi Two")), "b"),
      ),
    )
    assert.deepEqual(here.ids(patient([mrn("M")], called("Ambi Two"))), ["b"])
  })
})

describe("whom a Patient with an id is", () => {
  const before = patient([mrn("X")], {
    ...called("Cora Case"),
    birthDate: "1950-01-02",
    gender: "female",
    id: "p",
  })
  const said = (more: object, identifier: object[] = [mrn("X")]) => ({ ...before, identifier, ...more })
  const rows: readonly { comment: string; next: object; own: boolean; other: boolean }[] = [
    { comment: "the same", next: before, own: true, other: true },
    { comment: "nothing else said", next: { resourceType: "Patient", id: "p" }, own: true, other: false },
    { comment: "a corrected number", next: said({}, [mrn("Y")]), own: true, other: false },
    {
      comment: "a corrected number, no name",
      next: { resourceType: "Patient", id: "p", identifier: [mrn("Y")] },
      own: false,
      other: false,
    },
    { comment: "a corrected name", next: said(called("Bo Jones")), own: true, other: true },
    { comment: "a corrected birth date", next: said({ birthDate: "1951-01-02" }), own: true, other: false },
    { comment: "a corrected sex", next: said({ gender: "male" }), own: true, other: false },
    {
      comment: "another birth date, no number",
      next: said({ birthDate: "1951-01-02" }, []),
      own: false,
      other: false,
    },
    {
      comment: "another number and birth date",
      next: said({ birthDate: "1951-01-02" }, [mrn("Y")]),
      own: false,
      other: false,
    },
    {
      comment: "another number and name",
      next: said(called("Bo Jones"), [mrn("Y")]),
      own: false,
      other: false,
    },
    {
      comment: "another hospital's number, another name",
      next: patient([mrn("1", "https://b.example/mrn")], { ...called("Bo Jones"), id: "p" }),
      own: false,
      other: false,
    },
    {
      comment: "the name alone is other",
      next: { resourceType: "Patient", ...called("Bo Jones"), id: "p" },
      own: true,
      other: false,
    },
  ]
  for (const { comment, next, own, other } of rows)
    for (const [source, isSame] of [
      ["s", own],
      ["t", other],
    ] as const) {
      it(`${comment}, from ${source === "s" ? "its source" : "another source"}: ${isSame ? "updated" : "somebody else"}`, () => {
        const here = new Here()
        here.take(before, "s")
        const [{ id }] = here.take(next, source).incoming
        assert.equal(id, isSame ? "p" : "new-1")
        if (!isSame) assert.deepEqual(here.patients.get("p"), toJson(before))
        // And so it stays.
        assert.equal(here.take(next, source).incoming[0].id, id)
        assert.equal(here.take(observation("Patient/p"), source).refused.length, 0)
        assert.equal(subjectOf(here.take(observation("Patient/p"), source)), `Patient/${id}`)
      })
    }

  it("the source's own somebody else is listed, another source's of whom nothing fits is not", () => {
    const next = said({ ...called("Bo Jones"), birthDate: "1999" }, [mrn("Y")])
    for (const [source, doubts] of [
      ["s", ["new-1 p: same_id other_identifier other_birth_date other_name"]],
      ["t", []],
    ] as const) {
      const here = new Here()
      here.take(before, "s")
      here.take(next, source)
      assert.deepEqual(here.doubts, doubts)
    }
  })

  it("a corrected number that is another patient's is a correction, and a doubt", () => {
    const here = new Here()
    here.take(bundle(put(before, "p"), put(patient([mrn("Y")], called("Xaver Real")), "q")))
    assert.deepEqual(here.ids(said({}, [mrn("Y")])), ["p"])
    assert.deepEqual(here.doubts, ["p q: same_identifier other_name"])
  })

  it("a correction back does not take a number from who has it now", () => {
    const here = new Here()
    here.ids(before, said({}, [mrn("Y")]))
    assert.deepEqual(here.ids(patient([mrn("X")], called("Xaver Real"))), ["new-1"])
    assert.deepEqual(here.ids(before), ["p"])
    assert.deepEqual(here.patients.get("new-1"), toJson(patient([mrn("X")], called("Xaver Real"))))
  })

  it("who is known by a number keeps the id from here, by whatever id a source has", () => {
    for (const inputs of [
      [put(patient([mrn("LEA")], called("Known Lea")), "77")],
      [post(patient([mrn("LEA")], called("Known Lea")), { fullUrl: "urn:uuid:1" })],
      [post({ ...patient([mrn("LEA")], called("Known Lea")), id: "77" } as never)],
    ]) {
      const here = new Here()
      here.take(patient([mrn("L77")], { ...called("Local 77"), id: "77" }), "here")
      here.take(patient([mrn("LEA")], called("Known Lea")), "here")
      const reference = "fullUrl" in inputs[0] ? "urn:uuid:1" : "Patient/77"
      const taken = here.take(bundle(...inputs, post(observation(reference))), "there")
      assert.equal(taken.incoming[0].id, "new-1")
      assert.equal(subjectOf(taken), "Patient/new-1")
    }
  })

  it("one bundle that says two people of one id is refused", () => {
    const here = new Here()
    const { refused, incoming } = here.take(
      bundle(put(patient([mrn("1")], called("Anna")), "p"), put(patient([mrn("2")], called("Bert")), "p")),
    )
    assert.deepEqual(
      [refused.map(({ index, reason }) => [index, reason]), incoming],
      [[[1, "one_id_two_people"]], []],
    )
  })
})

describe("whom a reference to Patient/77 means", () => {
  const local = patient([mrn("L77")], { ...called("Local 77"), id: "77" })
  const lea = patient([mrn("LEA")], { ...called("Known Lea"), id: "77" })
  const start = () => {
    const here = new Here()
    here.take(local, "house")
    here.take(patient([mrn("LEA")], called("Known Lea")), "house")
    return here
  }
  it("in each source who it is there, with its version", () => {
    const here = start()
    here.take(lea, "export")
    assert.equal(subjectOf(here.take(observation("Patient/77"), "export")), "Patient/new-1")
    assert.equal(
      subjectOf(here.take(observation("Patient/77/_history/3"), "export")),
      "Patient/new-1/_history/3",
    )
    assert.equal(subjectOf(here.take(observation("Patient/77"), "house")), "Patient/77")
  })
  for (const [comment, sources] of [
    ["never heard of", ["house"]],
    ["that has not sent its Patient/77", ["house", "export"]],
  ] as const)
    it(`of a source ${comment}: nobody here, until it sends its Patient`, () => {
      const here = start()
      if (sources.length > 1) here.take(lea, "export")
      const taken = here.take(observation("Patient/77"), "a third one")
      const [{ waitsFor }] = taken.incoming
      const reference = `Patient/${waitsFor[0].target}`
      assert.deepEqual(
        [waitsFor.length, waitsFor[0].reference, subjectOf(taken)],
        [1, "Patient/77", reference],
      )
      assert.notEqual(reference, "Patient/77")
      assert.equal(here.patients.has(waitsFor[0].target), false)
      // Also once more, and of the other sources nothing is different.
      assert.equal(subjectOf(here.take(observation("Patient/77"), "a third one")), reference)
      assert.equal(subjectOf(here.take(observation("Patient/77"), "house")), "Patient/77")
      const max = patient([mrn("MAX")], { ...called("Max"), id: "77" })
      const { incoming, claims } = here.take(max, "a third one")
      assert.deepEqual(
        [incoming[0].id, claims[0].idHere, claims[0].before],
        [waitsFor[0].target, waitsFor[0].target, waitsFor[0].target],
      )
      assert.deepEqual(here.take(observation("Patient/77"), "a third one").incoming[0].waitsFor, [])
    })
  it("who waited for and is known here by a number has the id from here", () => {
    const here = start()
    const [{ waitsFor }] = here.take(observation("Patient/77"), "export").incoming
    const { claims } = here.take(lea, "export")
    assert.deepEqual([claims[0].idHere, claims[0].before], ["new-1", waitsFor[0].target])
  })
  it("an id that was made here means the same in every source", () => {
    for (const source of ["house", "export"])
      assert.equal(subjectOf(start().take(observation("Patient/new-1"), source)), "Patient/new-1")
  })
  it("a POST with an id is who the source means by it", () => {
    const here = start()
    here.take(bundle(post(lea)), "export")
    assert.equal(subjectOf(here.take(observation("Patient/77"), "export")), "Patient/new-1")
  })
  it("what refers to a Patient of its batch that was refused is refused too", () => {
    const here = start()
    here.take(lea, "export")
    for (const [broken, reference] of [
      [{ ...put(lea, "77"), request: { method: "PATCH", url: "Patient/77" } }, "Patient/77"],
      [{ ...put(lea, "78") }, "Patient/78"],
      [{ ...post(lea), fullUrl: "urn:uuid:1", request: {} }, "urn:uuid:1"],
      [{ ...post(lea), fullUrl: "https://a.example/Patient/1", request: {} }, "Patient/1"],
      [
        post({ ...lea, generalPractitioner: [{ reference: "Practitioner?identifier=a|b" }] } as never),
        "Patient/77",
      ],
    ] as const) {
      if ("id" in broken.resource && reference === "Patient/78")
        (broken as { request: object }).request = { method: "PUT", url: "Patient/other" }
      const batch = { ...bundle(post(observation(reference)), broken), type: "batch" }
      const { refused, incoming } = here.take(batch, "export")
      assert.deepEqual(
        [refused.map(({ index }) => index), refused[0].reason, incoming],
        [[0, 1], "refers_to_refused", []],
      )
    }
  })
  it("relative references belong to the server of their entry", () => {
    const at = (base: string, resource: object, id: string) => {
      const { resourceType } = resource as { resourceType: string }
      return { ...post(resource as never), fullUrl: `https://${base}.example/fhir/${resourceType}/${id}` }
    }
    const here = new Here()
    const { incoming } = here.take(
      bundle(
        at("north", patient([mrn("N")], called("North")), "1"),
        at("north", observation("Patient/1"), "9"),
        at("south", patient([mrn("S")], called("South")), "1"),
        at("south", observation("Patient/1/_history/2"), "9"),
        at("east", observation("Patient/1"), "9"),
      ),
    )
    const subjects = incoming.flatMap(({ resource }) => (resource.subject as JsonObject)?.reference ?? [])
    assert.deepEqual(subjects.slice(0, 2), ["Patient/new-1", "Patient/new-3/_history/2"])
    assert.deepEqual(
      incoming.map(({ waitsFor }) => waitsFor.length),
      [0, 0, 0, 0, 1],
    )
    // Later as well; what names no server cannot be told.
    const later = (one: object) => here.take(bundle(one)).incoming[0]
    assert.equal(
      (later(at("south", observation("Patient/1"), "10")).resource.subject as JsonObject).reference,
      "Patient/new-3",
    )
    assert.equal(later(post(observation("Patient/1"))).waitsFor.length, 1)
    const { refused } = here.take(
      bundle(
        at("north", patient([mrn("N2")], called("Nora")), "2"),
        at("south", patient([mrn("S2")], called("Susan")), "2"),
        post(observation("Patient/2")),
      ),
    )
    assert.deepEqual(
      refused.map(({ index, reason }) => [index, reason]),
      [[2, "ambiguous_reference"]],
    )
  })
  it("versioned addresses of entries keep their version", () => {
    const fullUrl = "https://lab.example/fhir/Patient/v4"
    const taken = new Here().take(
      bundle(post(patient([mrn("V4")]), { fullUrl }), post(observation(`${fullUrl}/_history/3`))),
    )
    assert.equal(subjectOf(taken), "Patient/new-1/_history/3")
  })
  it("the same number of another server stays, and waits for that server's", () => {
    const here = start()
    here.take(lea, "export")
    const elsewhere = "https://a.example/fhir/Patient/77"
    const taken = here.take(observation(elsewhere), "export")
    assert.equal(subjectOf(taken), elsewhere)
    assert.equal(taken.incoming[0].waitsFor[0].reference, elsewhere)
  })
  it("a document is kept as it came", () => {
    const here = start()
    const kept = {
      resourceType: "Bundle",
      type: "document",
      id: "d",
      entry: [{ resource: observation("Patient/77") }],
    }
    const [whole, inside] = here.take(kept, "export").incoming
    assert.deepEqual(whole.resource, toJson(kept))
    assert.equal(inside.type, "Observation")
  })
})

describe("conditions", () => {
  const where = (more: string) => `identifier=https://a.example/mrn|${more}`
  const conditional = (resource: object, value: string, more: object = {}) => ({
    resource,
    request: { method: "POST", url: "Patient", ifNoneExist: where(value) },
    ...more,
  })
  const update = (resource: object, value: string) => ({
    resource,
    request: { method: "PUT", url: `Patient?${where(value)}` },
  })
  const two = () => {
    const here = new Here()
    here.take(
      bundle(
        put(patient([mrn("M")], called("Ambi One")), "a"),
        put(patient([mrn("M")], called("Ambi Two")), "b"),
      ),
    )
    return here
  }
  const severals: readonly (readonly [string, object])[] = [
    ["ifNoneExist", bundle(conditional(patient([mrn("M")]), "M"))],
    ["a conditional update", bundle(update(patient([mrn("M")]), "M"))],
    ["a conditional reference", bundle(post(observation(`Patient?${where("M")}`)))],
    ["a conditional reference of a lone resource", { ...observation(`Patient?${where("M")}`), id: "o" }],
  ]
  for (const [comment, input] of severals)
    it(`${comment} with two matches is refused, and both are named`, () => {
      const { refused, incoming, existing } = two().take(input)
      assert.deepEqual(
        [refused.map(({ reason }) => reason), incoming, existing],
        [["several_matches"], [], []],
      )
      assert.match(refused[0].detail, /Patient\/a and Patient\/b/)
    })

  it("ifNoneExist: one match is there already, and is referred to", () => {
    const here = new Here()
    here.take({ ...patient([mrn("1")], ANNA), id: "a" })
    const taken = here.take(
      bundle(
        conditional(patient([mrn("1")], called("Somebody")), "1", { fullUrl: "urn:uuid:1" }),
        post(observation("urn:uuid:1")),
      ),
    )
    assert.deepEqual(
      taken.existing.map(({ id }) => id),
      ["a"],
    )
    assert.equal(subjectOf(taken), "Patient/a")
  })
  const byLicence = "identifier=https://a.example/licence|L"
  const kim = patient([licence("L")], { ...called("Kim Lee"), birthDate: "1950-01-02" })
  for (const [comment, sent, isThere] of [
    ["the same name and birth date", kim, true],
    ["the same name, no birth date", patient([licence("L")], called("Kim Lee")), false],
    ["no name, the same birth date", patient([licence("L")], { birthDate: "1950-01-02" }), false],
    ["nothing else", patient([licence("L")]), false],
    ["another name", patient([licence("L")], { ...called("Jo Day"), birthDate: "1950-01-02" }), false],
    ["another record number", { ...kim, identifier: [licence("L"), mrn("2")] }, true],
  ] as const) {
    it(`ifNoneExist by a number that is not trusted, ${comment}: ${isThere ? "is there" : "somebody else, listed"}`, () => {
      const here = new Here()
      here.take({ ...kim, id: "a" })
      const request = { method: "POST", url: "Patient", ifNoneExist: byLicence }
      const taken = here.take(
        bundle({ resource: sent, fullUrl: "urn:uuid:1", request }, post(observation("urn:uuid:1"))),
      )
      assert.equal(subjectOf(taken), isThere ? "Patient/a" : "Patient/new-1")
      assert.equal(here.doubts.length, isThere ? 0 : 1)
    })
    it(`a conditional update by a number that is not trusted, ${comment}: ${isThere ? "updated" : "somebody else, listed"}`, () => {
      const here = new Here()
      here.take({ ...kim, id: "a" })
      const request = { method: "PUT", url: `Patient?${byLicence}` }
      assert.deepEqual(here.ids(bundle({ resource: sent, request })), [isThere ? "a" : "new-1"])
      assert.equal(here.doubts.length, isThere ? 0 : 1)
      if (!isThere) assert.deepEqual(here.patients.get("a"), toJson({ ...kim, id: "a" }))
    })
  }
  it("a reference by a number that is not trusted is refused, and names whom it finds", () => {
    const here = new Here()
    here.take({ ...kim, id: "a" })
    for (const input of [
      bundle(post(observation(`Patient?${byLicence}`))),
      observation(`Patient?${byLicence}`),
    ]) {
      const { refused, incoming } = here.take(input)
      assert.deepEqual([refused.map(({ reason }) => reason), incoming], [["identifier_not_trusted"], []])
      assert.match(refused[0].detail, /licence\|L.*Patient\/a/)
    }
  })
  it("a condition by a number that is trusted by its type alone finds", () => {
    const here = new Here()
    const coding = [{ system: "http://terminology.hl7.org/CodeSystem/v2-0203", code: "MR" }]
    here.take({ ...patient([{ system: "urn:oid:1.2.3", value: "7", type: { coding } }], ANNA), id: "a" })
    assert.equal(subjectOf(here.take(observation("Patient?identifier=urn:oid:1.2.3|7"))), "Patient/a")
  })
  it("several who somebody has said are one are one match", () => {
    for (const input of [severals[0][1], severals[2][1], severals[3][1]]) {
      const here = two()
      here.same.set("a", ["b"]).set("b", ["a"])
      assert.deepEqual(here.take(input).refused, [])
      const sent = bundle(conditional(patient([mrn("M")], called("Ambi Two")), "M"))
      assert.deepEqual(
        here.take(sent).existing.map(({ id }) => id),
        ["b"],
      )
    }
  })
  it("ifNoneExist: one match that is contradicted is somebody else", () => {
    const here = new Here()
    here.take({ ...patient([licence("L"), mrn("1")], ANNA), id: "a" })
    const entry = {
      resource: patient([licence("L"), mrn("2")], { ...ANNA, gender: "male" }),
      fullUrl: "urn:uuid:1",
      request: { method: "POST", url: "Patient", ifNoneExist: "identifier=https://a.example/licence|L" },
    }
    const taken = here.take(bundle(entry, post(observation("urn:uuid:1"))))
    assert.deepEqual([taken.existing, subjectOf(taken)], [[], "Patient/new-1"])
    assert.deepEqual(here.doubts, ["new-1 a: shared_identifier other_identifier other_sex"])
  })
  it("a number that is over does not fit a condition", () => {
    const here = new Here()
    here.take({ ...patient([{ ...mrn("1"), use: "old" }, mrn("2")], ANNA), id: "a" })
    const made = here.take(bundle(conditional(patient([mrn("1")], called("Bo")), "1")))
    assert.deepEqual([made.existing, made.incoming.map(({ id }) => id)], [[], ["new-1"]])
    const { refused } = here.take(observation(`Patient?${where("9")}`))
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["no_match"],
    )
  })
  it("ifNoneExist without a match: who is known by another number is that one", () => {
    const here = new Here()
    here.take({ ...patient([ssn("1-2-3")], ANNA), id: "a" })
    const { incoming } = here.take(bundle(conditional(patient([ssn("1-2-3"), mrn("1")], ANNA), "1")))
    assert.deepEqual(
      incoming.map(({ id, isNew }) => [id, isNew]),
      [["a", false]],
    )
  })

  it("a conditional update: one match is updated, none is created, also under an id that is given", () => {
    const here = new Here()
    here.take({ ...patient([mrn("1")], ANNA), id: "a" })
    const ids = (input: object) => here.take(bundle(input)).incoming.map(({ id }) => id)
    assert.deepEqual(ids(update(patient([mrn("1")], { ...ANNA, birthDate: "1950-01-03" }), "1")), ["a"])
    assert.deepEqual(ids(update({ ...patient([mrn("1")], ANNA), id: "a" }, "1")), ["a"])
    assert.deepEqual(ids(update(patient([mrn("2")], called("Bo")), "2")), ["new-1"])
    assert.deepEqual(ids(update({ ...patient([mrn("3")], called("Cy")), id: "c" }, "3")), ["c"])
    assert.deepEqual(ids(update(patient([mrn("1")], called("Di")), "1")), ["a"])
  })
  it("a conditional update of who is contradicted makes somebody else", () => {
    const here = new Here()
    here.take({ ...patient([mrn("1")], ANNA), id: "a" })
    const next = patient([mrn("1")], { ...called("Bo Jones"), birthDate: "1999", gender: "male" })
    assert.deepEqual(
      here.take(bundle(update(next, "1"))).incoming.map(({ id }) => id),
      ["new-1"],
    )
    assert.deepEqual(here.patients.get("a"), toJson({ ...patient([mrn("1")], ANNA), id: "a" }))
  })
  it("a conditional update that names another id than it finds is refused", () => {
    const here = new Here()
    here.take({ ...patient([mrn("1")], ANNA), id: "a" })
    const { refused } = here.take(bundle(update({ ...patient([mrn("1")], ANNA), id: "b" }, "1")))
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["bad_id"],
    )
  })

  it("a conditional reference finds what the same transaction makes, and not what it changes away", () => {
    const here = new Here()
    const made = here.take(
      bundle(post(observation(`Patient?${where("1")}`)), post(patient([mrn("1")], ANNA))),
    )
    assert.equal(subjectOf(made), "Patient/new-2")
    const { refused } = here.take(
      bundle(post(observation(`Patient?${where("1")}`)), put(patient([mrn("9")], ANNA), "new-2")),
    )
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["no_match"],
    )
  })
})
