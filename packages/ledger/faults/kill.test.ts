import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { describe, it } from "node:test"
import { fromHex, signedGenesis } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { makeGenesis, rules, seedOf, temporaryFolder } from "../testing/network.ts"
import { verifyFolder } from "../verify/verify.ts"

describe("kill -9 under load", () => {
  it("loses no acknowledged transaction in 50 rounds", async () => {
    const folder = temporaryFolder()
    const { genesis, signed } = makeGenesis({ time: Date.now() - 60_000 })
    const script = new URL("../testing/load-child.ts", import.meta.url).pathname
    const acknowledged = new Set<string>()
    for (let round = 0; round < 50; round++) {
      const child = spawn(
        process.execPath,
        [script, folder, JSON.stringify(signedGenesis.toJson(signed)), "1000000"],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      )
      let text = ""
      let left = 20 + ((round * 37) % 300)
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk
        // Killed after so many acknowledgements: the moment moves through blocks and flushes.
        if (text.split("\nack ").length > left) {
          left = Number.POSITIVE_INFINITY
          child.kill("SIGKILL")
        }
      })
      await once(child, "close")
      for (const match of text.matchAll(/^ack ([0-9a-f]{64})$/gm)) acknowledged.add(match[1])
      const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
      for (const id of acknowledged)
        assert.ok(engine.chain.find(fromHex(id)), `round ${round}: acknowledged transaction ${id} is lost`)
      await engine.close()
    }
    assert.ok(acknowledged.size > 2000, `only ${acknowledged.size} acknowledged`)
    const { findings } = await verifyFolder(folder, { genesis, rules })
    assert.deepEqual(findings, [])
    rmSync(folder, { recursive: true })
  })
})
