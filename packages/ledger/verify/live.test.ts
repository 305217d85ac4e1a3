import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { describe, it } from "node:test"
import { signedGenesis } from "@aceso/core"
import { makeGenesis, rules, temporaryFolder } from "../testing/network.ts"
import { verifyFolder } from "./verify.ts"

describe("verify of a node under load", () => {
  it("takes one view of state and log, however often the node flushes meanwhile", async () => {
    const folder = temporaryFolder()
    const { genesis, signed } = makeGenesis({ time: Date.now() - 60_000 })
    const script = new URL("../testing/load-child.ts", import.meta.url).pathname
    const json = JSON.stringify(signedGenesis.toJson(signed))
    const node = spawn(process.execPath, [script, folder, json, "100000000", "", "4"], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const ended = once(node, "exit")
    let acknowledged = 0
    node.stdout.on("data", (chunk: Buffer) => {
      acknowledged += chunk.toString().split("\n").length - 1
    })
    try {
      while (acknowledged < 100) await once(node.stdout, "data")
      for (let i = 0, before = 0; i < 3; i++) {
        const { findings, height, checked } = await verifyFolder(folder, { genesis, rules, isLive: true })
        assert.deepEqual(findings, [])
        assert.ok(height > before, `${height} after ${before}`)
        assert.ok(checked.rows > 10 && checked.nodes > 10, JSON.stringify(checked))
        before = height
      }
    } finally {
      node.kill("SIGKILL")
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
