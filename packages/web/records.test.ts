// needs: chromium
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { afterEach, describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { addLargePatient } from "@aceso/consortium/testing/large-patient.ts"
import { flushPolicies, patientOf } from "@aceso/consortium/testing/story.ts"
import { fromHex, parseJson, toBase64, utf8 } from "@aceso/core"
import type { BrowserContext, Page } from "playwright-core"
import { openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const CITY = "city-hospital"
const CLINIC = "community-clinic"

const demo = demoInBrowser("records")

const appAt = () => (demo.network.start ?? "").replace(/demo\/$/, "")
/** What no page shows of itself: the browser says of an answer that it was none. */
const EXPECTED = /Failed to load resource/

/** Opens somebody's records, waits until they are there, and closes them when they were looked at. */
async function withRecords(
  who: string,
  look: (page: Page, context: BrowserContext) => Promise<void>,
  { url = "", ...options }: Parameters<typeof openPage>[2] & { url?: string } = {},
): Promise<void> {
  const { page, context, faults } = await openPage(demo.browser, `${appAt()}#demo=${who}`, options)
  page.setDefaultTimeout(60_000)
  try {
    await page.locator(".entry").first().waitFor()
    if (url) await page.goto(`${appAt()}${url}`)
    await look(page, context)
    assert.deepEqual(
      faults.filter((fault) => !EXPECTED.test(fault)),
      [],
    )
  } finally {
    await context.close()
  }
}

const placeOf = (who: string, member: string) => {
  const { places } = readJson(layout(demo.folder).person(who)) as {
    places: { custodian: string; handle: string; url: string }[]
  }
  const found = places.find(({ custodian }) => custodian === member)
  assert.ok(found)
  return { handle: fromHex(found.handle), url: found.url }
}
/** Where somebody is a patient. */
const homeOf = (who: string): string => {
  const { places } = readJson(layout(demo.folder).person(who)) as { places: { custodian: string }[] }
  return places[0].custodian
}
const vaultAt = (member: string) => demo.network.node(member).services.vault
const logOf = (who: string, member: string) => vaultAt(member).log(placeOf(who, member).handle)

/** Imports a resource of somebody's, whose Patient it names. */
async function record(who: string, member: string, resource: object): Promise<void> {
  const { handle } = placeOf(who, member)
  const { services } = demo.network.node(member)
  const patient = await services.vault.patient({ handle })
  const whole = { subject: { reference: `Patient/${patient?.fhirId}` }, ...resource }
  const { refused } = await services.importer.import(utf8(JSON.stringify(whole)), "test")
  assert.deepEqual(refused, [])
  await services.committer.flush()
}

/** Wider than a phone. */
const COLUMNS = `         Right   Left${" ".repeat(60)}last\nNear             0.5`

describe("a patient's records", () => {
  it("are one timeline of all organisations, each record checked in this browser, what matters most first", () =>
    withRecords("patient-1", async (page) => {
      await page.getByText(/^✓ Complete and unchanged: all 34 records of 2 organisations match/).waitFor()
      assert.equal(await page.locator(".entry").count(), 34)
      assert.equal(await page.locator(".entry").filter({ hasText: "✓ checked" }).count(), 34)
      for (const [title, words] of [
        ["Allergies", /penicillin/i],
        ["Blood thinners", /COMPLETED|ORDERED/],
        ["Active problems", /Atrial fibrillation/],
      ] as const)
        await page
          .locator(".block", { has: page.getByRole("heading", { name: title }) })
          .getByText(words)
          .first()
          .waitFor()
      assert.match((await page.locator(".who .name").textContent()) ?? "", /born \d{4}-\d\d-\d\d/)
      await page.getByText("How this was checked").click()
      assert.equal(await page.getByText(/^Matches the ledger at block \d+$/).count(), 2)
      assert.deepEqual(await violations(page), [])
    }))

  it("are filtered by kind, organisation, time and words, and found again when one comes back", () =>
    withRecords("patient-1", async (page) => {
      const count = (text: string) => page.locator("output", { hasText: text }).waitFor()
      const table: readonly (readonly [label: string, value: string, expected: RegExp])[] = [
        ["Kind", "Condition", /^\s*Diagnosis or problem/],
        ["Organisation", CLINIC, /Community Clinic/],
      ]
      for (const [label, value, expected] of table) {
        await page.getByLabel(label, { exact: true }).selectOption(value)
        await page.locator("output", { hasNotText: "34 of 34" }).waitFor()
        for (const text of await page.locator(".entry .from").allTextContents()) assert.match(text, expected)
        await page.getByRole("button", { name: "Clear filters" }).click()
        await count("34 of 34 records")
      }
      await page.getByLabel("From", { exact: true }).fill("2100-01-01")
      await page.getByText("No record fits.").waitFor()
      await page.getByRole("button", { name: "Clear filters" }).click()
      await page.getByLabel("Search", { exact: true }).fill("warfarin")
      await page.locator("output", { hasNotText: "34 of 34" }).waitFor()
      const link = page.locator(".entry .title").first()
      const title = await link.textContent()
      const id = await link.getAttribute("id")
      await link.focus()
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { level: 1, name: title ?? "" }).waitFor()
      await page.keyboard.press("Tab")
      await page.goBack()
      await page.waitForFunction((wanted) => document.activeElement?.id === wanted, id)
      assert.equal(await page.getByLabel("Search", { exact: true }).inputValue(), "warfarin")
    }))

  it("are said anew in another language, without asking any custodian again", () =>
    withRecords("patient-1", async (page, context) => {
      const asked: string[] = []
      context.on("request", (request) => {
        if (new URL(request.url()).pathname === "/patient/records") asked.push(request.url())
      })
      const titles = await page.locator(".entry .title").allTextContents()
      await page.getByText("criticality high; reaction Urticaria, severity moderate").first().waitFor()
      await page.getByRole("combobox", { name: "Language" }).selectOption("zh")
      await page.getByText("危急程度：高；反应：Urticaria，严重程度：中度").first().waitFor()
      await page.locator(".entry", { hasText: "参考范围 3.5 mmol/L 至 5.1 mmol/L" }).first().waitFor()
      assert.match((await page.locator(".who .name").textContent()) ?? "", /出生日期 \d{4}-\d\d-\d\d，男/)
      assert.deepEqual(await page.locator(".entry .title").allTextContents(), titles, "as they were sent")
      await page.locator(".entry .title", { hasText: "warfarin" }).first().click()
      await page.locator("article dt", { hasText: "用法用量" }).waitFor()
      await page.getByText("有效 (active)").waitFor()
      await page.getByRole("combobox", { name: "语言" }).selectOption("en")
      await page.locator("article dt", { hasText: "dosage instruction" }).waitFor()
      await page.goBack()
      await page.getByText("criticality high; reaction Urticaria, severity moderate").first().waitFor()
      assert.deepEqual(asked, [])
      const again = context.waitForEvent("request", {
        predicate: (request) => new URL(request.url()).pathname === "/patient/records",
      })
      await page.getByRole("button", { name: "Check again" }).click()
      await again
    }))

  it("are as readable in Chinese, in the dark and on a phone", () =>
    withRecords(
      "patient-1",
      async (page) => {
        await page.getByText(/完整且未被改动：2 家机构的全部 34 条记录/).waitFor()
        await page.getByRole("heading", { name: "抗凝与抗血小板药物" }).waitFor()
        await page.getByText("已开医嘱").first().waitFor()
        // Whole, so that no link lies half under the navigation by chance.
        const height = await page.evaluate(() => document.documentElement.scrollHeight)
        await page.setViewportSize({ width: 360, height })
        assert.deepEqual(await violations(page), [])
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
      },
      { width: 360, language: "zh-CN", isDark: true },
    ))

  it("print as a tagged PDF with everything in it", () =>
    withRecords("patient-1", async (page) => {
      await page.emulateMedia({ media: "print" })
      await page.locator(".print-head", { hasText: "34 of 34 records, printed" }).waitFor()
      assert.equal(await page.getByRole("button", { name: "Print or save as PDF" }).isVisible(), false)
      assert.equal(await page.locator("header").isVisible(), false)
      const pdf = (await page.pdf({ tagged: true, outline: true })).toString("latin1")
      assert.match(pdf, /^%PDF-/)
      assert.match(pdf, /\/StructTreeRoot/)
      assert.match(pdf, /\/Outlines/)
    }))
})

describe("one record", () => {
  it("shows what stands in it, its versions with their blocks, its bytes and its attachment", async () => {
    const scan = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff)
    await record("patient-2", CITY, {
      ...{
        resourceType: "DocumentReference",
        id: "scan",
        status: "current",
        description: "Letter of discharge",
      },
      content: [{ attachment: { contentType: "application/pdf", title: "letter", data: toBase64(scan) } }],
    })
    const weight = (value: string) =>
      `{"resourceType":"Observation","id":"weight-1","status":"final","subject":{"reference":"Patient/PATIENT"},"code":{"text":"Weight of today"},"effectiveDateTime":"2024-05-01","valueQuantity":{"value":${value},"unit":"kg"}}`
    const { handle } = placeOf("patient-2", CITY)
    const { services } = demo.network.node(CITY)
    const fhirId = (await services.vault.patient({ handle }))?.fhirId ?? ""
    for (const value of ["70.0", "71.50"]) {
      await services.importer.import(utf8(weight(value).replace("PATIENT", fhirId)), "weight")
      await services.committer.flush()
    }
    await withRecords("patient-2", async (page) => {
      await page.getByRole("link", { name: "Weight of today" }).click()
      await page.getByText("Version 2", { exact: false }).waitFor()
      assert.equal(await page.getByText(/on the ledger by block \d+/).count(), 2)
      await page.getByRole("button", { name: "Show" }).click()
      // The token as it was sent, not the number that it is.
      await page.locator("pre", { hasText: '"value": 71.50' }).waitFor()
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Save", exact: true }).click(),
      ])
      const sent = (await logOf("patient-2", CITY)).findLast((one) => one.fhirId === "weight-1")
      assert.ok(sent)
      assert.deepEqual(
        readFileSync(await file.path()),
        Buffer.from((await services.vault.content(sent)).content),
      )
      await page.getByRole("button", { name: "Look it up" }).click()
      await page.getByText("Nobody has asked this organisation for it from outside.").waitFor()
      assert.deepEqual(await violations(page), [])
      await page.getByRole("link", { name: "Version 1" }).click()
      await page.getByText("This is an older version.").waitFor()
      await page.getByText("70.0 kg").first().waitFor()
      await page.getByRole("link", { name: "Back to all records" }).click()
      await page.getByRole("link", { name: "Letter of discharge" }).click()
      const [letter] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Save letter" }).click(),
      ])
      assert.match(letter.suggestedFilename(), /^.+-letter\.pdf$/)
      assert.deepEqual(readFileSync(await letter.path()), Buffer.from(scan))
      await page.getByText("Saved, and what the record committed to.").waitFor()
    })
  })

  it("names who was given it, for what and under which version of the consents", async () => {
    const patient = patientOf(demo.network, "patient-1", 1)
    const until = Date.now() + 86_400_000
    await patient.grant({ grantee: "county-hospital", purpose: "TREAT", classes: ["Condition"], until }, CITY)
    await flushPolicies(demo.network.node(CITY))
    const doctor = readJson(layout(demo.folder).person("county-doctor")) as { node: string; seed: string }
    const { handle } = placeOf("patient-1", CITY)
    const places = [{ custodian: CITY, handle }]
    await new StaffClient(doctor.node, fromHex(doctor.seed)).history(places, "TREAT")
    await withRecords("patient-1", async (page) => {
      const look = async (kind: string) => {
        await page.getByLabel("Kind", { exact: true }).selectOption(kind)
        await page.locator(".entry", { hasText: "City Hospital" }).locator(".title").first().click()
        await page.getByRole("button", { name: "Look it up" }).click()
      }
      await look("Condition")
      await page.locator(".readers li", { hasText: "County Hospital" }).waitFor()
      await page.getByText(/for treatment, under version \d+ of your consents/).waitFor()
      await page.getByRole("link", { name: "Back to all records" }).click()
      // What the consent does not open nobody was given.
      await look("Patient")
      await page.getByText("Nobody has asked this organisation for it from outside.").waitFor()
    })
  })

  it("that nobody has is none", () =>
    withRecords("patient-1", (page) => page.getByText("There is no such record among yours.").waitFor(), {
      url: "#/records/one/nowhere/99",
    }))
})

describe("values over time", () => {
  it("are plotted in one unit each, with their range, as sent; the same values stand in a table", async () => {
    const potassium = (n: number, value: object, more: object = {}) => ({
      ...{ resourceType: "Observation", id: `k-${n}`, status: "final", effectiveDateTime: `2024-0${n}-01` },
      code: { text: "Potassium", coding: [{ system: "http://loinc.org", code: "2823-3" }] },
      valueQuantity: { system: "http://unitsofmeasure.org", code: "mmol/L", unit: "mmol/L", ...value },
      referenceRange: [
        {
          low: { value: 3.5, code: "mmol/L", system: "http://unitsofmeasure.org" },
          high: { value: 5.1, code: "mmol/L", system: "http://unitsofmeasure.org" },
        },
      ],
      ...more,
    })
    for (const resource of [
      potassium(1, { value: 4.2 }),
      potassium(2, { value: 2.5, comparator: "<" }),
      potassium(
        3,
        { value: 5.9 },
        { referenceRange: [{ text: "premature", low: { value: 3.5, unit: "mmol/L" } }] },
      ),
      potassium(4, { value: 42, code: "mg/dL", unit: "mg/dL" }),
      potassium(5, { value: 9.9 }, { status: "entered-in-error" }),
    ])
      await record("patient-2", CITY, resource)
    await withRecords(
      "patient-2",
      async (page) => {
        // Days are told as they were written, west of Greenwich too.
        await page.getByRole("link", { name: "Values over time" }).click()
        const card = page.locator(".course", { has: page.getByRole("heading", { name: "Potassium mmol/L" }) })
        await card.waitFor()
        assert.deepEqual(
          await card
            .locator("a.point")
            .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label"))),
          [
            "1 Jan 2024: 4.2 mmol/L, Reference range 3.5 mmol/L to 5.1 mmol/L",
            "1 Feb 2024: <2.5 mmol/L, Reference range 3.5 mmol/L to 5.1 mmol/L",
            "1 Mar 2024: 5.9 mmol/L, Reference range from 3.5 mmol/L, premature",
          ],
        )
        assert.equal(await card.locator(".band").count(), 1)
        // Nothing is drawn as the range of a value whose range is for some people alone.
        const [band, last] = await Promise.all([
          card.locator(".band").boundingBox(),
          card.locator("circle.dot").last().boundingBox(),
        ])
        assert.ok(band && last && band.x + band.width < last.x)
        await card.getByText(/is not drawn: it stands beside its value in the table/).waitFor()
        // Through what is not exact no line is drawn.
        assert.equal(await card.locator("polyline").count(), 0)
        assert.equal(await card.locator(".hollow").count(), 1)
        await card.getByText("1 value is in the table alone").waitFor()
        await card.getByText("The same values as a table").click()
        assert.equal(await card.locator("tbody tr").count(), 4)
        assert.deepEqual(await violations(page), [])
        await card.locator("a.point").first().focus()
        await page.keyboard.press("Enter")
        await page.getByRole("heading", { level: 1, name: "Potassium" }).waitFor()
      },
      { timezone: "America/New_York" },
    )
  })
})

describe("everything to take away", () => {
  it("has the drugs that records mean by reference, on paper too, and names those that could not be fetched", async () => {
    const { handle } = placeOf("patient-3", CITY)
    const { services } = demo.network.node(CITY)
    const fhirId = (await services.vault.patient({ handle }))?.fhirId
    for (const one of [
      { resourceType: "Medication", id: "bottle", code: { text: "Zolendrine 12 mg" } },
      {
        ...{ resourceType: "MedicationRequest", id: "by-reference", status: "active", intent: "order" },
        ...{ authoredOn: "2026-11-01", medicationReference: { reference: "Medication/bottle" } },
        subject: { reference: `Patient/${fhirId}` },
      },
    ])
      await services.importer.import(utf8(JSON.stringify(one)), "drug")
    await services.committer.flush()
    const bundleOn = async (page: Page) => {
      await page.getByRole("link", { name: "Download everything" }).click()
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: /Download.*All current records/ }).click(),
      ])
      return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") }
    }
    await withRecords("patient-3", async (page) => {
      await page.emulateMedia({ media: "print" })
      assert.ok(await page.getByText("Zolendrine 12 mg").first().isVisible())
      await page.emulateMedia({ media: "screen" })
      const { name, text } = await bundleOn(page)
      assert.doesNotMatch(name, /NOT-COMPLETE/)
      assert.match(text, /"fullUrl":"https:\/\/city-hospital\.invalid\/Medication\/bottle"/)
      assert.match(text, /Zolendrine 12 mg/)
      assert.equal(await page.getByText("Which medicine it is could not be fetched").count(), 0)
    })
    const { page, context } = await openPage(demo.browser, `${appAt()}#demo=patient-3`)
    page.setDefaultTimeout(60_000)
    await page.getByText("Zolendrine 12 mg").first().waitFor()
    await context.route("**/patient/drugs", (route) => route.abort())
    await page.getByRole("button", { name: "Check again" }).click()
    await page.getByText("Zolendrine 12 mg").first().waitFor({ state: "detached" })
    const { name, text } = await bundleOn(page)
    assert.match(name, /NOT-COMPLETE/)
    assert.match(text, /which drug Medication\/bottle is could not be fetched/)
    await page.getByText("Which medicine it is could not be fetched").waitFor()
    await page.getByText("City Hospital: Medication/bottle (in 1 record)").waitFor()
    assert.deepEqual(await violations(page), [])
    await context.close()
  })

  it("is a bundle of what is current, a file of all else, each byte for byte, and a list of where they come from", () =>
    withRecords("patient-1", async (page) => {
      await page.getByRole("link", { name: "Download everything" }).click()
      const save = async (name: RegExp) => {
        const [file] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("button", { name }).click(),
        ])
        return readFileSync(await file.path())
      }
      const bundle = await save(/Download.*All current records/)
      const others = await save(/Download.*What is not current/)
      const sources = JSON.parse((await save(/Download.*Where they come from/)).toString()) as {
        records: { custodian: string; status: string; sha256: string | null }[]
      }
      const parsed = parseJson(bundle) as unknown as { type: string; entry: unknown[] }
      const not = parseJson(others) as unknown as { history: { entry: { resource?: unknown }[] } }
      let sent = 0
      for (const member of [CITY, CLINIC])
        for (const one of await logOf("patient-1", member)) {
          const { content } = await vaultAt(member).content(one)
          if (content.length === 0) continue
          sent++
          assert.ok(
            bundle.includes(Buffer.from(content)) || others.includes(Buffer.from(content)),
            `${one.type}/${one.fhirId} is not there as it was sent`,
          )
        }
      assert.ok(sent > 30)
      const versions = parsed.entry.length + not.history.entry.filter(({ resource }) => resource).length
      const listed = sources.records.filter(({ sha256 }) => sha256 !== null).length
      assert.deepEqual([parsed.type, versions, listed], ["collection", sent, sent])
      assert.ok(sources.records.every(({ status }) => status === "verified"))
      assert.deepEqual(await violations(page), [])
    }))
})

describe("what is not so", () => {
  const restore: (() => void)[] = []
  afterEach(() => {
    for (const back of restore.splice(0)) back()
  })
  /** Has a custodian show another log than the one that it committed to. */
  function lying(member: string, lie: Partial<ReturnType<typeof vaultAt>>): void {
    const vault = vaultAt(member) as unknown as Record<string, unknown>
    for (const [name, value] of Object.entries(lie)) {
      vault[name] = value
      restore.push(() => delete vault[name])
    }
  }
  const honest = (member: string) => {
    const vault = vaultAt(member)
    const { content, committedFrom } = vault
    return { content: content.bind(vault), committedFrom: committedFrom.bind(vault) }
  }
  const isOf = (member: string) => async (n: number) => (await logOf("patient-1", member))[n].recordId

  it("a changed byte strikes out that record alone, and says so", async () => {
    const { content } = honest(CITY)
    const log = await logOf("patient-1", CITY)
    const texts = await Promise.all(
      log.map(async (one) => new TextDecoder().decode((await content(one)).content)),
    )
    const target =
      log[texts.findIndex((text) => /"resourceType":"(AllergyIntolerance|Condition)"/.test(text))]
    assert.ok(target)
    lying(CITY, {
      async content(one) {
        const found = await content(one)
        if (one.recordId.join() !== target.recordId.join()) return found
        const text = new TextDecoder().decode(found.content).replaceAll('"display":"', '"display":"Forged ')
        return { ...found, content: utf8(text) }
      },
    })
    await withRecords("patient-1", async (page) => {
      const box = page.getByRole("alert")
      await box.getByText("Some of this is not what was recorded").waitFor()
      await box
        .getByText(/City Hospital: the content of a record was changed after it was recorded/)
        .waitFor()
      const struck = page.locator(".entry.struck")
      assert.equal(await struck.count(), 1)
      await struck.getByText("changed after it was recorded").waitFor()
      await page.getByText(/These lists may be incomplete: what City Hospital shows does not match/).waitFor()
      assert.match((await struck.locator(".title").textContent()) ?? "", /Forged/)
      assert.equal(
        await page
          .locator(".blocks")
          .getByText(/Forged/)
          .count(),
        0,
      )
      assert.deepEqual(await violations(page), [])
      await struck.locator(".title").click()
      await page.locator("h1.struck").waitFor()
      await page.getByRole("alert").waitFor()
    })
  })

  for (const [comment, words, change] of [
    ["one left out", /it shows \d+ entries, and the ledger has \d+\. Something was left out/, -1],
    ["one added", /it shows \d+ entries, and the ledger has \d+\. Something was added/, 1],
    ["one shown in place of another", /but not the same ones/, 0],
  ] as const)
    it(`${comment} leaves nothing of that organisation to be relied on, and the other's as it is`, async () => {
      const { committedFrom } = honest(CITY)
      const odd = await isOf(CITY)(3)
      lying(CITY, {
        async committedFrom(log, from, limit) {
          const all = await committedFrom(log, from, limit)
          const at = all.findIndex(({ recordId }) => recordId.join() === odd.join())
          if (at < 0) return all
          if (change < 0) return all.toSpliced(at, 1)
          return change > 0
            ? all.toSpliced(at, 0, all[at])
            : all.with(at, { ...all[at + 1], index: all[at].index })
        },
      })
      await withRecords("patient-1", async (page) => {
        await page.getByRole("alert").getByText(words).waitFor()
        const rows = page.locator(".entry")
        const wrong = rows.filter({ hasText: "not what the ledger has" })
        await wrong.nth(3).waitFor({ state: "attached" })
        assert.equal(await wrong.filter({ hasText: "✓ checked" }).count(), 0)
        await rows.filter({ hasText: "✓ checked" }).nth(3).waitFor({ state: "attached" })
      })
    })

  it("a custodian that does not answer is named, and what the others say stays", async () => {
    const { url } = placeOf("patient-1", CLINIC)
    const { page, context } = await openPage(demo.browser, "about:blank")
    await context.route(`${url}/patient/**`, (route) => route.abort())
    await page.goto(`${appAt()}#demo=patient-1`)
    await page.getByText("Not everything could be shown or checked").waitFor()
    await page
      .getByText(/Community Clinic: /)
      .first()
      .waitFor()
    await page.getByText(/These lists may be incomplete: nothing came from Community Clinic/).waitFor()
    await page.locator(".entry").filter({ hasText: "✓ checked" }).nth(3).waitFor({ state: "attached" })
    assert.deepEqual(await violations(page), [])
    // Whatever is made of it says so too.
    for (const link of ["Values over time", "Download everything"]) {
      await page.getByRole("link", { name: link }).click()
      await page.getByRole("heading", { level: 1, name: link }).waitFor()
      await page.getByText(/Community Clinic: /).waitFor()
      assert.deepEqual(await violations(page), [])
      if (link === "Download everything") {
        const [file] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("button", { name: /Download.*All current records/ }).click(),
        ])
        assert.match(file.suggestedFilename(), /^.+-records.*NOT-COMPLETE.*\.json$/)
      }
      await page.getByRole("link", { name: "Back to all records" }).click()
      await page.getByText("Not everything could be shown or checked").waitFor()
    }
    await page.emulateMedia({ media: "print" })
    assert.ok(await page.getByText("Not everything could be shown or checked").isVisible())
    await page.emulateMedia({ media: "screen" })
    await context.unroute(`${url}/patient/**`)
    await page.getByRole("button", { name: "Check again" }).click()
    await page.getByText(/Complete and unchanged/).waitFor()
    await context.close()
  })

  it("two organisations that do not agree on who it is are a warning", async () => {
    const { handle } = placeOf("patient-4", CLINIC)
    const { services } = demo.network.node(CLINIC)
    const patient = (await services.vault.log(handle)).find(({ type }) => type === "Patient")
    assert.ok(patient)
    const { content } = await services.vault.content(patient)
    const text = new TextDecoder().decode(content).replace(/"birthDate":"\d{4}/, '"birthDate":"1911')
    await services.importer.import(utf8(text), "other birth date")
    await services.committer.flush()
    await withRecords("patient-4", (page) =>
      page.getByText("The organisations do not say the same about who you are").waitFor(),
    )
  })
})

describe("hostile records", () => {
  const HOSTILE: readonly (readonly [comment: string, text: string, shown: string])[] = [
    [
      "markup",
      '<img src=x onerror="window.pwned=1"><b>bold</b>',
      '<img src=x onerror="window.pwned=1"><b>bold</b>',
    ],
    ["an override of direction", "safe\u202edesrever", "safe\\u{202E}desrever"],
    [
      "a template of a framework",
      "{{ constructor.constructor('window.pwned=1')() }}",
      "{{ constructor.constructor('window.pwned=1')() }}",
    ],
    ["a plural and a linked message", "a | b @:records.title", "a | b @:records.title"],
    ["a script's address", "javascript:window.pwned=1", "javascript:window.pwned=1"],
  ]
  it("show as text, draw nothing, lead nowhere and break no layout", async () => {
    for (const [n, [, text]] of HOSTILE.entries())
      await record("patient-5", homeOf("patient-5"), {
        ...{ resourceType: "Condition", id: `hostile-${n}`, code: { text }, recordedDate: "2024-01-01" },
      })
    await record("patient-5", homeOf("patient-5"), {
      ...{
        resourceType: "Observation",
        id: "hostile-long",
        status: "final",
        effectiveDateTime: "2024-01-02",
      },
      code: { text: "x".repeat(100_000) },
      valueString: "y".repeat(100_000),
      text: {
        status: "generated",
        div: `<div xmlns="http://www.w3.org/1999/xhtml">narrative <a href="javascript:window.pwned=1">click me</a><pre>${COLUMNS}</pre></div>`,
      },
    })
    await withRecords(
      "patient-5",
      async (page) => {
        for (const [, , shown] of HOSTILE)
          await page.locator(".entry .title", { hasText: shown }).nth(0).waitFor({ state: "attached" })
        const wide = () => page.evaluate(() => document.documentElement.scrollWidth)
        assert.ok((await wide()) <= 360)
        const said = page.locator(".entry .value", { hasText: "yyyyyyyy" })
        assert.ok(await said.evaluate((one) => one.scrollHeight <= one.clientHeight + 1))
        await page.locator(".entry .title", { hasText: "xxxxxxxx" }).click()
        await page.getByText("narrative", { exact: false }).first().waitFor()
        await page.getByText("click me", { exact: false }).first().waitFor()
        const columns = page.locator("pre").filter({ hasText: "Near" })
        assert.equal(await columns.textContent(), COLUMNS)
        assert.match(await columns.evaluate((one) => getComputedStyle(one).fontFamily), /monospace/)
        assert.equal(await columns.evaluate((one) => getComputedStyle(one).whiteSpaceCollapse), "preserve")
        assert.equal(await columns.evaluate((one) => getComputedStyle(one).textWrapMode), "nowrap")
        assert.ok((await page.locator("article").textContent())?.includes("y".repeat(100_000)))
        assert.ok((await wide()) <= 360)
        assert.equal(
          await page.locator('main a[href^="javascript"], main img, main b, main script').count(),
          0,
        )
        assert.equal(await page.evaluate(() => Reflect.get(globalThis, "pwned")), undefined)
        assert.deepEqual(await violations(page), [])
      },
      { width: 360 },
    )
  })
})

describe("two thousand records", () => {
  it("are all there, verified, to be found by the browser's own search, and only what is seen is laid out", async () => {
    await addLargePatient(demo.network, 2_000)
    await withRecords("patient-large", async (page) => {
      await page.getByText(/all [\d,]+ records of 1 organisation match/).waitFor()
      const total = Number(/of (\d+)/.exec((await page.locator("output").textContent()) ?? "")?.[1])
      assert.ok(total > 1_800, String(total))
      await page.waitForFunction((n) => document.querySelectorAll(".entry").length === n, total)
      assert.equal(await page.locator(".entry").filter({ hasText: "✓ checked" }).count(), total)
      const isSkipped = (at: "first" | "last") =>
        page
          .locator(".group")
          [at]()
          .evaluate(
            (group) => !group.querySelector("h4, h3")?.checkVisibility({ contentVisibilityAuto: true }),
          )
      assert.equal(await isSkipped("last"), true)
      await page.locator(".entry .title").last().focus()
      await page.waitForFunction(() => {
        const last = [...document.querySelectorAll(".entry .title")].at(-1)
        return last?.checkVisibility({ contentVisibilityAuto: true })
      })
      await page.getByLabel("Kind", { exact: true }).selectOption("Patient")
      await page.waitForFunction(() => document.querySelectorAll(".entry").length < 5)
    })
  })
})
