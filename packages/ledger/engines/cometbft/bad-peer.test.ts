// needs: cometbft
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { after, afterEach, beforeEach, describe, it } from "node:test"
import { encodeCbor, messageOf, PlatformError, publicKey } from "@aceso/core"
import { Request, Response } from "cosmjs-types/tendermint/abci/types"
import { Chain } from "../../chain.ts"
import { Cluster, freePorts } from "../../testing/comet-cluster.ts"
import { type GenesisChoices, makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { AbciServer } from "./abci-server.ts"
import { Application } from "./application.ts"
import { frame } from "./codec.ts"
import { CometEngine } from "./cometbft.ts"
import { StateSync } from "./state-sync.ts"

const executable = process.env.ACESO_COMETBFT ?? "cometbft"

/** A sentence for a person: it says what is wrong in words, on one line. */
function assertSentence(error: unknown): void {
  const text = messageOf(error)
  assert.ok(error instanceof PlatformError, `not a fault with a code: ${text}`)
  assert.match(text, /^[^\n]{30,600}$/)
}

describe("the ABCI socket with a peer that is not CometBFT", () => {
  let folder: string
  let server: AbciServer
  let chain: Chain
  let pool: VerdictPool
  let faults: unknown[]
  let fault: Promise<unknown>
  beforeEach(async () => {
    folder = temporaryFolder()
    const { genesis } = makeGenesis({
      engine: "cometbft",
      validators: [{ member: "authority", key: publicKey(seedOf("v")) }],
    })
    chain = Chain.open(folder, genesis, rules)
    pool = new VerdictPool(genesis.network, 1)
    const stateSync = new StateSync(chain, folder, 1000)
    const application = new Application(chain, pool, new Uint8Array(1), stateSync)
    faults = []
    const { promise, resolve } = Promise.withResolvers<unknown>()
    fault = promise
    server = await AbciServer.listen(join(folder, "abci.sock"), application, (error) => {
      faults.push(error)
      resolve(error)
    })
  })
  afterEach(async () => {
    await server.close()
    await pool.close()
    await chain.close()
    rmSync(folder, { recursive: true })
  })

  /** Writes and reads until the other side ends the connection. @returns the answers' bytes */
  async function talk(...chunks: readonly Uint8Array[]): Promise<Buffer> {
    const socket = connect(join(folder, "abci.sock"))
    await once(socket, "connect")
    const answers: Buffer[] = []
    socket.on("data", (chunk) => answers.push(chunk))
    socket.on("error", () => socket.destroy())
    for (const chunk of chunks) socket.write(chunk)
    await once(socket, "close")
    return Buffer.concat(answers)
  }

  const echo = (message: string) => frame(Request.encode(Request.fromPartial({ echo: { message } })).finish())
  const checkTx = (tx: Uint8Array) =>
    Request.encode(Request.fromPartial({ checkTx: { tx, type: 0 } })).finish()
  const whole = checkTx(new Uint8Array(100))

  const malformed: Readonly<Record<string, readonly Uint8Array[]>> = {
    "a length without an end": [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    "a length of 65 MiB": [frame(new Uint8Array(0)).subarray(1), Uint8Array.of(0x80, 0x80, 0xc0, 0x20)],
    "a length of 2^35": [Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01)],
    "text of another protocol": [Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    "a message cut short inside its frame": [frame(whole.subarray(0, 50))],
    "bytes that are no message": [frame(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f))],
    "a field of an unknown wire type": [frame(Uint8Array.of(0x0f, 0x01))],
    "an unknown request": [frame(Uint8Array.of(0xf2, 0x01, 0x00))],
    "an empty request": [frame(new Uint8Array(0))],
    "a length in three chunks, then nonsense": [
      Uint8Array.of(0x83),
      Uint8Array.of(0x80),
      Uint8Array.of(0x00, 0xff, 0xff, 0xff),
    ],
  }
  for (const [name, chunks] of Object.entries(malformed))
    it(`${name}: one fault in a sentence, and the connection ends`, async () => {
      await talk(...chunks)
      assertSentence(await fault)
      assert.equal(faults.length, 1)
    })

  it("answers what came before, in order, and nothing after", async () => {
    const answers = await talk(
      Buffer.concat([echo("one"), echo("two")]),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff),
    )
    assertSentence(await fault)
    const [first] = [answers].map((bytes) => Response.decode(bytes.subarray(1, 1 + bytes[0])))
    if (answers.length > 0) assert.equal(first.echo?.message, "one")
  })

  it("a connection that ends in the middle of a message leaves the others alone", async () => {
    const socket = connect(join(folder, "abci.sock"))
    await once(socket, "connect")
    socket.end(frame(whole).subarray(0, 20))
    await once(socket, "close")
    const other = connect(join(folder, "abci.sock"))
    await once(other, "connect")
    other.write(echo("still here"))
    const [answer] = (await once(other, "data")) as [Buffer]
    assert.equal(Response.decode(answer.subarray(1)).echo?.message, "still here")
    other.destroy()
    assert.deepEqual(faults, [])
  })
})
