import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  canonicalJson,
  type Json,
  type PolicyState,
  type Reading,
  readingsRoot,
  toHex,
  toJson,
  utf8,
} from "@aceso/core"
import { found } from "@aceso/core/display/found-words.ts"
import { looksIn } from "./looks.ts"
import { checkDisclosure, policyInForce } from "./recheck.ts"

const hash = (n: number) => new Uint8Array(32).fill(n)
const event = (detail: readonly Json[], more: object = {}) =>
  canonicalJson(toJson({ resourceType: "AuditEvent", entity: [{ detail }], ...more }))
const look = (n: number, what = "history"): Reading => ({
  salt: hash(n),
  auditEvent: event([{ type: "reading", valueString: what }], {
    recorded: "2026-11-29T12:00:00.000Z",
    agent: [{}, { name: "Dr. Chen", who: { identifier: { value: "aa" } } }],
  }),
})
const DAY = [look(1), look(2, "search"), look(3, "attachment 4")]

/** A custodian that tells of a day what it likes. @param said what stands on the ledger */
function checked(
  shown: readonly Reading[] | undefined,
  said: readonly Reading[] | null = DAY,
  count = said?.length,
) {
  const root = { type: "readings-root", valueString: toHex(readingsRoot(said ?? [])) }
  const auditEvent = event(said ? [{ type: "readings", valueString: String(count) }, root] : [])
  const none: PolicyState = {
    ...{ version: 0, root: null, salt: null, documents: [], pending: [], isConfirmed: true },
  }
  const entry = { n: 1, tag: hash(0), salt: hash(0), event: hash(0), auditEvent, body: null, includeBy: 0 }
  return checkDisclosure(
    { ...entry, ...(shown && { readings: shown }) },
    { records: new Map(), inForce: policyInForce(none) },
    true,
  )
}

describe("a day's looks of a custodian's own staff", () => {
  it("are told one by one, with who it was and at what", () => {
    const { outcome, looks, contradictions } = checked(DAY)
    assert.deepEqual([outcome, contradictions], ["inside", []])
    assert.deepEqual(
      looks?.map(({ practitionerName, reading }) => `${practitionerName} ${reading}`),
      ["Dr. Chen history", "Dr. Chen search", "Dr. Chen attachment 4"],
    )
  })

  const lies: readonly [
    string,
    readonly Reading[] | undefined,
    "looksMissing" | "looksStrange",
    (readonly Reading[] | null)?,
    number?,
  ][] = [
    ["none is shown", undefined, "looksMissing"],
    ["the list is empty", [], "looksMissing"],
    ["one is left out", DAY.slice(1), "looksStrange"],
    ["one is added", [...DAY, look(9)], "looksStrange"],
    ["one tells of somebody else", [look(1, "search"), ...DAY.slice(1)], "looksStrange"],
    ["one has another salt", [{ ...DAY[0], salt: hash(9) }, ...DAY.slice(1)], "looksStrange"],
    ["they stand in another order", DAY.toReversed(), "looksStrange"],
    ["one stands twice, as the tree of an odd number could be taken for", [...DAY, DAY[2]], "looksStrange"],
    ["more are said than stand under the root", DAY, "looksStrange", DAY, 4],
    [
      "one under the root is no look",
      [...DAY, { salt: hash(4), auditEvent: utf8("{}") }],
      "looksStrange",
      [...DAY, { salt: hash(4), auditEvent: utf8("{}") }],
    ],
    ["an entry about something else brings some", DAY, "looksStrange", null],
  ]
  for (const [comment, shown, finding, said, count] of lies)
    it(`${comment}: found`, () => {
      assert.deepEqual(checked(shown, said, count).contradictions, [found(finding)])
    })

  it("of today that are none are not told", () => {
    assert.equal(looksIn([look(1), { salt: hash(1), auditEvent: utf8("{}") }]).length, 1)
  })
})
