import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { type StatusAnswer, statusAnswer } from "@aceso/client"
import { toHex } from "@aceso/core"
import { status } from "./commands/status.ts"
import type { Session } from "./session.ts"

const TIME = 1_800_000_000_000
const hash = toHex(new Uint8Array(32))
/** What a node on CometBFT answers, as JSON. */
const answer = {
  member: "city",
  network: "test-net",
  engine: "cometbft",
  checkpoint: {
    network: "test-net",
    height: 12,
    time: TIME - 300_000,
    txRoot: hash,
    historyHash: hash,
    stateRoot: hash,
  },
  statement: null,
  flushedHeight: 12,
  records: 0,
  committed: 0,
  patients: 0,
  policyDelayMs: 1000,
  isDemo: false,
  time: TIME,
  isStarted: true,
  disk: { vault: 0 },
}

describe("status", () => {
  /** As it comes from a node, through the client, to the terminal. */
  const print = (more: object) => {
    const taken = statusAnswer.parse({ ...answer, ...more }, "", "json")
    const shown = statusAnswer.toJson(taken) as unknown as StatusAnswer
    return stripVTControlCharacters(status.print(shown, {} as Session))
  }

  it("shows where the blocks of a node begin that took a snapshot", () => {
    assert.doesNotMatch(print({}), /pruned/)
    assert.match(print({ prunedUpTo: 10 }), /^ {2}pruned +from 10: .*snapshot of block 10$/m)
  })

  it("shows since when no block came, and why", () => {
    const stalled = { since: TIME - 290_000, why: "only 2 of 4 validators take part" }
    assert.match(print({ stalled }), /^ {2}stalled {5}no block for 5 min: only 2 of 4 validators take part$/m)
    assert.doesNotMatch(print({}), /stalled/)
  })
})
