import assert from "node:assert/strict"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { SmallDisk } from "@aceso/ledger/testing/small-disk.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("full-disk")
const at = (...names: string[]) => join(cli.folder, ...names)
const skip = SmallDisk.reasonAgainst(cli.folder)
const disks: SmallDisk[] = []
after(async () => {
  for (const disk of disks) disk.end()
  await cli.end()
})

interface Node {
  readonly child: Child
  readonly home: string
  readonly disk: SmallDisk
}

/** An authority, whose home has the engine, and a custodian, with one part of a home on a disk of its own. */
async function start(name: string, place: (home: string) => string): Promise<Node> {
  const ports = await freePorts(2)
  for (const [i, kind] of ["authority", "custodian"].entries()) {
    const [home, url] = [kind === "authority" ? `${name}-engine` : name, `http://127.0.0.1:${ports[i]}`]
    await cli.json(`init --folder ${home} --member ${kind} --name ${name} --kind ${kind} --url ${url}`)
  }
  await cli.json(`network create --folder ${name}-engine --network north --with ${name}/application.json`)
  await cli.json(`join ${name}-engine/invitation.json --folder ${name}`)
  const config = JSON.parse(readFileSync(at(name, "node.json"), "utf8"))
  writeFileSync(at(name, "node.json"), JSON.stringify({ ...config, checkpointEveryMs: 1000 }))
  const folder = place(at(name))
  // What lies there already, such as the vault with its first administrator, lies on the disk then.
  const there = existsSync(folder)
    ? readdirSync(folder).map((file) => [join(folder, file), readFileSync(join(folder, file))] as const)
    : []
  const disk = new SmallDisk(folder)
  disks.push(disk)
  for (const [file, content] of there) writeFileSync(file, content, { mode: 0o600 })
  return { child: await up(name), home: at(name), disk }
}

const begin = (name: string) => `up --folder ${name}-engine --with ${name}`
async function up(name: string): Promise<Child> {
  const child = cli.start(begin(name))
  await child.says(/^ready in[\s\S]*^ready in/m)
  return child
}

const importOne = (name: string, id: string) => {
  writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id }))
  return cli.run(`import ${id}.json --folder ${name}`)
}
const soundOf = async (name: string) => {
  const { ok, findings } = await cli.json<{ ok: boolean; findings: unknown[] }>(
    `verify --folder ${name}-engine --with ${name}`,
  )
  assert.deepEqual([ok, findings], [true, []])
}

describe("the engine's disk is full: the node ends with status 1 and the promised sentence", { skip }, () => {
  for (const part of ["log", "state"])
    it(part, async () => {
      const name = `full-${part}`
      const { child, disk } = await start(name, (home) => join(`${home}-engine`, "engine", part))
      assert.equal((await importOne(name, "before")).status, 0)
      disk.fill()
      // What is imported meanwhile is acknowledged or refused; the node ends once the disk is asked for more.
      let outcome = await importOne(name, "meanwhile")
      const acknowledged = outcome.status === 0
      while (child.process.exitCode === null) outcome = await importOne(name, "more")
      assert.equal(await child.ended, 1)
      assert.match(child.err, new RegExp(`the ${part} cannot be written: the disk is full: free some space`))
      assert.doesNotMatch(child.err, /^\s+at .*packages|Unhandled|Commit failed/m)
      disk.free()
      const again = await up(name)
      if (acknowledged)
        assert.match((await importOne(name, "meanwhile")).out, /1 unchanged|1 files seen before/)
      assert.equal((await importOne(name, "after")).status, 0)
      assert.equal(await again.stop("SIGTERM"), 0)
      await soundOf(name)
    })
})

/** One file of the home lies on the small disk, behind a link, because its neighbours are to go on. */
const linked = (folder: string, file: string) => (home: string) => {
  const disk = `${home}-disk`
  mkdirSync(disk)
  mkdirSync(join(home, folder), { recursive: true, mode: 0o700 })
  if (existsSync(join(home, folder, file))) renameSync(join(home, folder, file), join(disk, file))
  symlinkSync(join(disk, file), join(home, folder, file))
  return disk
}

describe("the vault's disk is full: it is refused in one sentence, and goes on when there is room", {
  skip,
}, () => {
  const parts: [part: string, place: (home: string) => string, file: string][] = [
    ["vault", (home) => join(home, "vault"), "(vault|keyring)\\.db"],
    ["keyring", linked("vault", "keyring.db"), "keyring\\.db"],
  ]
  for (const [part, place, file] of parts)
    it(part, async () => {
      const name = `full-${part}`
      const { child, disk } = await start(name, place)
      assert.equal((await importOne(name, "before")).status, 0)
      disk.fill()
      const outcome = await importOne(name, "meanwhile")
      assert.equal(outcome.status, 1)
      oneSentence(
        { err: outcome.err.replace(/^ {2}.*\n/gm, "") },
        new RegExp(`${file} cannot be written: the disk is full: free some space and try again`),
      )
      assert.match(child.err, new RegExp(`custodian: ${file} cannot be written: the disk is full`))
      disk.free()
      assert.equal((await importOne(name, "meanwhile")).status, 0)
      assert.equal(await child.stop("SIGTERM"), 0, child.err)
      await soundOf(name)
    })

  it("and one that is read-only at the start: the node says so and ends", async () => {
    const name = "read-only-vault"
    const { child, disk } = await start(name, (home) => join(home, "vault"))
    assert.equal(await child.stop("SIGTERM"), 0)
    disk.setReadOnly(true)
    const outcome = await cli.run(begin(name))
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /keyring\.db cannot be opened: the disk is read-only: see why, mount it for writing/)
    disk.setReadOnly(false)
    assert.equal(await (await up(name)).stop("SIGTERM"), 0)
  })
})

describe("the disk of checkpoints.jsonl is full", { skip }, () => {
  it("the operator is told, the node goes on, and the file stays whole", async () => {
    const name = "full-checkpoints"
    const { child, disk } = await start(name, linked(".", "checkpoints.jsonl"))
    disk.fill()
    // Each import makes a block to sign; the file's last page has room for some lines.
    for (let i = 0; !/checkpoints\.jsonl cannot/.test(child.err); i++)
      assert.equal((await importOne(name, `meanwhile-${i}`)).status, 0)
    await child.says(/checkpoints\.jsonl cannot be written: the disk is full: free some space/)
    disk.free()
    assert.equal((await importOne(name, "after")).status, 0)
    assert.equal(await child.stop("SIGTERM"), 0, child.err)
    await soundOf(name)
  })
})
