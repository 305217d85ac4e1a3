import { toHex } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { BuiltPages } from "@aceso/server/pages/built.ts"
import { type SeededNode, seededNode } from "@aceso/server/testing/seeded-node.ts"
import { builtPages } from "@aceso/web/build.ts"
import { openBrowser, openPage } from "@aceso/web/testing/browser.ts"
import type { Page } from "playwright-core"
import { percentile, report } from "../report.ts"

/**
 * The list of a custodian's 100,000 patients in its portal, beside one of 1,000: from the click on the link until the first
 * page of it is there, and from a search for a name until who is found is there. Chromium on this machine, signed in.
 */
const RUNS = 20
const SMALL = 1_000
const LARGE = Number(process.env.ACESO_BENCH_PATIENTS ?? 100_000)

const pages = BuiltPages.read(await builtPages(() => {}))
const small = await seededNode(SMALL, { pages })
const large = await seededNode(LARGE, { pages })
const browser = await openBrowser()

/** The portal of a node, somebody of it signed in. */
async function portal({ url }: SeededNode) {
  const { page } = await openPage(browser, "about:blank")
  const person = {
    kind: "staff",
    name: "admin",
    member: "city",
    node: url,
    seed: toHex(seedOf("staff of city")),
  }
  await page.route("**/demo/person?**", (route) => route.fulfill({ json: person }))
  await page.goto(`${url}/portal/#demo=admin/inbox`)
  await page.getByRole("heading", { level: 1 }).waitFor()
  return page
}

/** From something that somebody does until the list says what it shows then, ms. */
const until = (page: Page, act: { readonly link?: string; readonly search?: string }, wanted: string) =>
  page.evaluate(
    async ({ link, search, wanted }) => {
      const isThere = () => {
        const lines = [...document.querySelectorAll("ul.list > li")]
        return lines.length > 0 && lines.every(({ textContent }) => textContent?.includes(wanted))
      }
      const began = performance.now()
      if (link) document.querySelector<HTMLElement>(`nav a[href="${link}"]`)?.click()
      const input = document.querySelector<HTMLInputElement>("input[type=search]")
      if (search !== undefined && input) {
        input.value = search
        input.dispatchEvent(new Event("input"))
        input.form?.requestSubmit()
      }
      await new Promise<void>((done) => {
        const check = () => {
          if (!isThere()) return
          observer.disconnect()
          done()
        }
        const observer = new MutationObserver(check)
        observer.observe(document.body, { subtree: true, childList: true, characterData: true })
        check()
      })
      return performance.now() - began
    },
    { ...act, wanted },
  )

const nodes = [
  { node: small, count: SMALL, page: await portal(small), opened: [] as number[], found: [] as number[] },
  { node: large, count: LARGE, page: await portal(large), opened: [] as number[], found: [] as number[] },
]
for (let run = 0; run < RUNS; run++)
  for (const { count, page, opened, found } of nodes) {
    await page.goto(page.url().replace(/#.*/, "#/inbox"))
    await page.getByRole("heading", { level: 1, name: "Inbox" }).waitFor()
    opened.push(await until(page, { link: "#/patients" }, "person-"))
    const name = `Family${Math.floor(Math.random() * (count - 200))}`
    found.push(await until(page, { search: name }, name))
  }
const [few, many] = nodes
// The first ones compile what the others find compiled.
const median = (all: readonly number[]) => percentile(all.slice(RUNS / 5), 0.5)
for (const what of ["opened", "found"] as const)
  report(
    what === "opened" ? "web.patients" : "web.patients.search",
    median(many[what]),
    `ms at ${LARGE} patients`,
    `ms at ${SMALL} patients`,
    median(few[what]),
  )
await browser.close()
for (const { node } of nodes) await node.end()
