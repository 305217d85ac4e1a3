import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { it } from "node:test"

const main = new URL("main.ts", import.meta.url).pathname
const HOOK = `import { registerHooks } from "node:module"
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
process.on("exit", () => console.log(JSON.stringify(loaded)))`

it("a command begins without the code of a vault or of the HTTP edge, which few commands need", () => {
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`
  const argv = ["--disable-warning=ExperimentalWarning", "--import", hook, main, "--version"]
  const out = execFileSync(process.execPath, argv, { encoding: "utf8" })
  const loaded = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as string[]
  assert.ok(loaded.some((url) => url.endsWith("packages/cli/main.ts")))
  const heavy = loaded.filter((url) => /kysely|vault\/sqlite|node_modules\/hono/.test(url))
  assert.deepEqual(heavy, [])
})
