// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { texts } from "@aceso/capabilities/library/demo/texts.ts"
import { MAX_TEXT } from "@aceso/capabilities/messages/client/limits.ts"
import { execute } from "@aceso/cli/run.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "./build.ts"
import { openBrowser, openPage, violations } from "./testing/browser.ts"

let folder: string
let pages: string
let network: DemoNetwork
let browser: Browser
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-capabilities-"))
  pages = await builtPages(() => {})
  network = await DemoNetwork.open({ folder, port: 0, pages })
  await populate(network)
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

type Options = Parameters<typeof openPage>[2]
const asPatient = (path: string, options?: Options) =>
  openPage(browser, `${(network.start ?? "").replace(/demo\/$/, "")}#demo=patient-1${path}`, options)
const asStaff = (member: string, name: string, path: string, options?: Options) => {
  const node = network.node(member).services.config.url.replace("127.0.0.1", "localhost")
  return openPage(browser, `${node}/portal/#demo=${name}${path}`, options)
}
const line = (...words: string[]) => execute([...words, "--folder", folder])
const wrote = (page: Page, text: string) =>
  page.locator(".text", { hasText: text }).waitFor({ timeout: 30_000 })

async function draft(page: Page, text: string, step?: string): Promise<void> {
  if (step) await page.getByRole("radio", { name: step }).check()
  await page.getByRole("textbox").fill(text)
}
const send = (page: Page) => page.getByRole("button", { name: "Send" }).click()
async function write(page: Page, text: string, step?: string): Promise<void> {
  await draft(page, text, step)
  await send(page)
}

describe("messages", () => {
  it("a patient asks, the hospital answers, the patient passes it on, asks nothing more and closes it", async () => {
    const own = await asPatient("/messages")
    await own.page.getByText("You have written nothing yet.").waitFor()
    await own.page.getByRole("link", { name: "Write a message" }).click()
    await own.page.getByLabel("To whom").selectOption({ label: "City Hospital (you are a patient there)" })
    await write(own.page, "May I take my medicines\n  before the test?")
    await wrote(own.page, "before the test?")
    await own.page.getByText("Sent. What becomes of it stands here.").waitFor()
    await own.page.getByText("waits for the organisation", { exact: true }).first().waitFor()

    const desk = await asStaff("city-hospital", "city-registrar", "/inbox")
    await desk.page.getByRole("link", { name: "patient-1" }).click()
    await wrote(desk.page, "before the test?")
    assert.equal(
      await desk.page.locator(".text").textContent(),
      "May I take my medicines\n  before the test?",
    )
    await write(desk.page, "Yes, with water.")
    await wrote(desk.page, "Yes, with water.")
    await desk.page.getByText("Nothing to do for you now: answered.").waitFor()
    await desk.page.getByRole("link", { name: "← Inbox" }).click()
    await desk.page.getByText("Nothing waits for you.").waitFor()

    await own.page.reload()
    await own.page.close()
    const again = await asPatient("/inbox")
    await again.page.getByRole("link", { name: "City Hospital" }).click()
    await again.page.getByText("City Hospital (patient relations)", { exact: true }).waitFor()
    await wrote(again.page, "Yes, with water.")
    await write(again.page, "With which water?", "Pass it on to the authority")
    await wrote(again.page, "With which water?")
    await again.page.getByText("With City Hospital, National Health Authority").waitFor()
    assert.deepEqual(await violations(again.page), [])

    const office = await asStaff("authority", "authority", "/inbox")
    await office.page.getByText("Somebody whom this organisation does not know").click()
    for (const text of ["before the test?", "Yes, with water.", "With which water?"])
      await wrote(office.page, text)
    assert.equal(await office.page.getByText("patient-1").count(), 0)
    await office.page.getByText("What can happen next").click()
    await office.page
      .getByText("waits for the authority")
      .and(office.page.locator("[aria-current=step]"))
      .waitFor()
    assert.deepEqual(await violations(office.page), [])

    await draft(office.page, "Any.", "Decide")
    await again.page.getByRole("button", { name: "Close it" }).click()
    await again.page.getByText("closed", { exact: true }).first().waitFor()
    // What the authority has seen, and answers, is not how it stands any more.
    await send(office.page)
    await office.page.getByRole("alert").waitFor()
    for (const one of [own, desk, again]) assert.deepEqual(one.faults, [])
    for (const one of [own, desk, again, office]) await one.context.close()
  })

  it("a complaint is about a line of the own audit, which goes with it", async () => {
    const card = join(folder, "card.json")
    const grant = ["--to", "county-hospital", "--purpose", "TREAT", "--until", "1d", "--yes"]
    await line("grant", ...grant, "--as", "patient-1")
    await line("card", "--for", "county-hospital", "--out", card, "--as", "patient-1")
    await line("request", "--card", card, "--purpose", "TREAT", "--reason", "Knee", "--as", "county-doctor")
    await line("history", card, "--as", "county-doctor", "--evidence", folder)
    const { result } = await line("audit", "--as", "patient-1")
    const { custodians } = result as {
      custodians: { custodian: string; entries: { n: number; requester: string; outcome: string }[] }[]
    }
    const city = custodians.find(({ custodian }) => custodian === "city-hospital")
    const read = city?.entries.findLast(({ outcome }) => outcome === "read")
    const { page, context, faults } = await asPatient(`/messages/complain/city-hospital/${read?.n}`)
    await page.getByText("County Hospital, doctor").waitFor()
    await page.getByText("treatment", { exact: true }).waitFor()
    assert.deepEqual(await violations(page), [])
    await write(page, "Why was this?")
    await wrote(page, "Why was this?")
    const desk = await asStaff("city-hospital", "city-registrar", "/inbox")
    await desk.page.getByRole("link", { name: "patient-1" }).click()
    await desk.page.getByText("Complains about an access:").waitFor()
    await desk.page.getByText("County Hospital, doctor").waitFor()
    assert.deepEqual([...faults, ...desk.faults], [])
    for (const one of [context, desk.context]) await one.close()

    const none = await asPatient("/messages/complain/city-hospital/99999")
    await none.page.getByRole("alert").waitFor()
    assert.equal(await none.page.getByRole("button", { name: "Send" }).count(), 0)
    await none.context.close()
  })

  it("takes plain text alone, and says in the reader's language what is wrong", async () => {
    const { page, context } = await asPatient("/messages/write", {
      width: 360,
      language: "zh-CN",
      isDark: true,
    })
    const rows = [
      ["", "请先填写内容。"],
      ["<b>now</b>", "请使用纯文本，不要包含 HTML。"],
      ["abc\u202edef", "内容中含有不可见字符。"],
      ["x".repeat(MAX_TEXT + 1), "内容过长。"],
    ] as const
    for (const [text, said] of rows) {
      await page.getByRole("textbox").fill(text)
      await page.getByRole("button", { name: "发送" }).click()
      await page.getByRole("alert").getByText(said).waitFor()
    }
    assert.deepEqual(await violations(page), [])
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
    await context.close()
  })

  it("a document that is not here is said not to be, and hides nothing else", async () => {
    const { result } = await line(
      "messages",
      "write",
      "--to",
      "city-hospital",
      "--text",
      "Lost?",
      "--as",
      "patient-1",
    )
    const { id } = result as { id: string }
    const { page, context } = await openPage(browser, "about:blank")
    await page.route("**/case/document", (route) => route.abort())
    const app = (network.start ?? "").replace(/demo\/$/, "")
    await page.goto(`${app}#demo=patient-1/messages/${id}`)
    await page.getByText("The text is not here yet.", { exact: false }).waitFor()
    await page.getByText("waits for the organisation", { exact: true }).first().waitFor()
    await context.close()
  })
})

describe("the library", () => {
  const publish = (slug: string, title: string, language: string, text: string) => {
    const file = join(folder, `${slug}.txt`)
    writeFileSync(file, text)
    const words = ["--kind", "medicine", "--title", title, "--language", language, "--file", file]
    return line("library", "publish", slug, ...words, "--as", "city-admin")
  }

  it("is searched by the words of titles, by language, and by the term of a record", async () => {
    await publish("warfarin", "Warfarin", "en", texts.english)
    await publish("warfarin-zh", "华法林", "zh-CN", "关于华法林。")
    await publish("metformin", "Metformin", "en", "About metformin.")
    const { page, context, faults } = await asPatient("/library")
    const titles = () => page.locator(".line strong").allInnerTexts()
    await page.getByText("Each of these was checked against the ledger.", { exact: false }).waitFor()
    assert.deepEqual((await titles()).sort(), ["Metformin", "Warfarin", "华法林"])
    await page.getByLabel("Title").fill("WARF")
    assert.deepEqual((await titles()).sort(), ["Warfarin", "华法林"])
    await page.getByLabel("Language").last().selectOption({ label: "Chinese (China)" })
    assert.deepEqual(await titles(), ["华法林"])
    assert.deepEqual(await violations(page), [])
    await page.goto(page.url().replace(/#.*/, "#/library?about=Warfarin%205%20mg%20oral%20tablet"))
    assert.deepEqual(faults, [])
    await context.close()
    const about = await asPatient("/library?about=Warfarin%20sodium%205%20mg%20oral%20tablet")
    await about.page.getByText("What is published about “Warfarin sodium 5 mg oral tablet”").waitFor()
    assert.deepEqual((await about.page.locator(".line strong").allInnerTexts()).sort(), [
      "Warfarin",
      "华法林",
    ])
    await about.context.close()
  })

  it("shows no text that is not what the ledger has", async () => {
    const { page, context } = await openPage(browser, "about:blank")
    await page.route("**/library/publication?*", async (route) => {
      const answer = await route.fetch()
      const { content, ...rest } = (await answer.json()) as { content: string }
      const changed = `${content.slice(0, -2)}${content.endsWith("2e") ? "21" : "2e"}`
      await route.fulfill({ response: answer, json: { ...rest, content: changed } })
    })
    const app = (network.start ?? "").replace(/demo\/$/, "")
    await page.goto(`${app}#demo=patient-1/library/city-hospital/warfarin`)
    await page.getByText("What this node hands out is not what was published").waitFor()
    assert.equal(await page.getByText("Warfarin keeps your blood", { exact: false }).count(), 0)
    await context.close()
  })

  it("is changed by administrators alone", async () => {
    const doctor = await asStaff("city-hospital", "city-doctor", "/library/city-hospital/warfarin")
    await doctor.page.getByText("This is what City Hospital published", { exact: false }).waitFor()
    assert.equal(await doctor.page.getByRole("button", { name: "Withdraw" }).count(), 0)
    await doctor.context.close()
    const there = await asStaff("city-hospital", "city-doctor", "/library/publish")
    await there.page.getByText("Only administrators publish for their organisation.").waitFor()
    assert.equal(await there.page.getByRole("button", { name: "Publish" }).count(), 0)
    await there.context.close()
  })
})

describe("a narrative that somebody sent", () => {
  const rows: readonly (readonly [comment: string, sent: string, shown: string])[] = [
    [
      "text",
      '<div xmlns="http://www.w3.org/1999/xhtml"><p>Yes &amp; <b>no</b></p></div>',
      "<div><p>Yes &amp; <b>no</b></p></div>",
    ],
    ["a script", "<div>a<script>alert(1)</script>b</div>", "<div>ab</div>"],
    [
      "a style",
      "<div>a<style>body{display:none}</style><p style='position:fixed'>b</p></div>",
      "<div>a<p>b</p></div>",
    ],
    ["a handler", "<div><p onclick='alert(1)' onerror=alert(1)>a</p></div>", "<div><p>a</p></div>"],
    ["a picture", "<div><img src=x onerror=alert(1)>a</div>", "<div>a</div>"],
    ["a link to a script", "<div><a href='javascript:alert(1)'>a</a></div>", "<div>a</div>"],
    ["a link elsewhere", "<div><a href='https://evil.example'>a</a></div>", "<div>a</div>"],
    ["a frame", "<div><iframe srcdoc='<p>x'></iframe>a</div>", "<div>a</div>"],
    [
      "a form",
      "<div><form action='https://evil.example'><input name=a><button>b</button></form></div>",
      "<div>b</div>",
    ],
    [
      "SVG with a script",
      "<div><svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>b</a></svg>a</div>",
      "<div>a</div>",
    ],
    [
      "MathML that changes what is parsed",
      "<div><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>a</div>",
      "<div>a</div>",
    ],
    ["an object", "<div><object data='x'></object><embed src='x'>a</div>", "<div>a</div>"],
    [
      "names by which scripts find things",
      "<div><p id='location' name='cookie' class='x' data-a='b'>a</p></div>",
      "<div><p>a</p></div>",
    ],
    ["a comment that hides an end", "<div><!--><img src=x onerror=alert(1)>-->a</div>", "<div>--&gt;a</div>"],
    [
      "a table",
      "<div><table><tbody><tr><td colspan='2'>a</td></tr></tbody></table></div>",
      '<div><table><tbody><tr><td colspan="2">a</td></tr></tbody></table></div>',
    ],
    [
      "a cell that spans more than anybody reads",
      "<div><table><tbody><tr><td colspan='1000' rowspan='2'>a</td></tr></tbody></table></div>",
      '<div><table class="unclear"><tbody><tr><td>a</td></tr></tbody></table></div>',
    ],
    [
      "a cell over another one",
      "<div><table><tbody><tr><td>a</td><td rowspan='2'>b</td></tr><tr><td colspan='2'>c</td></tr></tbody></table></div>",
      '<div><table class="unclear"><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table></div>',
    ],
    [
      "columns by blanks",
      "<div>Seen<p>      Mon   Tue\nNa          140</p></div>",
      '<div>Seen<p><div class="columns">      Mon   Tue\nNa          140</div></p></div>',
    ],
    [
      "a page that was set further in",
      "<div>\n   <p>a</p>\n   b\n</div>",
      "<div>\n   <p>a</p>\n   b\n</div>",
    ],
    [
      "a base and a refresh",
      "<div><base href='https://evil.example'><meta http-equiv=refresh content='0;url=x'>a</div>",
      "<div>a</div>",
    ],
  ]
  it("keeps its words and its tables, and nothing that runs, loads, draws or leads anywhere", async () => {
    const file = readdirSync(join(pages, "assets")).find((name) => /^narrative-.*\.js$/.test(name))
    const { page, context, faults } = await openPage(browser, (network.start ?? "").replace(/demo\/$/, ""))
    for (const [comment, sent, shown] of rows) {
      const html = await page.evaluate(
        async ([from, div]) => {
          const { narrativeOf } = (await import(`/assets/${from}`)) as { narrativeOf(div: string): Node }
          const place = document.createElement("section")
          place.replaceChildren(narrativeOf(div))
          return place.innerHTML
        },
        [file ?? "", sent] as const,
      )
      assert.equal(html, shown, comment)
    }
    // What the sanitiser's own parser meets, the page's policy blocks and says so.
    const isBlocked = (fault: string) => fault.includes("violates the following Content Security Policy")
    assert.deepEqual(
      faults.filter((fault) => !isBlocked(fault)),
      [],
    )
    await context.close()
  })
})

describe("pages of a capability", () => {
  it("are there where the ledger has it active", async () => {
    const { page, context } = await openPage(browser, "about:blank")
    await page.route("**/capabilities", async (route) => {
      const answer = await route.fetch()
      const { active } = (await answer.json()) as { active: { name: string }[] }
      assert.ok(active.some(({ name }) => name === "cases.messages"))
      const json = { active: active.filter(({ name }) => name !== "cases.messages") }
      await route.fulfill({ response: answer, json })
    })
    await page.goto(`${(network.start ?? "").replace(/demo\/$/, "")}#demo=patient-1/library`)
    const menu = page.getByRole("navigation")
    await menu.getByRole("link", { name: "Library" }).waitFor()
    assert.equal(await menu.getByRole("link", { name: "Messages" }).count(), 0)
    await context.close()
  })
})
