// The page "Upgrade, and back again" of docs/operations.md, by its own commands, between archives that are made here, in
// a folder with an empty HOME and a PATH without this project. Run by root, the page is typed by root, and the node and
// its homes are another user's, as with a service.
import assert from "node:assert/strict"
import { hash } from "node:crypto"
import {
  chmodSync,
  chownSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { Child, type Outcome, oneSentence } from "@aceso/cli/testing/aceso.ts"
import { pageCommands } from "@aceso/cli/testing/page-commands.ts"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { build } from "@aceso/web/build.ts"
import { releaseEntries, writeArchive } from "../archive.ts"
import { factsOf } from "../facts.ts"
import { installModules } from "../modules.ts"
import { checkoutCopy } from "../testing/checkout.ts"
import {
  BOTH_READY,
  found,
  type Installed,
  importPatient,
  patientsAt,
  verifiedBy,
} from "../testing/main-job.ts"

const ROOT = join(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "aceso-upgrade-"))
const at = (...names: string[]) => join(folder, ...names)
const HOMES = [at("lib/aceso"), at("lib/clinic")] as const
const RUN = ["up", "--folder", HOMES[0], "--with", HOMES[1]]
const TABLE = "staff_harmless"
const children: Child[] = []
/** As whom the node runs; root's test alone can say so. */
const USER = process.getuid?.() === 0 ? 4242 : undefined

/** Archives of this commit under two numbers, the higher one with a migration; and one whose contract is another. */
async function makeArchives(): Promise<void> {
  const parts = { installed: at("installed"), pages: at("pages"), comet: undefined }
  installModules(ROOT, parts.installed)
  await build(parts.pages)
  const copy = checkoutCopy()
  const make = async (version: string) => {
    copy.change("package.json", (text) => text.replace(/"version": "[^"]+"/, `"version": "${version}"`))
    const facts = factsOf(copy.root)
    await writeArchive(releaseEntries(copy.root, facts, parts), facts, folder)
  }
  await make("0.1.0")
  copy.change("packages/server/node/staff-table.ts", (text) => {
    const migration = `  { name: "harmless", sql: "CREATE TABLE ${TABLE} (n INTEGER PRIMARY KEY)", tables: { ${TABLE}: "kept" } },\n`
    const changed = text.replace("\n]\n\n/** Who works", `\n${migration}]\n\n/** Who works`)
    assert.notEqual(changed, text)
    return changed
  })
  await make("0.2.0")
  copy.change("packages/contracts/library/v1/library.ts", (text) => `${text}// Another one.\n`)
  await make("0.3.0")
  copy.end()
}

function spawned(program: string, argv: readonly string[]): Child {
  const env = { PATH: "/usr/bin:/bin", HOME: at("nobody"), NO_COLOR: "1" }
  const child = new Child([...argv], env, folder, program)
  children.push(child)
  return child
}
async function ended(child: Child): Promise<Outcome> {
  const status = await child.ended
  return { status, out: child.out, err: child.err }
}
const current = at("opt/aceso/bin/aceso")
const asUser = (...argv: readonly string[]): Child =>
  USER === undefined
    ? spawned(current, argv)
    : spawned("setpriv", [`--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", current, ...argv])
const aceso: Installed = {
  async does(...argv) {
    const { status, out, err } = await ended(asUser(...argv))
    assert.equal(status, 0, `${argv.join(" ")}: ${out}${err}`)
    return out
  },
  start: asUser,
  write: (path, text) => writeFileSync(path, text),
}

/** The service of the page: what `systemctl` would do. */
const service = {
  node: undefined as Child | undefined,
  async start() {
    this.node = aceso.start(...RUN)
    await this.node.says(BOTH_READY)
  },
  async stop() {
    if (this.node?.process.exitCode === null) assert.equal(await this.node.stop("SIGTERM"), 0, this.node.err)
  },
}

const WORDS = {
  "/opt": at("opt"),
  "/var/lib/aceso": HOMES[0],
  "/var/lib/clinic": HOMES[1],
  "/backup": at("backup"),
  "/keyrings": at("keyrings"),
  "aceso-0.1.0-linux-x64.tar.gz": at(`aceso-0.1.0-linux-${process.arch}.tar.gz`),
  "aceso-0.2.0-linux-x64.tar.gz": at(`aceso-0.2.0-linux-${process.arch}.tar.gz`),
}

async function typed(block: string, words: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const line of pageCommands("docs/operations.md", block, { ...WORDS, ...words })) {
    const [, verb] = /^systemctl (start|stop) aceso$/.exec(line) ?? []
    if (verb === "start" || verb === "stop") await service[verb]()
    else {
      const { status, out, err } = await ended(spawned("sh", ["-ec", line]))
      assert.equal(status, 0, `${line}: ${out}${err}`)
    }
  }
}

/** What lies in both homes, but for locks, which every look at them touches. */
const contents = () =>
  new Map(
    HOMES.flatMap((home) =>
      globSync("**/*", { cwd: home })
        .filter((path) => statSync(join(home, path)).isFile() && !/(^|\/)lock(\.mdb)?$|-shm$/.test(path))
        .map((path): [string, string] => [join(home, path), hash("sha256", readFileSync(join(home, path)))]),
    ),
  )

function hasMigrated(home: string): boolean {
  const database = new DatabaseSync(join(home, "vault/vault.db"), { readOnly: true })
  const found = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(TABLE)
  database.close()
  return found !== undefined
}

/** Nothing in a home is another's than the node's. */
function belongsToNode(): void {
  if (USER === undefined) return
  for (const home of HOMES)
    for (const path of globSync("**/*", { cwd: home }))
      assert.equal(lstatSync(join(home, path)).uid, USER, path)
}

async function hasPatients(count: number): Promise<void> {
  assert.equal((await patientsAt(aceso, HOMES[1])).length, count)
  assert.equal((await verifiedBy(aceso, "--folder", HOMES[0], "--with", HOMES[1])).ok, true)
}

/** One sentence, and nothing is another than before. */
async function refused(says: RegExp): Promise<void> {
  const before = contents()
  const outcome = await ended(aceso.start(...RUN))
  assert.equal(outcome.status, 1)
  oneSentence(outcome, says)
  assert.deepEqual(contents(), before)
}

describe("a release is installed, upgraded, and taken back as the page says", () => {
  before(async () => {
    for (const name of ["opt", "lib", "nobody"]) mkdirSync(at(name))
    chmodSync(folder, 0o755)
    if (USER !== undefined) for (const name of ["lib", "nobody"]) chownSync(at(name), USER, USER)
    await makeArchives()
    await typed("install")
    await found(aceso, HOMES, await freePorts(2))
    // Nothing is committed that the test did not import: a vault of the backup is of the ledger's end.
    for (const home of HOMES) {
      const file = join(home, "node.json")
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), dummyPercent: 0 }))
    }
  })
  after(async () => {
    for (const child of children) if (child.process.exitCode === null) child.kill("SIGKILL")
    await Promise.all(children.map((child) => child.ended))
    rmSync(folder, { recursive: true, force: true })
  })

  it("a patient is imported under 0.1.0", async () => {
    await service.start()
    await importPatient(aceso, HOMES[1], "dora")
    await hasPatients(1)
  })

  it("upgraded with a backup, the vault is brought to the new release and nothing is lost", async () => {
    assert.equal(hasMigrated(HOMES[1]), false)
    await typed("upgrade")
    belongsToNode()
    if (USER !== undefined) {
      for (const path of globSync("{backup,keyrings}/**", { cwd: folder }))
        assert.equal(lstatSync(at(path)).uid, USER, path)
    }
    assert.match(await aceso.does("--version"), /^aceso 0\.2\.0/)
    assert.equal(hasMigrated(HOMES[1]), true)
    await hasPatients(1)
  })

  it("the release before refuses such a vault in one sentence, and touches nothing", async () => {
    await service.stop()
    await typed("back")
    assert.match(await aceso.does("--version"), /^aceso 0\.1\.0/)
    await refused(/the tables of staff were made by harmless/)
  })

  it("with the backup's vaults it goes on, and nothing is lost", async () => {
    await typed("back-vault")
    belongsToNode()
    assert.equal(hasMigrated(HOMES[1]), false)
    await hasPatients(1)
    await importPatient(aceso, HOMES[1], "emma")
    await hasPatients(2)
    await service.stop()
  })

  it("a release whose contracts are others is refused before anything is touched", async () => {
    const archive = at(`aceso-0.3.0-linux-${process.arch}.tar.gz`)
    for (const line of [`tar -xzf ${archive} -C ${at("opt")}`, `ln -sfn aceso-0.3.0 ${at("opt/aceso")}`])
      assert.equal((await ended(spawned("sh", ["-ec", line]))).status, 0)
    assert.match(await aceso.does("--version"), /^aceso 0\.3\.0/)
    await refused(
      /executes library version 1 with sources [0-9a-f]{64}, which this node does not have: install/,
    )
    assert.equal(hasMigrated(HOMES[1]), false)
    await typed("back")
    await service.start()
    await hasPatients(2)
    await service.stop()
  })
})
