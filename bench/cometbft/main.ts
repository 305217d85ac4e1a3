import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { report } from "../report.ts"
import { drive, type Measured, percentile } from "./load.ts"
import { aceso, bytesBelow, kvstore, type Network } from "./networks.ts"

/**
 * `npm run bench:cometbft`: four validators and one on this machine, against CometBFT's own key-value store with the
 * same configuration, transaction size and load generator, in one run. Names choose figures.
 */
const bin = (name: string) =>
  process.env[`ACESO_${name.toUpperCase().replaceAll("-", "_")}`] ?? join(homedir(), "go/bin", name)
const cometbft = bin("cometbft")
const abciCli = bin("abci-cli")
/** What `aceso up` runs. */
const own = bin("aceso-cometbft")
for (const [file, source] of [
  [cometbft, "github.com/cometbft/cometbft/cmd/cometbft@v0.38.26"],
  [abciCli, "github.com/cometbft/cometbft/abci/cmd/abci-cli@v0.38.26"],
  [own, "-C packages/ledger/engines/cometbft/aceso-cometbft ."],
])
  if (!existsSync(file)) {
    process.stderr.write(`${file} is missing: go install ${source}\n`)
    process.exit(1)
  }
const wanted = process.argv.slice(2).filter((one) => !one.startsWith("--"))
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name)
const say = (text: string) => process.stderr.write(`  ${text}\n`)
const SECONDS = Number(process.env.ACESO_BENCH_SECONDS ?? 20)

const show = (what: string, m: Measured, cpu: Record<string, number>) =>
  say(
    `${what}: ${Math.round(m.txPerSecond)} tx/s, ${m.blocksPerSecond.toFixed(1)} blocks/s, latency median ` +
      `${Math.round(percentile(m.latencies, 50))} ms, 99th percentile ${Math.round(percentile(m.latencies, 99))} ms; ` +
      Object.entries(cpu)
        .map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`)
        .join(", "),
  )

interface Result {
  readonly most: Measured
  readonly calm: Measured | undefined
}

async function measure(what: string, network: Network, expected: number, isCalm: boolean): Promise<Result> {
  try {
    const before = network.cpu()
    const bytes = bytesBelow(network.folder)
    const since = () =>
      Object.fromEntries(Object.entries(network.cpu()).map(([name, now]) => [name, now - before[name]]))
    const most = await drive({
      ports: network.ports,
      txs: network.transactions(expected * SECONDS),
      inFlight: 8_000,
      warmUp: 3,
    })
    show(what, most, since())
    const perTx = (bytesBelow(network.folder) - bytes) / network.ports.length / most.committed
    say(`${what}: ${Math.round(perTx)} bytes on disk per transaction and node`)
    if (!isCalm) return { most, calm: undefined }
    const calm = await drive({
      ports: network.ports,
      txs: network.transactions(800 * SECONDS),
      rate: 800,
      inFlight: 100_000,
      warmUp: 3,
    })
    show(`${what} at 800 tx/s`, calm, since())
    return { most, calm }
  } finally {
    await network.stop()
  }
}

if (isWanted("four")) {
  const builtIn = await measure("kvstore, four", await kvstore(4, cometbft), 6_000, true)
  const socket = await measure(
    "kvstore over the socket, four",
    await kvstore(4, cometbft, abciCli),
    4_000,
    false,
  )
  const ours = await measure("aceso, four", await aceso(4, own), 2_500, true)
  report("cometbft.four", ours.most.txPerSecond, "tx/s", "built-in kvstore", builtIn.most.txPerSecond)
  report(
    "cometbft.four.socket",
    ours.most.txPerSecond,
    "tx/s",
    "kvstore over the socket",
    socket.most.txPerSecond,
  )
  const median = (m: Measured | undefined) => percentile(m?.latencies ?? [], 50)
  report(
    "cometbft.four.latency",
    median(ours.calm),
    "ms, median at 800 tx/s",
    "kvstore",
    median(builtIn.calm),
  )
}
if (isWanted("one")) {
  const builtIn = await measure("kvstore, one", await kvstore(1, cometbft), 18_000, false)
  const ours = await measure("aceso, one", await aceso(1, own), 8_000, false)
  report("cometbft.one", ours.most.txPerSecond, "tx/s", "kvstore, one validator", builtIn.most.txPerSecond)
}
