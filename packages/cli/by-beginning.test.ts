import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { InboxRequest, PatientClient } from "@aceso/client"
import { fromHex } from "@aceso/core"
import { findRequests } from "./commands/approve.ts"
import { byBeginning } from "./commands/by-beginning.ts"

describe("what is named by the beginning of its id", () => {
  const all = ["0a11", "0a12", "0b11"]
  for (const [beginning, found] of [
    ["0b", "0b11"],
    ["0a12", "0a12"],
    ["f", undefined],
    ["0a", /0a is the beginning of 2 ids: 0a11, 0a12; write more/],
    ["", /of 3 ids/],
  ] as const)
    it(`"${beginning}": ${found ?? "nothing"}`, () => {
      const find = () => byBeginning(all, (one) => one, beginning)
      if (found instanceof RegExp) assert.throws(find, found)
      else assert.equal(find(), found)
    })
})

describe("which requests are meant", () => {
  const inbox = (...states: InboxRequest["state"][]) =>
    ({
      inbox: async () => states.map((state, i) => ({ requestId: fromHex(`0${i}`.repeat(16)), state })),
    }) as unknown as PatientClient
  const rows: [comment: string, client: PatientClient, id: string, found: number | RegExp][] = [
    ["all that are open", inbox("open", "approved", "open"), "all", 2],
    ["one by its beginning", inbox("open", "open"), "01", 1],
    ["all, where none is open", inbox("approved"), "all", /^nothing waits: no request is open/],
    ["one that is answered", inbox("approved", "declined"), "01", /^the request 010101010101 is declined/],
    ["one that there is not", inbox("open"), "ff", /^no open request has the id ff; see/],
    ["the beginning of two", inbox("open", "open"), "0", /^0 is the beginning of 2 ids/],
  ]
  for (const [comment, client, id, found] of rows)
    it(comment, async () => {
      if (typeof found === "number") assert.equal((await findRequests(client, id)).length, found)
      else await assert.rejects(findRequests(client, id), { message: found })
    })
})
