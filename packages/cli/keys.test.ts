import assert from "node:assert/strict"
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"
import { pageCommands } from "./testing/page-commands.ts"

const cli = new Cli("keys")
const at = (...names: string[]) => join(cli.folder, ...names)
let node: Child
let ports: number[]

const up = async () => {
  node = cli.start("up --folder authority --with city --with clinic")
  for (const port of ports.slice(0, 3))
    await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
}
const stop = async () => assert.equal(await node.stop("SIGTERM"), 0, node.err)
const restart = async () => {
  await stop()
  await up()
}
const seedIn = (file: string) => readFileSync(at(file), "utf8").trim()
const keyOf = (home: string) => JSON.parse(readFileSync(at(home, "application.json"), "utf8")).key as string
const rotate = (home: string, more = "") =>
  cli.json<{ key: string; state: string }>(`keys rotate member --folder ${home}${more}`)
const importOne = async (home: string, id: string) => {
  writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id }))
  await cli.json(`import ${id}.json --folder ${home}`)
}

before(async () => {
  ports = await freePorts(4)
  for (const [i, member] of ["authority", "city", "clinic"].entries()) {
    const kind = i === 0 ? "authority" : "custodian"
    await cli.json(
      `init --folder ${member} --member ${member} --name ${member} --kind ${kind} --url http://127.0.0.1:${ports[i]}`,
    )
  }
  await cli.json(
    "network create --folder authority --network north --with city/application.json clinic/application.json",
  )
  for (const home of ["city", "clinic"]) await cli.json(`join authority/invitation.json --folder ${home}`)
  await up()
})
after(() => cli.end())

describe("aceso keys rotate member", () => {
  it("makes, registers and puts in place a new key; retires the old one once the node signs with the new", async () => {
    const [first, , second] = pageCommands("docs/operations.md", "rotate-member", {
      "/var/lib/aceso": "city",
    })
    const [old, oldKey] = [seedIn("city/secrets/member.key"), keyOf("city")]
    await cli.shell(first)
    assert.notEqual(seedIn("city/secrets/member.key"), old)
    assert.equal(seedIn("city/secrets/member.key.old"), old)
    assert.equal(existsSync(at("city/secrets/member.key.next")), false)
    assert.notEqual(keyOf("city"), oldKey)
    await importOne("city", "with-the-old")
    const early = await cli.run("keys rotate member --folder city")
    assert.equal(early.status, 1)
    oneSentence(early, /still signs with the old one: restart the node, then run this again/)
    await restart()
    await importOne("city", "with-the-new")
    assert.match(await cli.shell(second), /the old key is retired/)
    assert.equal(existsSync(at("city/secrets/member.key.old")), false)
    await importOne("city", "afterwards")
    assert.equal((await cli.json<{ memberKey: string }>("status --folder city")).memberKey, keyOf("city"))
  })

  it("goes on after a crash, wherever it came", async () => {
    const kept = at("secrets-before")
    cpSync(at("city/secrets"), kept, { recursive: true })
    const { key, state } = await rotate("city")
    assert.equal(state, "switched")
    const next = seedIn("city/secrets/member.key")
    // As it was after the key had been made and registered, and before it took its place.
    for (const isOldKept of [false, true]) {
      rmSync(at("city/secrets"), { recursive: true })
      cpSync(kept, at("city/secrets"), { recursive: true })
      chmodSync(at("city/secrets"), 0o700)
      writeFileSync(at("city/secrets/member.key.next"), `${next}\n`, { mode: 0o600 })
      if (isOldKept) cpSync(join(kept, "member.key"), at("city/secrets/member.key.old"))
      assert.deepEqual(await rotate("city"), { of: "member", key, state: "switched", isLost: false })
      assert.equal(seedIn("city/secrets/member.key"), next)
    }
    await restart()
    const retired = await rotate("city", " --compromised-at 2001-01-01T00:00:00Z")
    assert.deepEqual([retired.state, retired.key], ["retired", key])
    await importOne("city", "after-the-crashes")
    // The attack of an old backup: its key is retired, and whoever starts with it is told.
    await stop()
    writeFileSync(at("city/secrets/member.key"), `${seedIn(join("secrets-before", "member.key"))}\n`)
    await up()
    await node.says(/city: the ledger does not accept this home's member key/)
    assert.match((await cli.run("status --folder city")).out, /member key +the ledger does not accept it/)
    await stop()
    writeFileSync(at("city/secrets/member.key"), `${next}\n`)
    await up()
    assert.doesNotMatch(node.err, /does not accept this home's member key/)
  })

  const wrong: [line: string, status: number, says: RegExp][] = [
    ["keys", 2, /aceso keys: which of rotate\?/],
    ["keys rotate", 2, /aceso keys rotate: which of member, validator\?/],
    ["keys rotate vault --folder city", 2, /no aceso keys rotate vault; there is member, validator/],
    ["keys rotate member", 2, /missing is --folder <folder>/],
    ["keys rotate member --lost --folder city", 2, /--lost is not for aceso keys rotate member/],
    ["keys rotate member --compromised-at yesterday --folder city", 2, /expected date, time and zone/],
    ["keys rotate validator --folder city", 1, /runs on embedded: it has no validators/],
    ["keys rotate validator --lost --folder city", 1, /runs on embedded: it has no validators/],
    ["propose replace-key missing.json --folder city", 1, /missing\.json/],
    ["propose replace-key city/application.json --folder city", 1, /registered already/],
    ["propose replace-validator city/application.json --folder city", 1, /no validators.*embedded/],
    [
      "propose suspend city --compromised-at 2026-01-01T00:00:00Z --folder city",
      2,
      /is not for aceso propose suspend/,
    ],
  ]
  for (const [line, status, says] of wrong)
    it(`${line} -> ${status}`, async () => {
      const outcome = await cli.run(line)
      assert.equal(outcome.status, status, outcome.err)
      oneSentence(outcome, says)
    })
})

describe("an organisation whose secrets are lost", () => {
  it("comes back under its name with a new key, by ballot; the old one ends", async () => {
    await stop()
    const lost = at("clinic-lost")
    cpSync(at("clinic"), lost, { recursive: true })
    rmSync(at("clinic"), { recursive: true })
    await cli.json(
      `init --folder clinic --member clinic --name clinic --kind custodian --url http://127.0.0.1:${ports[2]}`,
    )
    await cli.json("join authority/invitation.json --folder clinic")
    node = cli.start("up --folder authority --with city")
    await node.says(/^ready in[\s\S]*^ready in/m)
    const [propose, vote] = pageCommands("docs/operations.md", "replace-key", {
      "application.json": "clinic/application.json",
      "/home/of/a/voter": "authority",
      "/home/of/another/voter": "city",
    })
    const { proposal } = JSON.parse(
      await cli.shell(`${propose} --compromised-at 2026-01-01T00:00:00Z --json`),
    ) as { proposal: string }
    const decided = JSON.parse(await cli.shell(`${vote.replace("$PROPOSAL", proposal)} --json`)) as {
      outcome: string
    }
    assert.equal(decided.outcome, "passed")
    await restart()
    await importOne("clinic", "back-again")
    assert.equal((await cli.json<{ ok: boolean }>("verify --folder authority --with clinic")).ok, true)
  })
})
