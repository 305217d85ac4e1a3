import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { publicKey, sign, signDelegate, signedGenesis, validatorPossessionBytes } from "@aceso/core"
import { EmbeddedEngine } from "../../engines/embedded/embedded.ts"
import { admit, enrol, envelopeOf, handleOf, makeGenesis, patientSeed, seedOf, send } from "../network.ts"
import { activateQuestion, ask, keySeed, step } from "../questions.ts"
import { goldenRules } from "./rules.ts"

/**
 * Writes a golden chain: `node packages/ledger/testing/golden/generate.ts <name>`. Done once per protocol version and never
 * again: the test replays every chain that lies here and compares every root.
 */
const name = process.argv[2]
const folder = join(import.meta.dirname, name ?? "")
if (!name || existsSync(folder)) throw new Error("name a chain that is not there yet, such as protocol-1")
mkdirSync(folder)
const { genesis, signed } = makeGenesis({
  network: "golden-net",
  contracts: [{ name: "counter", version: 1, sources: new Uint8Array(32) }],
})
writeFileSync(join(folder, "genesis.json"), `${JSON.stringify(signedGenesis.toJson(signed))}\n`)
const engine = await EmbeddedEngine.open({
  folder,
  genesis,
  rules: goldenRules,
  engineSeed: seedOf("engine"),
})
const call = (contract: string, action: string, input: unknown, who: string) =>
  send(engine, { contract, action, input: input as never }, seedOf(who))
await admit(engine, ["city", "custodian"], ["county", "custodian"], ["insurer", "insurer"])
for (const patient of ["ann", "bob", "cat"]) await enrol(engine, "city", patient)
const commit = (custodian: string, patient: string, base: number, count: number) =>
  call(
    "records",
    "commit",
    {
      logs: [
        {
          handle: handleOf(`${patient} at ${custodian}`),
          base,
          entries: Buffer.concat(Array.from({ length: count }, (_, i) => handleOf(`${patient} ${base + i}`))),
        },
      ],
    },
    custodian,
  )
for (let i = 0; i < 12; i++) await commit("city", ["ann", "bob", "cat"][i % 3], 7 * Math.floor(i / 3), 7)
await commit("city", "ann", 3, 1)
for (const [base, action] of ["grant", "restrict", "revoke"].entries())
  await send(
    engine,
    {
      contract: "policy",
      action,
      input: { custodian: "city", handle: handleOf("ann at city"), base, root: handleOf(`policy ${base}`) },
    },
    patientSeed("ann", "city"),
  )
for (let i = 0; i < 6; i++) await call("counter", "count", { which: i % 2 }, "city")
const { checkpoint } = await engine.status()
const proposed = await call(
  "governance",
  "propose",
  {
    changes: [
      {
        do: "activate",
        contract: "counter",
        version: 2,
        sources: new Uint8Array(32),
        height: checkpoint.height + 6,
      },
      { do: "disableAction", contract: "people", action: "enrol" },
    ],
  },
  "authority",
)
const id = proposed.events[0].data.proposal
await call("governance", "vote", { proposal: id, yes: true }, "city")
await call("governance", "vote", { proposal: id, yes: true }, "county")
for (let i = 0; i < 9; i++) {
  await call("counter", "count", { which: i % 3 }, "county")
  await delay(3)
}
await Promise.all(
  Array.from({ length: 40 }, (_, i) => call("counter", "count", { which: i % 7 }, i % 2 ? "city" : "county")),
)
const key = publicKey(seedOf("city two"))
await engine.submit(
  envelopeOf(
    engine.network,
    { contract: "governance", action: "registerKey", input: { key } },
    seedOf("city"),
    seedOf("city two"),
  ),
)
await call("governance", "reportReady", {}, "city")
const proof = sign(validatorPossessionBytes("city", key), seedOf("city two"))
await call("governance", "propose", { changes: [{ do: "addValidator", member: "city", key, proof }] }, "city")
await call("nobody", "knows", {}, "city")
// Shared work: a process comes by ballot; a case is opened, answered, demanded of, and closed; somebody acts for a patient.
const from = (await engine.status()).checkpoint.height + 4
const ballot = await call("governance", "propose", { changes: [activateQuestion(from)] }, "authority")
await call("governance", "vote", { proposal: ballot.events[0].data.proposal, yes: true }, "city")
await call("governance", "vote", { proposal: ballot.events[0].data.proposal, yes: true }, "county")
for (let i = 0; i < 3; i++) await call("nobody", "knows", {}, "city")
const { call: opening, id: caseId, sponsor } = ask("ann", "city")
await send(engine, opening, keySeed("ann"), seedOf(sponsor))
await send(engine, step(caseId, 1, "answer", "an answer"), seedOf("city"))
await call("cases", "demand", { case: caseId, n: 0, name: "Communication" }, "city")
await send(engine, step(caseId, 2, "ask", "again"), keySeed("ann"))
await send(engine, step(caseId, 2, "ask", "twice"), keySeed("ann"))
await call("cases", "meet", { case: caseId, n: 0, name: "Communication" }, "city")
await send(engine, step(caseId, 3, "close"), keySeed("ann"))
const place = { custodian: "city", handle: handleOf("ann at city") }
const enter = (who: string) => {
  const entry = { ...place, key: publicKey(seedOf(who)), commitment: handleOf("scope") }
  const input = { ...entry, possession: signDelegate("golden-net", entry, seedOf(who)) }
  return send(engine, { contract: "delegates", action: "enter", input }, patientSeed("ann", "city"))
}
await enter("carer")
await call("delegates", "end", { ...place, key: publicKey(seedOf("carer")) }, "city")
await enter("aunt")
await send(engine, { contract: "delegates", action: "endAll", input: place }, patientSeed("ann", "city"))
// What is open to all: published, published anew, withdrawn.
const written = { slug: "warfarin", kind: "medicine", size: 900 }
await call("library", "publish", { ...written, base: 0, hash: handleOf("first") }, "city")
await call("library", "publish", { ...written, base: 1, hash: handleOf("second") }, "city")
await call("library", "publish", { ...written, base: 1, hash: handleOf("third") }, "city")
await call(
  "library",
  "publish",
  { ...written, slug: "terms", kind: "plan", base: 0, hash: handleOf("terms") },
  "insurer",
)
await call("library", "withdraw", { slug: "terms", base: 1 }, "insurer")
const { height } = (await engine.status()).checkpoint
await engine.close()
// The log is all that is kept: the rest follows from it.
for (const derived of ["state", "lock", "genesis.hash"])
  rmSync(join(folder, derived), { recursive: true, force: true })
process.stdout.write(`${folder}: ${height} blocks\n`)
