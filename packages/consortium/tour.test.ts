import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { capabilities } from "@aceso/capabilities/index.ts"
import { untilReady } from "./testing/until-ready.ts"

const root = new URL("../..", import.meta.url).pathname
const home = mkdtempSync(join(tmpdir(), "aceso-tour-test-"))
const data = join(home, "data")
const scratch = join(home, "tmp")
const environment = {
  ...process.env,
  ...{ HOME: home, ACESO_HOME: join(home, ".aceso"), TMPDIR: scratch, NO_COLOR: "1" },
}
mkdirSync(scratch)
let demo: ChildProcess
let urls: string[]

function start(script: string, argv: readonly string[]) {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(root, script), ...argv], {
    env: environment,
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  })
}

const startDemo = async () => {
  const child = start("packages/consortium/main.ts", ["--port", "0", "--data", data])
  demo = child
  const text = await untilReady(child)
  urls = (/^ready in \d+ ms (.*)$/m.exec(text)?.[1] ?? "").split(" ")
}
const endDemo = async () => {
  demo.kill("SIGTERM")
  if (demo.exitCode === null) await once(demo, "exit")
}
before(startDemo)
after(async () => {
  await endDemo()
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

describe("aceso tour --yes", () => {
  const others = capabilities.flatMap(({ tours }) => tours.map(({ name }) => name))
  const times: [comment: string, name: readonly string[]][] = [
    ...others.map((name): [string, string[]] => [`${name}, on a fresh demo`, [name]]),
    ["visa, on a fresh demo", ["visa"]],
    ["sharing, where none is named", []],
    ["sharing again, by its name", ["sharing"]],
    ...others.map((name): [string, string[]] => [`${name} again`, [name]]),
  ]
  for (const [comment, name] of times)
    it(`goes as told: ${comment}`, async () => {
      const { status, json, err } = await aceso("tour", ...name, "--yes")
      const { ok, steps } = json as { ok: boolean; steps: { title: string; ok: boolean }[] }
      const wrong = steps.filter((step) => !step.ok)
      assert.deepEqual(wrong, [], err.slice(-1500))
      assert.ok(ok && steps.length >= 3 && status === 0)
      // A path or an id stays whole, on a line of its own.
      for (const line of err.split("\n")) assert.ok(line.length <= 80 || !/\S\s+\S{2}/.test(line), line)
    })
})

it("aceso tour names the tours that there are", async () => {
  const { status, json } = await aceso("tour", "sharin", "--yes")
  assert.equal(status, 2)
  const said = JSON.stringify(json)
  assert.match(said, /did you mean sharing\?/)
  for (const { tours } of capabilities) for (const { name } of tours) assert.ok(said.includes(name), name)
})

describe("a tour that was broken off", () => {
  async function breakOff(step: number, ...name: readonly string[]): Promise<void> {
    const child = start("packages/cli/aceso.js", ["tour", ...name, "--yes"])
    let err = ""
    const closed = once(child, "close")
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk
      if (new RegExp(`^${step}\\. `, "m").test(err)) child.kill("SIGINT")
    })
    const [status] = await closed
    assert.match(err, /aceso: broken off; aceso tour begins anew, and takes back what this one left\n$/)
    assert.equal(status, 130)
    assert.deepEqual(globSync("aceso-tour-*", { cwd: scratch }), [])
  }

  async function goesAsTold(...name: readonly string[]): Promise<void> {
    const { status, json, err } = await aceso("tour", ...name, "--yes")
    assert.deepEqual([status, (json as { ok: boolean }).ok], [0, true], err.slice(-2500))
    assert.match(err, /A tour was broken off here: it begins anew/)
  }

  it("begins anew, wherever it was", async () => {
    for (const step of [4, 7, 10]) await breakOff(step)
    await goesAsTold()
  })

  it("library too: what it published is withdrawn, what waits is declined", async () => {
    for (const step of [3, 9, 13]) await breakOff(step, "library")
    await goesAsTold("library")
  })

  it("visa too: what was shown is taken back", async () => {
    await breakOff(4, "visa")
    await goesAsTold("visa")
  })

  it("also when the demo was started again meanwhile, at other addresses", async () => {
    await breakOff(11)
    await endDemo()
    await startDemo()
    await goesAsTold()
  })
})

describe("aceso verify after the tour", () => {
  const lines: [comment: string, argv: () => string[]][] = [
    ["without options", () => []],
    ["--data", () => ["--data", data]],
    ["--data, as County's administrator", () => ["--data", data, "--as", "county-admin"]],
    ["--data, as City's administrator", () => ["--data", data, "--as", "city-admin"]],
    ["--node", () => ["--node", urls[0]]],
    ["--node, as City's administrator", () => ["--node", urls[0], "--as", "city-admin"]],
    ["--node, as County's administrator", () => ["--node", urls[1], "--as", "county-admin"]],
  ]
  for (const [comment, argv] of lines)
    it(`is ok ${comment}`, async () => {
      const { status, json } = await aceso("verify", ...argv())
      const { ok, height, checked, findings } = json as {
        ok: boolean
        height: number
        checked: Record<string, number>
        findings: unknown[]
      }
      assert.deepEqual(findings, [])
      assert.deepEqual([status, ok], [0, true])
      assert.ok(height > 10)
      assert.equal(checked.blocks, height)
      assert.ok(checked.signatures > 0)
      for (const count of Object.values(checked)) assert.equal(typeof count, "number")
    })
})
