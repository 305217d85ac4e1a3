// `node packages/web/testing/shots.ts`: a demo, and pictures of pages, for whoever builds them. Not a test.
import { mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { builtPages } from "../build.ts"
import { openBrowser, openPage, violations } from "./browser.ts"

const [, , folder = "/tmp/shots", ...wanted] = process.argv
mkdirSync(folder, { recursive: true })
const network = await DemoNetwork.open({
  folder: mkdtempSync(join(tmpdir(), "aceso-shots-")),
  port: 0,
  pages: await builtPages(console.log),
  onFault: (member, error) => console.log(member, error),
})
await populate(network)
const start = network.start ?? ""
const app = start.replace(/demo\/$/, "")
const portal = (member: string) =>
  `${network.node(member).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
const pages: Record<string, string> = {
  start,
  "patient-records": `${app}#demo=patient-1`,
  "doctor-patients": `${portal("city-hospital")}#demo=city-doctor`,
  "insurer-visitors": `${portal("insurer")}#demo=insurer`,
}
const browser = await openBrowser()
for (const [name, url] of Object.entries(pages)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const [width, language] of [
    [1440, "en-GB"],
    [360, "zh-CN"],
  ] as const) {
    const { page, context, faults } = await openPage(browser, url, { width, language, isDark: width === 360 })
    await page
      .locator("[aria-busy=false] > :last-child")
      .first()
      .waitFor({ timeout: 20_000 })
      .catch(() => {})
    await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: false })
    console.log(name, width, faults, await violations(page))
    await context.close()
  }
}
await browser.close()
await network.close()
process.exit(0)
