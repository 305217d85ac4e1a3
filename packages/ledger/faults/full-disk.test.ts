import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { describe, it } from "node:test"
import { fromHex, signedGenesis } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { makeGenesis, rules, seedOf, temporaryFolder } from "../testing/network.ts"
import { verifyFolder } from "../verify/verify.ts"

/**
 * A disk that takes no more, made with the shell's limit on file sizes: writes fail with EFBIG where a full
 * disk says ENOSPC, at the same places.
 */
describe("a disk that is full", () => {
  for (const blocks of [48, 150, 400])
    it(`at ${blocks} KiB a file: one clear sentence, nothing acknowledged is lost, nothing is corrupt`, async () => {
      const folder = temporaryFolder()
      const { genesis, signed } = makeGenesis({ time: Date.now() - 60_000 })
      const script = new URL("../testing/load-child.ts", import.meta.url).pathname
      const run = spawnSync(
        "bash",
        [
          "-c",
          `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`,
          "bash",
          process.execPath,
          script,
          folder,
          JSON.stringify(signedGenesis.toJson(signed)),
          "100000",
        ],
        { encoding: "utf8", timeout: 600_000 },
      )
      assert.notEqual(run.status, 0)
      assert.equal(run.signal, null)
      assert.match(run.stderr, /(the log|the state|lock|data folder).*(cannot be written|cannot be used)/)
      const acknowledged = [...run.stdout.matchAll(/^ack ([0-9a-f]{64})$/gm)].map((match) => match[1])
      const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
      for (const id of acknowledged) assert.ok(engine.chain.find(fromHex(id)), `${id} is lost`)
      await engine.close()
      const { findings } = await verifyFolder(folder, { genesis, rules })
      assert.deepEqual(findings, [])
      rmSync(folder, { recursive: true })
    })
})
