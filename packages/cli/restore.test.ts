// needs: cometbft
import assert from "node:assert/strict"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"
import { pageCommands } from "./testing/page-commands.ts"

const cli = new Cli("restore")
const at = (...names: string[]) => join(cli.folder, ...names)
const path = { PATH: `${dirname(process.env.ACESO_COMETBFT ?? "/")}:${process.env.PATH}` }
after(() => cli.end())

interface Verified {
  readonly ok: boolean
  readonly findings: readonly { readonly kind: string }[]
}

/** A network in a folder of its own, whose last organisation is destroyed and restored as the page says. */
class Network {
  readonly name: string
  readonly running = new Map<string, Child>()
  private readonly engine: "embedded" | "cometbft"

  constructor(engine: "embedded" | "cometbft") {
    this.name = engine
    this.engine = engine
  }

  home(member: string): string {
    return `${this.name}/${member}`
  }

  async found(members: readonly string[]): Promise<void> {
    const isComet = this.engine === "cometbft"
    const ports = await freePorts(3 * members.length)
    for (const [i, member] of members.entries()) {
      const [http, p2p, rpc] = ports.slice(3 * i, 3 * i + 3)
      const kind = i === 0 ? "authority" : "custodian"
      const comet = isComet ? ` --engine cometbft --p2p 127.0.0.1:${p2p} --rpc-port ${rpc}` : ""
      await cli.json(
        `init --folder ${this.home(member)} --member ${member} --name ${member} --kind ${kind} --url http://127.0.0.1:${http}${comet}`,
      )
    }
    // Nothing is committed that the test did not import: the backup's vault is that of the end.
    for (const member of members) {
      const file = at(this.home(member), "node.json")
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), dummyPercent: 0 }))
    }
    const [first, ...others] = members
    const applications = others.map((one) => `${this.home(one)}/application.json`)
    await cli.json(
      `network create --folder ${this.home(first)} --network north --with ${applications.join(" ")}`,
    )
    for (const one of others)
      await cli.json(`join ${this.home(first)}/invitation.json --folder ${this.home(one)}`)
  }

  async up(member: string, more = ""): Promise<Child> {
    const child = cli.start(`up --folder ${this.home(member)}${more}`, path)
    this.running.set(member, child)
    await child.says(/^ready in/m)
    return child
  }

  async import(member: string, id: string): Promise<void> {
    writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id }))
    await cli.json(`import ${id}.json --folder ${this.home(member)}`)
  }

  /** What the page says to type, in this network's folders; `systemctl` is the test's own. */
  async typed(
    block: string,
    words: Readonly<Record<string, string>>,
    service: Record<string, () => unknown>,
  ) {
    for (const line of pageCommands("docs/operations.md", block, words)) {
      const [, verb] = /^systemctl (\w+) aceso$/.exec(line) ?? []
      if (verb) await service[verb]()
      else await cli.shell(line)
    }
  }

  async end(): Promise<void> {
    for (const child of this.running.values())
      if (child.process.exitCode === null) assert.equal(await child.stop("SIGTERM"), 0, child.err)
  }
}

describe("a home on embedded comes back from a backup, by the page's own commands", () => {
  const network = new Network("embedded")
  const home = () => network.home("authority")
  const words = () => ({
    "/var/lib/aceso": home(),
    "/backup/vault-2026-05-01": "embedded/backup",
    "/backup/keyring-2026-05-01": "embedded/keyring",
    "/safe": "embedded/safe",
  })

  it("made while the node runs and takes imports", async () => {
    await network.found(["authority", "clinic"])
    const child = await network.up("authority", ` --with ${network.home("clinic")}`)
    await child.says(/^ready in[\s\S]*^ready in/m)
    await network.import("clinic", "before")
    mkdirSync(at("embedded/safe"))
    for (const part of ["secrets", "people"]) await cli.shell(`cp -a ${home()}/${part} embedded/safe/`)
    const load = network.import("clinic", "meanwhile")
    await network.typed("backup", words(), {})
    await load
    const again = await cli.run(`backup --folder ${home()} --to embedded/backup --keyring-to embedded/other`)
    assert.equal(again.status, 1)
    oneSentence(again, /is there already/)
    const { out } = await cli.run(`status --folder ${home()}`)
    assert.match(out, /^ {2}backup {6}.+ old, of block \d+, in\s+\S+embedded\/backup;/m)
    await network.end()
  })

  it("is sound, starts, and the ledger goes on", async () => {
    rmSync(at(home()), { recursive: true })
    // Blocks after the backup are gone with this machine; the clinic's vault is of a later moment, or of the same.
    const start = async () => {
      const child = await network.up("authority")
      assert.equal((await cli.json<Verified>(`verify --folder ${home()}`)).ok, true)
      assert.equal(await child.stop("SIGTERM"), 0)
    }
    await network.typed("restore-embedded", words(), { start })
    assert.ok(!existsSync(at(home(), "backups.json")), "there was none before the one that it came from")
  })

  it("and its look-up index, made anew, says what its records say", async () => {
    const rebuild = `rebuild-look-up --folder ${network.home("clinic")}`
    assert.ok((await cli.json<{ looked: number }>(rebuild)).looked > 0)
    // The clinic's vault is of a later moment than the restored ledger: that is found, and nothing of the index.
    const { out } = await cli.run(`verify --folder ${home()} --with ${network.home("clinic")} --json`)
    const { findings } = JSON.parse(out) as Verified
    assert.deepEqual(
      findings.filter(({ kind }) => kind !== "ledger_behind"),
      [],
    )
  })

  it("and a second one is refused nothing: the old one may be restored again", async () => {
    renameSync(at(home()), at(`${home()}.aside`))
    await network.typed("restore-embedded", words(), {
      start: async () => assert.equal(await (await network.up("authority")).stop("SIGTERM"), 0),
    })
  })
})

describe("a validator on cometbft comes back from a backup, by the page's own commands", () => {
  const network = new Network("cometbft")
  const members = ["authority", "city", "county", "clinic"]
  const home = () => network.home("clinic")
  const words = () => ({
    "/var/lib/aceso": home(),
    "/backup/vault-2026-05-01": "cometbft/backup",
    "/backup/keyring-2026-05-01": "cometbft/keyring",
    "/safe": "cometbft/safe",
    "application.json": `${home()}/application.json`,
    "/home/of/a/voter": network.home("city"),
    "/home/of/another/voter": network.home("county"),
  })
  const keyOf = () => JSON.parse(readFileSync(at(home(), "application.json"), "utf8")).validator.key as string
  const validators = async () =>
    (
      await cli.json<{ consensus: { validators: { key: string; member: string }[] } }>(
        `status --folder ${network.home("city")}`,
      )
    ).consensus.validators

  /** Proposes and votes as the page says, and waits until the new key validates. */
  async function replaced(): Promise<void> {
    const [propose, vote] = pageCommands("docs/operations.md", "replace-validator", words())
    const { proposal } = JSON.parse(await cli.shell(`${propose} --json`)) as { proposal: string }
    await cli.shell(vote.replace("$PROPOSAL", proposal))
    await cli.json(`vote ${proposal} --yes --folder ${network.home("authority")}`)
    await network.running.get("clinic")?.says(/clinic: this node has caught up; its validator takes part/)
    while (!(await validators()).some(({ key }) => key === keyOf())) await delay(200)
    assert.equal((await validators()).filter(({ member }) => member === "clinic").length, 1)
  }

  it("is destroyed, restored with a new validator's key, catches up, and validates again", async () => {
    await network.found(members)
    await Promise.all(members.map((member) => network.up(member)))
    await network.import("clinic", "comet-before")
    mkdirSync(at("cometbft/safe"))
    for (const name of ["leaver", "stayer"]) await cli.json(`staff add ${name} --folder ${home()}`)
    for (const part of ["secrets", "people"]) await cli.shell(`cp -a ${home()}/${part} cometbft/safe/`)
    await network.typed("backup", words(), {})
    // In the backup this person works with the node.
    const end = `staff end leaver --folder ${home()}`
    while (!(await cli.json<{ isPublished: boolean }>(end)).isPublished) await delay(200)
    const before = keyOf()
    const child = network.running.get("clinic")
    assert.equal(await child?.stop("SIGTERM"), 0, child?.err)
    renameSync(at(home()), at(`${home()}.gone`))

    await network.typed("restore-cometbft", words(), { start: () => network.up("clinic") })
    assert.notEqual(keyOf(), before)
    await replaced()
    await network.import("clinic", "comet-after")
    assert.equal((await cli.run(`patients --folder ${home()} --as stayer`)).status, 0)
    const left = await cli.run(`patients --folder ${home()} --as leaver`)
    assert.equal(left.status, 1)
    oneSentence(left, /nobody who works with this node now/)
    const { ok, findings } = await cli.json<Verified>(`verify --folder ${home()}`)
    assert.deepEqual([ok, findings], [true, []])
  })

  it("changes its validator's key while it runs, by command and ballot", async () => {
    const line = `keys rotate validator --folder ${home()}`
    const before = keyOf()
    const first = await cli.json<{ state: string; proposal: string }>(line)
    assert.equal(first.state, "proposed")
    const again = await cli.json<{ state: string; proposal: string }>(line)
    assert.deepEqual([again.state, again.proposal], ["proposed", first.proposal], "it is proposed once")
    for (const voter of ["authority", "city"])
      await cli.json(`vote ${first.proposal} --yes --folder ${network.home(voter)}`)
    let now = await cli.json<{ state: string }>(line)
    while (now.state === "waiting") now = await cli.json<{ state: string }>(line)
    assert.equal(now.state, "switched")
    assert.notEqual(keyOf(), before)
    const child = network.running.get("clinic")
    assert.equal(await child?.stop("SIGTERM"), 0, child?.err)
    await network.up("clinic")
    await network.running.get("clinic")?.says(/clinic: this node has caught up; its validator takes part/)
    while (!(await validators()).some(({ key }) => key === keyOf())) await delay(200)
  })

  it("whoever puts back engine/ with the log alone is told so in one sentence", async () => {
    const child = network.running.get("clinic")
    assert.equal(await child?.stop("SIGTERM"), 0, child?.err)
    renameSync(at(home(), "engine/cometbft"), at("cometbft/aside"))
    const refused = await cli.run(`up --folder ${home()}`, path)
    assert.equal(refused.status, 1)
    oneSentence(
      refused,
      /engine\/log has blocks up to \d+, CometBFT's own files only up to 0.*move engine\/ aside/,
    )
    await network.end()
  })
})
