import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { fromHex, publicKey, toHex } from "@aceso/core"

const root = new URL("../..", import.meta.url).pathname
/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 600_000
const home = mkdtempSync(join(tmpdir(), "aceso-demo-test-"))
const registry = join(home, ".aceso/demos")
const environment = { ...process.env, HOME: home, ACESO_HOME: join(home, ".aceso"), TMPDIR: home }
const started = new Set<ChildProcess>()

after(() => {
  for (const { pid, exitCode, signalCode } of started)
    if (pid && exitCode === null && signalCode === null)
      try {
        process.kill(-pid, "SIGKILL")
      } catch {
        // It has ended meanwhile.
      }
  rmSync(home, { recursive: true, force: true })
})

class Demo {
  readonly child: ChildProcess
  out = ""
  err = ""

  /** Each demo is a process group of its own, so that what is left of it can be seen. */
  constructor(file: string, argv: readonly string[], uid?: number) {
    this.child = spawn(file, argv, {
      env: environment,
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...(uid !== undefined && { uid, gid: uid }),
    })
    started.add(this.child)
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.out += chunk
    })
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.err += chunk
    })
  }

  async says(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + HANGS_MS
    while (!pattern.test(this.out + this.err)) {
      const isOn = Date.now() < deadline && this.child.exitCode === null
      assert.ok(isOn, `it did not say ${pattern}: ${this.out}${this.err}`)
      await delay(20)
    }
  }

  async ready(): Promise<string[]> {
    await this.says(/^ready in .*\n/m)
    return (/^ready in \d+ ms (.*)$/m.exec(this.out)?.[1] ?? "").split(" ")
  }

  async end(timeoutMs = HANGS_MS): Promise<number | string> {
    const timer = setTimeout(() => process.kill(-(this.child.pid as number), "SIGKILL"), timeoutMs)
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close")
    clearTimeout(timer)
    return this.child.exitCode ?? `killed after ${timeoutMs} ms`
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    this.child.kill(signal)
    return this.end()
  }
}

const main = ["--disable-warning=ExperimentalWarning", join(root, "packages/consortium/main.ts")]
const demo = (...argv: string[]) => new Demo(process.execPath, [...main, ...argv])
const isGroupAlive = (pid: number): boolean => {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}
const aceso = (...argv: string[]): unknown =>
  JSON.parse(
    execFileSync(process.execPath, [join(root, "packages/cli/aceso.js"), ...argv, "--json"], {
      env: environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  )

/** Without the counts: dummy entries are added meanwhile, and counted. */
const known = () =>
  (aceso("patients") as { alias: string; handle: string; records: number }[]).map(
    ({ alias, handle, records }) => ({ alias, handle, hasRecords: records > 0 }),
  )

/** Members that signed the newest checkpoint that more than one signed. */
const signers = () =>
  (aceso("status") as { checkpoints: { countersigned: { members: number } | null } }).checkpoints
    .countersigned?.members ?? 0

/** One sentence for a person: one line, no stack trace. */
function oneSentence(text: string, says: RegExp): void {
  assert.equal(text.trimEnd().split("\n").length, 1, text)
  assert.match(text, says)
}

describe("npm start", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`is ready, announces itself, and ends cleanly on ${signal}`, async () => {
      const one = new Demo("npm", ["start", "--", "--port", "0"])
      const urls = await one.ready()
      assert.equal(urls.length, 6)
      const { member } = (await (await fetch(`${urls[0]}/status`)).json()) as { member: string }
      assert.equal(member, "city-hospital")
      const [name, ...others] = globSync("*.json", { cwd: registry })
      assert.deepEqual(others, [])
      const told = JSON.parse(readFileSync(join(registry, name), "utf8"))
      assert.deepEqual(told.urls, urls)
      const { folder } = told
      for (const file of [join(registry, name), join(folder, "running.json")])
        assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.equal(await one.stop(signal), 0, one.err)
      assert.match(
        one.err,
        /stopping the demo; again ends it at once\nthe demo has ended; its data were removed\n/,
      )
      assert.equal(isGroupAlive(one.child.pid as number), false, "a process is left")
      assert.equal(existsSync(folder), false, "the temporary folder is removed")
      assert.deepEqual(globSync("*.json", { cwd: registry }), [])
    })

  it("that is told to end before it is ready ends as soon as it can, with the signal's status", async () => {
    const one = demo("--port", "0")
    await one.says(/visits/)
    assert.equal(await one.stop("SIGINT"), 130)
    assert.match(one.err, /stopping the demo as soon as it has started; again ends it at once/)
    assert.doesNotMatch(one.out, /ready/)
  })

  it("--empty: organisations and their people, no patients", async () => {
    const one = demo("--empty", "--port", "0")
    await one.ready()
    assert.deepEqual(aceso("patients"), [])
    assert.equal(await one.stop(), 0)
  })
})

describe("npm start -- --data <folder>", () => {
  const data = join(home, "kept")

  it("keeps everything between runs, secrets to their owner", async () => {
    const first = demo("--data", data, "--port", "0")
    await first.ready()
    const before = known()
    assert.ok(before.length > 5)
    const second = demo("--data", data, "--port", "0")
    assert.equal(await second.end(), 1)
    oneSentence(second.err, /another process uses the data folder/)
    assert.equal(await first.stop(), 0)

    const again = demo("--data", data, "--port", "0")
    await again.ready()
    assert.deepEqual(known(), before)
    const { ok, findings } = aceso("verify") as { ok: boolean; findings: unknown[] }
    assert.deepEqual([ok, findings], [true, []])

    const files = globSync("{people/*,patients/*/seed,**/*.key,**/*.new,**/vault/*}", { cwd: data }).filter(
      (name) => statSync(join(data, name)).isFile(),
    )
    assert.ok(files.length > 40)
    const open = files.filter((name) => (statSync(join(data, name)).mode & 0o777) !== 0o600)
    assert.deepEqual(open, [])

    const secrets = files.flatMap((name) =>
      /\.(key|new)$|seed$/.test(name)
        ? [readFileSync(join(data, name), "utf8").trim()]
        : name.startsWith("people/")
          ? [JSON.parse(readFileSync(join(data, name), "utf8")).seed].filter(Boolean)
          : [],
    )
    assert.ok(secrets.length > 20)
    const argv = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    const seen = argv + first.out + first.err + again.out + again.err
    assert.deepEqual(
      secrets.filter((secret) => seen.includes(secret)),
      [],
    )
    assert.equal(await again.stop(), 0)
  })

  it("has blocks signed by all six members within seconds, and ends without a word about them", async () => {
    const one = demo("--data", data, "--port", "0")
    await one.ready()
    const deadline = Date.now() + HANGS_MS
    while (signers() < 6) {
      assert.ok(Date.now() < deadline, `signed by ${signers()} members only`)
      await delay(200)
    }
    const kept = join(data, "nodes/city-hospital/checkpoints.jsonl")
    const { ok, checked, notes } = aceso("verify", "--checkpoints", kept) as {
      ok: boolean
      checked: { checkpoints: number; members: number }
      notes: string[]
    }
    assert.deepEqual([ok, checked.members], [true, 6])
    assert.match(notes.join("\n"), /of 6 members: authority \(\d+\), city-hospital/)
    assert.equal(await one.stop(), 0)
    assert.doesNotMatch(one.err, /checkpoint/)
  })
})

describe("npm start that was ended in the middle of its first start", () => {
  it("goes on at the next one", async () => {
    const data = join(home, "cut")
    const cut = demo("--data", data, "--port", "0")
    await cut.says(/city-hospital: \d+ visits/)
    cut.child.kill("SIGKILL")
    await cut.end()
    const again = demo("--data", data, "--port", "0")
    await again.ready()
    const people = aceso("patients") as { alias: string }[]
    const aliases = people.map(({ alias }) => alias)
    assert.ok(aliases.includes("patient-1") && new Set(aliases).size === aliases.length, String(aliases))
    const { ok, findings } = aceso("verify") as { ok: boolean; findings: unknown[] }
    assert.deepEqual([ok, findings], [true, []])
    assert.equal(await again.stop(), 0)
  })
})

describe("two demos side by side", () => {
  const [a, b] = [join(home, "side-a"), join(home, "side-b")]
  let [one, two]: Demo[] = []
  const urls = new Map<string, string[]>()
  before(async () => {
    one = demo("--data", a, "--port", "0")
    two = demo("--data", b, "--port", "0")
    urls.set(a, await one.ready())
    urls.set(b, await two.ready())
  })
  after(async () => {
    await Promise.all([one.stop(), two.stop()])
  })
  const refused = (...argv: string[]) => {
    const program = join(root, "packages/cli/aceso.js")
    const { status, stderr } = spawnSync(process.execPath, [program, ...argv], {
      env: environment,
      encoding: "utf8",
    })
    return { status, err: stderr }
  }

  it("--folder and --data mean the demo's own nodes, whichever was started last", () => {
    for (const folder of [a, b]) {
      const seed = readFileSync(join(folder, "nodes/city-hospital/member.key"), "utf8").trim()
      const key = toHex(publicKey(fromHex(seed)))
      for (const argv of [[], ["--as", "city-admin"], ["--as", "patient-1"]])
        for (const option of ["--folder", "--data"])
          assert.equal((aceso("status", option, folder, ...argv) as { memberKey: string }).memberKey, key)
      assert.ok((aceso("patients", "--folder", folder) as unknown[]).length > 5)
    }
  })

  it("--node finds the people of the demo that has it", () => {
    const [, county] = urls.get(b) as string[]
    const { member, records } = aceso("status", "--node", county, "--as", "county-admin") as {
      member: string
      records?: number
    }
    assert.deepEqual([member, typeof records], ["county-hospital", "number"])
  })

  it("--demo finds a demo by a port or an address of any of its nodes", () => {
    for (const folder of [a, b])
      for (const url of urls.get(folder) as string[])
        for (const where of [url, `${url}/`, new URL(url).port])
          assert.equal(
            (aceso("status", "--demo", where) as { memberKey: string }).memberKey,
            (aceso("status", "--folder", folder) as { memberKey: string }).memberKey,
          )
    const [, county] = urls.get(b) as string[]
    const { port } = new URL(county)
    assert.ok((aceso("requests", "--demo", port, "--as", "patient-1") as { requests: unknown[] }).requests)
    const [nowhere, both] = [
      refused("patients", "--demo", "1"),
      refused("patients", "--demo", port, "--folder", b),
    ]
    assert.deepEqual([nowhere.status, both.status], [2, 2])
    assert.match(nowhere.err, /--demo 1: no demo of yours has a node there; running: http/)
    assert.match(both.err, /leave away --folder or --demo/)
  })

  it("where none is named it is asked which", () => {
    const { status, err } = refused("patients")
    assert.equal(status, 2)
    assert.match(err, new RegExp(`several demos run here; say which: --folder ${a}, or --folder ${b}`))
  })

  it("one that has ended is not taken for the other, though it left its files", async () => {
    one.child.kill("SIGKILL")
    await one.end()
    const { status, err } = refused("patients", "--folder", a, "--as", "city-admin")
    assert.equal(status, 3)
    oneSentence(err, /the demo of .*side-a is not running: start it with npm start -- --data .*side-a/)
    assert.ok((aceso("patients") as unknown[]).length > 5, "the one that is left is meant")
  })
})

describe("what npm start cannot do is told in one sentence", () => {
  it("a file in place of the data folder", async () => {
    const file = join(home, "file")
    writeFileSync(file, "")
    const one = demo("--data", file, "--port", "0")
    assert.equal(await one.end(), 1)
    oneSentence(one.err, /file/)
  })

  it("a read-only data folder", async () => {
    const folder = join(home, "read-only")
    mkdirSync(folder)
    chmodSync(folder, 0o555)
    chmodSync(home, 0o755)
    // Root ignores modes: then the demo runs as nobody.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined
    // Where nobody cannot even reach this checkout, a folder that even root cannot make (below a file) serves as well.
    const isReachable = spawnSync(process.execPath, ["--version"], { uid }).error === undefined
    const one = isReachable
      ? new Demo(process.execPath, [...main, "--data", folder, "--port", "0"], uid)
      : new Demo(process.execPath, [...main, "--data", `${main.at(-1)}/read-only`, "--port", "0"])
    assert.equal(await one.end(), 1)
    oneSentence(one.err, /read-only/)
  })

  it("a port in use, the others free", async () => {
    const server = createServer()
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const one = demo("--port", String(port), "--empty")
    const status = await one.end()
    server.close()
    assert.equal(status, 1)
    oneSentence(one.err, new RegExp(`port ${port} is in use`))
  })

  it("takes free ports where those of old are taken, and says so", async () => {
    const server = createServer()
    server.listen(7440, "127.0.0.1")
    // Somebody else may have it: that serves as well.
    await once(server, "listening").catch(() => {})
    const one = demo("--empty")
    const urls = await one.ready()
    assert.match(one.out, /some of the ports 7440 to 7445 are taken/)
    assert.ok(urls.every((url) => !url.endsWith(":7440")))
    assert.equal(await one.stop(), 0)
    server.close()
  })

  for (const argv of [["--foo"], ["extra"], ["--port", "x"], ["--port", "70000"], ["--port"], ["--data"]])
    it(`${argv.join(" ")} -> 2`, async () => {
      const one = demo(...argv)
      assert.equal(await one.end(), 2)
      assert.ok(one.err.length > 10)
      assert.doesNotMatch(one.err, /^\s+at /m)
    })

  it("leaves no temporary folder after all that", () =>
    assert.deepEqual(globSync("aceso-demo-*", { cwd: home }), []))
})
