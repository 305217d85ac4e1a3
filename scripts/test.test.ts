import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { describe, it } from "node:test"
import { type Durations, forecast, keepDurations, readDurations } from "./test/durations.ts"
import { chosenFiles, startsNodes, testFiles } from "./test/files.ts"
import { parseNeeds, plan, type ToolName } from "./test/needs.ts"
import { Repeats } from "./test/repeats.ts"
import { Report, type TestEvent } from "./test/report.ts"
import { installCommands } from "./test/tools.ts"

describe("parseNeeds", () => {
  const rows = [
    { comment: "nothing", text: "import a\n", needs: [], unknown: [] },
    { comment: "one line", text: "// needs: cometbft strace\n", needs: ["cometbft", "strace"], unknown: [] },
    {
      comment: "two lines, repeated",
      text: "// a\n// needs: strace\n// needs: strace, chromium\n",
      needs: ["strace", "chromium"],
      unknown: [],
    },
    {
      comment: "an unknown tool",
      text: "// needs: shared-data gdb\n",
      needs: ["shared-data"],
      unknown: ["gdb"],
    },
    { comment: "not near the top", text: `${"\n".repeat(30)}// needs: strace\n`, needs: [], unknown: [] },
    { comment: "in a string", text: 'const a = "// needs: strace"\n', needs: [], unknown: [] },
  ]
  for (const { comment, text, needs, unknown } of rows) {
    it(comment, () => assert.deepEqual(parseNeeds(text), { needs, unknown }))
  }
})

describe("which suites run", () => {
  const all = ["packages/a/x.test.ts", "packages/web/full/y.test.ts", "packages/web/z.test.ts"].map(
    (path) => ({
      path,
      text: "",
    }),
  )
  const [x, y, z] = all.map(({ path }) => path)
  const rows: readonly [string, readonly string[], boolean, readonly string[], readonly string[]][] = [
    ["all but the long ones, which are named", [], false, [x, z], [y]],
    ["the long ones", [], true, [y], []],
    ["what a filter names, long ones too", ["web/"], false, [y, z], []],
    ["of the long ones what a filter names", ["packages/a"], true, [], []],
  ]
  for (const [comment, filters, isFull, files, left] of rows)
    it(comment, () => {
      const chosen = chosenFiles(all, filters, isFull)
      assert.deepEqual(
        [chosen.files.map(({ path }) => path), chosen.left.map(({ path }) => path)],
        [files, left],
      )
    })
})

describe("plan", () => {
  const missing = new Map<ToolName, string>([
    ["strace", "not installed"],
    ["shared-data", "no folder"],
  ])
  const rows = [
    { comment: "runs what needs nothing", needs: "", ci: true, becomes: "run", reason: undefined },
    { comment: "runs what needs a tool that is there", needs: "cometbft", ci: true, becomes: "run" },
    { comment: "skips", needs: "strace", ci: false, becomes: "skip", reason: "needs strace: not installed" },
    {
      comment: "fails under CI",
      needs: "strace",
      ci: true,
      becomes: "fail",
      reason: "needs strace: not installed",
    },
    {
      comment: "skips the shared data also under CI",
      needs: "shared-data",
      ci: true,
      becomes: "skip",
      reason: "needs shared-data: no folder",
    },
    {
      comment: "fails an unknown tool",
      needs: "gdb",
      ci: false,
      becomes: "fail",
      reason:
        "`// needs:` names gdb: write some of strace, chromium, postgresql, cometbft, aceso-cometbft, stock-cometbft, debootstrap, systemd-analyze, skopeo, shared-data",
    },
  ]
  for (const { comment, needs, ci, becomes, reason } of rows) {
    it(comment, () => {
      const files = [{ path: "a.test.ts", text: needs ? `// needs: ${needs}\n` : "" }]
      const empty = { run: [], skip: [], fail: [] }
      const expected = becomes === "run" ? "a.test.ts" : { path: "a.test.ts", reason }
      assert.deepEqual(plan(files, missing, { ci }), { ...empty, [becomes]: [expected] })
    })
  }
})

describe("installCommands", () => {
  const go = [
    "go install -C packages/ledger/engines/cometbft/aceso-cometbft .",
    "go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.26",
  ]
  it("as root", () => {
    assert.deepEqual(installCommands(["strace", "cometbft", "postgresql", "stock-cometbft"], true), [
      "apt-get update && apt-get install -y strace postgresql",
      ...go,
    ])
  })
  it("once, when two tools come from one command", () => {
    assert.deepEqual(installCommands(["cometbft", "aceso-cometbft"], true), [go[0]])
  })
  it("through sudo", () => {
    assert.deepEqual(installCommands(["chromium"], false), [
      "sudo apt-get update && sudo apt-get install -y chromium fonts-noto-cjk",
    ])
  })
  it("nothing", () => assert.deepEqual(installCommands(["shared-data"], true), []))
})

describe("Report", () => {
  const [a, b] = [resolve("a.test.ts"), resolve("b.test.ts")]
  const thrown = (failureType: string) =>
    Object.assign(new Error("wrapped", { cause: "broken" }), { failureType })
  const event = (type: string, data: object): TestEvent => ({
    type: `test:${type}`,
    data: { nesting: 0, file: a, entryFile: a, ...data },
  })
  const pass = event("pass", { name: "x" })
  const end = event("summary", { duration_ms: 10 })
  const rows: { comment: string; events: TestEvent[]; lines: string[]; status: number }[] = [
    {
      comment: "passes",
      events: [pass, pass, end],
      lines: ["ok    a.test.ts  2 passed", "2 passed, 0 failed, 0 skipped"],
      status: 0,
    },
    {
      comment: "names the time of a slow file",
      events: [pass, event("summary", { duration_ms: 2345 })],
      lines: ["ok    a.test.ts  1 passed  2.3 s", "1 passed, 0 failed, 0 skipped"],
      status: 0,
    },
    {
      comment: "counts a failed test once, not its suite, and shows the file's output",
      events: [
        pass,
        event("stdout", { message: "hello\n" }),
        event("fail", { name: "y", nesting: 1, details: { error: thrown("testCodeFailure") } }),
        event("fail", { name: "suite", details: { type: "suite", error: thrown("subtestsFailed") } }),
        end,
      ],
      lines: [
        "FAIL  a.test.ts  1 passed, 1 failed",
        "      ✖ y\n      broken",
        "      output:\n      hello",
        "1 passed, 1 failed, 0 skipped",
      ],
      status: 1,
    },
    {
      comment: "counts a suite whose hook failed",
      events: [
        pass,
        event("fail", { name: "s", details: { type: "suite", error: thrown("hookFailed") } }),
        end,
      ],
      lines: [
        "FAIL  a.test.ts  1 passed, 1 failed",
        "      ✖ s\n      broken",
        "1 passed, 1 failed, 0 skipped",
      ],
      status: 1,
    },
    {
      comment: "lists skips with their reasons, and does not count a suite as a test",
      events: [
        pass,
        event("pass", { name: "s", details: { type: "suite" } }),
        event("pass", { name: "y", skip: "because" }),
        event("pass", { name: "z", skip: true }),
        event("pass", { name: "later", todo: true }),
        end,
      ],
      lines: [
        "ok    a.test.ts  1 passed",
        "skipped  a.test.ts › y: because",
        "skipped  a.test.ts › z: no reason given",
        "skipped  a.test.ts › later: todo: no reason given",
        "1 passed, 0 failed, 3 skipped",
      ],
      status: 0,
    },
    {
      comment: "fails a file that breaks",
      events: [event("fail", { name: a, details: { error: thrown("testCodeFailure") } })],
      lines: ["FAIL  a.test.ts  0 passed, 1 failed", "      ✖ broken", "0 passed, 1 failed, 0 skipped"],
      status: 1,
    },
    {
      comment: "fails a file without a test",
      events: [event("pass", { name: a })],
      lines: [
        "FAIL  a.test.ts  0 passed, 1 failed",
        "      ✖ reported no test: is it empty, or does it call process.exit?",
        "0 passed, 1 failed, 0 skipped",
      ],
      status: 1,
    },
    {
      comment: "fails a file that ends in the middle",
      events: [pass],
      lines: [
        "FAIL  a.test.ts  1 passed, 1 failed",
        "      ✖ ended before its tests did",
        "1 passed, 1 failed, 0 skipped",
      ],
      status: 1,
    },
  ]
  for (const { comment, events, lines, status } of rows) {
    it(comment, () => {
      const printed: string[] = []
      const report = new Report([a], (line) => printed.push(line))
      for (const each of events) report.add(each)
      assert.equal(report.end(), status)
      assert.deepEqual(printed, lines)
    })
  }

  it("counts runs before it in its last line", () => {
    const printed: string[] = []
    const report = new Report([], (line) => printed.push(line))
    report.failFile(b, "needs strace: not installed")
    report.end({ passed: 5, failed: 1, skipped: 2 })
    assert.equal(printed.at(-1), "5 passed, 2 failed, 2 skipped")
  })

  it("fails when no test was executed", () => {
    const printed: string[] = []
    const report = new Report([], (line) => printed.push(line))
    report.skipFile("b.test.ts", "needs strace: not installed")
    assert.equal(report.end(), 1)
    assert.deepEqual(printed, [
      "skipped  b.test.ts: needs strace: not installed",
      "no test was executed: is the filter right?",
      "0 passed, 0 failed, 1 skipped",
    ])
  })

  it("fails a file that could not be run", () => {
    const printed: string[] = []
    const report = new Report([], (line) => printed.push(line))
    report.failFile(b, "needs strace: not installed")
    assert.equal(report.end(), 1)
    assert.deepEqual(printed, [
      "FAIL  b.test.ts  0 passed, 1 failed",
      "      ✖ needs strace: not installed",
      "0 passed, 1 failed, 0 skipped",
    ])
  })
})

describe("suites that start nodes", () => {
  const paths = testFiles()
    .filter(startsNodes)
    .map(({ path }) => path)
  const rows: [path: string, does: boolean][] = [
    ["packages/cli/validators.test.ts", true],
    ["packages/consortium/tour.test.ts", true],
    ["packages/ledger/engines/cometbft/cometbft.test.ts", true],
    ["packages/server/http/http.test.ts", true],
    ["packages/core/cbor.test.ts", false],
    ["packages/contracts/policy/v1/policy.test.ts", false],
  ]
  for (const [path, does] of rows) it(`${path}: ${does}`, () => assert.equal(paths.includes(path), does))
})

describe("how long it will take", () => {
  const quick = { path: "packages/core/a.test.ts", text: "" }
  const slow = { path: "packages/cli/b.test.ts", text: "consortium/main.ts" }
  const rows: [comment: string, files: (typeof quick)[], known: Durations, says: string][] = [
    [
      "as last time",
      [quick, slow],
      { [quick.path]: 10, [slow.path]: 250 },
      "2 test files, 2 at once: about 4 min on an idle machine (by what they took here last time)",
    ],
    [
      "an estimate",
      [quick, quick, slow],
      {},
      "3 test files, 2 at once: about 30 s on an idle machine (an estimate: they never ran here)",
    ],
    [
      "some of each",
      [quick, slow],
      { [quick.path]: 50 },
      "2 test files, 2 at once: about 50 s on an idle machine (1 by what they took here last time, the others estimated)",
    ],
  ]
  for (const [comment, files, known, says] of rows)
    it(comment, () => assert.equal(forecast(files, known, 2), says))

  it("is kept from run to run, whatever lies there", () => {
    const folder = mkdtempSync(join(tmpdir(), "aceso-durations-"))
    const path = join(folder, "cache", "durations.json")
    assert.deepEqual(readDurations(path), {})
    keepDurations({ a: 1, b: 2 }, path)
    keepDurations({ b: 3 }, path)
    assert.deepEqual(readDurations(path), { a: 1, b: 3 })
    for (const [damaged, left] of [
      ["{", {}],
      ["null", {}],
      ['{"a":"x","b":1}', { b: 1 }],
    ] as const) {
      writeFileSync(path, damaged)
      assert.deepEqual(readDurations(path), left)
    }
    rmSync(folder, { recursive: true })
  })
})

describe("Repeats", () => {
  const sound = "ok    a.test.ts  2 passed\n2 passed, 0 failed, 0 skipped\n"
  const broken =
    "ok    a.test.ts  2 passed\nFAIL  b.test.ts  1 passed, 1 failed\n      ✖ y\n      why\nok    c.test.ts  1 passed\n4 passed, 1 failed, 0 skipped\n"
  const rows: {
    comment: string
    runs: [out: string, status: number | null][]
    lines: string[]
    status: number
  }[] = [
    {
      comment: "passes",
      runs: [
        [sound, 0],
        [sound, 0],
      ],
      lines: [
        "run 1  2 passed, 0 failed",
        "run 2  2 passed, 0 failed",
        "2 runs of 3 files: 4 passed, 0 failed",
      ],
      status: 0,
    },
    {
      comment: "shows what failed, with its run",
      runs: [
        [sound, 0],
        [broken, 1],
      ],
      lines: [
        "run 1  2 passed, 0 failed",
        "run 2  FAIL  b.test.ts  1 passed, 1 failed",
        "run 2        ✖ y",
        "run 2        why",
        "run 2  4 passed, 1 failed",
        "2 runs of 3 files: 6 passed, 1 failed",
      ],
      status: 1,
    },
    {
      comment: "a run that is killed has failed",
      runs: [["ok    a.test.ts  2 passed\n", null]],
      lines: [
        "run 1  ended with status null: ok    a.test.ts  2 passed",
        "1 run of 3 files: 0 passed, 1 failed",
      ],
      status: 1,
    },
    { comment: "nothing ran", runs: [], lines: ["0 runs of 3 files: 0 passed, 0 failed"], status: 1 },
  ]
  for (const { comment, runs, lines, status } of rows)
    it(comment, () => {
      const printed: string[] = []
      const repeats = new Repeats(3, (line) => printed.push(line))
      for (const [i, [out, code]] of runs.entries()) repeats.add(i + 1, out, code)
      assert.equal(repeats.end(), status)
      assert.deepEqual(printed, lines)
    })

  it("says of each run how far it is", () => {
    const printed: string[] = []
    const repeats = new Repeats(3, (line) => printed.push(line))
    for (const line of broken.split("\n")) repeats.progress(1, line)
    repeats.progress(2, "ok    a.test.ts  2 passed")
    assert.deepEqual(printed, [
      "run 1  1 of 3 files: ok a.test.ts",
      "run 1  2 of 3 files: FAIL b.test.ts",
      "run 1  3 of 3 files: ok c.test.ts",
      "run 2  1 of 3 files: ok a.test.ts",
    ])
  })
})
