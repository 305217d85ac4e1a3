// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { enrolmentLink, fromHex, newRecoveryCode } from "@aceso/core"
import type { Page } from "playwright-core"
import { englishShown, type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"

const demo = demoInBrowser("chinese-faults")

const app = () => (demo.network.start ?? "").replace(/\/demo\/$/, "")
const portal = () =>
  `${demo.network.node("city-hospital").services.config.url.replace("127.0.0.1", "localhost")}/portal/`
async function inChinese(url: string): Promise<Opened> {
  const opened = await openPage(demo.browser, url, { language: "zh-CN", width: 360 })
  opened.context.setDefaultTimeout(60_000)
  return opened
}
/** Said in Chinese what it is and what to do; what the fault says of itself is folded away, and marked as English. */
async function mustBeSaid(page: Page, ...words: readonly string[]): Promise<void> {
  const box = page.getByRole("alert").filter({ hasText: words[0] }).first()
  for (const word of words) await box.getByText(word).first().waitFor()
  const details = box.locator("details")
  await details.getByText("供技术支持的详情").waitFor()
  assert.equal(await details.getAttribute("open"), null)
  assert.deepEqual(await englishShown(page), [])
  const raw = details.locator("[lang=en] bdi").first()
  assert.equal(await raw.isVisible(), false)
  await details.locator("summary").click()
  await raw.waitFor()
  assert.match((await raw.textContent()) ?? "", /[a-z]/)
  assert.deepEqual(await violations(page), [])
  await details.locator("summary").click()
}

describe("faults in Chinese", () => {
  it("a recovery code that is mistyped, and one that nobody printed", async () => {
    const { page, context } = await inChinese(`${app()}/`)
    await page.getByRole("button", { name: "我有恢复码" }).click()
    const code = newRecoveryCode()
    const last = code.at(-1) === "A" ? "B" : "A"
    for (const [typed, ...words] of [
      [code.slice(0, -1) + last, "恢复码输入有误", "请再核对一遍"],
      [code, "没有与此恢复码对应的记录", "医院窗口"],
    ] as const) {
      await page.getByRole("textbox").fill(typed)
      await page.getByRole("button", { name: "找回我的记录" }).click()
      await mustBeSaid(page, ...words)
    }
    await context.close()
  })

  it("a link of the desk that has died", async () => {
    const { seed } = readJson(layout(demo.folder).person("city-registrar")) as { seed: string }
    const desk = new StaffClient(demo.network.node("city-hospital").services.config.url, fromHex(seed)).desk
    const { registered } = await desk.register({
      ...{ name: { family: "Qian", given: ["Yu"] }, birthDate: "1988-02-03", sex: "female", identifiers: [] },
    })
    const { invitation } = await desk.invite(registered?.alias ?? "")
    const dead = enrolmentLink(app(), { ...invitation, code: "0000-0000-0000-0000" })
    const { page, context } = await inChinese(dead)
    await page.getByRole("button", { name: "没错，继续" }).click()
    await page.getByRole("button", { name: "改用口令短语" }).click()
    await page.getByLabel("口令短语", { exact: true }).fill("four plain words here")
    await page.getByLabel("再次输入口令短语").fill("four plain words here")
    await page.getByRole("button", { name: "设置保护" }).click()
    await mustBeSaid(page, "没有这个码，或已失效。", "十分钟内有效")
    await context.close()
  })

  it("an invitation to act for somebody that is none", async () => {
    const { page, context } = await inChinese(`${app()}/#demo=patient-3/delegates`)
    const accept = page.locator("details", { hasText: "代他人办理" })
    await accept.locator("summary").click()
    await accept.getByLabel("内容").fill('{ "kind": "aceso/other" }')
    await accept.getByRole("button", { name: "查看" }).click()
    await mustBeSaid(page, "这不是可以接受的邀请。", "目前没有任何改动")
    await context.close()
  })

  it("a publication that is not there", async () => {
    const { page, context } = await inChinese(`${app()}/#demo=patient-1/library/city-hospital/nothing`)
    await mustBeSaid(page, "没有这份资料。")
    await context.close()
  })

  it("an invitation to work here that has died", async () => {
    const { page, context } = await inChinese(portal())
    await page.getByRole("button", { name: "我有邀请码" }).click()
    await page.getByRole("textbox").fill("7K2M-9QXR-4TBW-0HVC")
    await page.getByRole("button", { name: "下一步" }).click()
    await page.getByRole("button", { name: "改用口令短语" }).click()
    await page.getByLabel("口令短语", { exact: true }).fill("four plain words here")
    await page.getByLabel("再次输入口令短语").fill("four plain words here")
    await page.getByRole("button", { name: "设置保护" }).click()
    await mustBeSaid(page, "没有这个码，或已失效。", "请向提供者重新索取")
    await context.close()
  })

  it("a card that is none", async () => {
    const { page, context } = await inChinese(`${portal()}#demo=city-doctor/card`)
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "card.json", mimeType: "application/json", buffer: Buffer.from("{}") })
    await mustBeSaid(page, "这不是可以读取的就诊卡。", "重新出示")
    await context.close()
  })

  it("fields of the library's form: each says what is to be written in it", async () => {
    const { page, context } = await inChinese(`${portal()}#demo=city-admin/library/publish`)
    await page.locator("textarea").fill("<b>INR</b>")
    await page.getByLabel("标题").fill("INR")
    await page.getByLabel("网址中的名称").fill("INR 2")
    await page.getByLabel("语言").last().fill("Chinese")
    await page.getByRole("button", { name: "发布", exact: true }).click()
    await page.getByText("只能使用小写字母、数字和连字符，以字母开头").waitFor()
    await page.getByText("请填写语言代码").waitFor()
    await page.getByText("请使用纯文本，不要包含 HTML。").waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid")), "true")
    assert.deepEqual(await englishShown(page), [])
    assert.deepEqual(await violations(page), [])
    await page.getByLabel("格式").selectOption({ index: 1 })
    await page.getByLabel("类别").selectOption({ label: "表单" })
    const person = {
      resourceType: "Questionnaire",
      status: "active",
      contained: [{ resourceType: "Patient" }],
    }
    for (const [text, words] of [
      ["{", "这不是 JSON 格式的 FHIR 资源"],
      [JSON.stringify(person), "内容涉及个人，不能发布。 位置：contained[0]。"],
    ] as const) {
      await page.locator("textarea").fill(text)
      await page.getByRole("button", { name: "发布", exact: true }).click()
      await page.getByText(words).waitFor()
      assert.deepEqual(await englishShown(page), [])
    }
    await context.close()
  })
})
