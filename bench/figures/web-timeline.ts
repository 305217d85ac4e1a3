import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HISTORY_MEASURES } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { addLargePatient } from "@aceso/consortium/testing/large-patient.ts"
import { builtPages } from "@aceso/web/build.ts"
import { openBrowser, openPage } from "@aceso/web/testing/browser.ts"
import { percentile, report } from "../report.ts"

/**
 * From the address of the patient's app to a timeline of 2,000 entries that can be used, every one held against the
 * ledger in the browser: chromium on this machine, nothing of the page in its cache.
 */
const RUNS = 7
const ENTRIES = Number(process.env.ACESO_BENCH_ENTRIES ?? 2_000)

const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
// The story has a few that are none of the patient's.
await addLargePatient(network, Math.ceil(ENTRIES * 1.1))
const address = (network.start ?? "").replace(/demo\/$/, "#demo=patient-large")
const browser = await openBrowser()

interface Run {
  readonly usable: number
  readonly whole: number
  readonly session: number
  readonly fetch: number
  readonly verify: number
  readonly merge: number
  readonly render: number
  readonly entries: number
}

async function once(): Promise<Run> {
  const { page, context, faults } = await openPage(browser, "about:blank")
  await page.goto(address, { waitUntil: "commit" })
  const now = (selector: string) =>
    page
      .waitForFunction((wanted) => document.querySelector(wanted) !== null && performance.now(), selector)
      .then((found) => found.jsonValue() as Promise<number>)
  const usable = await now(".entry")
  const total = await page.locator(".filters output").textContent()
  const entries = Number(/(\d+)\D*$/.exec((total ?? "").replaceAll(",", "").replace(/ records$/, ""))?.[1])
  const whole = await page
    .waitForFunction((n) => document.querySelectorAll(".entry").length >= n && performance.now(), entries)
    .then((found) => found.jsonValue() as Promise<number>)
  if (!(await page.getByText("Complete and unchanged").isVisible())) throw new Error("not all were verified")
  if (faults.length > 0) throw new Error(faults.join("; "))
  const [worker] = page.workers()
  const times = await worker.evaluate((names) => {
    const asked = performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith("/patient/records"))
    const sum = (name: string) =>
      performance.getEntriesByName(name, "measure").reduce((all, { duration }) => all + duration, 0)
    const merged = performance.getEntriesByName(names.merge, "measure")[0]
    return {
      origin: performance.timeOrigin,
      first: Math.min(...asked.map(({ startTime }) => startTime)),
      fetch: asked.reduce((all, { duration }) => all + duration, 0),
      verify: sum(names.verify),
      merge: sum(names.merge),
      merged: merged.startTime + merged.duration,
    }
  }, HISTORY_MEASURES)
  const origin = await page.evaluate(() => performance.timeOrigin)
  await context.close()
  const { fetch, verify, merge } = times
  const at = (time: number) => times.origin + time - origin
  const render = usable - at(times.merged)
  return { usable, whole, session: at(times.first), fetch, verify, merge, render, entries }
}

const runs: Run[] = []
for (let i = 0; i < RUNS; i++) runs.push(await once())
// The first one compiles what the others find compiled on the server's side.
const counted = runs.slice(1)
const median = (of: (run: Run) => number) => percentile(counted.map(of), 0.5)
const { entries } = runs[0]
report(
  "web.timeline",
  median((run) => run.usable),
  `ms (median of ${counted.length})`,
  "entries",
  entries,
)
report(
  "web.timeline.session",
  median((run) => run.session),
  "ms until records are asked for",
)
report(
  "web.timeline.fetch",
  median((run) => run.fetch),
  "ms",
)
report(
  "web.timeline.verify",
  median((run) => run.verify),
  "ms",
)
report(
  "web.timeline.merge",
  median((run) => run.merge),
  "ms",
)
report(
  "web.timeline.render",
  median((run) => run.render),
  "ms from the merged timeline to the first screen",
)
report(
  "web.timeline.whole",
  median((run) => run.whole),
  "ms until every entry is in the page",
)
await browser.close()
await network.close()
rmSync(folder, { recursive: true, force: true })
