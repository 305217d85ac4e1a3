import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes } from "../crypto.ts"
import { hybrid as ofBrowsers } from "./sealing-browser.ts"
import { hybrid as ofNode } from "./sealing-node.ts"

const rows = [
  ["Node seals, a browser opens", ofNode, ofBrowsers],
  ["a browser seals, Node opens", ofBrowsers, ofNode],
] as const

describe("the hybrid suite is one, whoever computes it", () => {
  for (const [comment, sender, receiver] of rows)
    it(comment, async () => {
      const info = randomBytes(40)
      const pair = await receiver.GenerateKeyPair(false)
      const key = await sender.DeserializePublicKey(await receiver.SerializePublicKey(pair.publicKey))
      const message = randomBytes(1000)
      const { encapsulatedSecret, ctx } = await sender.SetupSender(key, { info })
      const opening = await receiver.SetupRecipient(pair, encapsulatedSecret, { info })
      assert.deepEqual(Uint8Array.from(await opening.Open(await ctx.Seal(message))), message)
    })

  it("a key that is derived from a secret is the same one", async () => {
    const secret = randomBytes(32)
    const [a, b] = await Promise.all(
      [ofNode, ofBrowsers].map(async (suite) => {
        const { publicKey } = await suite.DeriveKeyPair(secret, false)
        return Uint8Array.from(await suite.SerializePublicKey(publicKey))
      }),
    )
    assert.deepEqual(a, b)
  })
})
