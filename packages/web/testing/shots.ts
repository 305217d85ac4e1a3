// `node packages/web/testing/shots.ts`: a demo, and pictures of pages, for whoever builds them. Not a test.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { StaffClient } from "@aceso/client"
import { entrust } from "@aceso/consortium/entrusted.ts"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { fromHex } from "@aceso/core"
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
await entrust(network)
/** A question that was asked and answered. */
const asked = await (async () => {
  const { execute } = await import("@aceso/cli/run.ts")
  const line = (...words: string[]) => execute([...words, "--folder", network.folder])
  const text =
    "Which of my medicines may I take before the blood test on Monday?\n\nI take warfarin in the evening."
  const { result } = await line(
    "messages",
    "write",
    "--to",
    "city-hospital",
    "--text",
    text,
    "--as",
    "patient-1",
  )
  const { id } = result as { id: string }
  await line(
    "messages",
    "answer",
    id,
    "--text",
    "All of them. Drink water, eat nothing after 22:00.",
    "--as",
    "city-registrar",
  )
  await line(
    "messages",
    "write",
    "--to",
    "city-hospital",
    "--text",
    "May I have a copy?",
    "--as",
    "patient-1",
  )
  const file = `${network.folder}/warfarin.txt`
  writeFileSync(
    file,
    "Warfarin keeps your blood from clotting too easily.\n\nChecks: a blood test, the INR.\n",
  )
  const plan = `${network.folder}/clinic.json`
  const div =
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>Open <b>every day</b>.</p><table><tr><td>Monday</td><td>8 to 18</td></tr></table></div>'
  const text4 = { status: "generated", div }
  const service = {
    resourceType: "HealthcareService",
    active: true,
    text: text4,
    name: "INR clinic",
    comment: "Free of charge",
  }
  writeFileSync(plan, JSON.stringify(service))
  const publish = (slug: string, kind: string, title: string, from: string) =>
    line(
      "library",
      "publish",
      slug,
      "--kind",
      kind,
      "--title",
      title,
      "--language",
      "en",
      "--file",
      from,
      "--as",
      "city-admin",
    )
  await publish("warfarin", "medicine", "Warfarin", file)
  await publish("inr-clinic", "plan", "The INR clinic", plan)
  return id
})()
/** Somebody at the desk who has no device yet. */
const newcomer = await (async () => {
  const { seed } = readJson(layout(network.folder).person("city-registrar")) as { seed: string }
  const clerk = new StaffClient(network.node("city-hospital").services.config.url, fromHex(seed))
  const name = { family: "Zhao", given: ["Yu", "Min"] }
  const { registered } = await clerk.desk.register({
    name,
    birthDate: "1988-02-03",
    sex: "female",
    identifiers: [],
  })
  return registered?.alias ?? ""
})()
const start = network.start ?? ""
const app = start.replace(/demo\/$/, "")
const portal = (member: string) =>
  `${network.node(member).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
const pages: Record<string, string> = {
  start,
  "patient-records": `${app}#demo=patient-1`,
  ...Object.fromEntries(
    ["records/values", "access", "access/new", "requests", "audit", "card", "delegates", "devices"].map(
      (path) => [`patient-${path.replace("/", "-")}`, `${app}#demo=patient-1#/${path}`],
    ),
  ),
  parent: `${app}#demo=parent`,
  guide: `${start}#tour=complaint`,
  "patient-messages": `${app}#demo=patient-1/messages`,
  "patient-write": `${app}#demo=patient-1/messages/write`,
  "patient-case": `${app}#demo=patient-1/messages/${asked}`,
  "patient-inbox": `${app}#demo=patient-1/inbox`,
  "staff-inbox": `${portal("city-hospital")}#demo=city-registrar/inbox`,
  "staff-case": `${portal("city-hospital")}#demo=city-registrar/messages/${asked}`,
  "patient-library": `${app}#demo=patient-1/library`,
  "patient-text": `${app}#demo=patient-1/library/city-hospital/inr-clinic`,
  "admin-text": `${portal("city-hospital")}#demo=city-admin/library/city-hospital/warfarin`,
  "admin-publish": `${portal("city-hospital")}#demo=city-admin/library/publish?slug=warfarin`,
  desk: `${portal("city-hospital")}#demo=city-registrar/desk`,
  "desk-new": `${portal("city-hospital")}#demo=city-registrar/desk/new`,
  "desk-person": `${portal("city-hospital")}#demo=city-registrar/desk/person/${newcomer}`,
  "desk-lost": `${portal("city-hospital")}#demo=city-registrar/desk/person/patient-1`,
  people: `${portal("city-hospital")}#demo=city-admin/people`,
  "people-invite": `${portal("city-hospital")}#demo=city-admin/people/invite`,
  "people-person": `${portal("city-hospital")}#demo=city-admin/people/person/city-doctor`,
  "people-forbidden": `${portal("city-hospital")}#demo=city-doctor/people`,
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
    const [start, route] = url.split("#/")
    const options = { width, language, isDark: width === 360 }
    const { page, context, faults } = await openPage(browser, start, options)
    if (route !== undefined) {
      await page.locator("nav a").first().waitFor()
      await page.evaluate((to) => {
        location.hash = `#/${to}`
      }, route)
      await page.locator("h1").waitFor()
    }
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
