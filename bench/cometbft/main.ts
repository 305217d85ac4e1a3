import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { report } from "../report.ts"
import { drive, type Measured, percentile } from "./load.ts"
import { aceso, bytesBelow, kvstore, type Network } from "./networks.ts"
import { measureRestore } from "./restore.ts"

/**
 * `npm run bench:cometbft`: four validators and one on this machine, against CometBFT's own key-value store with the
 * same configuration, transaction size and load generator, in one run. Names choose figures; `-- --json` prints one
 * line per figure.
 */
const FIGURES = ["four", "one", "entries", "lone", "dead", "restore"] as const
const SECONDS = Number(process.env.ACESO_BENCH_SECONDS ?? 20)
const CALM = 800
/** Each kind of network is measured so often, in turn: a machine's speed changes within minutes. */
const ROUNDS = 3
/** V8 has compiled what matters by then, and Go's heap has its size: what follows is what a node does for days. */
const WARM_UP = 20_000
/** Transactions that are sent and not in a block yet, at most. */
const IN_FLIGHT = 4_000

const bin = (name: string) =>
  process.env[`ACESO_BENCH_${name.toUpperCase().replaceAll("-", "_")}`] ?? join(homedir(), "go/bin", name)
const stock = bin("cometbft")
const abciCli = bin("abci-cli")
/** What `aceso up` runs. */
const own = bin("aceso-cometbft")
for (const [file, source] of [
  [stock, "github.com/cometbft/cometbft/cmd/cometbft@v0.38.26"],
  [abciCli, "github.com/cometbft/cometbft/abci/cmd/abci-cli@v0.38.26"],
  [own, "-C packages/ledger/engines/cometbft/aceso-cometbft ."],
])
  if (!existsSync(file)) {
    process.stderr.write(`${file} is missing: go install ${source}\n`)
    process.exit(1)
  }

const wanted = process.argv.slice(2).filter((one) => !one.startsWith("--"))
const unknown = wanted.filter((name) => !FIGURES.some((known) => known === name))
if (unknown.length > 0) {
  process.stderr.write(`known figures: ${FIGURES.join(", ")}\n`)
  process.exit(2)
}
const isWanted = (name: (typeof FIGURES)[number]) => wanted.length === 0 || wanted.includes(name)
const say = (text: string) => process.stderr.write(`  ${text}\n`)

/** Microseconds of CPU a transaction and node, by what the process is. */
type Cpu = Readonly<Record<string, number>>

interface Result {
  readonly txPerSecond: number
  readonly blocksPerSecond: number
  readonly cpu: Cpu
  readonly bytesPerTx: number
  /** At CALM; ms, sorted. */
  readonly calm: readonly number[]
}

function show(what: string, m: Measured, cpu: Cpu): void {
  const micros = Object.entries(cpu).map(([name, value]) => `${name} ${Math.round(value)} us/tx`)
  const [median, last] = [50, 99].map((p) => Math.round(percentile(m.latencies, p)))
  say(
    `${what}: ${Math.round(m.txPerSecond)} tx/s, ${m.blocksPerSecond.toFixed(1)} blocks/s, ` +
      `latency median ${median} ms, 99th percentile ${last} ms; ${micros.join(", ")}`,
  )
}

/** Runs work and says what CPU time it took a transaction and node. */
async function withCpu(network: Network, work: () => Promise<Measured>): Promise<{ m: Measured; cpu: Cpu }> {
  const before = network.cpu()
  const m = await work()
  const share = 1e6 / m.committed / network.ports.length
  const cpu = Object.fromEntries(
    Object.entries(network.cpu()).map(([name, now]) => [name, (now - before[name]) * share]),
  )
  return { m, cpu }
}

/** `most`: so many a second are prepared, more than this network takes. */
const atMost = (network: Network, most: number, warmUp = 3) =>
  withCpu(network, () =>
    drive({
      ports: network.ports,
      txs: network.transactions(most * (SECONDS + warmUp)),
      inFlight: IN_FLIGHT,
      warmUp,
      seconds: SECONDS + warmUp,
    }),
  )

const calmly = (network: Network, onSecond?: (second: number) => void, warmUp = 3) =>
  drive({
    ports: network.ports,
    txs: network.transactions(CALM * (SECONDS + warmUp)),
    rate: CALM,
    inFlight: 100_000,
    warmUp,
    onSecond,
  })

async function measure(what: string, network: Network, most: number, isCalm: boolean): Promise<Result> {
  try {
    await drive({
      ports: network.ports,
      txs: network.transactions(WARM_UP),
      inFlight: IN_FLIGHT,
      warmUp: 0,
    })
    const bytes = bytesBelow(network.folder)
    const { m: busy, cpu } = await atMost(network, most)
    show(what, busy, cpu)
    const bytesPerTx = (bytesBelow(network.folder) - bytes) / network.ports.length / busy.committed
    const result = { ...busy, cpu, bytesPerTx, calm: [] }
    if (!isCalm) return result
    const calm = await withCpu(network, () => calmly(network))
    show(`${what} at ${CALM} tx/s`, calm.m, calm.cpu)
    return { ...result, calm: calm.m.latencies }
  } finally {
    await network.stop()
  }
}

/** Measures kinds of networks in turn, and again. @returns the means, in the same order */
async function inTurn(...kinds: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results: Result[][] = kinds.map(() => [])
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, run] of kinds.entries()) results[i].push(await run())
  return results.map(mean)
}

function mean(all: readonly Result[]): Result {
  const of = (figure: (one: Result) => number) => all.reduce((sum, one) => sum + figure(one), 0) / all.length
  return {
    txPerSecond: of((one) => one.txPerSecond),
    blocksPerSecond: of((one) => one.blocksPerSecond),
    bytesPerTx: of((one) => one.bytesPerTx),
    cpu: Object.fromEntries(Object.keys(all[0].cpu).map((name) => [name, of(({ cpu }) => cpu[name])])),
    calm: all.flatMap(({ calm }) => calm).sort((a, b) => a - b),
  }
}

/** What the issue wants beside each throughput. */
function reportMore(name: string, ours: Result, theirs: Result): void {
  report(`${name}.blocks`, ours.blocksPerSecond, "blocks/s", "kvstore", theirs.blocksPerSecond)
  for (const [process, micros] of Object.entries(ours.cpu))
    report(`${name}.cpu.${process}`, micros, "us/tx and node", "kvstore", theirs.cpu[process] ?? 0)
  report(`${name}.disk`, ours.bytesPerTx, "bytes/tx and node", "kvstore", theirs.bytesPerTx)
}

async function four(): Promise<void> {
  const [builtIn, socket, ours] = await inTurn(
    async () => measure("kvstore, four", await kvstore(4, stock), 10_000, true),
    async () => measure("kvstore over the socket, four", await kvstore(4, stock, abciCli), 7_000, false),
    async () => measure("aceso, four", await aceso(4, own), 5_000, true),
  )
  const { txPerSecond } = ours
  report("cometbft.four", txPerSecond, "tx/s", "built-in kvstore", builtIn.txPerSecond)
  report("cometbft.four.socket", txPerSecond, "tx/s", "kvstore over the socket", socket.txPerSecond)
  const calm = (result: Result, p: number) => percentile(result.calm, p)
  report("cometbft.four.latency", calm(ours, 50), "ms, median at 800 tx/s", "kvstore", calm(builtIn, 50))
  report("cometbft.four.latency.p99", calm(ours, 99), "ms at 800 tx/s", "kvstore", calm(builtIn, 99))
  reportMore("cometbft.four", ours, builtIn)
}

async function one(): Promise<void> {
  const [builtIn, ours] = await inTurn(
    async () => measure("kvstore, one", await kvstore(1, stock), 36_000, false),
    async () => measure("aceso, one", await aceso(1, own), 16_000, false),
  )
  report("cometbft.one", ours.txPerSecond, "tx/s", "kvstore, one validator", builtIn.txPerSecond)
  reportMore("cometbft.one", ours, builtIn)
}

/** Record entries in large transactions, as a hospital's import makes them. */
async function entries(): Promise<void> {
  const network = await aceso(4, own)
  try {
    const { txs, entries } = network.largeTransactions(100 * SECONDS)
    const m = await drive({ ports: network.ports, txs, inFlight: 200, batch: 8, warmUp: 2 })
    const perTx = entries / txs.length
    say(`aceso, four, large transactions: ${m.txPerSecond.toFixed(1)} tx/s of ${Math.round(perTx)} entries`)
    report("cometbft.entries", m.txPerSecond * perTx, "entries/s over four validators")
  } finally {
    await network.stop()
  }
}

/** One transaction at a time on a network at rest, from the submitter's call to its answer. */
async function lone(): Promise<void> {
  const network = await aceso(4, own)
  try {
    const took: number[] = []
    for (const tx of network.transactions(60)) {
      const start = performance.now()
      await network.submit(tx)
      took.push(performance.now() - start)
      // The block that attests this one, and then rest.
      await delay(500)
    }
    // The first ones are compiled as they run.
    const sorted = took.slice(10).sort((a, b) => a - b)
    report("cometbft.lone", percentile(sorted, 50), "ms, median of a lone transaction")
    report("cometbft.lone.p99", percentile(sorted, 99), "ms, 99th percentile of a lone transaction")
  } finally {
    await network.stop()
  }
}

/** Block intervals with one of four validators killed, without the first 10 s after its death. */
async function dead(): Promise<void> {
  const network = await aceso(4, own)
  try {
    let isKilled = false
    const alive = { ...network, ports: network.ports.slice(0, -1) }
    const m = await calmly(
      alive,
      () => {
        if (isKilled) return
        isKilled = true
        network.killOne()
      },
      11,
    )
    show("aceso, one of four dead, at 800 tx/s", m, {})
    report("cometbft.dead.interval", percentile(m.intervals, 50), "ms, median block interval")
    report("cometbft.dead.interval.p99", percentile(m.intervals, 99), "ms, 99th percentile block interval")
    report("cometbft.dead.interval.most", m.intervals.at(-1) ?? Number.NaN, "ms, longest block interval")
  } finally {
    await network.stop()
  }
}

const run = { four, one, entries, lone, dead, restore: measureRestore }
for (const name of FIGURES) if (isWanted(name)) await run[name]()
