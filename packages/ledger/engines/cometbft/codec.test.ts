import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { CheckTxType, Request, Response } from "cosmjs-types/tendermint/abci/types"
import fc from "fast-check"
import { encodeFinalized, readCheckTx } from "./codec.ts"

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })

describe("the codec of the hot messages says what cosmjs-types says", () => {
  it("CheckTx requests, first and again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 700 }), fc.boolean(), (tx, isRecheck) => {
        const type = isRecheck ? CheckTxType.RECHECK : CheckTxType.NEW
        const message = Request.encode(Request.fromPartial({ checkTx: { tx, type } })).finish()
        const read = readCheckTx(message)
        assert.deepEqual(read && [Uint8Array.from(read.tx), read.isRecheck], [tx, isRecheck])
      }),
    )
  })

  it("and leaves every other request to cosmjs-types", () => {
    for (const request of [{ echo: { message: "x" } }, { flush: {} }, { commit: {} }, { info: {} }])
      assert.equal(readCheckTx(Request.encode(Request.fromPartial(request)).finish()), undefined)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const read = readCheckTx(noise)
        if (!read) return
        const request = Request.decode(noise)
        assert.deepEqual(Uint8Array.from(request.checkTx?.tx ?? []), Uint8Array.from(read.tx))
      }),
    )
  })

  it("FinalizeBlock responses", () => {
    const validator = fc.record({ key: bytes(32), power: fc.constantFrom(0, 10, 1000) })
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 0, 0, 1, 300), { maxLength: 300 }),
        fc.array(validator, { maxLength: 4 }),
        bytes(32),
        (codes, validators, appHash) => {
          const wanted = Response.encode(
            Response.fromPartial({
              finalizeBlock: {
                txResults: codes.map((code) => ({ code })),
                validatorUpdates: validators.map(({ key, power }) => ({
                  pubKey: { ed25519: key },
                  power: BigInt(power),
                })),
                appHash,
              },
            }),
          ).finish()
          const written = encodeFinalized({ codes, validators, appHash })
          assert.deepEqual(Response.decode(written), Response.decode(wanted))
          assert.deepEqual(Uint8Array.from(written), wanted)
        },
      ),
    )
  })
})
