import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { caseKeys, caseSteps, cases, rulesWith } from "@aceso/contracts"
import { question } from "@aceso/contracts/testing/processes.ts"
import { PlatformError, type Process, publicKey } from "@aceso/core"
import { EmbeddedEngine } from "./engines/embedded/embedded.ts"
import { RemoteEngine } from "./engines/remote/remote.ts"
import { admit, makeGenesis, seedOf, send, temporaryFolder } from "./testing/network.ts"
import { activateQuestion, ask, keySeed, step } from "./testing/questions.ts"
import { sourceOf } from "./testing/remote-sources.ts"

/** The same with other rules: a patient may not ask again. */
const second: Process = {
  ...question,
  version: 2,
  steps: question.steps.filter(({ name }) => name !== "ask"),
}

describe("processes on a network that runs", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  let engine: EmbeddedEngine
  const open = (...processes: Process[]) =>
    EmbeddedEngine.open({ folder, genesis, rules: rulesWith(processes), engineSeed: seedOf("engine") })
  const reopen = async (...processes: Process[]) => {
    await engine.close()
    engine = await open(...processes)
  }
  const result = async (call: Parameters<typeof send>[1], ...signers: Uint8Array[]) => {
    const done = await send(engine, call, ...signers)
    return done.result.ok ? "accepted" : done.result.rejection
  }
  const activate = async (process: Process) => {
    const { height } = (await engine.status()).checkpoint
    const changes = [activateQuestion(height + 3, process)]
    const proposed = await send(
      engine,
      { contract: "governance", action: "propose", input: { changes } },
      seedOf("authority"),
    )
    assert.deepEqual(proposed.result, { ok: true })
    // With the city a voter, the authority alone is no majority.
    const input = { proposal: proposed.events[0].data.proposal, yes: true }
    if (proposed.events[0].name === "proposalOpen")
      assert.equal(
        await result({ contract: "governance", action: "vote", input }, seedOf("city")),
        "accepted",
      )
    for (let i = 0; i < 3; i++)
      await send(engine, { contract: "nobody", action: "knows", input: {} }, seedOf("city"))
  }

  before(async () => {
    engine = await open(question)
    await admit(engine, ["city", "custodian"], ["shop", "pharmacy"])
  })
  after(async () => {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it("no case before its process is activated; then a question is asked, answered and asked again", async () => {
    const { call, id, sponsor } = ask("ann", "city")
    const signers = [keySeed("ann"), seedOf(sponsor)]
    assert.equal(await result(call, ...signers), "unknown_process")
    await activate(question)
    const { call: again } = ask("ann", "city")
    assert.equal(await result(again, ...signers), "accepted")
    assert.equal(await result(step(id, 1, "answer", "an answer"), seedOf("city")), "accepted")
    assert.equal(await result(step(id, 2, "ask", "another question"), keySeed("ann")), "accepted")
    assert.equal((await engine.read(cases, [id]))?.state, "asked")
    assert.equal((await engine.read(caseSteps, [id, 2]))?.party, "patient")
  })

  it("a case key is used once; the key finds its case", async () => {
    const { call } = ask("ann", "city")
    const input = { ...(call.input as object), random: new Uint8Array(32) }
    assert.equal(await result({ ...call, input } as never, keySeed("ann"), seedOf("authority")), "key_used")
    assert.deepEqual((await engine.read(caseKeys, [publicKey(keySeed("ann"))]))?.case, ask("ann", "city").id)
  })

  it("a remote member stands sponsor, and sees nothing of the case", async () => {
    const reader = { member: { member: "shop", kind: "pharmacy", abilities: [], licences: [] } } as const
    const sources = ["authority", "city"].map((member) =>
      sourceOf(
        member,
        () => engine,
        () => reader,
      ),
    )
    const remote = new RemoteEngine({ genesis, sources })
    const { call, id } = ask("bob", "city")
    const opened = await send(remote, call, keySeed("bob"), seedOf("shop"))
    assert.deepEqual(opened.result, { ok: true })
    await assert.rejects(remote.read(cases, [id]), { code: "not_permitted" })
    assert.equal(
      (await engine.read(cases, [id]))?.parties.some(({ member }) => member === "shop"),
      false,
    )
    await remote.close()
    const patient = { key: publicKey(keySeed("bob")) }
    const own = new RemoteEngine({
      genesis,
      sources: ["authority", "city"].map((member) =>
        sourceOf(
          member,
          () => engine,
          () => patient,
        ),
      ),
    })
    assert.equal((await own.read(cases, [id]))?.state, "asked")
    assert.equal((await own.read(caseSteps, [id, 0]))?.step, "open")
    await own.close()
  })

  it("open cases go on under the version that they were opened under", async () => {
    await reopen(question, second)
    await activate(second)
    const old = ask("ann", "city").id
    assert.equal(await result(step(old, 3, "answer", "another answer"), seedOf("city")), "accepted")
    assert.equal(await result(step(old, 4, "ask", "and again"), keySeed("ann")), "accepted")
    const { call, id } = ask("cat", "city")
    assert.equal(await result(call, keySeed("cat"), seedOf("authority")), "accepted")
    assert.equal((await engine.read(cases, [id]))?.version, 2)
    assert.equal(await result(step(id, 1, "answer", "an answer"), seedOf("city")), "accepted")
    assert.equal(await result(step(id, 2, "ask", "again"), keySeed("cat")), "unknown_step")
  })

  const missing = (version: number) => (error: unknown) =>
    error instanceof PlatformError &&
    error.code === "contract_missing" &&
    new RegExp(
      `^from block \\d+ on the network executes cases\\.question version ${version} with sources [0-9a-f]{64}, which this node does not have: install the release that holds it and start the node again$`,
    ).test(error.message)

  it("a node without a process stops with one sentence; also one without the version that open cases have", async () => {
    await engine.close()
    await assert.rejects(open(), missing(1))
    await assert.rejects(open(question), missing(2))
    await assert.rejects(open(second), missing(1))
    await assert.rejects(open({ ...question, keepMs: 5 }, second), missing(1))
    engine = await open(question, second)
    assert.equal((await engine.read(cases, [ask("cat", "city").id]))?.state, "answered")
  })
})
