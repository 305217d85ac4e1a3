import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { after, it } from "node:test"
import { BUILD_FILE } from "@aceso/core/app-build.ts"
import { build, rootOf } from "../build.ts"

const ROOT = resolve(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "aceso-twice-"))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Files as others would have them: in another folder, written in another order and at another time. */
function copyProject(to: string): void {
  const isOurs = (path: string) => !/(^|\/)(node_modules|dist)$/.test(path)
  for (const part of ["capabilities", "packages"])
    for (const path of globSync(`${part}/**/*`, { cwd: ROOT, exclude: (one) => !isOurs(one) }).reverse()) {
      if (!statSync(join(ROOT, path)).isFile()) continue
      mkdirSync(join(to, path, ".."), { recursive: true })
      cpSync(join(ROOT, path), join(to, path))
      utimesSync(join(to, path), 1_000_000_000, 1_000_000_000)
    }
  for (const file of readdirSync(ROOT).filter((name) => name.endsWith(".json")))
    cpSync(join(ROOT, file), join(to, file))
  // What npm ci brings is the same everywhere; of it only the links to the packages lead into the copy.
  linkAll(
    join(ROOT, "node_modules"),
    join(to, "node_modules"),
    (name) => name !== "@aceso" && !name.startsWith("."),
  )
  cpSync(join(ROOT, "node_modules/@aceso"), join(to, "node_modules/@aceso"), {
    recursive: true,
    verbatimSymlinks: true,
  })
  for (const own of globSync("packages/*/node_modules", { cwd: ROOT }))
    symlinkSync(join(ROOT, own), join(to, own))
}

function linkAll(from: string, to: string, isLinked: (name: string) => boolean): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from).filter(isLinked)) symlinkSync(join(from, name), join(to, name))
}

const filesOf = (built: string) =>
  new Map(
    globSync("**/*", { cwd: built })
      .filter((path) => statSync(join(built, path)).isFile())
      .map((path) => [path, readFileSync(join(built, path))] as const),
  )

it("a build elsewhere, at another time, by somebody with other settings gives the same bytes", async () => {
  const here = join(folder, "one")
  await build(here)
  const elsewhere = join(folder, "elsewhere", "project")
  copyProject(elsewhere)
  const there = join(folder, "two", "deeper")
  const script = `import { build } from "@aceso/web/build.ts"; await build(${JSON.stringify(there)})`
  const { status, stderr } = spawnSync(
    "bash",
    ["-c", `umask 077 && exec "$0" --input-type=module -e '${script}'`, process.execPath],
    {
      cwd: elsewhere,
      env: {
        ...process.env,
        TZ: "Pacific/Chatham",
        LANG: "tr_TR.UTF-8",
        LC_ALL: "tr_TR.UTF-8",
        NODE_ENV: "development",
        USER: "somebody",
        HOME: folder,
      },
      encoding: "utf8",
    },
  )
  assert.equal(status, 0, stderr)
  const [first, second] = [filesOf(here), filesOf(there)]
  assert.ok(first.size > 10)
  assert.deepEqual([...second.keys()].sort(), [...first.keys()].sort())
  for (const [path, bytes] of first) assert.ok(bytes.equals(second.get(path) as Buffer), `${path} differs`)
  assert.equal(rootOf(there), rootOf(here))
  assert.ok(first.has(BUILD_FILE))
  // Whoever runs a node reads what another one built, whatever that one's mask is.
  assert.equal(statSync(join(there, BUILD_FILE)).mode & 0o777, 0o644)
})
