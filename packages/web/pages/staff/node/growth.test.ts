import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { grownSince } from "./growth.ts"

describe("how a node's parts grew", () => {
  const first = { at: 1_000, bytes: { vault: 1_000, log: 8_000 } }
  for (const [name, now, expected] of [
    [
      "nothing is said of growth at the first look",
      first,
      [
        { part: "log", bytes: 8_000 },
        { part: "vault", bytes: 1_000 },
      ],
    ],
    [
      "and of no pace before a minute went by",
      { at: 60_999, bytes: { vault: 3_000, log: 8_000 } },
      [
        { part: "log", bytes: 8_000, grown: 0 },
        { part: "vault", bytes: 3_000, grown: 2_000 },
      ],
    ],
    [
      "after that by the hour, also of what shrinks; of what is new no growth is told",
      { at: 121_000, bytes: { vault: 500, log: 8_060, state: 7 } },
      [
        { part: "log", bytes: 8_060, grown: 60, anHour: 1_800 },
        { part: "vault", bytes: 500, grown: -500, anHour: -15_000 },
        { part: "state", bytes: 7 },
      ],
    ],
    [
      "a clock that was set back tells nothing",
      { at: 10, bytes: { vault: 2_000 } },
      [{ part: "vault", bytes: 2_000 }],
    ],
  ] as const)
    it(name, () => assert.deepEqual(grownSince(first, now), expected))
})
