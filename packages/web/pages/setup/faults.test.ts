import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { describe, it } from "node:test"
import { faultsEn, faultsZh } from "./faults.ts"

/** What a call of the page can throw: all that its process is made of, down to the node's folder. */
const PACKAGES = resolve(import.meta.dirname, "../../..")
const BEGIN = [
  "server/setup/routes.ts",
  "server/setup/listen.ts",
  "server/home/open.ts",
  "ledger/folder-lock.ts",
  "ledger/there.ts",
  "web/session/setup.ts",
]
const INSIDE = /\/server\/(setup|home|vault|recovery)\/|\/server\/node\/config\.ts/
/** Of other commands, of what no page sends, and of a build that is wrong in itself. */
const ELSEWHERE: readonly string[] = [
  "bad_json",
  "bad_answer",
  "contract_fault",
  "not_found",
  "peer_exists",
  "unknown_peer",
]

function codes(): ReadonlySet<string> {
  const seen = new Set<string>()
  const found = new Set<string>()
  const look = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return
    seen.add(file)
    const source = readFileSync(file, "utf8")
    for (const [, code] of source.matchAll(/PlatformError\(\s*"([a-z_]+)"/g)) found.add(code)
    // A home's mistakes, each by its code.
    if (file.endsWith("/home/read.ts"))
      for (const [, code] of source.matchAll(/(?:wrong\(\s*|\[)"([a-z]+_[a-z_]+)"/g)) found.add(code)
    for (const [, from] of source.matchAll(/from "(\.[^"]+)"/g)) {
      const next = resolve(dirname(file), from)
      if (INSIDE.test(next)) look(next)
    }
  }
  for (const file of BEGIN) look(resolve(PACKAGES, file))
  return found
}

describe("what the page of the first start says", () => {
  const found = codes()

  it("has words of its own for each fault that its calls can throw", () => {
    for (const code of ["certificate_missing", "no_network", "secrets_open", "setup_gone", "folder_in_use"])
      assert.ok(found.has(code), code)
    const said = Object.keys(faultsEn)
    assert.deepEqual(
      [...found].filter((code) => !said.includes(code) && !ELSEWHERE.includes(code)).sort(),
      [],
    )
  })

  it("and in both languages another sentence for each", () => {
    for (const texts of [faultsEn, faultsZh])
      assert.equal(new Set(Object.values(texts)).size, Object.keys(texts).length)
  })
})
