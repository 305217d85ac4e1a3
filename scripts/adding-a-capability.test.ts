import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { Cli } from "@aceso/cli/testing/aceso.ts"
import { layering } from "./check/layering.ts"
import { parse } from "./check/source.ts"
import { Copy } from "./testing/copy.ts"
import { blocksOf, putUnder, sectionOf, shownBy } from "./testing/page.ts"

const PAGE = "docs/adding-a-capability.md"
/** Stands on the page for the beginning of an id. */
const [CASE, PROPOSAL] = ["3fa9c2", "5b0f77"]

/** Writes what the page has, where it says. */
function follow(copy: Copy, page: string): void {
  for (const { language, info, body } of blocksOf(page)) {
    if (info === "capabilities/index.ts")
      copy.change(info, (text) =>
        text.replace(/^import .* from "\.\//m, `${body}$&`).replace("= [", "= [appointments, "),
      )
    else if (info === "capabilities/web.ts")
      copy.change(info, (text) =>
        text.replace(/^import .* from "\.\//m, `${body}$&`).replace("= [", "= [appointmentsArea, "),
      )
    else if (info === "capabilities/web-session.ts")
      copy.change(info, (text) =>
        text
          .replace(/^import .* from "\.\//m, `${body}$&`)
          .replace("= [", "= [...appointments.processes, ")
          .replace(/(?<=(patientCalls|staffCalls) = joined\(\[)/g, (_, calls) => `appointments.${calls}, `),
      )
    else if (/^capabilities\/appointments\/[^#]+$/.test(info)) copy.write(info, body)
    else if (language === "md") putUnder(copy, info, body)
  }
}

/** The lines that a part of the page has to be typed, each with what it says of the output. */
const typedIn = (section: string) =>
  blocksOf(section).flatMap(({ language, body }, i, all) => {
    if (language !== "sh") return []
    const next = all[i + 1]
    const lines = body.trim().split("\n")
    return lines.map((line, n) => ({
      line,
      shows: n === lines.length - 1 && next?.language === "text" ? next.body : "",
    }))
  })

describe(PAGE, () => {
  const copy = new Copy()
  const page = copy.read(PAGE)
  const cli = new Cli("page", copy.root)
  const released = new Cli("before")
  const upgraded = new Cli("before", copy.root, released.folder)
  before(() => follow(copy, page))
  after(async () => {
    for (const one of [cli, upgraded, released]) await one.end()
    copy.end()
  })

  async function demo(by: Cli) {
    const child = by.startDemo()
    await child.says(/^ready in /m)
    return child
  }

  /** Types a line until it shows what it should: what an event brings is there a moment after it. */
  async function type(by: Cli, line: string, shows: string, tries = 60): Promise<string> {
    const expected = shownBy(shows)
    let said = ""
    for (let i = 0; i < tries; i++) {
      said = await by.shell(`${line} 2>&1`).catch(String)
      if (expected.test(said)) return said
    }
    return assert.fail(`${line}\nsays\n${said}\nand not\n${shows}`)
  }

  /** Types all, with the id that the first one prints where the page has an example's. */
  async function typeAll(by: Cli, section: string, example: string, tries?: number): Promise<void> {
    let id = example
    for (const { line, shows } of typedIn(section)) {
      const isFirst = id === example
      const said = await type(by, line.replace(example, id), isFirst ? "" : shows.replace(example, id), tries)
      if (!isFirst) continue
      ;[id = example] = /\b[0-9a-f]{12}\b/.exec(said) ?? []
      assert.match(said, shownBy(shows.replace(example, id)))
    }
  }

  it("says what a broken layer is told", () => {
    const rows = [...sectionOf(page, "8. Check it").matchAll(/^\| `(.*?)` \| `(.*?)` \| (.*) \|$/gm)]
    assert.ok(rows.length >= 5)
    for (const [, path, text, finding] of rows)
      assert.deepEqual(
        parse([{ path, text }])
          .flatMap(layering)
          .map(({ message }) => message),
        [finding],
      )
  })

  it("builds what passes the check", async () => {
    const { status, said } = await copy.run("scripts/check.ts")
    assert.equal(status, 0, said)
  })

  it("builds what passes its own tests, and those of the pages", async () => {
    const { status, said } = await copy.run(
      "scripts/test.ts",
      "capabilities/appointments",
      "packages/cli/pages",
    )
    assert.equal(status, 0, said)
    assert.match(said, /capabilities\/appointments\/definition\/process\.test\.ts/)
  })

  it("works on a new demo, as the page types it", async () => {
    const child = await demo(cli)
    await typeAll(cli, sectionOf(page, "9. Try it"), CASE)
    assert.equal(await child.stop("SIGTERM"), 0, child.err)
  })

  it("comes to a network that runs by a ballot, and can be opened by nobody before", async () => {
    await (await demo(released)).stop("SIGTERM")
    const child = await demo(upgraded)
    const ask = "npx aceso appointments ask --to city-hospital --text x --as patient-1"
    await type(upgraded, ask, "unknown_process", 1)
    const section = sectionOf(page, "10. On a network that runs")
    // Where so many blocks come meanwhile that the height has passed, the ballot has no effect.
    for (let ahead = 16; ; ahead *= 2) {
      const { checkpoint } = await upgraded.json<{ checkpoint: { height: number } }>("status")
      const height = String(checkpoint.height + ahead)
      const now = section.replace("--height 66", `--height ${height}`)
      const done = await typeAll(upgraded, now, PROPOSAL, 1).catch((error: Error) => error)
      if (!(done instanceof Error)) break
      assert.ok(ahead < 500 && /without effect/.test(done.message), done)
    }
    // Each try is something that is done, so blocks come.
    await type(upgraded, "npx aceso tour appointment --yes", "4 steps, all as told.")
    assert.equal(await child.stop("SIGTERM"), 0, child.err)
  })

  it("leaves its definition where it was activated, without which nodes stop", async () => {
    const [kept] = blocksOf(page).filter(({ info }) => info.endsWith("#kept"))
    for (const folder of ["cli", "client", "server", "web", "demo"])
      copy.remove(`capabilities/appointments/${folder}`)
    for (const path of ["capabilities/web.ts", "capabilities/web-session.ts"])
      copy.change(path, (text) =>
        text
          .replace(/^(?:import .*"\.\/appointments\/.*| {2}\.\.\.appointments\..*)\n/gm, "")
          .replace(/\[(?:appointmentsArea|\.\.\.appointments\.processes), /, "["),
      )
    copy.write(kept.info.replace("#kept", ""), kept.body)
    const child = await demo(upgraded)
    await type(upgraded, "npx aceso status", "height")
    assert.equal((await upgraded.run("appointments")).status, 2)
    assert.equal(await child.stop("SIGTERM"), 0, child.err)
    const without = released.startDemo()
    assert.equal(await without.ended, 1)
    assert.match(without.err, /executes cases\.appointments version 1/)
  })
})
