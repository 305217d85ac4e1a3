import assert from "node:assert/strict"
import { globSync } from "node:fs"
import { after, describe, it } from "node:test"
import { capabilities } from "@aceso/capabilities/index.ts"
import { Cli } from "@aceso/cli/testing/aceso.ts"
import { isTest } from "./check/source.ts"
import { Copy } from "./testing/copy.ts"

/** Rows of its table of codes stay where a contract has the code; the command goes out of them. */
const FAULTS = "docs/operations.md"

/**
 * Removes one as docs/adding-a-capability.md says: its folder, tests elsewhere that take it as their example, its import,
 * its name in the list, and the lines about all that.
 */
function remove(copy: Copy, { name, commands, tours }: (typeof capabilities)[number]): void {
  copy.remove(`capabilities/${name}`)
  const tests = globSync("{packages,bench,conformance}/**/*.ts", {
    cwd: copy.root,
    exclude: (path) => path.endsWith("node_modules"),
  }).filter((path) => isTest(path) && copy.read(path).includes(`"@aceso/capabilities/${name}/`))
  for (const path of tests) copy.remove(path)
  copy.change("capabilities/index.ts", (text) =>
    text
      .replace(new RegExp(`^import .* from "\\./${name}/capability\\.ts"\\n`, "m"), "")
      .replace(/(?<== \[).*(?=\]$)/m, (list) =>
        list
          .split(", ")
          .filter((one) => one !== name)
          .join(", "),
      ),
  )
  removePages(copy, name)
  const typed = [...Object.keys(commands), ...tours.map((tour) => `tour ${tour.name}`)].join("|")
  const gone = [`capabilities/${name}\\b`, ...tests.map(RegExp.escape)].join("|")
  const about = new RegExp(`${gone}|aceso (?:${typed})\\b|^\\| \`(?:${typed})\\b`)
  const command = new RegExp(`\`(?:npx )?aceso (?:${typed})\\b[^\`]*\``, "g")
  for (const page of globSync("{README.md,CHANGELOG.md,docs/*.md}", { cwd: copy.root }))
    copy.change(page, (text) =>
      text
        .split("\n")
        .filter((line) => !about.test(line) || (page === FAULTS && line.startsWith("| `")))
        .map((line) => (page === FAULTS ? line.replaceAll(command, "(removed)") : line))
        .join("\n"),
    )
}

/** Its pages: its area in one list, its calls in another. */
function removePages(copy: Copy, name: string): void {
  const isOf = new RegExp(`^import .* from "\\./${name}/`)
  const isNamed = (one: string) => one === `${name}Area` || one.replace("...", "").startsWith(`${name}.`)
  for (const path of ["capabilities/web.ts", "capabilities/web-session.ts"])
    copy.change(path, (text) =>
      text
        .split("\n")
        .filter((line) => !isOf.test(line))
        .map((line) =>
          line.replace(/(?<=[ (]\[).+(?=\]\)?$)/, (list) =>
            list
              .split(", ")
              .filter((one) => !isNamed(one))
              .join(", "),
          ),
        )
        .join("\n"),
    )
}

for (const capability of capabilities)
  describe(`without ${capability.name}`, () => {
    const copy = new Copy()
    const cli = new Cli("without", copy.root)
    remove(copy, capability)
    after(async () => {
      await cli.end()
      copy.end()
    })

    it("the check finds nothing", async () => {
      const { status, said } = await copy.run("scripts/check.ts")
      assert.equal(status, 0, said)
    })

    it("what pages tell people to type is what the command line takes", async () => {
      const { status, said } = await copy.run("scripts/test.ts", "packages/cli/pages")
      assert.equal(status, 0, said)
    })

    it("the demo goes on, and knows none of its commands", async () => {
      const demo = cli.startDemo("--empty")
      await demo.says(/^ready in /m)
      assert.match(await cli.shell("npx aceso inbox --as city-registrar"), /none/)
      const [name] = Object.keys(capability.commands)
      const { status } = await cli.run(`${name} --as patient-1`)
      assert.equal(status, 2)
      assert.equal(await demo.stop("SIGTERM"), 0, demo.err)
    })
  })
