import { checkBlock, faultsOfHeads, randomBytes, verifyAttestation } from "@aceso/core"
import type { EmbeddedEngine } from "@aceso/ledger"
import { commitEnvelope, drive, type Setup, setup } from "../ledger-setup.ts"
import { report } from "../report.ts"

/**
 * The explorer's first page, 25 heads with what attests them, as the node makes it and as a reader checks it, on a chain of
 * 1,000,000 transactions and, in turn, of 10,000; the same of a block's first 25 transactions.
 */
const MILLION = Number(process.env.ACESO_BENCH_TRANSACTIONS ?? 1_000_000)
const FEW = Math.min(10_000, MILLION)
const WAVE = 10_000
const ROUNDS = 40

async function filled(transactions: number): Promise<{ network: Setup; engine: EmbeddedEngine }> {
  const network = setup(100, WAVE)
  const engine = await network.open()
  for (let done = 0; done < transactions; done += WAVE) {
    const base = done / WAVE
    const envelopes = Array.from({ length: Math.min(WAVE, transactions - done) }, (_, handle) =>
      commitEnvelope(network, handle % 100, [{ handle, base, entries: randomBytes(32) }]),
    )
    await drive(engine, envelopes, 2500)
  }
  return { network, engine }
}

const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]

async function heads({ network, engine }: Awaited<ReturnType<typeof filled>>): Promise<number> {
  const start = performance.now()
  const question = { before: 0, limit: 25 }
  const answer = await engine.explorer.heads(question)
  if (faultsOfHeads(question, answer, network.genesis, verifyAttestation).size > 0)
    throw new Error("the heads do not hold")
  return performance.now() - start
}

async function block({ network, engine }: Awaited<ReturnType<typeof filled>>): Promise<number> {
  const { checkpoint } = await engine.status()
  const start = performance.now()
  const answer = await engine.explorer.block({ height: checkpoint.height, from: 0, limit: 25 }, {})
  if (checkBlock(answer, network.genesis, verifyAttestation).fault) throw new Error("the block does not hold")
  return performance.now() - start
}

const few = await filled(FEW)
const many = await filled(MILLION)
const times = { heads: [[], []] as number[][], block: [[], []] as number[][] }
for (let i = 0; i < ROUNDS; i++)
  for (const [n, chain] of [few, many].entries()) {
    times.heads[n].push(await heads(chain))
    times.block[n].push(await block(chain))
  }
for (const name of ["heads", "block"] as const) {
  const [small, large] = times[name].map(median)
  report(
    name === "heads" ? "explorer.million" : "explorer.million.block",
    large,
    "ms",
    `ms on a chain of ${FEW} transactions`,
    small,
    large / small,
  )
}
for (const { network, engine } of [few, many]) {
  await engine.close()
  network.remove()
}
