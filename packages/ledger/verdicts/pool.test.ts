// needs: aceso-cometbft
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { describe, it } from "node:test"
import { type Bytes, makeEnvelope, type PlatformError, toHex } from "@aceso/core"
import { until } from "../testing/comet-calls.ts"
import { VerdictPool } from "./pool.ts"

const NETWORK = "verdicts"
const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const envelope = (signers: number, network = NETWORK) =>
  makeEnvelope({ network, contract: "none", action: "none", input: null, expiry: 1 }, seeds.slice(0, signers))

/** Signatures stand at the end, 64 bytes and a head of 2 each. */
function withWrong(bytes: Bytes, signers: number, wrong: number): Bytes {
  const changed = bytes.slice()
  changed[bytes.length - 66 * (signers - wrong) + 10] ^= 1
  return changed
}

/** Programs that this process's threads started and that still run. */
const programs = (): string[] =>
  readdirSync("/proc/self/task")
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" "))
    .filter((pid) => pid !== "")
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "))
    .filter((command) => command.includes("verify"))

for (const [name, executable] of Object.entries({
  "one by one": undefined,
  "in batches": process.env.ACESO_OWN_COMETBFT as string,
}))
  describe(`the verdict pool, signatures ${name}`, () => {
    it("says of each of many envelopes what it alone deserves", async () => {
      const pool = new VerdictPool(NETWORK, 1, executable)
      if (executable) await until(async () => programs().length > 0, 5)
      const cases = Array.from({ length: 300 }, (_, i) => {
        const signers = 1 + (i % 3)
        const { bytes, payloadId } = envelope(signers)
        const wrong = (i >> 2) % 3
        if (i % 7 === 3) return { bytes: bytes.subarray(0, 50), said: "malformed" }
        if (i % 7 === 5) return { bytes: envelope(1, "others").bytes, said: "wrong_network" }
        if (i % 4 === 1 && wrong < signers)
          return { bytes: withWrong(bytes, signers, wrong), said: `bad_signature: signature ${wrong}` }
        return { bytes, said: toHex(payloadId) }
      })
      for (let round = 0; round < 3; round++) {
        const said = await Promise.all(
          cases.map(({ bytes }) =>
            pool.judge(bytes).then(
              ({ payloadId }) => toHex(payloadId),
              ({ code, message }: PlatformError) =>
                code === "bad_signature" ? `${code}: ${message.slice(0, 11)}` : code,
            ),
          ),
        )
        assert.deepEqual(
          said,
          cases.map((one) => one.said),
        )
      }
      assert.equal(programs().length, executable ? 1 : 0)
      await pool.close()
      assert.deepEqual(programs(), [])
    })
  })
