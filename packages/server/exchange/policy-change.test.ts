import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, PlatformError, type PolicyDocument, utf8 } from "@aceso/core"
import { mustNotWiden } from "./policy-change.ts"

const document = (salt: number, provision: JsonObject, status = "active"): PolicyDocument => ({
  content: utf8(JSON.stringify({ resourceType: "Consent", status, provision })),
  salt: new Uint8Array(32).fill(salt),
})
const permit = document(1, { type: "permit" })
const denial = document(2, { type: "deny" })
const narrower = document(2, { type: "deny", class: [{ code: "Basic" }] })
const nested = document(3, { type: "deny", provision: [{ type: "permit" }] })
const holed = document(5, { type: "permit", provision: [{ type: "deny", class: [{ code: "Basic" }] }] })
const unclear = document(6, { type: "permit", provision: { type: "permit" } })
const optOut: PolicyDocument = {
  content: utf8(
    JSON.stringify({
      resourceType: "Consent",
      status: "active",
      policyRule: {
        coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "OPTOUT" }],
      },
      provision: { type: "permit" },
    }),
  ),
  salt: new Uint8Array(32).fill(7),
}
const ended = document(4, { type: "deny" }, "inactive")

describe("a change that claims to restrict", () => {
  const table: [comment: string, before: PolicyDocument[], after: PolicyDocument[], isRefused: boolean][] = [
    ["takes a permission away", [permit, denial], [denial], false],
    ["adds a denial", [permit], [permit, denial], false],
    ["takes away what is not in force", [ended], [], false],
    ["adds a permission", [denial], [denial, permit], true],
    ["changes a permission under its salt", [permit], [document(1, { type: "permit", class: [] })], true],
    ["takes a denial away", [permit, denial], [permit], true],
    ["narrows a denial under its salt", [permit, denial], [permit, narrower], true],
    ["takes away a denial with exceptions", [permit, nested], [permit], true],
    ["takes a permission with a denial in it away", [permit, holed], [permit], true],
    ["takes away what nobody understands", [permit, unclear], [permit], true],
    ["takes an opt-out away", [permit, optOut], [permit], true],
    [
      "takes a permission in a permission away",
      [permit, document(8, { type: "permit", provision: [{ type: "permit" }] })],
      [permit],
      false,
    ],
    ["adds a denial with an exception, which permits", [permit], [permit, nested], true],
  ]
  for (const [comment, before, after, isRefused] of table)
    it(`${isRefused ? "is refused when it" : "may be one that"} ${comment}`, () => {
      const change = () => mustNotWiden(before, after)
      if (!isRefused) return change()
      assert.throws(change, (error) => error instanceof PlatformError && error.code === "policy_unknown")
    })
})
