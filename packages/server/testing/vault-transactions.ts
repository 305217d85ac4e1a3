import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, it } from "node:test"
import { toHex, utf8 } from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import { ann, append, inFixture, type VaultFixture } from "./vault-fixture.ts"

/** All or nothing, one after the other, and through kill -9. */
export function vaultTransactions(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: transactions`, () => {
    const fails = new Error("on purpose")

    it(
      "a failure rolls everything back, nested steps too",
      inFixture(start, async (vault, fixture) => {
        await vault.setSetting("kept", "1")
        const failing = vault.atomically(async () => {
          await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
          await append(vault, fixture, "{}")
          await vault.keepBundle(utf8("{}"), utf8("{}"), 1)
          await vault.setIdentifiers("Patient", "p1", [{ system: "s", value: "v" }])
          await vault.atomically(() => vault.setSetting("kept", "2"))
          throw fails
        })
        await assert.rejects(failing, fails)
        assert.deepEqual(await vault.patients(), [])
        assert.deepEqual(await vault.recordCount(), { records: 0, committed: 0 })
        assert.deepEqual(await vault.findByIdentifier("Patient", { system: "s", value: "v" }), [])
        assert.equal(await vault.setting("kept"), "1")
        assert.equal(await vault.keepBundle(utf8("{}"), utf8("{}"), 1), true)
      }),
    )
    it(
      "writers that are not inside wait, and are not rolled back with it",
      inFixture(start, async (vault) => {
        const { promise: gate, resolve: open } = Promise.withResolvers<void>()
        const order: string[] = []
        const failing = vault.atomically(async () => {
          await vault.setSetting("inside", "1")
          await gate
          order.push("inside")
          throw fails
        })
        const outside = vault.setSetting("outside", "1").then(() => order.push("outside"))
        const other = vault.useNonce(seedOf("k"), seedOf("n"), 10, 1)
        setTimeout(open, 20)
        await assert.rejects(failing, fails)
        await outside
        assert.equal(await other, "fresh")
        assert.deepEqual(order, ["inside", "outside"])
        assert.equal(await vault.setting("outside"), "1")
        assert.equal(await vault.setting("inside"), undefined)
        assert.equal(await vault.useNonce(seedOf("k"), seedOf("n"), 10, 1), "used")
      }),
    )
    it(
      "readers that are not inside do not see what may be rolled back",
      inFixture(start, async (vault, fixture) => {
        const { promise: gate, resolve: open } = Promise.withResolvers<void>()
        const { promise: written, resolve: wrote } = Promise.withResolvers<void>()
        const failing = vault.atomically(async () => {
          await append(vault, fixture, "{}")
          wrote()
          await gate
          throw fails
        })
        await written
        setTimeout(open, 50)
        const seen = await vault.uncommitted(10)
        open()
        await assert.rejects(failing, fails)
        assert.deepEqual(seen, [])
      }),
    )
    it(
      "100 at once each see the one before",
      inFixture(start, async (vault) => {
        const add = async () => {
          const before = Number((await vault.setting("count")) ?? 0)
          await new Promise(setImmediate)
          await vault.setSetting("count", String(before + 1))
        }
        await Promise.all(Array.from({ length: 100 }, () => vault.atomically(add)))
        assert.equal(await vault.setting("count"), "100")
      }),
    )
    it(
      "a record version whose transaction failed can be written again",
      inFixture(start, async (vault, fixture) => {
        const { recordId } = await append(vault, fixture, "{}")
        const update = { recordId, version: 2 }
        const failing = vault.atomically(async () => {
          await append(vault, fixture, '{"v":2}', update)
          throw fails
        })
        await assert.rejects(failing, fails)
        const again = await append(vault, fixture, '{"v":2}', update)
        assert.equal(Buffer.from((await vault.content(again)).content).toString(), '{"v":2}')
      }),
    )
    it(
      "an alias that somebody chose does not keep others from being added",
      inFixture(start, async (vault) => {
        await vault.addPatient({ handle: ann, fhirId: "p1", hasKey: false })
        await vault.setAlias(ann, "person-2")
        await vault.addPatient({ handle: handleOf("bob"), fhirId: "p2", hasKey: false })
        assert.equal((await vault.patients()).length, 2)
      }),
    )
    it("kill -9 in 20 rounds: every record that was reported is there and decrypts", async () => {
      const fixture = start()
      await fixture.open().close()
      const acknowledged = new Map<number, string>()
      for (let round = 0; round < 20; round++) {
        const child = spawn(process.execPath, fixture.appendChild(), { stdio: ["ignore", "pipe", "inherit"] })
        let text = ""
        let left = 3 + ((round * 7) % 40)
        child.stdout.on("data", (chunk: Buffer) => {
          text += chunk
          // Killed after so many records: the moment moves through key, content and commit.
          if (text.split("ack ").length > left) {
            left = Number.POSITIVE_INFINITY
            child.kill("SIGKILL")
          }
        })
        await once(child, "close")
        for (const [, index, id] of text.matchAll(/^ack (\d+) ([0-9a-f]{64})$/gm)) {
          assert.equal(acknowledged.has(Number(index)), false, `round ${round}: place ${index} given twice`)
          acknowledged.set(Number(index), id)
        }
        const vault = fixture.open()
        const log = await vault.log(OWN_LOG)
        assert.deepEqual(
          log.map(({ index }) => index),
          [...log.keys()],
        )
        for (const [index, id] of acknowledged) {
          assert.equal(toHex(log[index].recordId), id, `round ${round}: record ${index} is lost`)
        }
        for (const record of log) {
          const { content } = await vault.content(record)
          assert.equal(Buffer.from(content).toString(), `{"id":"${toHex(record.recordId)}"}`)
        }
        await vault.close()
      }
      assert.ok(acknowledged.size > 200, `only ${acknowledged.size} acknowledged`)
      fixture.end()
    })
  })
}
