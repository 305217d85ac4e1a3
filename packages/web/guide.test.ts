// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { libraryGuide } from "@aceso/capabilities/library/demo/guide.ts"
import { complaintGuide } from "@aceso/capabilities/messages/demo/guide.ts"
import { guides } from "@aceso/consortium/guide/guides.ts"
import type { BrowserContext, Page } from "playwright-core"
import { openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const demo = demoInBrowser("guide")

const stepOf = (page: Page, id: string) => page.locator(`[data-step="${id}"]`)
const isDone = (page: Page, id: string) =>
  stepOf(page, id)
    .getByText(/^(Done|Looked at)$/)
    .waitFor({ timeout: 60_000 })

/** Follows a step's own link, does there what it says, and waits until it ticks itself off. */
async function follow(
  { page, context }: { page: Page; context: BrowserContext },
  id: string,
  act: (opened: Page, typed: readonly string[]) => Promise<void>,
): Promise<void> {
  const step = stepOf(page, id)
  const details = step.locator("details")
  if ((await details.count()) > 0) await details.locator("summary").click()
  const typed = await step.locator("dd").allInnerTexts()
  const [opened] = await Promise.all([context.waitForEvent("page"), step.locator("a.open").click()])
  await act(opened, typed)
  await opened.close()
  await isDone(page, id)
}
const letDemoDo = async (page: Page, id: string) => {
  await stepOf(page, id).getByRole("button", { name: "Do this for me" }).click()
  await isDone(page, id)
}
/** No tour has left a tick in another one. */
async function openTour(name: string) {
  const tour = await openPage(demo.browser, `${demo.network.start}#tour=${name}`)
  await tour.page.getByText(/^0 of [1-9]\d* steps$/).waitFor()
  return tour
}

describe("the guide", () => {
  it("leads from the start page to each tour and back, in both languages", async () => {
    const { page, context, faults } = await openPage(demo.browser, demo.network.start ?? "")
    for (const { name, title } of guides) {
      await page.locator(`a[href="#tour=${name}"]`).click()
      await page.getByRole("heading", { level: 1, name: title.en }).waitFor()
      await page.getByText(/^0 of \d+ steps$/).waitFor()
      assert.deepEqual(await violations(page), [], name)
      await page.getByRole("link", { name: "← Start page" }).click()
    }
    await page.getByLabel("Language").selectOption("zh")
    for (const { title } of guides) await page.getByText(title.zh, { exact: true }).waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("is told on a phone in the dark without what keeps people from it", async () => {
    const url = `${demo.network.start}#tour=complaint`
    const { page, context, faults } = await openPage(demo.browser, url, {
      ...{ width: 360, language: "zh-CN", isDark: true },
    })
    await page.getByText("下一步", { exact: true }).waitFor()
    assert.deepEqual(await violations(page), [])
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("tells sharing: what no page can do yet the demo does, each time seen by the nodes", async () => {
    const { page, context, faults } = await openTour("sharing")
    const { steps } = guides.find(({ name }) => name === "sharing") as (typeof guides)[number]
    for (const { id, lines } of steps) if (lines) await letDemoDo(page, id)
    await page.getByText(`${steps.length - 1} of ${steps.length} steps`).waitFor()
    await follow({ page, context }, "account", (opened) =>
      opened.getByText("Complete: every entry is there").first().waitFor(),
    )
    await page.getByText("All told.", { exact: false }).waitFor()
    await page.reload()
    await page.getByText("All told.", { exact: false }).waitFor()
    await page.getByRole("button", { name: "Tell it again" }).click()
    // The visit stays imported: that cannot be taken back.
    await page.getByText(`1 of ${steps.length} steps`).waitFor({ timeout: 60_000 })
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("tells the complaint in the pages, from an access to the decision", async () => {
    const tour = await openTour(complaintGuide.name)
    const { page } = tour
    const write = async (opened: Page, [text]: readonly string[], step?: string) => {
      if (step) await opened.getByRole("radio", { name: step }).check()
      await opened.getByRole("textbox").fill(text)
      await opened.getByRole("button", { name: "Send" }).click()
      await opened.getByText(text, { exact: true }).and(opened.locator(".text")).waitFor({ timeout: 30_000 })
    }
    await letDemoDo(page, "access")
    await follow(tour, "look", (opened) => opened.locator(".entry").first().waitFor())
    await follow(tour, "complain", async (opened, typed) => {
      await opened.getByText("County Hospital, doctor").waitFor()
      await write(opened, typed)
    })
    await follow(tour, "answer", (opened, typed) => write(opened, typed))
    await follow(tour, "pass-on", async (opened, typed) => {
      await opened.getByText("Your consent of that day opened all of it.").waitFor()
      await write(opened, typed, "Pass it on to the authority")
    })
    await follow(tour, "inquire", async (opened, typed) => {
      await opened.getByText("Was that right?", { exact: false }).waitFor()
      await write(opened, typed, "Ask for an explanation")
    })
    await follow(tour, "explain", (opened, typed) => write(opened, typed))
    await follow(tour, "decide", (opened, typed) => write(opened, typed, "Decide"))
    await follow(tour, "decision", (opened) =>
      opened.getByText("City is to offer a narrower consent first.", { exact: false }).waitFor(),
    )
    await letDemoDo(page, "take-back")
    await page.getByText("All told.", { exact: false }).waitFor()
    assert.deepEqual(tour.faults, [])
    await tour.context.close()
  })

  it("tells the library in the pages, from the first text to the last that is withdrawn", async () => {
    const tour = await openTour(libraryGuide.name)
    const publish = async (opened: Page, typed: readonly string[], kind: string, format?: string) => {
      const [slug, language, title, text] = typed
      await opened.getByLabel("Name in addresses").fill(slug)
      await opened.getByLabel("Language", { exact: false }).last().fill(language)
      await opened.getByLabel("Kind").selectOption(kind)
      await opened.getByLabel("Title").fill(title)
      if (format) await opened.getByLabel("Written as").selectOption(format)
      await opened.locator("textarea").fill(text)
      await opened.getByRole("button", { name: "Publish" }).click()
    }
    const published = (opened: Page) => opened.getByText("is on the ledger", { exact: false }).waitFor()
    const FHIR = "FHIR resource (JSON)"
    const withdraw = async (opened: Page) => {
      await opened.getByRole("button", { name: "Withdraw" }).click()
      await opened.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click()
      await opened.getByText("It is withdrawn.", { exact: false }).waitFor()
    }
    for (const id of ["english", "chinese"])
      await follow(tour, id, async (opened, typed) => {
        await publish(opened, typed, "Medicine")
        await published(opened)
      })
    await follow(tour, "plan", async (opened, typed) => {
      await publish(opened, typed, "What is provided", FHIR)
      await published(opened)
    })
    await follow(tour, "refused-form", async (opened, typed) => {
      await publish(opened, typed, "Form", FHIR)
      await opened.getByText("It says something about a person", { exact: false }).waitFor()
    })
    const read = (version: number) => (opened: Page) =>
      opened
        .getByText(`This is what City Hospital published: version ${version} of`, { exact: false })
        .waitFor()
    await follow(tour, "read", read(1))
    await follow(tour, "newer", async (opened, [text]) => {
      await opened.locator("textarea").fill(text)
      await opened.getByRole("button", { name: "Publish" }).click()
      await published(opened)
    })
    await isDone(tour.page, "follows")
    await follow(tour, "follows", read(2))
    await follow(tour, "list", (opened) =>
      opened.getByText("Each of these was checked against the ledger.", { exact: false }).waitFor(),
    )
    await letDemoDo(tour.page, "protected")
    await letDemoDo(tour.page, "decline")
    for (const id of ["withdraw", "withdraw-chinese", "withdraw-plan"]) await follow(tour, id, withdraw)
    await tour.page.getByText("All told.", { exact: false }).waitFor()
    assert.deepEqual(tour.faults, [])
    await tour.context.close()
  })
})

describe("what the demo does for somebody", () => {
  const at = (path: string) => `${(demo.network.start ?? "").replace(/demo\/$/, "")}demo/${path}`
  const asked = (path: string, init: RequestInit = {}) => fetch(at(path), init)

  it("it does for its own pages alone", async () => {
    const rows = [
      ["guide", "GET"],
      ["guide/now?tour=sharing", "GET"],
      ["guide/open?tour=sharing", "POST"],
      ["guide/begin?tour=sharing", "POST"],
      ["guide/do?tour=sharing&step=tamper", "POST"],
    ] as const
    for (const [path, method] of rows)
      for (const site of ["cross-site", "same-site"])
        assert.equal((await asked(path, { method, headers: { "sec-fetch-site": site } })).status, 403, path)
    const { nodes } = demo.network
    for (const node of nodes.values())
      assert.equal(
        (
          await fetch(`${node.services.config.url}/demo/guide/do?tour=sharing&step=tamper`, {
            method: "POST",
          })
        ).status,
        404,
      )
  })

  it("is only what a tour has, and never by looking", async () => {
    const rows: [path: string, method: string, status: number, code: string][] = [
      ["guide/now?tour=nothing", "GET", 409, "unknown_tour"],
      ["guide/now", "GET", 409, "unknown_tour"],
      ["guide/do?tour=sharing&step=../tamper", "POST", 409, "unknown_step"],
      ["guide/do?tour=complaint&step=answer", "POST", 409, "unknown_step"],
    ]
    for (const [path, method, status, code] of rows) {
      const answer = await asked(path, { method })
      assert.equal(answer.status, status, path)
      assert.equal(((await answer.json()) as { code: string }).code, code)
    }
    assert.equal((await asked("guide/do?tour=sharing&step=tamper")).status, 404)
  })
})
