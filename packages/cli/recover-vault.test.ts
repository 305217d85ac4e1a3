import assert from "node:assert/strict"
import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli } from "./testing/aceso.ts"

const cli = new Cli("recover-vault")
const at = (...names: string[]) => join(cli.folder, ...names)
let node: Child
let ports: readonly number[]

interface Recovery {
  readonly step: string
  readonly recovery: { readonly state: string; readonly patients: number; readonly entries: number }
}

const start = async (clinic: "ready" | "in recovery") => {
  node = cli.start("up --folder authority --with clinic")
  const word = clinic === "ready" ? "ready in" : "in recovery after"
  await node.says(new RegExp(`^${word} \\d+ ms http://127.0.0.1:${ports[1]}$`, "m"))
}
const stop = async () => assert.equal(await node.stop("SIGTERM"), 0, node.err)
const patient = (id: string, birthDate: string) => {
  writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id, birthDate }))
  return cli.json(`import ${id}.json --folder clinic`)
}
const verify = async () => {
  const { out } = await cli.run("verify --folder authority --with clinic --json")
  const { findings } = JSON.parse(out) as { findings: { kind: string; where: string }[] }
  return findings.map(({ kind }) => kind)
}
const names = async () => {
  const all = await cli.json<{ alias: string }[] | { patients: { alias: string }[] }>(
    "patients --folder clinic",
  )
  return { aliases: (Array.isArray(all) ? all : all.patients).map(({ alias }) => alias) }
}
const copyVault = (from: string, to: string) => {
  rmSync(at(to), { recursive: true, force: true })
  cpSync(at(from), at(to), { recursive: true })
}

before(async () => {
  ports = await freePorts(2)
  const kinds = { authority: "authority", clinic: "custodian" }
  for (const [i, [member, kind]] of Object.entries(kinds).entries()) {
    const url = `http://127.0.0.1:${ports[i]}`
    await cli.json(`init --folder ${member} --member ${member} --name ${member} --kind ${kind} --url ${url}`)
  }
  await cli.json("network create --folder authority --network north --with clinic/application.json")
  await cli.json("join authority/invitation.json --folder clinic")
  await start("ready")
  await patient("p1", "1960-01-01")
  await stop()
  copyVault("clinic/vault", "backup")
  await start("ready")
  await patient("p2", "1970-01-01")
  await stop()
})
after(() => cli.end())

describe("a clinic whose vault comes from a backup", () => {
  it("verify names the patients and entries that only the ledger has", async () => {
    copyVault("backup", "clinic/vault")
    const kinds = await verify()
    assert.ok(kinds.includes("vault_lost_patients"), kinds.join())
  })

  it("starts in recovery, and serves staff nothing else", async () => {
    await start("in recovery")
    assert.match(node.err, /clinic: the vault is behind the ledger \(1 patients, \d+ record versions/)
    const { status, err } = await cli.run("patients --folder clinic")
    assert.equal(status, 1)
    assert.match(err, /being recovered/)
    const { out } = await cli.run("status --folder clinic")
    assert.match(out, /in recovery: its vault is behind the ledger/)
    const nowhere = await cli.run("status --folder nowhere")
    assert.deepEqual([nowhere.status, /nowhere does not exist/.test(nowhere.err)], [2, true])
    const early = await cli.run("recover-vault --unreviewed --folder clinic")
    assert.match(early.err, /known once the loss is declared/)
    assert.doesNotMatch(out, /waits for the ledger/)
    const wrong = await cli.run("recover-vault --declare whatever --folder clinic")
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /expected one of restored_backup/)
    const two = await cli.run("recover-vault --finish --ask-back --folder clinic")
    assert.equal(two.status, 2)
  })

  it("is led back to service: look, declare, import, finish", async () => {
    const seen = await cli.json<Recovery>("recover-vault --folder clinic")
    assert.deepEqual([seen.step, seen.recovery.state, seen.recovery.patients], ["look", "behind", 1])
    const early = await cli.run("recover-vault --finish --folder clinic")
    assert.equal(early.status, 1)
    assert.match(early.err, /nothing was declared yet/)
    const declared = await cli.json<Recovery>("recover-vault --declare restored_backup --folder clinic")
    assert.equal(declared.recovery.state, "restored")
    const { out: unreviewed } = await cli.run("recover-vault --unreviewed --folder clinic")
    assert.match(unreviewed, /no lost decision about any patient/)
    await cli.json("import p2.json --folder clinic")
    await cli.json("recover-vault --finish --folder clinic")
    const { aliases } = await names()
    // Whose the handle was that the ledger has nobody here knows; nobody gets a number that somebody had.
    assert.match(aliases[1], /^lost-[0-9a-f]{16}$/)
    assert.match(aliases[2], /^person-1\d{3}$/)
    assert.ok(aliases.every((alias) => !alias.includes(".")))
    const { status, out } = await cli.run("recover-vault --folder clinic")
    assert.equal(status, 1, out)
    await stop()
    await start("ready")
    assert.deepEqual(await verify(), [])
    await patient("p3", "1980-01-01")
    await stop()
    assert.deepEqual(await verify(), [])
  })

  it("does not start where the ledger is older than the vault: nobody would have its newest records", async () => {
    // Ledger and vault of before; in between something is committed.
    for (const part of ["authority/engine", "authority/checkpoints.jsonl"])
      if (existsSync(at(part))) cpSync(at(part), at("older", part), { recursive: true })
    copyVault("clinic/vault", "older/vault")
    await start("ready")
    await patient("p9", "1999-01-01")
    await stop()
    cpSync(at("authority"), at("newest"), { recursive: true })
    const engine = (from: string) => {
      rmSync(at("authority/engine"), { recursive: true })
      cpSync(at(from, "engine"), at("authority/engine"), { recursive: true })
    }
    engine("older/authority")
    assert.ok((await verify()).includes("ledger_behind"))
    const up = await cli.run("up --folder authority --with clinic")
    assert.equal(up.status, 1)
    assert.match(up.err, /record versions to be on the ledger, and this ledger lacks them/)
    engine("newest")
    await start("ready")
    await stop()
    assert.deepEqual(await verify(), [])
  })

  it("does not start on an empty vault where the ledger has its patients", async () => {
    renameSync(at("clinic/vault"), at("lost"))
    assert.deepEqual(await verify(), ["vault_missing"])
    const up = await cli.run("up --folder authority --with clinic")
    assert.equal(up.status, 1)
    assert.match(up.err, /vault is empty and the ledger has patients of clinic/)
    assert.ok(!existsSync(at("clinic/vault/vault.db")), "nothing new lies where the backup belongs")
  })

  it("nor with a keyring that is missing, or older than its vault", async () => {
    copyVault("lost", "clinic/vault")
    rmSync(at("clinic/vault/keyring.db"))
    let up = await cli.run("up --folder authority --with clinic")
    assert.match(up.err, /keyring\.db any more/)
    copyVault("lost", "clinic/vault")
    for (const name of ["keyring.db", "keyring.db-wal", "keyring.db-shm"])
      rmSync(at("clinic/vault", name), { force: true })
    cpSync(at("backup/keyring.db"), at("clinic/vault/keyring.db"))
    up = await cli.run("up --folder authority --with clinic")
    assert.equal(up.status, 1)
    assert.match(up.err, /older than vault\.db/)
  })

  it("without any backup it starts when the operator says so, and needs the authority a second time", async () => {
    const there = await cli.run("recover-vault --without-backup --folder clinic")
    assert.equal(there.status, 1)
    assert.match(there.err, /move .* aside/)
    rmSync(at("clinic/vault"), { recursive: true })
    const early = await cli.run("staff add second --administrator --folder clinic")
    assert.match(early.err, /put it back from its backup.*run aceso recover-vault --without-backup first/)
    const { out } = await cli.run("recover-vault --without-backup --folder clinic")
    assert.match(out, /aceso staff add <name> --administrator/)
    // Who works with the node stood in the vault too.
    const same = await cli.run("staff add administrator --administrator --folder clinic")
    assert.match(same.err, /nobody can act by this file.*remove it and run the same line again/)
    rmSync(at("clinic/people/administrator.json"))
    await cli.json("staff add administrator --administrator --folder clinic")
    await start("in recovery")
    const refused = await cli.run("recover-vault --declare lost_vault --folder clinic")
    assert.equal(refused.status, 1)
    assert.match(refused.err, /authority/)
    await cli.json("recover-vault --permit clinic --folder authority")
    await cli.json("recover-vault --declare lost_vault --folder clinic")
    await cli.json("recover-vault --finish --folder clinic")
    await patient("p4", "1990-01-01")
    assert.deepEqual(await verify(), [])
    await stop()
    await start("ready")
    await stop()
  })
})
