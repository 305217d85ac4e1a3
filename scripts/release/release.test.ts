import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { factsOf } from "./facts.ts"
import { moduleEntries } from "./modules.ts"
import { tar } from "./tar.ts"
import { checkoutCopy } from "./testing/checkout.ts"
import { type Entry, entriesBelow, textOf } from "./tree.ts"
import { mustBeWhole } from "./whole.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-release-test-"))
after(() => rmSync(folder, { recursive: true, force: true }))

const LONG = `${"long-".repeat(24)}name`
const entries: readonly Entry[] = [
  textOf("b/program", "#!/bin/sh\n", 0o755),
  textOf("b-and-more", "next to b\n"),
  textOf(`b/${LONG}/é`, "long\n"),
  { path: "b/link", link: `${LONG}/é` },
  { path: "b/short", link: "program" },
  { path: "state", mode: 0o700, isFolder: true, owner: 10_001 },
]
const bytesOf = (some: readonly Entry[]) => Buffer.concat([...tar(some, 1_000_000_000)])

describe("a release's tar", () => {
  it("is read by tar, long names and links, modes, owners and times included", () => {
    const path = join(folder, "one.tar")
    writeFileSync(path, bytesOf(entries))
    const { stdout, status } = spawnSync(
      "tar",
      ["--utc", "--numeric-owner", "--quoting-style=literal", "-tvf", path],
      {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C.UTF-8" },
      },
    )
    assert.equal(status, 0)
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/ +/g, " "))
    assert.deepEqual(lines, [
      "drwxr-xr-x 0/0 0 2001-09-09 01:46 b/",
      `lrwxrwxrwx 0/0 0 2001-09-09 01:46 b/link -> ${LONG}/é`,
      `drwxr-xr-x 0/0 0 2001-09-09 01:46 b/${LONG}/`,
      `-rw-r--r-- 0/0 5 2001-09-09 01:46 b/${LONG}/é`,
      "-rwxr-xr-x 0/0 10 2001-09-09 01:46 b/program",
      "lrwxrwxrwx 0/0 0 2001-09-09 01:46 b/short -> program",
      "-rw-r--r-- 0/0 10 2001-09-09 01:46 b-and-more",
      "drwx------ 10001/10001 0 2001-09-09 01:46 state/",
    ])
  })

  it("is the same in whatever order its entries come", () => {
    assert.ok(bytesOf(entries).equals(bytesOf(entries.toReversed())))
  })

  it("has what lies in a folder, links as links", () => {
    const below = join(folder, "below")
    mkdirSync(join(below, "deep"), { recursive: true })
    writeFileSync(join(below, "deep/file"), "x", { mode: 0o600 })
    symlinkSync("deep/file", join(below, "link"))
    assert.deepEqual(
      entriesBelow(below, "to").map(({ path, ...rest }) => [path, "mode" in rest ? rest.mode : rest.link]),
      [
        ["to/deep/file", 0o644],
        ["to/link", "deep/file"],
      ],
    )
  })
})

describe("what a release needs", () => {
  const link = { path: "node_modules/@aceso/core", link: "../../packages/core" }
  const importing = (text: string) => textOf("packages/cli/main.ts", text)
  for (const [comment, text, lacks] of [
    ["a file beside it", 'import { a } from "./a.ts"', /\.\/a\.ts, which packages\/cli\/main\.ts imports/],
    ["one that is loaded late", 'await import("../server/late.ts")', /late\.ts/],
    ["a worker", 'new Worker(new URL("./worker.ts", import.meta.url))', /worker\.ts/],
    ["a file of a package", 'import { b } from "@aceso/core/b.ts"', /@aceso\/core\/b\.ts/],
    ["a package that is not in it", 'import { c } from "@aceso/web/build.ts"', /@aceso\/web/],
  ] as const)
    it(`is in it, or the release is refused: ${comment}`, () => {
      assert.throws(() => mustBeWhole([link, importing(text)]), lacks)
    })

  it("and is taken when it is there", () => {
    const all = [link, importing('import "./a.ts"; import { b } from "@aceso/core/b.ts"')]
    mustBeWhole([...all, textOf("packages/cli/a.ts", ""), textOf("packages/core/b.ts", "")])
  })

  it("of packages, what production needs: no builder of pages, no test tool, Node of this machine alone", () => {
    const paths = moduleEntries(join(import.meta.dirname, "../.."), process.arch).map(({ path }) => path)
    const has = (name: string) => paths.some((path) => path.startsWith(`node_modules/${name}/`))
    for (const name of ["hono", "lmdb", "sodium-native", `node-linux-${process.arch}`])
      assert.ok(has(name), name)
    for (const name of ["vite", "vue", "typescript", "playwright-core", "fast-check"])
      assert.ok(!has(name), name)
    assert.deepEqual(
      paths.filter((path) => /\/prebuilds\/(?!linux-)|node_modules\/node-linux-\w+\/include/.test(path)),
      [],
    )
  })
})

describe("npm run release", () => {
  const run = (...argv: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "../release.ts"), ...argv], { encoding: "utf8" })

  it("explains itself", () => {
    const { status, stdout } = run("--help")
    assert.equal(status, 0)
    assert.match(stdout, /^npm run release -- \[archive\] \[deb\] \[image\]/)
  })

  it("says in one sentence what it does not know", () => {
    const { status, stderr } = run("rpm")
    assert.deepEqual([status, stderr], [1, "release: rpm: expected archive, deb, image; --help tells more\n"])
  })

  it("refuses a version that is none, and a time that is none", () => {
    const copy = checkoutCopy()
    try {
      process.env.SOURCE_DATE_EPOCH = "yesterday"
      assert.throws(() => factsOf(copy.root), /SOURCE_DATE_EPOCH=yesterday: expected seconds since 1970/)
      process.env.SOURCE_DATE_EPOCH = "1000000000"
      assert.equal(factsOf(copy.root).time, 1_000_000_000)
      copy.change("package.json", (text) => text.replace(/"version": "[^"]+"/, '"version": "new"'))
      assert.throws(() => factsOf(copy.root), /version new is none/)
    } finally {
      delete process.env.SOURCE_DATE_EPOCH
      copy.end()
    }
  })

  it("starts nothing by its unit before there is a network, and stops it slowly", () => {
    const unit = readFileSync(join(import.meta.dirname, "files/aceso.service"), "utf8")
    for (const line of [
      "ConditionPathExists=/var/lib/aceso/genesis.json",
      "KillMode=mixed",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "PrivateTmp=yes",
      "StateDirectory=aceso",
    ])
      assert.ok(unit.includes(`\n${line}\n`), line)
    // 10 s for what it holds, 15 s for CometBFT, and the state.
    assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) >= 60)
  })
})
