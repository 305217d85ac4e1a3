import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { type StaffStatusAnswer, type StatusAnswer, staffStatusAnswer, statusAnswer } from "@aceso/client"
import { toHex } from "@aceso/core"
import { backupLines, status } from "./commands/status.ts"

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
  policyDelayMs: 1000,
  isDemo: false,
  time: TIME,
  isStarted: true,
}

describe("status", () => {
  /** As it comes from a node, through the client, to the terminal. */
  const print = (more: object) => {
    const taken = statusAnswer.parse({ ...answer, ...more }, "", "json")
    const shown = statusAnswer.toJson(taken) as unknown as StatusAnswer
    return stripVTControlCharacters(status.print(shown))
  }

  it("shows where the blocks of a node begin that took a snapshot", () => {
    assert.doesNotMatch(print({}), /pruned/)
    assert.match(print({ prunedUpTo: 10 }), /^ {2}pruned +from 10: .*snapshot of block 10$/m)
  })

  it("shows counts and disk use to the node's own staff, and others what is left out", () => {
    const counts = { records: 12, committed: 10, patients: 3, disk: { vault: 4096 } }
    const full = staffStatusAnswer.toJson(
      staffStatusAnswer.parse({ ...answer, ...counts }, "", "json"),
    ) as unknown as StaffStatusAnswer
    const text = stripVTControlCharacters(status.print(full))
    assert.match(
      text,
      /disk use {4}vault 4\.0 KiB\n {2}vault {7}12 records \(10 on the ledger\), 3 patients$/,
    )
    assert.match(print({}), /disk use and counts: for the node's own staff; name one with --as$/)
    assert.match(print({ isStarted: false }), /disk use and counts: when it serves$/)
  })

  it("shows since when no block came, and why", () => {
    const stalled = { since: TIME - 290_000, why: "only 2 of 4 validators take part" }
    assert.match(print({ stalled }), /^ {2}stalled {5}no block for 5 min: only 2 of 4 validators take part$/m)
    assert.doesNotMatch(print({}), /stalled/)
  })

  it("says how old the newest backup is, and red where it is too old, of a later block, or there is none", () => {
    const made = {
      at: TIME - 7_200_000,
      height: 11,
      hasBlocks: true,
      bytes: 1,
      to: "/backup/x",
      release: "0.1.0",
    }
    const known = { time: TIME, height: 12, warnAfterMs: 93_600_000, backups: [made] }
    const lines = (more: object) =>
      stripVTControlCharacters(backupLines({ ...answer, backups: { ...known, ...more } } as never).join("\n"))
    assert.equal(lines({}), "  backup      2 h old, of block 11, in /backup/x")
    assert.equal(
      lines({ since: { records: 5, patients: 1 } }),
      "  backup      2 h old, of block 11, in /backup/x; 5 record versions came since, noise included",
    )
    assert.equal(
      lines({ since: { records: 5, patients: 1, disclosures: 2 } }),
      "  backup      2 h old, of block 11, in /backup/x; 5 record versions and 2 disclosures came since, noise included",
    )
    assert.match(lines({ isSetBack: true }), /the vault has less than it, so it was set back since$/)
    assert.match(
      lines({ backups: [], beforeRecovery: [made] }),
      /none since the recovery \(what was made before/,
    )
    assert.match(lines({ height: 10 }), /this ledger has not come so far, so it was set back since$/)
    assert.equal(lines({ backups: [] }), "  backup      none that this node knows of: aceso backup")
    assert.match(lines({ backups: [], isUnreadable: true }), /cannot be read; aceso backup begins it anew$/)
    assert.deepEqual(backupLines(answer as never), [])
  })
})
