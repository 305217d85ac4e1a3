import assert from "node:assert/strict"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { type Device, type DeviceMemory, deviceMemory, type PatientClient, StaffClient } from "@aceso/client"
import { StaffRecovery } from "@aceso/client/staff-recovery.ts"
import { disclosureLogs, memberCases, policies, recordLogs, recoveries } from "@aceso/contracts"
import {
  decodeCbor,
  entryHash,
  equalBytes,
  evidence,
  fromHex,
  handleSeed,
  isWholeLog,
  lostOf,
  type ManifestBody,
  makeEnvelope,
  PlatformError,
  parseJson,
  utf8,
  verifyEvidence,
} from "@aceso/core"
import { ownRecordsPage } from "@aceso/server/exchange/own-records.ts"
import { hashesOf } from "@aceso/server/records/log-hashes.ts"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"
import { DEMO_PATIENTS, DEMO_SEED, populate } from "./people.ts"
import { demoPatients } from "./stories/index.ts"
import { patientOf } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), "aceso-recovery-"))
const paths = layout(folder)
const vaultOf = (member: string) => join(paths.node(member), "vault")
const faults: unknown[] = []
let network: DemoNetwork

const open = async () => {
  network = await DemoNetwork.open({ folder, port: 0, onFault: (_member, error) => faults.push(error) })
  if (![...network.nodes.values()].some(({ services }) => services.readiness.recovery))
    await populate(network)
}
const documentId = (content: Uint8Array) => String((parseJson(content) as { id?: unknown }).id)
const city = () => network.node(CITY).services
const staff = (name: string) => {
  const { member, seed } = readJson(paths.person(name)) as { member: string; seed: string }
  return new StaffClient(network.node(member).services.config.url, fromHex(seed))
}

/** Devices outlive restarts of the network. */
const memories = new Map<string, DeviceMemory>()
const deviceOf = (alias: string): Device => ({
  read: async () => memories.get(alias) ?? { places: [] },
  change: async (edit) => {
    const memory = edit(memories.get(alias) ?? { places: [] })
    memories.set(alias, deviceMemory.parse(deviceMemory.toJson(memory), "device", "json"))
  },
})

/** `meanMs`: mean of the delay after which the ledger hears of a change. */
const patient = (alias: string, meanMs = 1, device = alias): PatientClient =>
  patientOf(network, alias, meanMs, deviceOf(device))
const placeAt = (alias: string, custodian = CITY) => {
  const place = patient(alias).places.find((one) => one.custodian === custodian)
  assert.ok(place)
  return place
}
/** Three people who are patients at City. */
const [ANN, BOB, CAT] = demoPatients({ seed: DEMO_SEED, now: 0, count: DEMO_PATIENTS })
  .filter(({ organisations }) => organisations.includes(CITY))
  .map(({ alias }) => alias)
const atCity = [ANN, BOB, CAT]

/** What an operator does while the node runs: one file after the other, keys last. */
function backup(): void {
  for (const name of ["vault.db", "keyring.db"]) {
    rmSync(join(folder, `backup-${name}`), { force: true })
    const db = new DatabaseSync(join(vaultOf(CITY), name), { readOnly: true })
    db.exec(`VACUUM INTO '${join(folder, `backup-${name}`)}'`)
    db.close()
  }
}
function restore(): void {
  rmSync(vaultOf(CITY), { recursive: true })
  mkdirSync(vaultOf(CITY), { mode: 0o700 })
  for (const name of ["vault.db", "keyring.db"])
    cpSync(join(folder, `backup-${name}`), join(vaultOf(CITY), name))
}

async function reopenRestored(): Promise<void> {
  await network.close()
  restore()
  await open()
}

const grant = (alias: string, meanMs?: number) =>
  patient(alias, meanMs).grant(
    { grantee: COUNTY, purpose: "TREAT", classes: [], until: Date.now() + DAY_MS },
    CITY,
  )
const fetch = async (alias: string) => {
  const { custodian, handle } = placeAt(alias)
  const answer = await staff("county-doctor").history([{ custodian, handle }], "TREAT")
  return { ...answer.custodians[0], timeline: answer.timeline, evidence: answer.evidence }
}
const flushAll = async () => {
  await city().committer.flush()
  await city().disclosures.flush()
}
const visit = (alias: string, id: string) => async () => {
  const found = await city().vault.patient({ handle: placeAt(alias).handle })
  const resource = {
    resourceType: "Observation",
    id,
    status: "final",
    code: { text: "seen since the backup" },
    subject: { reference: `Patient/${found?.fhirId}` },
  }
  const { resources } = await city().importer.import(utf8(JSON.stringify(resource)), id)
  assert.equal(resources, 1)
}
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 600_000; !(await holds()); ) {
    assert.ok(Date.now() < deadline, `this did not happen within ten minutes: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const code = (expected: string) => (error: unknown) =>
  error instanceof PlatformError && error.code === expected

after(async () => {
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe("a vault that is restored from an older backup", () => {
  let heightOfBackup: number
  let sizes: ReadonlyMap<string, number>
  const logRow = (alias: string) => city().engine.read(recordLogs, [CITY, placeAt(alias).handle])

  before(async () => {
    await open()
    for (const alias of atCity) {
      const [granted] = await grant(alias)
      await patient(alias).deliver(network.node(COUNTY).services.config.url, [granted.copy])
    }
    await city().policies.flush()
    assert.equal((await fetch(ANN)).outcome, "answered")
    await flushAll()
    heightOfBackup = (await city().engine.status()).checkpoint.height
    backup()
    sizes = new Map(
      await Promise.all(atCity.map(async (alias) => [alias, (await logRow(alias))?.size ?? 0] as const)),
    )
    // Since then: a record that County reads, a revocation that the ledger has not heard of yet, and one that it has.
    await visit(ANN, "since-1")()
    await visit(BOB, "since-2")()
    await flushAll()
    assert.equal((await fetch(ANN)).outcome, "answered")
    assert.equal((await fetch(BOB)).outcome, "answered")
    for (const [alias, meanMs] of [
      [ANN, 7 * DAY_MS],
      [BOB, 1],
    ] as const) {
      const device = patient(alias, meanMs)
      const { documents } = await device.policy(placeAt(alias))
      assert.equal(documents.length, 1)
      const consent = JSON.parse(Buffer.from(documents[0].content).toString()) as { id: string }
      await device.revoke(consent.id)
    }
    await flushAll()
    await until(async () => (await city().engine.read(policies, [CITY, placeAt(BOB).handle]))?.version === 2)
    await reopenRestored()
  })

  it("does not serve, and says what is missing", async () => {
    assert.ok(city().readiness.recovery)
    assert.equal(city().readiness.isStarted, false)
    assert.match(city().readiness.recovery?.words ?? "", /vault is behind the ledger/)
    const { outcome, code } = await fetch(ANN)
    assert.deepEqual([outcome, code], ["refused", "in_recovery"])
    await assert.rejects(patient(ANN).inbox(), { code: "in_recovery" })
    await assert.rejects(staff("city-admin").patients(), { code: "in_recovery" })
  })

  it("sends nothing to the ledger meanwhile", async () => {
    const { checkpoint } = await city().engine.status()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal((await city().engine.read(recoveries, [CITY]))?.all.length, undefined)
    assert.ok((await city().engine.status()).checkpoint.height - checkpoint.height < 5)
    assert.deepEqual(faults, [])
  })

  it("takes no import before the loss is declared", () =>
    assert.rejects(staff("city-admin").import(utf8("{}"), "x"), code("not_restored")))

  it("finds out since which block, from what the blocks say that it committed", async () => {
    const found = await staff("city-admin").recovery()
    assert.equal(found.state, "behind")
    assert.ok(found.from !== null && found.from >= heightOfBackup)
    assert.ok(found.entries >= 2)
    assert.ok(found.disclosures >= 4, "two answers and two policy changes")
    assert.equal(found.policies, 1)
  })

  it("declares it once: one row on the ledger, a case, and the vault goes on behind it", async () => {
    const restored = await staff("city-admin").declareRecovery("restored_backup")
    assert.equal(restored.state, "restored")
    assert.equal(restored.policies, 2)
    const row = await city().engine.read(recoveries, [CITY])
    assert.equal(row?.all.length, 1)
    assert.equal(row?.all[0].reason, "restored_backup")
    const open = (await city().engine.scan(memberCases)).filter(({ row }) => row.kind === "recovery")
    assert.equal(open.length, 1)
    assert.deepEqual([open[0].row.member, open[0].row.status], [CITY, "open"])
    assert.equal((await staff("city-admin").declareRecovery("restored_backup")).state, "restored")
    assert.equal((await city().engine.read(recoveries, [CITY]))?.all.length, 1)
  })

  it("tells administrators alone what is left to be done", async () => {
    const { member, seed } = readJson(paths.person("city-admin")) as { member: string; seed: string }
    const { url } = network.node(member).services.config
    const left = await new StaffRecovery(url, fromHex(seed)).rest()
    assert.equal(left.unconfirmed, 2)
    assert.equal(left.unreviewed, 0)
    assert.equal(left.disclosures, await city().vault.lostDisclosureCount())
    assert.ok(left.disclosures >= 4)
    const doctor = readJson(paths.person("city-doctor")) as { seed: string }
    for (const one of [fromHex(doctor.seed), new Uint8Array(32).fill(9)])
      for (const ask of [
        () => new StaffRecovery(url, one).rest(),
        () => new StaffRecovery(url, one).unreviewed(null, 10),
        () => new StaffClient(url, one).declareRecovery("lost_vault"),
        () => new StaffClient(url, one).finishRecovery(),
      ])
        await assert.rejects(ask(), code("not_permitted"))
  })

  it("gets AuditEvents back from those who were answered, and hears what they were shown of what is lost", async () => {
    const { vault } = network.node(COUNTY).services
    const received = vault.received.bind(vault)
    for (const hides of [true, false]) {
      vault.received = async (...which) => {
        const kept = await received(...which)
        return kept?.body
          ? { ...kept, body: hides ? null : Buffer.concat([kept.body.subarray(0, -1), Buffer.of(9)]) }
          : kept
      }
      assert.equal(
        (await staff("city-admin").askBack()).total,
        0,
        "a body that is hidden or forged is not taken",
      )
    }
    vault.received = received
    const answer = await staff("city-admin").askBack()
    assert.ok(answer.returned >= 2, "two answers to County")
    assert.deepEqual(answer.silent, [])
    assert.equal(answer.total, 2)
    for (const one of answer.released) {
      assert.equal(one.requester, COUNTY)
      const alias = atCity.find((name) => equalBytes(placeAt(name).handle, one.handle)) as string
      assert.ok(one.indexes.length > 0)
      for (const index of one.indexes) assert.ok(index >= (sizes.get(alias) as number))
    }
  })

  it("lets staff withhold again what is at the wrong patient, before anybody reads it", async () => {
    const { joins } = staff("city-admin")
    assert.deepEqual(await joins.moves(), [])
    const patient = await city().vault.patient({ handle: placeAt(CAT).handle })
    const record = (await city().vault.log(placeAt(CAT).handle)).find(({ type }) => type === "Encounter")
    assert.ok(patient && record)
    const name = `${record.type}/${record.fhirId}`
    const { move } = await joins.misfiled(patient.alias, name, "withheld since the backup", null)
    assert.equal(move.state, "withheld")
    assert.equal((await city().vault.withheldIn(placeAt(CAT).handle)).size, 1)
    await joins
      .returnMove(Buffer.from(move.id).toString("hex"), "it was this patient's")
      .then(() => assert.fail("nobody is given anything back meanwhile"), code("in_recovery"))
  })

  it("serves again, and what is new is committed behind what was lost", async () => {
    await staff("city-admin").finishRecovery()
    assert.equal(city().readiness.isStarted, true)
    await visit(ANN, "after-1")()
    await flushAll()
    for (const alias of atCity) {
      const { handle } = placeAt(alias)
      const row = await logRow(alias)
      assert.ok(row && isWholeLog(await hashesOf(city().vault, handle), row), alias)
    }
    const row = await logRow(ANN)
    assert.ok(row)
    const lost = lostOf(row, (await city().engine.read(recoveries, [CITY]))?.all ?? [])
    // Dummies may have been committed in between as well.
    assert.equal(lost.length, 1)
    assert.equal(lost[0].from, sizes.get(ANN))
    assert.ok(lost[0].to < row.size)
    assert.deepEqual(faults, [])
  })

  it("opens a policy at once where the log shows that no change was lost", async () => {
    const answer = await fetch(CAT)
    assert.deepEqual([answer.outcome, answer.findings], ["answered", []])
    assert.equal(answer.recoveries.length, 1)
  })

  it("keeps a policy closed of which a change was lost, also one that the ledger had not heard of", async () => {
    for (const alias of [ANN, BOB]) {
      const { outcome, code } = await fetch(alias)
      assert.deepEqual([outcome, code], ["refused", "policy_unknown"], alias)
    }
  })

  it("until the device has delivered again what it signed last: the revocation stands", async () => {
    for (const alias of [ANN, BOB]) {
      const { documents, isConfirmed } = await patient(alias).policy(placeAt(alias))
      assert.deepEqual([documents, isConfirmed], [[], true], alias)
      const { outcome, code } = await fetch(alias)
      assert.deepEqual([outcome, code], ["refused", "policy_missing"], alias)
    }
  })

  it("shows requesters what was lost, since when and how often, and no lie is found in it", async () => {
    const [granted] = await grant(ANN)
    await patient(ANN).deliver(network.node(COUNTY).services.config.url, [granted.copy])
    await city().policies.flush()
    const answer = await fetch(ANN)
    assert.deepEqual([answer.outcome, answer.findings], ["answered", []])
    assert.ok(answer.lost >= 1)
    assert.deepEqual(
      answer.recoveries.map(({ reason }) => reason),
      ["restored_backup"],
    )
    const titles = answer.timeline.map(({ title }) => title)
    assert.equal(titles.filter((title) => title === "seen since the backup").length, 1, "the one after it")
  })

  it("numbers of disclosures go on: nobody is marked for a broken promise", async () => {
    await flushAll()
    const [part] = (await patient(ANN).account()).filter(({ custodian }) => custodian === CITY)
    const numbers = part.entries.map(({ n }) => n)
    assert.equal(new Set(numbers).size, numbers.length)
    assert.ok(
      !part.findings.some((finding) => /broken promise|missing|not shown/.test(finding)),
      part.findings.join(),
    )
    assert.equal(part.recoveries.length, 1)
    assert.ok(part.findings.some((finding) => /\d+ entries of your record log were lost/.test(finding)))
    const size = (await city().engine.read(disclosureLogs, [CITY]))?.size ?? 0
    assert.ok(size > 0)
    assert.deepEqual(faults, [])
  })

  it("a second recovery within a year needs the authority's word", async () => {
    await reopenRestored()
    assert.ok(city().readiness.recovery)
    const admin = staff("city-admin")
    await assert.rejects(admin.declareRecovery("restored_backup"), code("authority_must_permit"))
    await assert.rejects(admin.finishRecovery(), code("not_restored"))
    await staff("authority").permitRecovery(CITY)
    assert.equal((await admin.declareRecovery("restored_backup")).state, "restored")
    await admin.finishRecovery()
    // What County was answered since stands in the log: the device has to say that nothing else changed.
    assert.equal((await fetch(CAT)).code, "policy_unknown")
    await patient(CAT).policy(placeAt(CAT))
    // And what staff withheld of her meanwhile is lost, so somebody has to look.
    assert.equal((await fetch(CAT)).code, "policy_unknown")
    await admin.reviewed((await city().vault.patient({ handle: placeAt(CAT).handle }))?.alias ?? "")
    assert.equal((await fetch(CAT)).recoveries.length, 2)
  })

  it("a custodian cannot be rid of one record by it", async () => {
    const lie = (index: (lines: ManifestBody["lines"]) => number) => {
      city().custodian.dishonesty = {
        body(body) {
          const chosen = index(body.lines)
          const lines = body.lines.map((line, i) =>
            i === chosen && line.entry
              ? { entry: null, lost: entryHash(line.entry), status: "lost" as const, sent: null }
              : line,
          )
          return { ...body, lines }
        },
        records: (records) => records,
      }
    }
    await visit(CAT, "unwelcome")()
    await visit(CAT, "later")()
    await flushAll()
    // One that was committed after the recovery, and one from before its block.
    for (const index of [(lines: ManifestBody["lines"]) => lines.length - 2, () => 0]) {
      lie(index)
      const { findings, evidence: files } = await fetch(CAT)
      assert.ok(
        findings.some(({ kind }) => kind === "undeclared_loss"),
        JSON.stringify(findings),
      )
      const found = evidence.parse(decodeCbor(files[0].content))
      assert.equal(verifyEvidence(found, network.document).lie, "undeclared_loss")
    }
    city().custodian.dishonesty = {}
  })

  it("a device that did not hear of a revocation does not undo it, whatever the custodian wants confirmed", async () => {
    const tablet = patient(CAT, 1, "tablet")
    await tablet.grant({ grantee: COUNTY, purpose: "TREAT", classes: [], until: Date.now() + DAY_MS }, CITY)
    const phone = patient(CAT)
    const seen = async () =>
      (await phone.policy(placeAt(CAT))).documents.map(({ content }) => documentId(content))
    for (const id of await seen()) await phone.revoke(id)
    await flushAll()
    const { handle } = placeAt(CAT)
    await city().vault.setUnconfirmed(handle, Date.now())
    await tablet.inbox()
    assert.equal(await city().vault.isUnconfirmed(handle), true)
    assert.deepEqual((await city().vault.policy(handle))?.documents, [])
    // The device that signed last settles it.
    assert.deepEqual([await seen(), await city().vault.isUnconfirmed(handle)], [[], false])
  })

  it("a policy change that came past the custodian closes that policy, and nothing else", async () => {
    await patient(BOB).policy(placeAt(BOB))
    await flushAll()
    const before = await city().vault.unconfirmedCount()
    const { handle, keyNumber } = placeAt(BOB)
    const { seedFile } = readJson(paths.person(BOB)) as { seedFile: string }
    const seed = handleSeed(fromHex(readFileSync(seedFile, "utf8").trim()), CITY, handle, keyNumber)
    const base = (await city().engine.read(policies, [CITY, handle]))?.version ?? 0
    const { bytes } = makeEnvelope(
      {
        network: network.document.network,
        contract: "policy",
        action: "grant",
        input: {
          custodian: CITY,
          handle,
          base,
          root: utf8("a root that nobody has documents for").subarray(0, 32),
        },
        expiry: Date.now() + 60_000,
      },
      [seed],
    )
    await network.node(COUNTY).services.engine.submit(bytes)
    await network.close()
    await open()
    assert.deepEqual([city().readiness.recovery, city().readiness.isStarted], [undefined, true])
    assert.equal(await city().vault.isUnconfirmed(handle), true)
    assert.equal(await city().vault.unconfirmedCount(), before + 1)
    assert.equal((await fetch(BOB)).code, "policy_unknown")
  })
})

describe("decisions about whose records these are, which an older backup does not have", () => {
  const admin = () => staff("city-admin")
  const aliasOf = async (alias: string) =>
    (await city().vault.patient({ handle: placeAt(alias).handle }))?.alias ?? ""
  /** A record of this patient, as aceso patients misfiled takes it. */
  const recordOf = async (alias: string, type: string) => {
    const found = (await city().vault.log(placeAt(alias).handle)).find((one) => one.type === type)
    assert.ok(found, type)
    return `${found.type}/${found.fhirId}`
  }
  const withheld = async (alias: string) => (await city().vault.withheldIn(placeAt(alias).handle)).size
  const isJoined = async () => (await city().joins.group(placeAt(ANN).handle)).length > 1
  const unreviewed = async () => {
    const all: string[] = []
    for await (const alias of admin().unreviewed()) all.push(alias)
    return all.sort()
  }
  let objected: string

  before(async () => {
    const { joins } = admin()
    for (const alias of atCity) await patient(alias).policy(placeAt(alias))
    for (const alias of [ANN, CAT]) {
      const [granted] = await grant(alias)
      await patient(alias).deliver(network.node(COUNTY).services.config.url, [granted.copy])
    }
    await city().policies.flush()
    await joins.same(await aliasOf(ANN), await aliasOf(BOB), "one person with two cards")
    const record = await recordOf(ANN, "Condition")
    const { move } = await joins.misfiled(await aliasOf(ANN), record, "it is Bob's", await aliasOf(BOB))
    objected = Buffer.from(move.id).toString("hex")
    await flushAll()
    backup()
    // Since then nothing that a patient did, and nothing that is on the ledger but for what was decided.
    await joins.apart(await aliasOf(ANN), await aliasOf(BOB), "two people")
    await city().moves.object(placeAt(BOB).handle, move.id)
    await joins.misfiled(await aliasOf(CAT), await recordOf(CAT, "Encounter"), "a stranger's", null)
    assert.equal((await fetch(CAT)).withdrawn, await withheld(CAT))
    await flushAll()
    await reopenRestored()
  })

  it("are missed: the node does not serve with records open that were withheld", async () => {
    assert.ok(city().readiness.recovery)
    await staff("authority").permitRecovery(CITY)
    const { unreviewed: count } = await admin().declareRecovery("restored_backup")
    assert.equal(count, 3)
    assert.deepEqual(await unreviewed(), (await Promise.all(atCity.map(aliasOf))).sort())
  })

  it("stop what was proposed about a record: an objection may be lost", async () => {
    const moves = await admin().joins.moves()
    const found = moves.find(({ id }) => Buffer.from(id).toString("hex") === objected)
    assert.deepEqual([found?.state, found?.belongsTo], ["withheld", null])
    const last = found?.events.at(-1)
    assert.deepEqual([last?.what, last?.by], ["lapsed", "node"])
  })

  it("keep those patients closed, whatever the device confirms, and their joins out of sight", async () => {
    await admin().finishRecovery()
    for (const alias of [ANN, CAT]) {
      await patient(alias).policy(placeAt(alias))
      assert.equal(await city().vault.isUnconfirmed(placeAt(alias).handle), false)
      const { outcome, code } = await fetch(alias)
      assert.deepEqual([outcome, code], ["refused", "policy_unknown"])
    }
    assert.equal(await isJoined(), true, "the backup has the join")
    const { ownView } = city()
    const viewer = {
      ...{ key: new Uint8Array(32).fill(0xaa), name: "Dr. Chen", role: "doctor" },
      ...{ purpose: "TREAT", what: "history" as const },
    }
    const { lines, joined } = await ownView.of(placeAt(ANN).handle, viewer)
    assert.deepEqual([...new Set(lines.map(({ alias }) => alias))], [await aliasOf(ANN)])
    assert.ok(joined.some(({ code, alias }) => code === "policy_unknown" && alias !== ""))
  })

  it("and their own devices are handed nothing, lest it is what was withheld", async () => {
    const { records } = await ownRecordsPage(city().vault, placeAt(CAT).handle, 0, 500)
    assert.ok(records.length > 0)
    assert.ok(records.every(({ entry, content }) => entry.operation === "delete" || content === null))
  })

  it("are said to be lost in what staff sees of the patient", async () => {
    const viewer = {
      ...{ key: new Uint8Array(32).fill(0xaa), name: "Dr. Chen", role: "doctor" },
      ...{ purpose: "TREAT", what: "history" as const },
    }
    const { lost } = await city().ownView.of(placeAt(CAT).handle, viewer)
    assert.equal(lost.find(({ alias }) => alias !== "")?.isUnreviewed, true)
  })

  it("until an administrator has looked and decided again", async () => {
    const cat = await aliasOf(CAT)
    await admin().joins.misfiled(cat, await recordOf(CAT, "Encounter"), "a stranger's", null)
    await assert.rejects(staff("city-doctor").reviewed(cat), code("not_permitted"))
    await admin().reviewed(cat)
    const answer = await fetch(CAT)
    assert.deepEqual([answer.outcome, answer.findings], ["answered", []])
    assert.equal(answer.withdrawn, await withheld(CAT))
    await assert.rejects(admin().reviewed(cat), code("not_found"))
    assert.equal((await unreviewed()).length, 2)
  })

  it("and go on in numbers of their own: the next backup misses the next decision", async () => {
    await flushAll()
    backup()
    await admin().joins.misfiled(
      await aliasOf(BOB),
      await recordOf(BOB, "Encounter"),
      "somebody else's",
      null,
    )
    await flushAll()
    await reopenRestored()
    await staff("authority").permitRecovery(CITY)
    await admin().declareRecovery("restored_backup")
    assert.ok((await unreviewed()).includes(await aliasOf(BOB)))
    await admin().finishRecovery()
  })

  it("a backup that was made during a recovery can be recovered from", async () => {
    await flushAll()
    backup()
    await visit(CAT, "between")()
    await flushAll()
    await reopenRestored()
    await staff("authority").permitRecovery(CITY)
    await admin().declareRecovery("restored_backup")
    backup()
    await admin().finishRecovery()
    await visit(CAT, "after-finish")()
    await flushAll()
    await reopenRestored()
    assert.equal(city().readiness.recovery?.state().state, "behind")
    await staff("authority").permitRecovery(CITY)
    assert.equal((await admin().declareRecovery("restored_backup")).state, "restored")
    await admin().finishRecovery()
    assert.equal(city().readiness.isStarted, true)
  })
})
