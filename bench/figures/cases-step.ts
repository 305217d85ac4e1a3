import { type Case, casePurses, cases } from "@aceso/contracts"
import { question } from "@aceso/contracts/testing/processes.ts"
import { domainHash, makeEnvelope, publicKey, put, randomBytes } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { commitEnvelope, drive, NETWORK, setup } from "../ledger-setup.ts"
import { report } from "../report.ts"

/**
 * Steps of cases, each of another case: an answer by one of 1,000 members, and a question by a case key, whose purse
 * pays. Reference: `embedded.signed`, commits of one entry by the same members, in turn with them in the same process.
 */
const CUSTODIANS = 1000
const COUNT = 40_000
const ROUNDS = 4

const caseOf = (i: number) => domainHash("bench-case", i)
const keySeed = (i: number) => seedOf(`case key ${i % 2000}`)
const keys = Array.from({ length: 2000 }, (_, i) => publicKey(keySeed(i)))
const now = Date.now()
const rowOf = (i: number, state: string): Case => ({
  process: question.name,
  version: question.version,
  state,
  openedAt: now,
  since: now,
  endsAt: now + question.lasts.ms,
  size: 1,
  parties: [
    { party: "patient", member: null, key: keys[i % keys.length] },
    { party: "hospital", member: `custodian-${i % CUSTODIANS}`, key: null },
    { party: "authority", member: null, key: null },
  ],
  counters: [],
  documents: [{ name: "Communication", at: 0 }],
  tags: [],
  capabilities: [],
  demands: [],
})
const network = setup(CUSTODIANS, COUNT, {
  processes: [question],
  more: () =>
    Array.from({ length: 2 * COUNT }, (_, i) => [
      put(cases, [caseOf(i)], rowOf(i, i < COUNT ? "asked" : "answered")),
      put(casePurses, [caseOf(i)], { left: 5 }),
    ]).flat(),
})
const stepEnvelope = (i: number, step: string, seed: Uint8Array) =>
  makeEnvelope(
    {
      network: NETWORK,
      contract: "cases",
      action: "step",
      input: { case: caseOf(i), base: 1, step, documents: [randomBytes(32)] },
      expiry: Date.now() + 590_000,
    },
    [seed],
  ).bytes

const all = Array.from({ length: COUNT }, (_, i) => i)
const commits = all.map((i) =>
  commitEnvelope(network, i % CUSTODIANS, [{ handle: i, base: 0, entries: randomBytes(32) }]),
)
const answers = all.map((i) => stepEnvelope(i, "answer", network.seeds[i % CUSTODIANS]))
const questions = all.map((i) => stepEnvelope(COUNT + i, "ask", keySeed(COUNT + i)))

// As a node that was started again: its state lies in lmdb, and what built the genesis is gone.
await network.open().then((first) => first.close())
const engine = await network.open()
globalThis.gc?.()
const took = { commits: 0, answers: 0, questions: 0 }
const warm = COUNT / 8
const share = (COUNT - warm) / ROUNDS
for (const some of [commits, answers, questions]) await drive(engine, some.slice(0, warm), 4096)
for (let round = 0; round < ROUNDS; round++) {
  const from = warm + round * share
  took.commits += await drive(engine, commits.slice(from, from + share), 4096)
  took.answers += await drive(engine, answers.slice(from, from + share), 4096)
  took.questions += await drive(engine, questions.slice(from, from + share), 4096)
}
const perSecond = (seconds: number) => (COUNT - warm) / seconds
const signed = perSecond(took.commits)
report("cases.step", perSecond(took.answers), "steps/s by members", "embedded.signed in turn", signed)
report(
  "cases.step.keys",
  perSecond(took.questions),
  "steps/s by case keys",
  "embedded.signed in turn",
  signed,
)
await engine.close()
network.remove()
