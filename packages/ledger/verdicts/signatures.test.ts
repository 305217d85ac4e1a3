// needs: aceso-cometbft
import assert from "node:assert/strict"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { publicKey, type SignatureClaim, sign } from "@aceso/core"
import { craftedClaims } from "@aceso/core/vectors/crafted-claims.ts"
import fc from "fast-check"
import { until } from "../testing/comet-calls.ts"
import { temporaryFolder } from "../testing/network.ts"
import { BatchVerifier, oneByOne, type SignatureVerifier } from "./signatures.ts"

const executable = process.env.ACESO_OWN_COMETBFT as string

/** Resolves when the program beside it has greeted. */
async function greeted(verifier: BatchVerifier): Promise<BatchVerifier> {
  await until(async () => verifier.pid, 5)
  return verifier
}

const childOf = (verifier: BatchVerifier) => (verifier as unknown as { child: ChildProcess }).child

const seed = new Uint8Array(32).fill(7)
const claimOf = (message: Uint8Array): SignatureClaim => ({
  signature: sign(message, seed),
  message,
  key: publicKey(seed),
})
const claims = craftedClaims.map(({ claim }) => claim)
const wanted = craftedClaims.map(({ isGood }) => isGood)

const kinds: Record<string, () => Promise<SignatureVerifier>> = {
  "one by one": async () => oneByOne,
  "in batches": () => greeted(new BatchVerifier(executable)),
}

for (const [name, open] of Object.entries(kinds))
  describe(`signatures ${name}`, () => {
    let verifier: SignatureVerifier
    before(async () => {
      verifier = await open()
    })
    after(() => verifier.close())

    for (const { comment, claim, isGood } of craftedClaims)
      it(`alone: ${comment}`, async () => assert.deepEqual(await verifier.verify([claim]), [isGood]))

    it("the good ones together, and all together", async () => {
      const good = craftedClaims.filter(({ isGood }) => isGood).map(({ claim }) => claim)
      assert.deepEqual(
        await verifier.verify(good),
        good.map(() => true),
      )
      assert.deepEqual(await verifier.verify(claims), wanted)
    })

    it("none", async () => assert.deepEqual(await verifier.verify([]), []))

    it("several batches at once, of any size, each answered as it was asked", async () => {
      const one = fc.record({ message: fc.uint8Array({ maxLength: 300 }), isGood: fc.boolean() })
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(one, { maxLength: 40 }), { maxLength: 6 }), async (batches) => {
          const answers = await Promise.all(
            batches.map((batch) =>
              verifier.verify(
                batch.map(({ message, isGood }) => {
                  const claim = claimOf(message)
                  if (!isGood) claim.signature[40] ^= 1
                  return claim
                }),
              ),
            ),
          )
          assert.deepEqual(
            answers,
            batches.map((batch) => batch.map(({ isGood }) => isGood)),
          )
        }),
        { numRuns: 30 },
      )
    })

    it("messages as long as envelopes may be, more than fit one frame", async () => {
      const good = claimOf(new Uint8Array(262_144 + 100).fill(1))
      const bad = { ...good, message: good.message.subarray(1) }
      const all = Array.from({ length: 40 }, (_, i) => (i % 7 === 3 ? bad : good))
      assert.deepEqual(
        await verifier.verify(all),
        all.map((one) => one === good),
      )
    })
  })

describe("the program beside the node", () => {
  it("that is asked about more than fits one batch goes on", async () => {
    const verifier = await greeted(new BatchVerifier(executable))
    const { pid } = verifier
    const all = Array.from({ length: 5000 }, () => claimOf(new Uint8Array(0)))
    assert.ok((await verifier.verify(all)).every((isGood) => isGood))
    assert.deepEqual(await verifier.verify(claims), wanted)
    assert.equal(verifier.pid, pid)
    await verifier.close()
  })

  it("that ends in between: every question is answered, and it is started again only after a while", async () => {
    const verifier = await greeted(new BatchVerifier(executable))
    const answers = Promise.all(Array.from({ length: 20 }, () => verifier.verify(claims)))
    process.kill(verifier.pid as number, "SIGKILL")
    for (const answer of await answers) assert.deepEqual(answer, wanted)
    assert.deepEqual(await verifier.verify(claims), wanted)
    assert.equal(verifier.pid, undefined)
    await verifier.close()
  })

  it("that ended is started again by a later question", async () => {
    const verifier = await greeted(new BatchVerifier(executable, undefined, 0))
    const before = verifier.pid as number
    const closed = once(childOf(verifier), "close")
    process.kill(before, "SIGKILL")
    await closed
    assert.deepEqual(await verifier.verify(claims), wanted)
    await greeted(verifier)
    assert.notEqual(verifier.pid, before)
    assert.deepEqual(await verifier.verify(claims), wanted)
    await verifier.close()
  })

  it("that hangs: it is killed, and every question is answered", async () => {
    const verifier = await greeted(new BatchVerifier(executable, 200))
    const pid = verifier.pid as number
    process.kill(pid, "SIGSTOP")
    assert.deepEqual(await verifier.verify(claims), wanted)
    assert.throws(() => process.kill(pid, 0))
    await verifier.close()
  })

  const folder = temporaryFolder()
  const script = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
    return file
  }
  // The stock CometBFT does not know the command and ends with status 1.
  for (const [what, file] of Object.entries({
    "that does not know the command": script("stock", "echo 'unknown command' >&2; exit 1"),
    "that says something else": script("other", "echo aceso-cometbft verify 2; exec cat"),
    "that is not there": join(folder, "missing"),
  }))
    it(`${what} is asked nothing`, async () => {
      const verifier = new BatchVerifier(file)
      const child = childOf(verifier)
      const closed = once(child, "close").catch(() => {})
      assert.deepEqual(await verifier.verify(claims), wanted)
      await closed
      assert.deepEqual(await verifier.verify(claims), wanted)
      assert.equal(verifier.pid, undefined)
      await verifier.close()
    })

  it("ends when the node is closed, or its standard input", async () => {
    const verifier = await greeted(new BatchVerifier(executable))
    const pid = verifier.pid as number
    const child = childOf(verifier)
    const ended = once(child, "exit")
    child.stdin?.end()
    assert.deepEqual(await ended, [0, null])
    assert.throws(() => process.kill(pid, 0))
    const other = await greeted(new BatchVerifier(executable))
    const closed = other.pid as number
    await other.close()
    assert.throws(() => process.kill(closed, 0))
  })
})
