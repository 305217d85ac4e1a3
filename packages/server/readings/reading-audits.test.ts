import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, it } from "node:test"
import {
  readingAuditsAnswer,
  readingAuditsQuestion,
  staffReadingsAnswer,
  staffReadingsQuestion,
} from "@aceso/client"
import { type Cbor, decodeCbor, encodeCbor, type Handle, PlatformError, toHex } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import type { StaffRoute } from "../modules/route.ts"
import type { StaffMember } from "../node/staff.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { freshVault } from "../testing/fresh-vault.ts"
import { READER } from "../testing/readings.ts"
import { readingsModule } from "./module.ts"
import { MOST_AN_HOUR, ReadingAudits } from "./reading-audits.ts"
import { Readings, readingMigrations } from "./readings.ts"

const DAY_MS = 86_400_000
const NOON = Date.parse("2026-11-29T12:00:00Z")
const LEE = { ...READER, key: new Uint8Array(32).fill(0xbb), name: "lee", role: "nurse" }
const PEOPLE: Record<"admin" | "doctor" | "clerk" | "officer", StaffMember> = {
  admin: { name: "admin", key: new Uint8Array(32).fill(1), isAdministrator: true },
  doctor: { name: "doctor", key: new Uint8Array(32).fill(2), role: "doctor", isAdministrator: false },
  clerk: { name: "clerk", key: new Uint8Array(32).fill(3), role: "registrar", isAdministrator: false },
  officer: { name: "officer", key: new Uint8Array(32).fill(4), role: "visa-officer", isAdministrator: true },
}

describe("the audit of looks of the own staff", () => {
  let ledger: TestLedger
  let city: TestCustodian
  let readings: Readings
  let audits: ReadingAudits
  let routes: readonly StaffRoute[]
  beforeEach(async () => {
    ledger = await startLedger("city")
    city = new TestCustodian(ledger, "city")
    const database = city.vault.moduleDatabase("readings", readingMigrations)
    const disclosures = new Disclosures(city.vault, city.client, 60_000)
    readings = new Readings({ database, disclosures, member: "city", dayMs: DAY_MS })
    audits = new ReadingAudits(database, DAY_MS)
    const services = { config: { readingsDayMs: DAY_MS, identifiers: {} }, readings, readingAudits: audits }
    const { routes: all = [] } = readingsModule.setup({ ...services, vault: city.vault } as never)
    routes = all.filter((one) => one.by === "staff")
  })
  afterEach(async () => {
    await city.vault.close()
    await ledger.end()
  })
  const patient = async (name: string): Promise<Handle> => {
    await city.vault.addPatient({ handle: seedOf(name), fhirId: name, hasKey: false })
    return seedOf(name)
  }
  const call = async (path: string, question: object, who = PEOPLE.admin) => {
    const route = routes.find((one) => one.path === path)
    assert.ok(route)
    return decodeCbor(await route.answerTo(encodeCbor(question as Cbor), who))
  }
  const page = async (question: object) =>
    staffReadingsAnswer.parse(
      await call(
        "/staff/readings",
        staffReadingsQuestion.parse({ after: null, limit: 100, ...question }, "q"),
      ),
      "answer",
    )
  const auditsPage = async (at: number, before: number | null = null, limit = 200) =>
    readingAuditsAnswer.parse(
      await call("/staff/reading-audits", readingAuditsQuestion.parse({ at, before, limit }, "q")),
      "answer",
    )
  const auditsOf = async (at: number) => (await auditsPage(at)).audits

  it("refuses a day that has not begun, and notes nothing of it", async () => {
    const now = Date.now()
    for (const at of [now + 2 * DAY_MS, Number.MAX_SAFE_INTEGER]) {
      await assert.rejects(page({ at }), { code: "bad_input" })
      await assert.rejects(auditsPage(at), { code: "bad_input" })
    }
    assert.deepEqual((await auditsPage(now)).audits, [])
  })

  it("tells who looked at whom, when and what for, of that day alone", async () => {
    const [eve, bob] = [await patient("eve"), await patient("bob")]
    await readings.note([eve], READER, NOON)
    await readings.note([bob], LEE, NOON + 60_000)
    await readings.note([eve], LEE, NOON + DAY_MS)
    const { from, to, looks, next } = await page({ at: NOON })
    assert.deepEqual([from, to, next], [NOON - DAY_MS / 2, NOON + DAY_MS / 2, undefined])
    const shown = looks.map(({ at, person, role, purpose, what }) => [at, person, role, purpose, what])
    assert.deepEqual(
      shown.sort(),
      [
        [NOON, "Dr. Chen", "doctor", "TREAT", "history"],
        [NOON + 60_000, "lee", "nurse", "TREAT", "history"],
      ].sort(),
    )
    const aliases = looks.map(({ patient }) => patient?.alias)
    assert.equal(new Set(aliases).size, 2)
    assert.ok(aliases.every((alias) => alias !== undefined))
  })

  it("is still there once a day is closed", async () => {
    await readings.note([await patient("eve")], READER, NOON)
    await readings.close(NOON + DAY_MS)
    assert.equal((await page({ at: NOON })).looks.length, 1)
  })

  it("goes by pages, each look once", async () => {
    for (let n = 0; n < 7; n++) {
      const handle = await patient(`p${n}`)
      await readings.note([handle], READER, NOON)
      await readings.note([handle], LEE, NOON)
    }
    const found: string[] = []
    let after: unknown = null
    for (let pages = 0; after !== undefined; pages++) {
      assert.ok(pages < 6)
      const answer = await page({ at: NOON, after, limit: 3 })
      found.push(...answer.looks.map(({ person, patient }) => `${person} ${patient?.alias}`))
      after = answer.next
    }
    assert.equal(found.length, 14)
    assert.equal(new Set(found).size, 14)
  })

  it("tells one person's looks alone, and gets to the end of a day of many others", async () => {
    const handle = await patient("eve")
    for (let n = 0; n < 30; n++) await readings.note([handle], { ...READER, what: `attachment ${n}` }, NOON)
    await readings.note([handle], LEE, NOON)
    const { looks } = await page({ at: NOON, person: "lee", limit: 5 })
    assert.deepEqual(
      looks.map(({ person }) => person),
      ["lee"],
    )
    assert.deepEqual((await page({ at: NOON, person: "nobody" })).looks, [])
  })

  it("notes who looks at it, and at whose looks, before it shows anything; the same within the hour once", async (test) => {
    // A look counts as another one from the full hour on: by the machine's own clock that could come in between.
    test.mock.timers.enable({ apis: ["Date"], now: NOON + 60_000 })
    await page({ at: NOON })
    await page({ at: NOON })
    await page({ at: NOON, person: "lee" })
    const noted = await auditsOf(NOON)
    assert.deepEqual(
      noted.map(({ by, day, person }) => [by, day, person]),
      [
        ["admin", NOON - DAY_MS / 2, "lee"],
        ["admin", NOON - DAY_MS / 2, undefined],
      ],
    )
    assert.deepEqual(await auditsOf(NOON - DAY_MS), [])
    test.mock.timers.setTime(NOON + 3_600_000)
    await page({ at: NOON })
    assert.equal((await auditsOf(NOON)).length, 3)
  })

  it("hides no look at it behind others: newest first, by pages, each once", async (test) => {
    test.mock.timers.enable({ apis: ["Date"], now: NOON })
    // More than were shown of a day once.
    for (let hour = 0; hour < 6; hour++) {
      test.mock.timers.setTime(NOON + hour * 3_600_000)
      for (let n = 0; n < 90; n++) await audits.note("admin", n, undefined)
    }
    await page({ at: NOON, person: "lee" })
    const first = await auditsPage(Date.now(), null, 100)
    assert.equal(first.audits[0].person, "lee", "the newest look is on the first page")
    let { next } = first
    const found = [...first.audits]
    for (let pages = 0; next !== undefined; pages++) {
      assert.ok(pages < 6)
      const more = await auditsPage(Date.now(), next, 100)
      found.push(...more.audits)
      next = more.next
    }
    assert.equal(found.length, 541)
    assert.equal(new Set(found.map(({ at, day, person }) => `${at} ${day} ${person}`)).size, 541)
    assert.ok(found.every(({ at }, i) => i === 0 || at <= found[i - 1].at))
  })

  it("bounds the looks of one person an hour, of nobody else, and shows nothing beyond", async (test) => {
    test.mock.timers.enable({ apis: ["Date"], now: NOON })
    const looks = (n: number, who = PEOPLE.admin) =>
      call("/staff/readings", { at: n * DAY_MS, after: null, limit: 1 }, who)
    for (let n = 0; n < MOST_AN_HOUR; n++) await looks(n)
    await assert.rejects(looks(MOST_AN_HOUR), { code: "too_many_looks" })
    await looks(0)
    await looks(MOST_AN_HOUR, { ...PEOPLE.admin, name: "other", key: new Uint8Array(32).fill(9) })
    test.mock.timers.setTime(NOON + 3_600_000)
    await looks(MOST_AN_HOUR)
    const { audits: newest, next } = await auditsPage(NOON)
    const { audits: oldest } = await auditsPage(NOON, next)
    assert.equal(newest.length + oldest.length, MOST_AN_HOUR + 2)
  })

  it("keeps what was noted before looks were bounded", async () => {
    const vault = freshVault("audits")
    const older = vault.moduleDatabase<{
      readings_audits: { day: number; name: Uint8Array; event: Uint8Array }
    }>("readings", readingMigrations.slice(0, 2))
    const name = older.tag("older")
    const event = older.seal("audit", name, encodeCbor([NOON, "admin", 3, null]))
    await older.db
      .insertInto("readings_audits")
      .values({ day: Math.floor(NOON / DAY_MS), name, event })
      .execute()
    const now = new ReadingAudits(vault.moduleDatabase("readings", readingMigrations), DAY_MS)
    await now.note("admin", 4, undefined, NOON)
    const { audits } = await now.audits(now.dayOf(NOON), null, 10)
    assert.deepEqual(
      audits.map(({ day }) => day / DAY_MS),
      [4, 3],
    )
  })

  for (const who of ["doctor", "clerk", "officer"] as const)
    it(`refuses a ${who}, and shows nothing`, async () => {
      for (const path of ["/staff/readings", "/staff/reading-audits"])
        await assert.rejects(
          call(
            path,
            path.endsWith("audits")
              ? { at: NOON, before: null, limit: 10 }
              : { at: NOON, after: null, limit: 10 },
            PEOPLE[who],
          ),
          (error) => error instanceof PlatformError && error.code === "not_permitted",
        )
      assert.deepEqual(await audits.audits(audits.dayOf(Date.now()), null, 10), { audits: [] })
    })

  it("refuses a page without a line, and one that is too long", async () => {
    for (const limit of [0, 201])
      await assert.rejects(
        call("/staff/reading-audits", { at: NOON, before: null, limit }),
        (error) => error instanceof PlatformError && error.code === "bad_input",
      )
    for (const limit of [0, 201])
      await assert.rejects(
        call("/staff/readings", { at: NOON, after: null, limit }),
        (error) => error instanceof PlatformError && error.code === "bad_input",
      )
  })

  it("keeps nothing of it in the clear", async () => {
    await page({ at: NOON, person: "a-name-to-find" })
    const { db } = city.vault.moduleDatabase<{ readings_audits: { event: Uint8Array; name: Uint8Array } }>(
      "readings",
      readingMigrations,
    )
    const rows = await db.selectFrom("readings_audits").selectAll().execute()
    assert.equal(rows.length, 1)
    for (const bytes of [rows[0].event, rows[0].name])
      assert.equal(toHex(bytes).includes(toHex(new TextEncoder().encode("a-name-to-find"))), false)
  })
})
