import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { PATIENT_TOPICS } from "@aceso/client/live-topics.ts"
import {
  type DelegateAbility,
  type Handle,
  type HandleKey,
  PlatformError,
  type PublicKey,
  REKEY_MS,
} from "@aceso/core"
import { patientStanding } from "./standing.ts"

const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const HANDLE = bytes(1) as Handle
const [OWN, NEXT, OTHER] = [bytes(2), bytes(3), bytes(4)] as [PublicKey, PublicKey, PublicKey]
const NOW = 1_800_000_000_000

const row = (key: PublicKey | null, next: HandleKey["next"] = null): HandleKey => ({
  key,
  keyNumber: 1,
  next,
})
const replaced = (sinceMs: number) => row(OWN, { key: NEXT, since: NOW - sinceMs } as HandleKey["next"])

/** @param delegate what the key may do for the handle, or why nothing */
const standing = (
  key: PublicKey,
  handleRow: HandleKey | undefined,
  delegate: readonly DelegateAbility[] | string,
) =>
  patientStanding(
    {
      config: { member: "city" },
      engine: { read: async () => handleRow },
      delegates: {
        async mustAct() {
          if (typeof delegate === "string") throw new PlatformError(delegate, "no")
          return { key, scope: { may: delegate }, ability: undefined }
        },
      },
    } as never,
    HANDLE,
    key,
    NOW,
  )

describe("what a key may hear of a handle", () => {
  const NOT = "not_permitted"
  const cases: readonly (readonly [
    string,
    PublicKey,
    HandleKey | undefined,
    readonly DelegateAbility[] | string,
    readonly string[] | undefined,
    number?,
  ])[] = [
    ["the person's own", OWN, row(OWN), NOT, PATIENT_TOPICS],
    [
      "the person's own while another waits, until that one counts",
      OWN,
      replaced(1000),
      NOT,
      PATIENT_TOPICS,
      NOW - 1000 + REKEY_MS,
    ],
    ["one that waits", NEXT, replaced(1000), NOT, undefined],
    ["one that counts after 72 hours", NEXT, replaced(REKEY_MS), NOT, PATIENT_TOPICS],
    ["the one before it", OWN, replaced(REKEY_MS), NOT, undefined],
    ["another one", OTHER, row(OWN), NOT, undefined],
    ["any, of no handle", OTHER, undefined, NOT, undefined],
    ["any, of somebody without a key", OTHER, row(null), NOT, undefined],
    ["a delegate's who reads", OTHER, row(OWN), ["read"], ["requests", "audit", "policy", "records"]],
    ["a delegate's who decides", OTHER, row(OWN), ["decide"], ["requests", "policy"]],
    ["a delegate's who writes, for somebody without a key", OTHER, row(null), ["write"], ["inbox"]],
    ["a delegate's whose time ended", OTHER, row(OWN), "delegate_ended", undefined],
    ["a delegate's of whom the vault knows nothing", OTHER, row(OWN), "delegate_unknown", undefined],
  ]
  for (const [whose, key, handleRow, delegate, topics, until] of cases)
    it(`${whose}: ${topics?.join(", ") ?? "nothing"}`, async () => {
      const found = await standing(key, handleRow, delegate)
      assert.deepEqual(found && [[...found.topics], found.until], topics && [[...topics], until])
    })

  it("what stands in the way of looking is no answer", async () => {
    await assert.rejects(standing(OTHER, row(OWN), "store_failed"), { code: "store_failed" })
  })
})
