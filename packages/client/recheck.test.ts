import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Cbor,
  encodeCbor,
  type ManifestLine,
  nameOf,
  type OwnRecord,
  type PolicyState,
  utf8,
} from "@aceso/core"
import { checkDisclosure, knownRecord, policyInForce } from "./recheck.ts"

const hash = (n: number) => new Uint8Array(32).fill(n)

describe("what of a disclosure are records", () => {
  const own = (n: number, operation: "create" | "delete", content: string | null): OwnRecord => ({
    entry: { recordId: hash(n), version: 1, operation, commitment: hash(n) },
    salt: content === null ? null : hash(0),
    content: content === null ? null : utf8(content),
  })
  const RECORDS = {
    observation: own(1, "create", '{"resourceType":"Observation"}'),
    dummy: own(2, "create", ""),
    deletion: own(3, "delete", ""),
    /** Not shown to the patient: it is said to be somebody else's. */
    closed: own(4, "create", null),
  }
  type Name = keyof typeof RECORDS
  const known = new Map(
    Object.values(RECORDS).map((one) => [nameOf(one.entry.commitment), knownRecord(one, undefined)]),
  )
  const none: PolicyState = {
    ...{ version: 0, root: null, salt: null, documents: [], pending: [], isConfirmed: true },
  }
  const checked = (status: ManifestLine["status"], ...names: readonly Name[]) => {
    const lines = names.map((name) => ({ entry: RECORDS[name].entry, status, sent: null }))
    const body = encodeCbor({
      ...{ network: "n", requestHash: hash(0), responder: "city", recipient: "county", handle: hash(9) },
      ...{ purpose: "TREAT", time: 1, height: 1, policyVersion: 0, policyRoot: null, policyState: "current" },
      ...{ pendingChange: null, pendingBefore: [], lines },
    } as unknown as Cbor)
    const entry = { n: 1, tag: hash(0), salt: hash(0), event: hash(0), auditEvent: utf8("{}"), body }
    return checkDisclosure({ ...entry, includeBy: 0 }, { records: known, inForce: policyInForce(none) }, true)
  }
  const rows: readonly (readonly [
    status: ManifestLine["status"],
    names: readonly Name[],
    counts: Partial<ReturnType<typeof checked>>,
  ])[] = [
    ["released", ["observation", "dummy"], { released: 1, types: { Observation: 1 }, deleted: 0 }],
    ["released", ["observation", "deletion"], { released: 1, types: { Observation: 1 }, deleted: 1 }],
    ["released", ["dummy", "dummy"], { released: 0, types: {}, deleted: 0 }],
    ["released", ["closed"], { released: 1, types: { "?": 1 }, deleted: 0 }],
    ["not_permitted", ["observation", "dummy"], { released: 0, withheld: 1 }],
    ["damaged", ["observation", "dummy"], { withheld: 1 }],
    ["later", ["observation", "dummy", "deletion"], { later: 2 }],
  ]
  for (const [status, names, counts] of rows)
    it(`${status}: ${names.join(", ")}`, () => {
      const all = checked(status, ...names)
      const { types } = all
      assert.deepEqual({ ...counts, types: undefined }, pick({ ...all, types: undefined }, counts))
      if (counts.types) assert.deepEqual({ ...types }, counts.types)
    })
})

const pick = (from: object, names: object): object =>
  Object.fromEntries(
    Object.keys({ ...names, types: 0 }).map((name) => [name, (from as Record<string, unknown>)[name]]),
  )
