import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { Ending, type Signal, statusOf } from "./ending.ts"
import { Cli, oneSentence, program } from "./testing/aceso.ts"
import { isAlive, noTerminal, Terminal, until } from "./testing/terminal.ts"

describe("Ending", () => {
  const rows: [comment: string, press: [at: number, signal: Signal][], isServer: boolean, seen: string[]][] =
    [
      ["a first signal breaks off", [[0, "SIGINT"]], false, ["broken off SIGINT", "exit 130"]],
      ["SIGTERM likewise", [[0, "SIGTERM"]], false, ["broken off SIGTERM", "exit 143"]],
      ["SIGHUP where nothing is reloaded", [[0, "SIGHUP"]], false, ["broken off SIGHUP", "exit 129"]],
      ["what ends by itself is asked to", [[0, "SIGTERM"]], true, ["asked SIGTERM"]],
      [
        "one press that npm passes on is one",
        [
          [0, "SIGINT"],
          [499, "SIGINT"],
        ],
        true,
        ["asked SIGINT"],
      ],
      [
        "a second press ends at once",
        [
          [0, "SIGINT"],
          [10, "SIGINT"],
          [500, "SIGINT"],
        ],
        true,
        ["asked SIGINT", "exit 130"],
      ],
      [
        "another signal ends at once too",
        [
          [0, "SIGINT"],
          [900, "SIGTERM"],
        ],
        true,
        ["asked SIGINT", "exit 143"],
      ],
    ]
  it("SIGHUP reloads what reloads, as often as it comes; a terminal that is gone ends it", () => {
    let isHungUp = false
    const seen: string[] = []
    const ending = new Ending({ now: () => 0, isHungUp: () => isHungUp, exit: () => seen.push("exit") })
    ending.requested().then((signal) => seen.push(signal))
    ending.reloads(() => seen.push("reload"))
    for (const signal of ["SIGHUP", "SIGHUP"] as const) ending.take(signal, () => seen.push("broken off"))
    assert.deepEqual(seen, ["reload", "reload"])
    isHungUp = true
    ending.take("SIGHUP", () => seen.push("broken off"))
    return Promise.resolve().then(() => assert.deepEqual(seen, ["reload", "reload", "SIGHUP"]))
  })

  for (const [comment, presses, isServer, expected] of rows)
    it(comment, async () => {
      let now = 0
      const seen: string[] = []
      const ending = new Ending({
        now: () => now,
        exit: (status) => seen.push(`exit ${status}`),
        isHungUp: () => false,
      })
      if (isServer) void ending.requested().then((signal) => seen.push(`asked ${signal}`))
      for (const [at, signal] of presses) {
        now = at
        ending.take(signal, (one) => seen.push(`broken off ${one}`))
        await Promise.resolve()
      }
      assert.deepEqual(seen, expected)
    })

  it("what came to its end is not broken off", () => {
    const ending = new Ending({
      now: () => 0,
      isHungUp: () => false,
      exit: () => assert.fail("it ended by itself"),
    })
    ending.done()
    ending.take("SIGINT", () => assert.fail("it was done"))
  })
})

describe("a command that waits", () => {
  const cli = new Cli("ending")
  let server: Server
  let url: string
  let asked: () => void = () => {}

  before(async () => {
    // It takes questions and answers none.
    server = createServer(() => asked())
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    await cli.end()
    server.closeAllConnections()
    server.close()
  })

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    for (const isJson of [false, true])
      it(`ends in a sentence on ${signal}${isJson ? " --json" : ""}`, async () => {
        const question = new Promise<void>((resolve) => {
          asked = resolve
        })
        const child = cli.start(`status --node ${url}${isJson ? " --json" : ""}`)
        await question
        assert.equal(await child.stop(signal), statusOf(signal))
        oneSentence(child, /^aceso: broken off; nothing was changed$/m)
        if (isJson)
          assert.deepEqual(JSON.parse(child.out), {
            error: { code: "broken_off", message: "broken off; nothing was changed" },
          })
      })
})

describe("a node", () => {
  const cli = new Cli("hang-up")
  const pidOf = () => JSON.parse(readFileSync(join(cli.folder, "node/running.json"), "utf8")).pid as number
  const over = (pid: number) =>
    until(
      () => !isAlive(pid),
      () => `${pid} goes on`,
    )
  before(async () => {
    const [port] = await freePorts(1)
    await cli.json(
      `init --folder node --member authority --name A --kind authority --url http://127.0.0.1:${port}`,
    )
    await cli.json("network create --folder node --network north")
  })
  after(() => cli.end())

  it("ends when its terminal is closed, and is reloaded by SIGHUP before", { skip: noTerminal }, async () => {
    const terminal = new Terminal(
      [process.execPath, program, "up", "--folder", "node"],
      cli.environment,
      cli.folder,
    )
    await terminal.says(/^ready in/m)
    const pid = pidOf()
    process.kill(pid, "SIGHUP")
    await terminal.says(/there is no certificate to reload/)
    await terminal.close()
    await over(pid)
    assert.equal(existsSync(join(cli.folder, "node/running.json")), false)
  })

  it("ends when what started it is killed", async () => {
    const child = cli.start("up --folder node")
    await child.says(/^ready in/m)
    const pid = pidOf()
    assert.notEqual(pid, child.process.pid)
    await child.stop("SIGKILL")
    await over(pid)
    assert.match(child.err, /stopping the node/)
  })
})

describe("a reader that goes away", () => {
  const cli = new Cli("reader")
  after(() => cli.end())

  it("is no fault", async () =>
    assert.equal(
      await cli.shell("set -o pipefail; npx aceso --help | head -1"),
      "aceso <command> [options]\n",
    ))
})
