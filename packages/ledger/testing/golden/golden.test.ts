import assert from "node:assert/strict"
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { cases, delegates, publications } from "@aceso/contracts"
import { readGenesis, signedGenesis } from "@aceso/core"
import { Chain } from "../../chain.ts"
import type { Rules } from "../../rules.ts"
import { temporaryFolder } from "../network.ts"
import { counters, goldenRules } from "./rules.ts"

/** Chains that earlier releases wrote: this release gives the same roots, block by block, or may not be released. */
const here = import.meta.dirname
const names = readdirSync(here).filter((name) => existsSync(join(here, name, "genesis.json")))

function open(name: string, rules: Rules): { chain: Chain; remove: () => Promise<void> } {
  const folder = temporaryFolder()
  cpSync(join(here, name, "log"), join(folder, "log"), { recursive: true })
  const text = readFileSync(join(here, name, "genesis.json"), "utf8")
  const genesis = readGenesis(signedGenesis.parse(JSON.parse(text), "genesis", "json"))
  const remove = () => Promise.resolve(rmSync(folder, { recursive: true, force: true }))
  try {
    // There is no state: every block is executed again and compared with the log.
    const chain = Chain.open(folder, genesis, rules)
    return { chain, remove: () => chain.close().then(remove) }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

describe("golden chains", () => {
  it("are there", () => assert.ok(names.includes("protocol-1")))

  for (const name of names)
    it(`${name}: every block has the roots that the log says, across two versions of a contract`, async () => {
      const { chain, remove } = open(name, goldenRules)
      assert.ok(chain.tip.height > 40)
      // Version 1 counted three ones up to block 26, version 2 eight twos and one field more after it.
      assert.deepEqual(chain.store.readAt(counters, [0], 27), { total: 3, changes: 0 })
      assert.deepEqual(chain.store.get(counters, [0]), { total: 20, changes: 8 })
      const [done, delegate] = [chain.store.scan(cases as never), chain.store.scan(delegates as never)]
      assert.deepEqual(
        [...done].map(({ row }) => [(row as { state: string }).state, (row as { size: number }).size]),
        [["closed", 4]],
      )
      assert.equal([...delegate].length, 2)
      const offered = [...chain.store.scan(publications as never)].map(({ row }) => {
        const { version, hash } = row as { version: number; hash: Uint8Array | null }
        return [version, hash !== null]
      })
      assert.deepEqual(offered, [
        [2, true],
        [2, false],
      ])
      await remove()
    })

  it("fail when the second version counts otherwise", () => {
    const [, second] = goldenRules.contracts.filter((one) => one.name === "counter")
    const [first] = goldenRules.contracts.filter((one) => one.name === "counter")
    const other = { ...second, actions: first.actions, tables: first.tables }
    const rules = {
      ...goldenRules,
      contracts: goldenRules.contracts.map((one) => (one === second ? other : one)),
    }
    assert.throws(() => open("protocol-1", rules), { code: "replay_differs" })
  })

  it("stop before the height whose version is not here", () => {
    const contracts = goldenRules.contracts.filter((one) => one.name !== "counter" || one.version === 1)
    assert.throws(
      () => open("protocol-1", { ...goldenRules, contracts }),
      (error: { code?: string; message: string }) =>
        error.code === "contract_missing" && /counter version 2/.test(error.message),
    )
  })
})
