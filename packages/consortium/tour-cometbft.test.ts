// needs: cometbft
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { capabilities } from "@aceso/capabilities/index.ts"
import { untilReady } from "./testing/until-ready.ts"

const root = new URL("../..", import.meta.url).pathname
const home = mkdtempSync(join(tmpdir(), "aceso-tour-comet-"))
const data = join(home, "data")
const path = [process.env.ACESO_COMETBFT && dirname(process.env.ACESO_COMETBFT), process.env.PATH].join(":")
const environment = {
  ...process.env,
  PATH: path,
  HOME: home,
  ACESO_HOME: join(home, ".aceso"),
  NO_COLOR: "1",
}
let demo: ChildProcess

function start(script: string, argv: readonly string[]) {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(root, script), ...argv], {
    env: environment,
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  })
}

before(async () => {
  const child = start("packages/consortium/main.ts", ["--engine", "cometbft", "--port", "0", "--data", data])
  demo = child
  await untilReady(child)
})
after(async () => {
  demo.kill("SIGTERM")
  if (demo.exitCode === null) await once(demo, "exit")
  rmSync(home, { recursive: true, force: true })
})

async function aceso(...argv: string[]): Promise<{ status: number; json: unknown; err: string }> {
  const child = start("packages/cli/aceso.js", [...argv, "--json"])
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk
  })
  const [status] = await once(child, "close")
  return { status, json: JSON.parse(out), err }
}

describe("the demo on four CometBFT validators", () => {
  const tours = [
    ["sharing", "tells the same story, and its receipt rests on the validators"],
    ["visa", "shows one vaccination to an office, and nothing else"],
    ...capabilities.flatMap(({ tours }) => tours.map(({ name, summary }) => [name, summary])),
  ]
  for (const [name, comment] of tours)
    it(comment, async () => {
      const { status, json, err } = await aceso("tour", name, "--yes")
      const { ok, steps } = json as { ok: boolean; steps: { title: string; ok: boolean }[] }
      const wrong = steps.filter((step) => !step.ok)
      assert.deepEqual({ status, ok, wrong }, { status: 0, ok: true, wrong: [] }, err)
    })

  it("says what the engine knows of the others", async () => {
    const { status, json } = await aceso("status")
    const { engine, consensus } = json as {
      engine: string
      consensus: { peers: number; validators: unknown[] }
    }
    assert.deepEqual([status, engine, consensus.peers, consensus.validators.length], [0, "cometbft", 3, 4])
  })
})
