import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { fromHex, signedGenesis } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { admit, enrol, makeGenesis, rules, seedOf, temporaryFolder } from "../testing/network.ts"
import { SmallDisk } from "../testing/small-disk.ts"
import { verifyFolder } from "../verify/verify.ts"

const place = temporaryFolder()
const skip = SmallDisk.reasonAgainst(place)
rmSync(place, { recursive: true })

/** One part of the engine's folder has a disk of its own, which fills up under load. */
const parts: [part: string, says: RegExp][] = [
  ["log", /the log cannot be written: the disk is full: free some space and start the node again/],
  ["state", /the state cannot be written: the disk is full: free some space and start the node again/],
]

describe("a disk that fills up under load", { skip }, () => {
  for (const [part, says] of parts)
    it(`${part}: the promised sentence, nothing acknowledged is lost, and it goes on when there is room`, async () => {
      const folder = temporaryFolder()
      const { genesis, signed } = makeGenesis({ time: Date.now() - 60_000 })
      const disk = new SmallDisk(join(folder, part))
      try {
        const script = new URL("../testing/load-child.ts", import.meta.url).pathname
        const json = JSON.stringify(signedGenesis.toJson(signed))
        const node = spawn(process.execPath, [script, folder, json, "100000000", "", "4"])
        let [out, err] = ["", ""]
        node.stderr.on("data", (chunk: Buffer) => {
          err += chunk
        })
        node.stdout.on("data", (chunk: Buffer) => {
          out += chunk
          if (/^ready$/m.test(out)) disk.fill()
        })
        const [status, signal] = await once(node, "close")
        assert.deepEqual([status, signal], [1, null], err)
        assert.match(err, says)
        assert.doesNotMatch(err, /Commit failed|unhandled/i)
        const acknowledged = [...out.matchAll(/^ack ([0-9a-f]{64})$/gm)].map((match) => match[1])
        assert.ok(acknowledged.length > 8)
        disk.free()
        const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
        for (const id of acknowledged) assert.ok(engine.chain.find(fromHex(id)), `${id} is lost`)
        await engine.close()
        const { findings } = await verifyFolder(folder, { genesis, rules })
        assert.deepEqual(findings, [])
      } finally {
        disk.end()
        rmSync(folder, { recursive: true, force: true })
      }
    })
})

describe("a node that ends properly after its log could not be written", { skip }, () => {
  it("leaves no state that is ahead of the log, and starts again", async () => {
    const folder = temporaryFolder()
    const { genesis } = makeGenesis({ time: Date.now() - 60_000 })
    const disk = new SmallDisk(join(folder, "log"))
    const open = () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
    try {
      const engine = await open()
      await admit(engine, ["city", "custodian"])
      disk.fill()
      const refused = async () => {
        for (let i = 0; ; i++) await enrol(engine, "city", `p${i}`)
      }
      await assert.rejects(refused(), { code: "log_write_failed" })
      await engine.close()
      disk.free()
      const again = await open()
      assert.equal((await enrol(again, "city", "after")).result.ok, true)
      await again.close()
      assert.deepEqual((await verifyFolder(folder, { genesis, rules })).findings, [])
    } finally {
      disk.end()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe("a disk that is read-only when the node starts", { skip }, () => {
  for (const part of ["log", "state"])
    it(`${part}: one sentence, and it starts once it can write`, async () => {
      const folder = temporaryFolder()
      const { genesis } = makeGenesis({ time: Date.now() - 60_000 })
      const disk = new SmallDisk(join(folder, part))
      const open = () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
      try {
        await (await open()).close()
        disk.setReadOnly(true)
        await assert.rejects(open(), {
          code: part === "log" ? "log_write_failed" : "store_failed",
          message: new RegExp(`^the ${part} cannot be written: the disk is read-only: `),
        })
        disk.setReadOnly(false)
        await (await open()).close()
      } finally {
        disk.end()
        rmSync(folder, { recursive: true, force: true })
      }
    })
})
