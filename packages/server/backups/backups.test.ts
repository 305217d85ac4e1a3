import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { utf8 } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { backupHome } from "../home/backup.ts"
import { noteBackup } from "../home/backups.ts"
import { layout } from "../home/layout.ts"
import { makeHome } from "../home/make.ts"
import { createNetwork, joinNetwork, readApplication } from "../home/network.ts"
import { RunningHomes } from "../home/open.ts"
import { readHome } from "../home/read.ts"
import type { AcesoNode } from "../node/node.ts"
import { parseExposition } from "../testing/exposition.ts"
import { backupsOf } from "./backups.ts"

describe("a node and its backups", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-backups-"))
  const at = (name: string) => join(folder, name)
  let homes: RunningHomes
  let nodes: readonly AcesoNode[]
  let metricsPort: number
  before(async () => {
    const ports = await freePorts(3)
    metricsPort = ports[2]
    for (const [i, member] of ["authority", "clinic"].entries())
      await makeHome(at(member), {
        ...{ member, name: member, kind: i === 0 ? "authority" : "custodian", engine: "embedded" },
        ...{ url: `http://127.0.0.1:${ports[i]}`, host: "127.0.0.1", port: ports[i] },
      })
    const file = layout(at("clinic")).config
    const { config } = readHome(at("clinic"), "edit")
    const { folder: _, ...given } = config
    const quiet = { metrics: { port: metricsPort }, dummyPercent: 0, commitWindowMs: 3_600_000 }
    writeFileSync(file, JSON.stringify({ ...given, ...quiet }))
    createNetwork(at("authority"), "north", [readApplication(layout(at("clinic")).application)])
    joinNetwork(at("clinic"), layout(at("authority")).invitation)
    homes = await RunningHomes.open(at("authority"), [at("clinic")], {
      onFault: (_member, error) => assert.fail(String(error)),
    })
    await Promise.all(homes.organisations.map((one) => one.start()))
    nodes = homes.organisations.map(({ node }) => node)
  })
  after(async () => {
    await homes.close()
    rmSync(folder, { recursive: true })
  })
  const copy = (member: string, name: string) =>
    backupHome(at(member), at(`copy-${name}`), at(`keys-${name}`), "1.2.3")
  const patient = (id: string) => utf8(JSON.stringify({ resourceType: "Patient", id }))
  const metric = async () => {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    const all = parseExposition(await answer.text())
    return all.get("aceso_backup_time_seconds")?.series.get("aceso_backup_time_seconds")
  }

  it("knows of none at first, and says so in its metrics", async () => {
    const none = await backupsOf(nodes[1].services)
    assert.equal(none.folder, at("clinic"))
    assert.deepEqual([none.backups, none.since, none.warnAfterMs], [[], undefined, 93_600_000])
    assert.equal(await metric(), 0)
  })

  it("knows one without a restart, what came since, and up to which block it goes", async () => {
    const [, { services }] = nodes
    await services.importer.import(patient("one"), "one")
    await services.committer.flush()
    const { checkpoint } = await services.engine.status()
    copy("clinic", "one")
    const first = await backupsOf(services)
    const [{ to, height, hasBlocks, counts, at: time }] = first.backups
    assert.deepEqual(
      [to, hasBlocks, counts],
      [at("copy-one"), false, { records: 1, patients: 1, disclosures: 0 }],
    )
    assert.ok(height > 0 && height <= checkpoint.height)
    assert.deepEqual(first.since, { records: 0, patients: 0, disclosures: 0 })
    assert.equal(await metric(), time / 1000)
    for (const id of ["two", "three"]) await services.importer.import(patient(id), id)
    assert.deepEqual((await backupsOf(services)).since, { records: 2, patients: 2, disclosures: 0 })
    copy("clinic", "two")
    const second = await backupsOf(services)
    assert.deepEqual(
      second.backups.map((one) => one.to),
      [at("copy-two"), at("copy-one")],
    )
    assert.deepEqual(second.since, { records: 0, patients: 0, disclosures: 0 })
  })

  it("counts what was disclosed since, which a recovery would have to declare", async () => {
    const { vault } = nodes[1].services
    const [{ handle }] = await vault.patients()
    const bytes = (byte: number) => new Uint8Array(32).fill(byte)
    const kept = {
      salt: bytes(2),
      auditEvent: bytes(3),
      body: null,
      event: bytes(4),
      includeBy: 1,
      height: 1,
    }
    await vault.addDisclosure({ ...kept, handle, n: 1, tag: bytes(1) })
    const { since } = await backupsOf(nodes[1].services)
    assert.deepEqual(since, { records: 0, patients: 0, disclosures: 1 })
  })

  it("says that the vault was set back where it has less than its newest backup", async () => {
    const { services } = nodes[1]
    const [{ height }] = (await backupsOf(services)).backups
    const counts = { records: 4, patients: 3, disclosures: 0 }
    const newer = {
      at: Date.now(),
      height,
      hasBlocks: false,
      counts,
      bytes: 1,
      to: "/newer",
      release: "1.2.3",
    }
    assert.equal(
      noteBackup(at("clinic"), () => newer),
      undefined,
    )
    const { since, isSetBack } = await backupsOf(services)
    assert.deepEqual([since, isSetBack], [undefined, true])
  })

  it("counts none from before the last recovery: the vault has become another one", async () => {
    const { services } = nodes[1]
    await services.vault.beginLife()
    const none = await backupsOf(services)
    assert.deepEqual([none.backups, none.since, none.isSetBack], [[], undefined, undefined])
    assert.deepEqual(
      none.beforeRecovery?.map(({ to }) => to),
      ["/newer", at("copy-two"), at("copy-one")],
    )
    assert.equal(await metric(), 0)
    copy("clinic", "three")
    const after = await backupsOf(services)
    assert.deepEqual(
      after.backups.map(({ to }) => to),
      [at("copy-three")],
    )
    assert.deepEqual(after.since, { records: 0, patients: 0, disclosures: 0 })
    assert.equal(after.beforeRecovery?.length, 3)
    assert.equal(await metric(), after.backups[0].at / 1000)
    const [life] = [after.backups[0].life]
    await services.vault.beginLife()
    assert.notEqual(await services.vault.life(), life, "and each recovery makes another")
    await services.vault.beginLife()
  })

  it("has the ledger's blocks in the backup of whoever runs it", async () => {
    const [{ services }] = nodes
    const { checkpoint } = await services.engine.status()
    copy("authority", "blocks")
    const [{ height, hasBlocks }] = (await backupsOf(services)).backups
    assert.equal(hasBlocks, true)
    assert.ok(height >= checkpoint.height)
  })

  it("says that the list cannot be read, and counts as without a backup", async () => {
    writeFileSync(layout(at("clinic")).backups, "{")
    const { isUnreadable, backups } = await backupsOf(nodes[1].services)
    assert.deepEqual([isUnreadable, backups], [true, []])
    assert.equal(await metric(), 0)
  })
})
