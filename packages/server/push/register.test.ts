import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { noticeTag } from "@aceso/client"
import { type Bytes, randomBytes } from "@aceso/core"
import { freshVault } from "../testing/fresh-vault.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import {
  ENDPOINTS_PER_TAG,
  NOTICE_MS,
  PushRegister,
  type RegisterTables,
  registerMigrations,
  TAGS_PER_ENDPOINT,
} from "./register.ts"

const vault = freshVault("pushes")
const register = new PushRegister(vault.moduleDatabase("pushes", registerMigrations))
let count = 0
const endpoint = () => `https://fcm.googleapis.com/fcm/send/${++count}`
const fresh = (n = 1) => Array.from({ length: n }, () => randomBytes(32))
const endpointsOf = async (secret: Bytes, now?: number) =>
  (await register.of(noticeTag(secret), now)).map((one) => one.endpoint).sort()

describe("what the app's operator keeps of devices", () => {
  it("is found by each tag, and by no secret or other tag", async () => {
    const [device, secrets] = [endpoint(), fresh(16)]
    await register.register(device, secrets)
    for (const secret of secrets) assert.deepEqual(await endpointsOf(secret), [device])
    assert.deepEqual(await register.of(secrets[0]), [])
    assert.deepEqual(await register.of(randomBytes(32)), [])
  })

  it("is ended by whoever made the secrets, and by nobody who has the tags", async () => {
    const [device, secrets] = [endpoint(), fresh(16)]
    await register.register(device, secrets)
    const tags = secrets.map(noticeTag)
    await register.end(device, tags)
    await register.end(undefined, tags)
    assert.deepEqual(await endpointsOf(secrets[0]), [device])
    assert.deepEqual(await register.end(device, secrets), { isElsewhere: false, isShared: false })
    assert.deepEqual(await endpointsOf(secrets[0]), [])
  })

  it("cannot be taken over by whoever has a tag: registering it registers another", async () => {
    const [device, own] = [endpoint(), fresh()]
    await register.register(device, own)
    await register.register(endpoint(), [noticeTag(own[0])])
    assert.deepEqual(await endpointsOf(own[0]), [device])
  })

  it("is of each device apart: one ends, the other stays", async () => {
    const [phone, tablet, secrets] = [endpoint(), endpoint(), fresh(16)]
    for (const device of [phone, tablet]) await register.register(device, secrets)
    assert.deepEqual(await endpointsOf(secrets[3]), [phone, tablet].sort())
    assert.deepEqual(await register.end(phone, secrets), { isElsewhere: true, isShared: false })
    assert.deepEqual(await endpointsOf(secrets[3]), [tablet])
    await register.register(phone, secrets)
    await register.end(undefined, secrets)
    assert.deepEqual(await endpointsOf(secrets[3]), [])
  })

  it("is of each person apart who shares a device", async () => {
    const [device, anna, bo] = [endpoint(), fresh(16), fresh(16)]
    for (const secrets of [anna, bo]) await register.register(device, secrets)
    assert.deepEqual(await register.end(device, anna), { isElsewhere: false, isShared: true })
    assert.deepEqual(await endpointsOf(bo[0]), [device])
  })

  it("ends by itself unless it is renewed", async () => {
    const [device, secrets] = [endpoint(), fresh(16)]
    await register.register(device, secrets)
    await register.register(device, secrets.slice(0, 1), Date.now() + 1000)
    const later = Date.now() + NOTICE_MS + 500
    assert.deepEqual(await endpointsOf(secrets[0], later), [device])
    assert.deepEqual(await endpointsOf(secrets[1], later), [])
    const other = new PushRegister(freshVault("swept").moduleDatabase("pushes", registerMigrations))
    await other.register(device, secrets)
    await other.sweep(Date.now() + NOTICE_MS - 1000)
    assert.equal(await other.count(), 1)
    await other.sweep(later)
    assert.equal(await other.count(), 0)
  })

  it("is gone when the push service says so", async () => {
    const [device, secrets] = [endpoint(), fresh(16)]
    await register.register(device, secrets)
    const [{ n }] = await register.of(noticeTag(secrets[0]))
    await register.gone(n)
    assert.deepEqual(await endpointsOf(secrets[15]), [])
    assert.equal(await register.has(n), false)
  })

  it("has bounds for each device and each tag: the newest stay", async () => {
    const device = endpoint()
    const people = Array.from({ length: TAGS_PER_ENDPOINT / 16 + 1 }, () => fresh(16))
    for (const [i, secrets] of people.entries()) await register.register(device, secrets, Date.now() + i)
    assert.deepEqual(await endpointsOf(people[0][0]), [])
    for (const secrets of people.slice(1)) assert.deepEqual(await endpointsOf(secrets[7]), [device])
    const [tag, devices] = [fresh(), Array.from({ length: ENDPOINTS_PER_TAG + 2 }, endpoint)]
    for (const [i, one] of devices.entries()) await register.register(one, tag, Date.now() + i)
    assert.deepEqual(await endpointsOf(tag[0]), devices.slice(2).sort())
  })

  // The attack: somebody registers what they like, again and again.
  it("stays in its bounds under thousands of registrations, and who was told before stays", async () => {
    const database = freshVault("full").moduleDatabase<RegisterTables>("pushes", registerMigrations)
    const small = new PushRegister(database, { maxEndpoints: 50, perDay: 10_000 })
    const [device, secrets] = [endpoint(), fresh(1)]
    await small.register(device, secrets)
    const [{ n }] = await small.of(noticeTag(secrets[0]))
    await small.accepted(n)
    // At once, so that the disk is waited for once.
    await database.atomically(async () => {
      for (let i = 0; i < 2_000; i++) await small.register(`https://fcm.googleapis.com/x/${i}`, fresh())
    })
    assert.equal(await small.count(), 50)
    assert.equal((await small.of(noticeTag(secrets[0]))).length, 1)
    await small.register(device, secrets)
  })

  // The attack: at a full register one invented endpoint pushes out a patient's new device that was told nothing yet.
  it("drops the newest of the address that has most, and no device of another one", async () => {
    const database = freshVault("pushed-out").moduleDatabase<RegisterTables>("pushes", registerMigrations)
    const small = new PushRegister(database, { maxEndpoints: 20 })
    const [device, secrets, first] = [endpoint(), fresh(), fresh()]
    await small.register(device, secrets, Date.now(), "patient")
    await small.register(endpoint(), first, Date.now(), "stranger")
    await database.atomically(async () => {
      for (let i = 0; i < 100; i++) await small.register(endpoint(), fresh(), Date.now(), "stranger")
      for (let i = 0; i < 5; i++) await small.register(endpoint(), fresh(), Date.now(), `other ${i}`)
    })
    assert.equal(await small.count(), 20)
    for (const one of [secrets, first]) assert.equal((await small.of(noticeTag(one[0]))).length, 1)
    const kept = await database.db
      .selectFrom("pushes_addresses")
      .select("unproven")
      .orderBy("unproven")
      .execute()
    assert.deepEqual(
      kept.map(({ unproven }) => unproven),
      [1, 1, 1, 1, 1, 1, 14],
    )
  })

  it("takes so many new ones of one address within a day, and renews the others", async () => {
    const database = freshVault("per-day").moduleDatabase<RegisterTables>("pushes", registerMigrations)
    const small = new PushRegister(database, { perDay: 2 })
    const [one, secrets] = [endpoint(), fresh()]
    const n = await small.register(one, secrets, Date.now(), "a")
    await small.register(endpoint(), fresh(), Date.now(), "a")
    const third = () => small.register(endpoint(), fresh(), Date.now(), "a")
    await assert.rejects(third(), { code: "too_many_requests" })
    await small.register(endpoint(), fresh(), Date.now(), "b")
    assert.equal(await small.register(one, secrets, Date.now(), "a"), n)
    await small.accepted(n as number)
    assert.equal(await small.register(one, secrets, Date.now(), "a"), undefined)
    await small.end(one, secrets)
    assert.equal(await small.count(), 2)
    const rows = await database.db.selectFrom("pushes_endpoints").select("id").execute()
    assert.equal(rows.length, 2)
  })

  it("is full where all were told before", async () => {
    const small = new PushRegister(freshVault("told").moduleDatabase("pushes", registerMigrations), {
      maxEndpoints: 1,
    })
    const secrets = fresh()
    await small.register(endpoint(), secrets)
    await small.accepted((await small.of(noticeTag(secrets[0])))[0].n)
    await assert.rejects(small.register(endpoint(), fresh()), { code: "store_full" })
  })

  it("of the release before is there, counted, and goes before what has an address", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aceso-pushes-"))
    after(() => rmSync(folder, { recursive: true, force: true }))
    const options = { folder, organisation: "authority", masterKey: randomBytes(32) }
    const former = new SqliteVault(options)
    const before = former.moduleDatabase<RegisterTables>("pushes", registerMigrations.slice(0, 1))
    for (const accepted of [0, 0, 1])
      await before.db
        .insertInto("pushes_endpoints")
        .values({ id: randomBytes(32), content: randomBytes(32), accepted } as never)
        .execute()
    await former.close()
    const vault = new SqliteVault(options)
    const database = vault.moduleDatabase<RegisterTables>("pushes", registerMigrations)
    const small = new PushRegister(database, { maxEndpoints: 3 })
    assert.equal(await small.count(), 3)
    await small.register(endpoint(), fresh(), Date.now(), "a")
    const left = await database.db.selectFrom("pushes_endpoints").select(["n", "accepted"]).execute()
    assert.deepEqual(
      left.map(({ n, accepted }) => [n, accepted]),
      [
        [1, 0],
        [3, 1],
        [4, 0],
      ],
    )
    await vault.close()
  })

  it("lies sealed, and is there after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aceso-pushes-"))
    after(() => rmSync(folder, { recursive: true, force: true }))
    const options = { folder, organisation: "authority", masterKey: randomBytes(32) }
    const [device, secrets] = [endpoint(), fresh(16)]
    const first = new SqliteVault(options)
    await new PushRegister(first.moduleDatabase("pushes", registerMigrations)).register(device, secrets)
    for (const name of readdirSync(folder))
      for (const secret of [Buffer.from(device), ...secrets])
        assert.equal(readFileSync(join(folder, name)).includes(Buffer.from(secret)), false, name)
    await first.close()
    const second = new SqliteVault(options)
    const again = new PushRegister(second.moduleDatabase("pushes", registerMigrations))
    assert.equal((await again.of(noticeTag(secrets[5])))[0].endpoint, device)
    await second.close()
  })
})
