// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { execute } from "@aceso/cli/run.ts"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { memberKeys, members, recoveries } from "@aceso/contracts"
import { type Cbor, countersign, decodeCbor, encodeCbor, fromHex, makePromise } from "@aceso/core"
import { application, makeApplication } from "@aceso/server/home/application.ts"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
const opened: Opened[] = []
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-ballots-pages-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  browser = await openBrowser()
})
after(async () => {
  const faults = opened.flatMap((one) => one.faults)
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
  assert.deepEqual(faults, [])
})

async function at(member: string, who: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const portal = network.node(member).services.config.url.replace("127.0.0.1", "localhost")
  const one = await openPage(browser, `${portal}/portal/#demo=${who}`, looks)
  one.context.setDefaultTimeout(60_000)
  opened.push(one)
  await one.page.locator("nav a").first().waitFor()
  return one.page
}
const PHONE = { width: 360, height: 780 }
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).click()

const staff = (member: string, name: string) => {
  const { seed } = readJson(layout(folder).person(name)) as { seed: string }
  return new StaffClient(network.node(member).services.config.url, fromHex(seed))
}
const ledgerOf = (member: string) => network.node(member).services.ledger

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const north = makeApplication(
  { member: "north-clinic", name: "North Clinic", kind: "custodian", url: "http://127.0.0.1:7999" },
  { member: seed(11), validator: seed(12), node: seed(13) },
)
const file = JSON.stringify(application.toJson(north))

describe("an organisation is admitted by three people in three browsers", () => {
  let city: Page
  let county: Page
  let authority: Page
  before(async () => {
    ;[authority, city, county] = await Promise.all([
      at("authority", "authority"),
      at("city-hospital", "city-admin", { isDark: true }),
      at("county-hospital", "county-admin", { ...PHONE, language: "zh-CN" }),
    ])
  })

  it("is proposed by the authority with the organisation's file", async () => {
    await authority.getByRole("link", { name: "Proposals" }).click()
    await said(authority, "Nothing waits for votes.")
    assert.deepEqual(await violations(authority), [])
    await authority.getByRole("link", { name: "Propose something" }).click()
    await authority.getByLabel("What is to change?").selectOption("admit")
    await button(authority, "Look at it").click()
    await said(authority, "Give the organisation's application.json.")
    await authority
      .getByLabel("Choose or drop the file")
      .setInputFiles({ name: "application.json", mimeType: "application/json", buffer: Buffer.from("{}") })
    await said(authority, "This is no application.json that can be used")
    assert.deepEqual(await violations(authority), [])
    await authority.getByLabel("Or paste it here").fill(file)
    await authority.getByLabel("Or paste it here").press("Tab")
    await said(authority, "North Clinic (north-clinic), Hospital or clinic, at http://127.0.0.1:7999")
    await button(authority, "Look at it").press("Enter")
    await said(authority, "Propose this for National Health Authority?")
    assert.deepEqual(await violations(authority), [])
    await inDialog(authority, "Propose it")
    await said(authority, "It is proposed. Others have to vote as well.")
    await authority.getByRole("link", { name: "To the proposals" }).click()
    await said(authority, "Admit North Clinic (north-clinic) as Hospital or clinic")
    await said(authority, "1 of 4 for it, 0 against it; it takes 3")
    await said(authority, "Your organisation voted yes.")
    assert.equal(await button(authority, "Vote yes").count(), 0)
  })

  it("gets one vote of an organisation that has two tabs open, and the second is told so", async () => {
    const second = await at("city-hospital", "city-registrar")
    for (const page of [city, second]) {
      await follow(page, "ballots")
      await button(page, "Vote yes").click()
      await said(page, "Vote yes for City Hospital?")
      await said(page, "With it the proposal has 2 of 3 votes that it takes.")
    }
    assert.deepEqual(await violations(city), [])
    await inDialog(city, "Vote yes")
    await said(city, "The vote is on the ledger. Others have to vote as well.")
    await inDialog(second, "Vote yes")
    await said(
      second,
      "Your organisation has voted on this already, perhaps on another page: that vote counts, and this one does not.",
    )
    await said(second, "2 of 4 for it, 0 against it; it takes 3")
    assert.deepEqual(await violations(second), [])
    await second.getByText("Who voted how").click()
    await said(second, "County Hospital")
    assert.deepEqual(await violations(second), [])
  })

  it("passes with the third, who reads Chinese on a phone", async () => {
    await follow(county, "ballots")
    await said(county, "接纳North Clinic（north-clinic），类别：")
    assert.deepEqual(await violations(county), [])
    await button(county, "投赞成票").click()
    await said(county, "投票后提案即获通过，并立即产生以下结果：")
    assert.deepEqual(await englishShown(county), [])
    await inDialog(county, "投赞成票")
    await said(county, "投票已写入账本：提案已通过。")
    await said(county, "目前没有等待表决的提案。")
    await county.getByLabel("同时显示已决定的提案").check()
    await said(county, "已通过")
    assert.deepEqual(await violations(county), [])
    const wide = await county.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= PHONE.width, `${wide}`)
    assert.equal((await network.engine.read(members, ["north-clinic"]))?.status, "active")
  })

  it("is not proposed twice, and nobody but an administrator comes here", async () => {
    await follow(county, "ballots/new")
    await county.getByLabel("要改变什么？").selectOption("admit")
    await county.getByLabel("或在此粘贴").fill(file)
    await county.getByLabel("或在此粘贴").press("Tab")
    await said(county, "North Clinic（north-clinic）")
    await button(county, "查看提案").click()
    await inDialog(county, "提出")
    await said(county, "已有或曾有使用此简称的成员机构。")
    assert.deepEqual(await violations(county), [])
    const doctor = await at("city-hospital", "city-doctor")
    assert.equal(await doctor.getByRole("link", { name: "Proposals" }).count(), 0)
    await follow(doctor, "ballots")
    await said(doctor, "This page is for administrators.")
  })

  it("says what does not vote that it does not", async () => {
    const insurer = await at("insurer", "insurer", { language: "zh-CN" })
    await follow(insurer, "ballots")
    await said(insurer, "本机构没有表决权，只能查看表决结果。")
    assert.equal(await insurer.getByRole("link", { name: "发起提案" }).count(), 0)
    await follow(insurer, "ballots/new")
    await said(insurer, "本机构没有表决权，因此也不能发起提案。")
    assert.deepEqual(await violations(insurer), [])
  })
})

describe("what a proposal changes is seen by whoever votes on it", () => {
  it("also where it has an end that no calendar has", async () => {
    const until = Number.MAX_SAFE_INTEGER
    const change = { do: "grantLicence", member: "community-clinic", licence: "handleDrugs", until }
    await ledgerOf("county-hospital").call("governance", "propose", { changes: [change] })
    for (const [name, words] of [
      ["city-admin", "no date (9,007,199,254,740,991 ms)"],
      ["city-registrar", "无此日期（9,007,199,254,740,991 毫秒）"],
    ]) {
      const page = await at("city-hospital", name, name === "city-admin" ? {} : { language: "zh-CN" })
      await follow(page, "ballots")
      await said(page, words.slice(0, 8))
      const shown = page.locator(".changes").first()
      assert.ok((await shown.textContent())?.includes(words))
      await button(page, name === "city-admin" ? "Vote yes" : "投赞成票").click()
      await page.getByRole("dialog").waitFor()
      assert.ok((await page.getByRole("dialog").textContent())?.includes(words))
    }
  })

  it("and where a page cannot show it there is no vote on it", async () => {
    const city = await at("city-hospital", "city-admin")
    await city.context().route("**/staff/proposals", async (route) => {
      const answer = await route.fetch()
      const { proposals } = decodeCbor(new Uint8Array(await answer.body())) as { proposals: Cbor[] }
      const [first] = proposals as [{ changes: Cbor[] }]
      first.changes = [
        encodeCbor({ do: "setAbilities", member: "visa-office", abilities: 5, case: 5, build: 5 }),
      ]
      await route.fulfill({ response: answer, body: Buffer.from(encodeCbor({ proposals })) })
    })
    await follow(city, "ballots")
    await said(city, "What this proposal changes cannot be shown here")
    assert.equal(await button(city, "Vote yes").count(), 0)
    await city.getByText("Who voted how").first().waitFor()
    assert.deepEqual(await violations(city), [])
  })
})

describe("an authority oversees", () => {
  let office: Page
  before(async () => {
    office = await at("authority", "authority")
  })

  it("its members, each line proven, in both languages, themes and widths", async () => {
    await office.getByRole("link", { name: "Oversight" }).click()
    await said(office, "Each line was checked in this browser against a proof of the ledger.")
    await office.getByLabel("Find an organisation").fill("city")
    await said(office, "keeps records, votes, validates")
    assert.equal(await office.getByRole("heading", { level: 2 }).count(), 1)
    assert.deepEqual(await violations(office), [])
    const phone = await at("authority", "authority", { ...PHONE, language: "zh-CN", isDark: true })
    for (const [path, words] of [
      ["authority", "每一行均已在此浏览器中依据账本证明核对。"],
      ["authority/reports", "没有关于不符的举报。"],
      ["authority/cases", "没有机构声明过数据丢失。"],
      ["authority/numbers", "本网络的全部区块。"],
    ] as const) {
      await follow(phone, path)
      await said(phone, words)
      assert.deepEqual(await violations(phone), [], path)
      assert.deepEqual(await englishShown(phone, "main"), [], path)
      const wide = await phone.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(wide <= PHONE.width, `${path}: ${wide}`)
    }
    await phone.getByRole("combobox", { name: "语言" }).selectOption("en")
    await said(phone, "All blocks of this network.")
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= PHONE.width, `numbers in English: ${wide}`)
  })

  it("and nobody else", async () => {
    const city = await at("city-hospital", "city-admin")
    assert.equal(await city.getByRole("link", { name: "Oversight" }).count(), 0)
    await follow(city, "authority")
    await said(city, "This page is for a health authority.")
    assert.deepEqual(await violations(city), [])
  })

  it("recoveries: a second one within a year takes its permission, by a button", async () => {
    const clinic = ledgerOf("community-clinic")
    const declare = async () => {
      const { checkpoint } = await clinic.engine.status()
      const lost = { from: checkpoint.height - 1, reason: "restored_backup" }
      return clinic.call("governance", "openRecovery", lost).then(
        () => "done",
        ({ code }: { code: string }) => code,
      )
    }
    assert.equal(await declare(), "done")
    assert.equal(await declare(), "authority_must_permit")
    await office.getByRole("link", { name: "Cases and recoveries" }).click()
    await said(office, "An older backup was restored")
    await said(office, "Community Clinic: it declared a loss")
    assert.equal(await office.getByText("This case does not fit").count(), 0)
    assert.deepEqual(await violations(office), [])
    await office.getByRole("button", { name: /^Permit another one/ }).press("Enter")
    await said(office, "Permit Community Clinic to recover again?")
    assert.deepEqual(await violations(office), [])
    await inDialog(office, "Permit another one")
    await said(office, "Community Clinic may recover once more.")
    await said(office, /^may recover once more, permitted/)
    assert.ok((await network.engine.read(recoveries, ["community-clinic"]))?.permittedAt)
    assert.equal(await declare(), "done")
    await office.getByRole("link", { name: "Propose to close it" }).first().click()
    await button(office, "Look at it").click()
    await said(office, /^Close case [0-9a-f]{16}/)
    await inDialog(office, "Cancel")
  })

  it("a complaint, which a patient passes on from a phone", async () => {
    const app = (network.start ?? "").replace(/demo\/$/, "")
    const one = await openPage(browser, `${app}#demo=patient-1/messages/write`, PHONE)
    one.context.setDefaultTimeout(60_000)
    opened.push(one)
    const { page: patient } = one
    const wrote = (page: Page, text: string) => page.locator(".text", { hasText: text }).waitFor()
    const write = async (page: Page, text: string, step?: string) => {
      if (step) await page.getByRole("radio", { name: step }).check()
      await page.getByRole("textbox").fill(text)
      await page.getByRole("button", { name: "Send" }).click()
      await wrote(page, text)
    }
    await patient.getByLabel("To whom").selectOption({ label: "City Hospital (you are a patient there)" })
    await write(patient, "Who looked at my knee?")
    const desk = await at("city-hospital", "city-registrar")
    await follow(desk, "inbox")
    await desk.getByRole("link", { name: "patient-1" }).click()
    await write(desk, "Nobody did.")
    await follow(patient, "inbox")
    await patient.getByRole("link", { name: "City Hospital" }).click()
    await wrote(patient, "Nobody did.")
    await write(patient, "I saw somebody.", "Pass it on to the authority")
    await follow(office, "authority")
    await office.getByRole("link", { name: "Complaints (inbox)" }).click()
    await office.getByText("Somebody whom this organisation does not know").click()
    await wrote(office, "I saw somebody.")
    await write(office, "The hospital has to look again.", "Decide")
    await follow(patient, "messages")
    await patient
      .getByRole("link", { name: /City Hospital/ })
      .first()
      .click()
    await wrote(patient, "The hospital has to look again.")
  })

  it("evidence: checked in the page, reported from it, and red where it does not hold", async () => {
    const card = join(folder, "card.json")
    const line = (...words: string[]) => execute([...words, "--folder", folder])
    const grant = ["--to", "county-hospital", "--purpose", "TREAT", "--until", "1d", "--yes"]
    await line("grant", ...grant, "--as", "patient-1")
    await line("card", "--for", "county-hospital", "--out", card, "--as", "patient-1")
    await line("request", "--card", card, "--purpose", "TREAT", "--reason", "Knee", "--as", "county-doctor")
    const city = staff("city-hospital", "city-admin")
    await city.tamper(false)
    await line("history", card, "--as", "county-doctor", "--evidence", folder).finally(() =>
      city.tamper(true),
    )
    const name = readdirSync(folder).find((one) => one.startsWith("evidence-city-hospital"))
    assert.ok(name)
    const file = readFileSync(join(folder, name))
    const drop = (buffer: Buffer) =>
      office.getByLabel("Choose or drop the file").setInputFiles({
        ...{ name: "evidence.aceso", mimeType: "application/octet-stream", buffer },
      })
    const { key, seed: own } = ledgerOf("city-hospital")
    const broken = { custodian: "city-hospital", tag: new Uint8Array(16), event: seed(3), key }
    const promise = makePromise({ ...broken, includeBy: Date.now() - 60_000 }, network.document.network, own)
    await ledgerOf("county-hospital").call("disclosure", "promiseBroken", { promise })
    await follow(office, "authority/reports")
    await said(office, "Reported by County Hospital")
    await said(office, "the entry is not there to this day")
    await drop(Buffer.from("hello"))
    await said(office, "This is no evidence that can be checked")
    const changed = Buffer.from(file)
    changed[changed.length - 40] ^= 1
    await drop(changed)
    await office.getByRole("alert").first().waitFor()
    assert.equal(await button(office, "Report it").count(), 0)
    assert.deepEqual(await violations(office), [])
    await drop(file)
    await button(office, "Report it").click()
    await said(office, "Report City Hospital?")
    await inDialog(office, "Report it")
    await said(office, "It is reported. Keep the file")
    await said(office, "Reported by National Health Authority")
    assert.deepEqual(await violations(office), [])
    await drop(file)
    await said(office, "This was reported by National Health Authority")
    assert.equal(await button(office, "Report it").count(), 0)
  })

  it("other histories, with the evidence that its node keeps", async () => {
    const { engine } = network
    const { checkpoint, operator, comet } = await engine.prove(memberKeys as never, [
      ledgerOf("county-hospital").key,
    ])
    const signed = (stateRoot: Uint8Array) => {
      const other = { ...checkpoint, stateRoot }
      const { seed: own } = ledgerOf("county-hospital")
      return { checkpoint: other, operator: null, signatures: [countersign(other, "county-hospital", own)] }
    }
    const key = ledgerOf("county-hospital").key
    const { row, proof } = await engine.prove(memberKeys as never, [key], checkpoint.height)
    const evidence = {
      ...{ kind: "fork", first: signed(checkpoint.stateRoot), second: signed(seed(1)) },
      ...{ keys: [{ key, proven: { row, proof } }], attested: { checkpoint, operator, comet } },
      genesis: network.genesis,
    }
    const at = (height: number) =>
      join(network.node("authority").services.config.folder, `fork-${height}-county-hospital.aceso`)
    writeFileSync(at(1), "nothing")
    writeFileSync(at(2), encodeCbor(evidence as never))
    writeFileSync(at(checkpoint.height), encodeCbor(evidence as never))
    // The node looks into its folder again after a while.
    while ((await staff("authority", "authority").status()).checkpoints?.forks.length !== 3) await delay(200)
    await follow(office, "authority/numbers")
    await follow(office, "authority/reports")
    await said(office, "County Hospital signed another block 2.")
    await office.getByRole("button", { name: "Check the evidence" }).first().click()
    await said(office, "This is no evidence that can be checked")
    await office.getByRole("button", { name: "Check the evidence" }).nth(1).click()
    await said(office, "The evidence does not hold.")
    await office.getByRole("button", { name: "Check the evidence" }).last().click()
    await said(office, "Who signed both")
    await follow(office, "authority/numbers")
    assert.deepEqual(await violations(office), [])
  })

  it("a node that names what is not there, or proves what is not so, shows red", async () => {
    const { service } = network.node("authority").services.engine
    assert.ok(service)
    const { scan, rows } = service
    try {
      service.scan = async () => ({
        keys: [[encodeCbor("city-hospital"), encodeCbor(seed(9))]],
        next: [],
      })
      await follow(office, "authority/cases")
      await follow(office, "authority/reports")
      await said(office, "The node names what the ledger does not have")
      service.scan = scan
      service.rows = async (question, reader) => {
        const answer = await rows.call(service, question, reader)
        return { ...answer, rows: answer.rows.map((one) => ({ ...one, row: one.row && encodeCbor([1, 2]) })) }
      }
      await follow(office, "authority")
      await said(office, "What the node shows does not hold against the ledger, so it is not shown.")
      assert.equal(await office.getByText("Each line was checked").count(), 0)
      assert.deepEqual(await violations(office), [])
    } finally {
      Object.assign(service, { scan, rows })
    }
  })
})
