// needs: cometbft
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { after, afterEach, beforeEach, describe, it } from "node:test"
import { messageOf, PlatformError, publicKey } from "@aceso/core"
import { Request, Response } from "cosmjs-types/tendermint/abci/types"
import { Chain } from "../../chain.ts"
import { until } from "../../testing/comet-calls.ts"
import { Cluster } from "../../testing/comet-cluster.ts"
import { type GenesisChoices, makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { AbciServer } from "./abci-server.ts"
import { Application } from "./application.ts"
import { frame } from "./codec.ts"
import { CometEngine } from "./cometbft.ts"
import { freePorts } from "./free-ports.ts"
import type { CometOptions } from "./options.ts"
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
    const application = new Application(chain, pool, new Uint8Array(1), stateSync, () => false)
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
    "a length of 65 MiB": [Uint8Array.of(0x80, 0x80, 0xc0, 0x20)],
    "a length of 2^35": [Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01)],
    "text of another protocol": [Buffer.from(`GET / HTTP/1.1\r\nHost: ${"x".repeat(100)}\r\n\r\n`)],
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

  it("answers in order what came before", async () => {
    const socket = connect(join(folder, "abci.sock"))
    await once(socket, "connect")
    const expected = Buffer.concat(
      ["one", "two"].map((message) =>
        frame(Response.encode(Response.fromPartial({ echo: { message } })).finish()),
      ),
    )
    socket.write(Buffer.concat([echo("one"), echo("two")]))
    let answers = Buffer.alloc(0)
    for await (const chunk of socket) {
      answers = Buffer.concat([answers, chunk as Buffer])
      if (answers.length >= expected.length) socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff))
    }
    assert.deepEqual(answers, expected)
    assertSentence(await fault)
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

describe("a node that cannot start", () => {
  let folder: string
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const seed = seedOf("authority validator")
  const genesisOf = (choices: GenesisChoices = {}) =>
    makeGenesis({
      engine: "cometbft",
      time: 1_700_000_000_000,
      validators: [{ member: "authority", key: publicKey(seed) }],
      ...choices,
    })
  const open = async (more: Partial<CometOptions> = {}): Promise<CometEngine> => {
    const [rpcPort, p2pPort] = await freePorts(2)
    return CometEngine.open({
      folder: join(folder, "node"),
      genesis: genesisOf().signed,
      rules,
      executable,
      moniker: "authority",
      validatorSeed: seed,
      nodeKeySeed: seedOf("authority p2p"),
      rpcPort,
      p2pPort,
      peers: [],
      threads: 1,
      heartbeatMs: 200,
      ...more,
    })
  }
  async function refuses(code: string, more: Partial<CometOptions> = {}): Promise<void> {
    // One that starts all the same must not outlive its test.
    const opened = open(more).then((engine) => engine.close())
    await assert.rejects(opened, (error: PlatformError) => {
      assertSentence(error)
      assert.equal(error.code, code)
      return true
    })
  }
  /** A folder with blocks in it. */
  async function used(): Promise<void> {
    const engine = await open()
    await until(async () => (await engine.status()).checkpoint.height >= 2)
    await engine.close()
  }
  const script = (name: string, text: string, mode = 0o755): string => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode })
    return path
  }

  it("another version of CometBFT", () =>
    refuses("wrong_engine_version", { executable: script("old", "echo 0.38.25") }))
  it("a program that says nothing", () => refuses("wrong_engine_version", { executable: script("mute", "") }))
  it("a program that fails", () => refuses("engine_missing", { executable: script("broken", "exit 3") }))
  it("no program", () => refuses("engine_missing", { executable: join(folder, "nothing") }))
  it("a file that is no program", () =>
    refuses("engine_missing", { executable: script("text", "echo 0.38.26", 0o644) }))

  it("a folder that another process holds, until that one ends", async () => {
    const held = join(folder, "node")
    const holder = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        new URL("../../testing/hold-folder.ts", import.meta.url).pathname,
        held,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    )
    await once(holder.stdout, "data")
    try {
      await refuses("folder_in_use")
    } finally {
      holder.kill("SIGKILL")
      await once(holder, "exit")
    }
    await (await open()).close()
  })

  it("a folder of another network; the right genesis opens it again", async () => {
    await used()
    await refuses("wrong_network", { genesis: genesisOf({ network: "other-net" }).signed })
    await (await open()).close()
  })

  it("a folder of another genesis with the same name of the network", async () => {
    await used()
    const quota = { windowMs: 5_000, bytes: 1, transactions: 1, urgentTransactions: 1 }
    await refuses("wrong_genesis", { genesis: genesisOf({ quota }).signed })
    await (await open()).close()
  })

  it("a log whose CometBFT has no blocks, as after a restore of the log alone", async () => {
    await used()
    rmSync(join(folder, "node", "cometbft"), { recursive: true })
    await refuses("engine_behind")
  })

  it("a log that is ahead of CometBFT's own files, as after a restore of an old copy of those", async () => {
    await used()
    cpSync(join(folder, "node", "cometbft"), join(folder, "old"), { recursive: true })
    const engine = await open()
    const { height } = (await engine.status()).checkpoint
    await until(async () => (await engine.status()).checkpoint.height > height + 2)
    await engine.close()
    rmSync(join(folder, "node", "cometbft"), { recursive: true })
    cpSync(join(folder, "old"), join(folder, "node", "cometbft"), { recursive: true })
    await refuses("engine_behind")
  })

  it("a port that is taken: the engine's last words are told", async () => {
    const [rpcPort] = await freePorts(1)
    const server = createServer().listen(rpcPort, "127.0.0.1")
    try {
      await refuses("engine_stopped", { rpcPort })
    } finally {
      server.close()
    }
  })
})

describe("a running node", () => {
  let cluster: Cluster
  after(() => cluster?.end())

  it("ends with status 1 and one sentence when its socket is fed with nonsense", async () => {
    cluster = await Cluster.start({ names: ["authority"] })
    const [node] = cluster.nodes
    const socket = connect(join(cluster.folder, "authority", "abci.sock"))
    socket.on("error", () => socket.destroy())
    socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff))
    await node.gone()
    assert.equal(node.exitCode, 1)
    assert.match(node.said, /^authority: [^\n]{30,}\n$/)
    await node.start()
    assert.ok((await node.tip()).height >= 0)
  })
})
