import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { untilReady } from "@aceso/consortium/testing/until-ready.ts"
import { commands } from "./commands/index.ts"
import { noTerminal, Terminal } from "./testing/terminal.ts"

const root = new URL("../..", import.meta.url).pathname
const aceso = join(root, "packages/cli/aceso.js")
const home = mkdtempSync(join(tmpdir(), "aceso-cli-"))
const data = join(home, "data")
const environment = { ...process.env, HOME: home, ACESO_HOME: join(home, ".aceso"), NO_COLOR: "1" }
let demo: ChildProcess
let url: string

before(async () => {
  const main = join(root, "packages/consortium/main.ts")
  const options = ["--disable-warning=ExperimentalWarning", main, "--port", "0", "--data", data]
  demo = spawn(process.execPath, options, { env: environment, stdio: ["ignore", "pipe", "inherit"] })
  const text = await untilReady(demo)
  url = /^ready in \d+ ms (\S+)/m.exec(text)?.[1] ?? ""
})
after(async () => {
  demo.kill("SIGTERM")
  if (demo.exitCode === null) await once(demo, "exit")
  rmSync(home, { recursive: true, force: true })
})

interface Outcome {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 600_000

async function run(argv: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [aceso, ...argv], {
    env: { ...environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: home,
  })
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk
  })
  const timer = setTimeout(() => child.kill("SIGKILL"), HANGS_MS)
  const [status] = await once(child, "close")
  clearTimeout(timer)
  return { status, out, err }
}

const oneDocument = (out: string): unknown => {
  assert.equal(out.trimEnd().split("\n").length, 1, out)
  return JSON.parse(out)
}

describe("aceso --help", () => {
  it("lists every command", async () => {
    for (const argv of [["--help"], ["help"]]) {
      const { status, out } = await run(argv)
      assert.equal(status, 0)
      for (const name of Object.keys(commands)) assert.match(out, new RegExp(`^  ${name} `, "m"))
    }
    assert.equal((await run([])).status, 2)
  })

  it("is there without a demo too", async () => {
    const { status, out } = await run(["status", "--help"], { ACESO_HOME: "/nonexistent" })
    assert.equal(status, 0)
    assert.match(out, /--folder/)
  })
})

/** `{out}` is a writable path, `{none}` one that is not there. */
const CASES: [comment: string, line: string, status: number, says: RegExp][] = [
  ["an unknown command", "nothing", 2, /no command nothing/],
  ["a name of Object.prototype", "constructor", 2, /no command constructor/],
  ["an unknown option", "status --foo", 2, /--foo/],
  ["an option without its value", "status --node", 2, /--node/],
  ["an argument too many", "status extra", 2, /extra/],
  ["nobody's name", "patients --as nobody", 2, /nobody is called nobody/],
  ["a path in place of a name", "patients --as ../people/city-admin", 2, /nobody is called/],
  ["a patient's command by staff", "requests --as city-admin", 2, /for a patient/],
  ["a patient's command by the administrator", "audit", 2, /for a patient/],
  ["a staff command by a patient", "patients --as patient-1", 2, /organisation's people/],
  [
    "a part of patients that there is not",
    "patients nonsense",
    2,
    /no aceso patients nonsense; there is .*duplicates/,
  ],
  ["a page of nobody", "patients --limit 0", 2, /from 1 to 500/],
  ["a page behind no number", "patients duplicates --after x", 2, /--after x/],
  ["a search for nothing", "patients --search=", 2, /--search/],
  ["import from a nameless source", "import {garbage} --source=", 2, /--source/],
  ["import of nothing", "import", 2, /missing is <file\|folder>/],
  ["import of a missing file", "import {none}", 2, /cannot be read/],
  ["import of garbage", "import {garbage}", 1, /it is a text and no JSON/],
  ["import by a doctor", "import {garbage} --as city-doctor", 1, /administrator/],
  ["a node that is down", "status --node http://127.0.0.1:9", 3, /cannot be reached/],
  ["a node that is down, as staff", "patients --as city-admin --node http://127.0.0.1:9", 3, /reached/],
  ["a node that is down, as the administrator", "patients --node http://127.0.0.1:9", 3, /reached/],
  ["a node's URL that is none", "status --node nonsense", 2, /nonsense/],
  ["a card without options", "card --as patient-1", 2, /--for/],
  ["a card where nothing can be written", "card --as patient-1 --for insurer --out {none}/x", 2, /written/],
  ["a card for nobody", "card --as patient-1 --for nowhere --out {out}", 1, /nowhere/],
  ["a grant to nobody", "grant --yes --as patient-1 --to nowhere", 1, /nowhere/],
  [
    "a card for a name mistyped",
    "card --as patient-1 --for count-hospital --out {out}",
    1,
    /did you mean county-hospital\?/,
  ],
  ["a grant to a name mistyped", "grant --yes --as patient-1 --to insuer", 1, /did you mean insurer\?/],
  ["a tour of a node of one's own", "tour --yes --folder {clinic}", 2, /the tour is of a demo/],
  ["a confirmation by the administrator of nobody", "confirm", 2, /aceso confirm --as patient-1/],
  ["a grant to two", "grant --yes --as patient-1 --to insurer --to authority", 2, /--to is given twice/],
  ["a grant that nobody can be asked about", "grant --as patient-1 --to insurer", 2, /add --yes/],
  ["a grant with a wrong purpose", "grant --yes --as patient-1 --to insurer --purpose FUN", 2, /TREAT/],
  [
    "a grant of what is no FHIR type",
    "grant --yes --as patient-1 --to insurer --classes Claim,Observations",
    2,
    /did you mean Observation\?/,
  ],
  ["a grant of no type at all", "grant --yes --as patient-1 --to insurer --classes=", 2, /leave it away/],
  [
    "a grant that ends in the past",
    "grant --yes --as patient-1 --to insurer --until 2001-01-01",
    2,
    /future/,
  ],
  [
    "a grant that ends in a year mistyped",
    "grant --yes --as patient-1 --to insurer --until 2226-01-31",
    2,
    /for \d+ years; a consent ends within 10 years/,
  ],
  ["a grant from a wrong date", "grant --yes --as patient-1 --to insurer --from yesterday", 2, /2026-01-31/],
  ["a request without a card", "request", 2, /--card/],
  ["a request with a missing card", "request --card {none} --reason x", 2, /no card/],
  ["an unknown request", "approve ffff --as patient-1", 1, /no open request/],
  ["an unknown request, declined", "decline ffff --as patient-1", 1, /no open request/],
  [
    "all requests, where none waits",
    "approve all --yes --as patient-1",
    1,
    /nothing waits: no request is open/,
  ],
  ["all requests declined, where none waits", "decline all --as patient-1", 1, /nothing waits/],
  ["all consents, where there is none", "revoke all --as patient-6", 1, /there is no consent of yours/],
  ["an unknown consent", "revoke ffff --as patient-1", 1, /no consent of yours/],
  ["history of nobody", "history nobody --as city-doctor", 1, /nobody is called nobody/],
  ["history by an administrator", "history patient-1", 1, /practitioner.*--as city-doctor/],
  ["a receipt without a file", "receipt ffff", 2, /payloadId/],
  ["a receipt of nothing", `receipt ${"f".repeat(64)} --out {out}`, 1, /no block/],
  ["a file to verify that is missing", "verify {none}", 2, /cannot be read/],
  ["a file to verify that is garbage", "verify {garbage}", 1, /neither a receipt nor evidence/],
  ["an anchor that is missing", "verify {garbage} --anchor {none}", 2, /no anchor/],
  ["a folder to verify that is missing", "verify --data {none}", 2, /genesis/],
  ["one organisation of the demo to verify", "verify --data {clinic}", 2, /aceso verify --folder \S+data/],
  ["a demo step that is unknown", "demo dance", 2, /tamper/],
]

describe("what goes wrong is told by status, one sentence and one JSON document", { concurrency: 4 }, () => {
  const garbage = join(home, "garbage.json")
  const fill = (line: string) =>
    line
      .split(" ")
      .map((word) =>
        word
          .replace("{none}", join(home, "none"))
          .replace("{out}", join(home, "out"))
          .replace("{garbage}", garbage)
          .replace("{clinic}", join(data, "nodes/community-clinic")),
      )
  before(() => writeFileSync(garbage, "garbage"))
  for (const [comment, line, status, says] of CASES)
    it(`${comment}: ${line.slice(0, 60)} -> ${status}`, async () => {
      const outcome = await run([...fill(line), "--json"])
      assert.doesNotMatch(outcome.err, /^\s+at .*:\d+:\d+/m, "no stack trace")
      assert.equal(outcome.status, status, outcome.err)
      assert.match(outcome.err + outcome.out, says)
      assert.ok((oneDocument(outcome.out) as { error?: unknown; ok?: boolean }) !== null)
    })

  it("no demo at all: status 3 and how to start one", async () => {
    const { status, err } = await run(["status"], { ACESO_HOME: join(home, "elsewhere") })
    assert.equal(status, 3)
    assert.match(err, /npm start/)
  })

  it("a demo that was killed: status 3", async () => {
    const stale = join(home, "stale")
    execFileSync("mkdir", [stale])
    writeFileSync(join(stale, "current"), JSON.stringify({ url: "http://127.0.0.1:9", folder: data, pid: 1 }))
    assert.equal((await run(["status"], { ACESO_HOME: stale })).status, 3)
  })

  it("the tour without a terminal says that it wants --yes", async () => {
    const { status, err } = await run(["tour"])
    assert.doesNotMatch(err, /^\s+at .*:\d+:\d+/m, "no stack trace")
    assert.equal(status, 2)
  })
})

describe("Ctrl-C where it is asked whether to sign", { skip: noTerminal }, () => {
  for (const [key, typed, status, says] of [
    ["Ctrl-C", "\u0003", 130, /broken off; nothing was signed/],
    ["Ctrl-D", "\u0004", 1, /nothing was signed, and nothing has changed/],
    ["no", "no\r", 1, /nothing was signed/],
  ] as const)
    it(`${key}: ${status}`, async () => {
      const words = "grant --to insurer --as patient-1".split(" ")
      const terminal = new Terminal([process.execPath, aceso, ...words], environment, home)
      await terminal.says(/Type yes: /)
      terminal.type(typed)
      assert.equal(await terminal.ended, status)
      assert.match(terminal.out, says)
    })
})

describe("a grant of what is open already", () => {
  const words = "grant --purpose HPAYMT --classes Claim --yes --as patient-1 --to insurer".split(" ")
  it("is not signed again, and the grantee gets its copy once more; a wider one says what it takes in", async () => {
    const first = await run(words)
    assert.equal(first.status, 0, first.err)
    const again = await run([...words, "--until", "7d"])
    assert.equal(again.status, 0, again.err)
    const flat = (text: string) => text.replace(/\s+/g, " ")
    assert.match(
      flat(again.err),
      /At city-hospital that is open already, and there is nothing to sign\. In force/,
    )
    assert.doesNotMatch(again.out, /signed by your key/)
    const wider = await run([...words, "--until", "90d", "--json"])
    assert.match(
      flat(wider.err),
      /It takes in what is in force already: consent [0-9a-f]{12}, insurer may read/,
    )
    const { consents, again: none } = JSON.parse(wider.out)
    assert.ok(consents.length > 0 && none.length === 0)
    assert.match(flat((await run(["audit", "--as", "patient-1"])).out), /now: insurer may read only Claim/)
  })
  it("and one to the custodian itself is none", async () => {
    const { status, err } = await run([...words.slice(0, -1), "city-hospital", "--json"])
    assert.equal(status, 0)
    assert.match(err.replace(/\s+/g, " "), /At city-hospital there is nothing to sign: it made these records/)
    assert.equal((await run(["revoke", "all", "--as", "patient-1"])).status, 0)
  })
})

describe("--json", () => {
  const card = join(home, "card.json")
  const lines = [
    ["status", 0],
    ["patients", 0],
    ["patients --node {url}/", 0],
    ["patients --search 1950-01-01 --limit 2", 0],
    ["patients duplicates", 0],
    ["import {inbox}", 0],
    [`card --as patient-1 --for county-hospital --out ${card}`, 0],
    [`request --as county-doctor --card ${card} --classes Condition --reason pain`, 1],
    ["requests --as patient-1", 0],
    ["approve all --classes Condition,Encounter --yes --as patient-1", 1],
    ["approve all --until 300d --yes --as patient-1", 1],
    ["approve all --yes --as patient-1", 0],
    ["decline all --as patient-1", 1],
    ["grant --as patient-1 --to insurer --purpose HPAYMT --classes Claim --yes", 0],
    [`history ${card} --as county-doctor --evidence ${home}`, 0],
    ["audit --as patient-1", 0],
    ["revoke all --as patient-1", 0],
    ["verify", 0],
    ["demo tamper", 0],
    ["demo tamper --undo", 0],
  ] as const
  for (const [line, status] of lines)
    it(`${line.replace(home, "")} -> ${status}`, async () => {
      const argv = line.replace("{url}", url).replace("{inbox}", join(data, "inbox/city-hospital")).split(" ")
      let outcome = await run([...argv, "--json"])
      // A custodian's log reaches the ledger within a second or two.
      for (let i = 0; i < 8 && outcome.status !== status && /^(audit|history|decline)/.test(line); i++)
        outcome = await run([...argv, "--json"])
      assert.equal(outcome.status, status, outcome.out + outcome.err)
      oneDocument(outcome.out)
      if (status === 0) assert.doesNotMatch(outcome.err, /aceso:/)
    })

  it("shows progress on stderr", async () => {
    const { out, err } = await run(["import", join(data, "inbox/city-hospital"), "--json"])
    oneDocument(out)
    assert.match(err, /1 of 1 files/)
  })

  it("never shows a key or a seed", async () => {
    const seed = JSON.parse(readFileSync(join(data, "people/city-admin.json"), "utf8")).seed
    for (const line of ["status", "patients", "patients --as nobody"]) {
      const { out, err } = await run([...line.split(" "), "--json"])
      assert.ok(!(out + err).includes(seed), line)
    }
  })
})

describe("aceso.js", () => {
  for (const path of ["packages/cli/aceso.js", "packages/cli/pinned.js"])
    it(`${path} uses only syntax that Node 12 can read`, () => {
      const text = readFileSync(join(root, path), "utf8").replace(/^\/\/.*$/gm, "")
      const newer =
        /\?\?|\?\.[a-zA-Z([]|\|\|=|&&=|^\s*(const .* = )?await |\b\d+_\d|\bstatic\s*\{|\.at\(|\bhasOwn\(/m
      assert.doesNotMatch(text, newer)
    })

  it("finds the Node that the lockfile pins, whatever npm links", () => {
    const found = execFileSync(process.execPath, [join(root, "packages/cli/pinned.js")], { encoding: "utf8" })
    assert.match(execFileSync(found, ["--version"], { encoding: "utf8" }), /^v24\./)
  })

  it("is read by the system's own Node", {
    skip: existsSync("/usr/bin/node") ? false : "no /usr/bin/node",
  }, () => {
    execFileSync("/usr/bin/node", ["--check", aceso])
    assert.match(execFileSync("/usr/bin/node", [aceso, "--help"], { encoding: "utf8" }), /^aceso <command>/)
  })
})
