import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { PlatformError } from "./errors.ts"
import {
  bool,
  bytes,
  type Form,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  text,
  uint,
} from "./schema.ts"

const person = object({
  name: text(8, /^[a-z]+$/),
  age: uint(150),
  key: bytes(2),
  note: optional(text(4)),
  mark: nullable(bytes(0, 3)),
  logs: list(object({ base: uint(), entries: list(bytes(4, 8, 2), 2) }), 2, 1),
  kind: oneOf("in", "out"),
  isOpen: bool(),
})
const ann = {
  name: "ann",
  age: 41,
  key: Uint8Array.of(1, 2),
  mark: null,
  logs: [{ base: 0, entries: [] }],
  kind: "in",
  isOpen: true,
}
const annJson = { ...ann, key: "0102" }
const empty = object({})
const without = (name: keyof typeof ann) => {
  const { [name]: _, ...rest } = ann
  return rest
}

type Row = readonly [schema: Schema<unknown>, value: unknown, message: string, form?: Form]

const MAX = Number.MAX_SAFE_INTEGER
const failures: readonly Row[] = [
  [uint(), -1, `input: expected an integer from 0 to ${MAX}`],
  [uint(), 0.5, `input: expected an integer from 0 to ${MAX}`],
  [uint(), Number.NaN, `input: expected an integer from 0 to ${MAX}`],
  [uint(), 2 ** 53, `input: expected an integer from 0 to ${MAX}`],
  [uint(), "1", `input: expected an integer from 0 to ${MAX}`],
  [uint(), 1n, `input: expected an integer from 0 to ${MAX}`],
  [uint(), undefined, `input: expected an integer from 0 to ${MAX}`],
  [uint(9), 10, "input: expected an integer from 0 to 9"],
  [bool(), 1, "input: expected true or false"],
  [bool(), null, "input: expected true or false"],
  [bytes(2), new Uint8Array(3), "input: expected 2 bytes"],
  [bytes(2), "0102", "input: expected 2 bytes"],
  [bytes(2), [1, 2], "input: expected 2 bytes"],
  [bytes(2), new ArrayBuffer(2), "input: expected 2 bytes"],
  [bytes(2), Uint8Array.of(1, 2), "input: expected 2 bytes as lower-case hexadecimal text", "json"],
  [bytes(2), "010", "input: expected 2 bytes as lower-case hexadecimal text", "json"],
  [bytes(2), "01FF", "input: expected 2 bytes as lower-case hexadecimal text", "json"],
  [bytes(2), "0102\n", "input: expected 2 bytes as lower-case hexadecimal text", "json"],
  [bytes(2), "010203", "input: expected 2 bytes", "json"],
  [bytes(1, 4), new Uint8Array(0), "input: expected 1 to 4 bytes"],
  [bytes(4, 8, 2), new Uint8Array(5), "input: expected 4 to 8 bytes in steps of 2"],
  [bytes(4, 8, 2), "00", "input: expected 4 to 8 bytes in steps of 2", "json"],
  [text(3), "", "input: expected text of 1 to 3 characters"],
  [text(3), "abcd", "input: expected text of 1 to 3 characters"],
  [text(3), 5, "input: expected text of 1 to 3 characters"],
  [text(3), "\ud800", "input: expected well-formed Unicode text without a byte order mark"],
  [
    text(9, /^[a-z][a-z-]*$/),
    "A",
    "input: expected small letters and hyphens, a letter first, such as doctor",
  ],
  [
    text(9, /^[a-z][a-z-]*$/),
    "a\n",
    "input: expected small letters and hyphens, a letter first, such as doctor",
  ],
  [oneOf("in", "out"), "up", "input: expected one of in, out"],
  [oneOf("in", "out"), ["in"], "input: expected one of in, out"],
  [list(uint(), 2), [1, 2, 3], "input: expected a list of 0 to 2 items"],
  [list(uint(), 2, 1), [], "input: expected a list of 1 to 2 items"],
  [list(uint(), 2), { length: 0 }, "input: expected a list of 0 to 2 items"],
  [list(uint(9), 2), [1, 10], "[1]: expected an integer from 0 to 9"],
  [list(list(bool(), 2), 2), [[], [true, 0]], "[1][1]: expected true or false"],
  [nullable(bool()), undefined, "input: expected true or false"],
  [optional(bool()), null, "input: expected true or false"],
  [empty, { a: 1 }, "a: expected no such member; known: "],
  [empty, null, "input: expected an object with no members"],
  [person, null, "input: expected an object with name, age, key, note, mark, logs, kind, isOpen"],
  [person, [], "input: expected an object with name, age, key, note, mark, logs, kind, isOpen"],
  [
    person,
    new Uint8Array(2),
    "input: expected an object with name, age, key, note, mark, logs, kind, isOpen",
  ],
  [
    person,
    { ...ann, nick: "a" },
    "nick: expected no such member; known: name, age, key, note, mark, logs, kind, isOpen",
  ],
  [
    person,
    JSON.parse('{"__proto__": {"name": "ann"}}'),
    "__proto__: expected no such member; known: name, age, key, note, mark, logs, kind, isOpen",
  ],
  [
    person,
    { ...ann, toString: "a" },
    "toString: expected no such member; known: name, age, key, note, mark, logs, kind, isOpen",
  ],
  [person, without("name"), "name: expected a value; it is missing"],
  [person, { ...ann, name: undefined }, "name: expected a value; it is missing"],
  [person, Object.create(ann), "name: expected a value; it is missing"],
  [person, without("mark"), "mark: expected a value; it is missing"],
  [person, { ...ann, note: null }, "note: expected text of 1 to 4 characters"],
  [person, { ...ann, logs: [{ base: 0 }] }, "logs[0].entries: expected a value; it is missing"],
  [
    person,
    { ...ann, logs: [ann.logs[0], { base: 0, entries: [new Uint8Array(9)] }] },
    "logs[1].entries[0]: expected 4 to 8 bytes in steps of 2",
  ],
  [
    person,
    { ...annJson, logs: [{ base: 0, entries: [7] }] },
    "logs[0].entries[0]: expected 4 to 8 bytes in steps of 2 as lower-case hexadecimal text",
    "json",
  ],
  [person, annJson, "key: expected 2 bytes"],
  [person, ann, "key: expected 2 bytes as lower-case hexadecimal text", "json"],
]

describe("parse refuses", () => {
  failures.forEach(([schema, value, message, form], i) => {
    it(`${i}: ${message}${form === "json" ? " (json)" : ""}`, () => {
      assert.throws(
        () => schema.parse(value, "", form),
        (error) => {
          assert.ok(error instanceof PlatformError, String(error))
          assert.equal(error.code, "bad_input")
          assert.equal(error.message, message)
          return true
        },
      )
    })
  })

  it("names the place below the one that it is given", () => {
    assert.throws(() => person.parse({ ...ann, age: -1 }, "patients[3]"), {
      message: "patients[3].age: expected an integer from 0 to 150",
      details: { at: "patients[3].age" },
    })
  })
})

describe("parse", () => {
  it("gives back what is right, without members that are undefined", () => {
    assert.deepEqual(person.parse({ ...ann, note: undefined }), ann)
    assert.deepEqual(person.parse(annJson, "", "json"), ann)
    assert.deepEqual(empty.parse({}), {})
  })

  const hex = fc.uint8Array({ minLength: 2, maxLength: 2 })
  const steps = fc.constantFrom(4, 6, 8).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }))
  const logs = fc.array(
    fc.record({ base: fc.nat(), entries: fc.array(steps, { maxLength: 2 }) }, { noNullPrototype: true }),
    {
      minLength: 1,
      maxLength: 2,
    },
  )
  const people = fc.record(
    {
      name: fc.stringMatching(/^[a-z]{1,8}$/),
      age: fc.integer({ min: 0, max: 150 }),
      key: hex,
      note: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 4 }),
      mark: fc.option(fc.uint8Array({ maxLength: 3 })),
      logs,
      kind: fc.constantFrom("in" as const, "out" as const),
      isOpen: fc.boolean(),
    },
    { requiredKeys: ["name", "age", "key", "mark", "logs", "kind", "isOpen"], noNullPrototype: true },
  )

  it("gives back the same value from its JSON form and from its CBOR form", () => {
    fc.assert(
      fc.property(people, (value) => {
        const json = JSON.parse(JSON.stringify(person.toJson(value)))
        assert.deepEqual(person.parse(json, "", "json"), value)
        assert.deepEqual(person.parse(decodeCbor(encodeCbor(value))), value)
      }),
    )
  })

  it("throws nothing but PlatformErrors, whatever it is given", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withTypedArray: true,
      withNullPrototype: true,
    })
    const member = fc.constantFrom(...Object.keys(person.fields))
    fc.assert(
      fc.property(
        people,
        member,
        anything,
        fc.constantFrom<Form>("cbor", "json"),
        (value, name, wrong, form) => {
          for (const found of [wrong, { ...value, [name]: wrong }])
            try {
              person.parse(found, "", form)
            } catch (error) {
              assert.ok(error instanceof PlatformError, String(error))
            }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe("JSON Schema", () => {
  it("says what parse takes", () => {
    assert.deepEqual(object({ key: bytes(2), note: optional(text(4)), mark: nullable(uint(3)) }).jsonSchema, {
      type: "object",
      properties: {
        key: { type: "string", pattern: "^([0-9a-f]{2})*$", minLength: 4, maxLength: 4 },
        note: { type: "string", minLength: 1, maxLength: 4 },
        mark: { anyOf: [{ type: "integer", minimum: 0, maximum: 3 }, { type: "null" }] },
      },
      required: ["key", "mark"],
      additionalProperties: false,
    })
  })
})
