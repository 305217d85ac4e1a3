import { writeSync } from "node:fs"
import { recordLogs } from "@aceso/contracts"
import { readGenesis, sha256, signedGenesis, toHex, utf8 } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { admit, enrol, handleOf, rules, seedOf, send } from "./network.ts"

/**
 * A node under load, to be killed: prints one line per acknowledged transaction. Arguments: folder, signed
 * genesis (JSON), number of transactions, "unsynced" to leave out the wait for the disk (mutation check), and after how
 * many changed rows the state is flushed.
 */
const [folder, genesisJson, count, mutation, flushKeys = "60"] = process.argv.slice(2)
const genesis = readGenesis(signedGenesis.parse(JSON.parse(genesisJson), "genesis", "json"))
const engine = await EmbeddedEngine.open({
  folder,
  genesis,
  rules,
  engineSeed: seedOf("engine"),
  flushKeys: Number(flushKeys),
})
if (mutation === "unsynced")
  engine.chain.sync = async () => {
    engine.chain.durableHeight = engine.chain.tip.height
  }

const acknowledge = (payloadId: Uint8Array) => writeSync(1, `ack ${toHex(payloadId)}\n`)
const patients = Array.from({ length: 8 }, (_, i) => `p${i}`)
if ((await engine.status()).checkpoint.height === 0) {
  acknowledge((await admit(engine, ["city", "custodian"])).payloadId)
  for (const patient of patients) acknowledge((await enrol(engine, "city", patient)).payloadId)
}
writeSync(1, "ready\n")

async function load(patient: string): Promise<void> {
  const handle = handleOf(`${patient} at city`)
  let base = (await engine.read(recordLogs, ["city", handle]))?.size ?? 0
  for (let i = 0; i < Number(count); i++) {
    const entries = sha256(utf8(`${patient} ${base}`))
    const done = await send(
      engine,
      { contract: "records", action: "commit", input: { logs: [{ handle, base, entries }] } },
      seedOf("city"),
    )
    if (!done.result.ok) throw new Error(`refused: ${done.result.rejection}`)
    acknowledge(done.payloadId)
    base++
  }
}

await Promise.all(patients.map(load))
await engine.close()
