import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { randomBytes } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { writeHome } from "@aceso/ledger/engines/cometbft/home.ts"
import { seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { commitEnvelope, setup } from "../ledger-setup.ts"
import { untilReady } from "./load.ts"
import { type NodePlan, peersOf, validatorsOf } from "./plan.ts"

/** A running network of one kind. */
export interface Network {
  readonly ports: readonly number[]
  /** `count` transactions of the size of ours. */
  readonly transactions: (count: number) => Uint8Array[]
  /** CPU seconds so far, by what the process is. */
  readonly cpu: () => Record<string, number>
  readonly folder: string
  /** Kills the last node's processes. */
  readonly killOne: () => void
  readonly stop: () => Promise<void>
}

/** A network of ours can do more. */
export interface OwnNetwork extends Network {
  /** Submits to the first node and waits for its answer. */
  readonly submit: (tx: Uint8Array) => Promise<void>
  /** Commits to 20 handles each, of 20 to 200 entries. */
  readonly largeTransactions: (count: number) => { readonly txs: Uint8Array[]; readonly entries: number }
}

export const CUSTODIANS = 1000
export const HANDLES = 100_000
/** Size of a commit of one entry in these networks, bytes. */
export const TX_BYTES = 254

async function planOf(nodes: number, executable: string): Promise<NodePlan> {
  const ports = await freePorts(2 * nodes)
  return {
    folder: temporaryFolder(),
    executable,
    time: Date.now() - 1000,
    custodians: CUSTODIANS,
    handles: HANDLES,
    nodes: Array.from({ length: nodes }, (_, i) => ({ rpcPort: ports[2 * i], p2pPort: ports[2 * i + 1] })),
  }
}

/** CPU seconds of a process, from /proc: fields 14 and 15, in ticks of 10 ms. */
const cpuOf = (pid: number | undefined): number =>
  read(
    `/proc/${pid}/stat`,
    (path) => {
      const fields = readFileSync(path, "utf8").split(") ")[1].split(" ")
      return (Number(fields[11]) + Number(fields[12])) / 100
    },
    0,
  )

/** Children of all threads of a process. */
const childrenOf = (pid: number | undefined): number[] =>
  read(`/proc/${pid}/task`, (path) => readdirSync(path), []).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`, (path) => readFileSync(path, "utf8"), "")
      .split(" ")
      .filter((pid) => pid !== "")
      .map(Number),
  )

/** CometBFT's command (`start`), or `verify`. */
const commandOf = (pid: number): string | undefined =>
  read(`/proc/${pid}/cmdline`, (path) => readFileSync(path, "utf8"), "").split("\0")[1]

/** Of a process that may be gone. */
function read<T>(path: string, how: (path: string) => T, gone: T): T {
  try {
    return how(path)
  } catch {
    return gone
  }
}

export async function aceso(nodes: number, executable: string): Promise<OwnNetwork> {
  const plan = await planOf(nodes, executable)
  const script = new URL("./node.ts", import.meta.url).pathname
  const processes = plan.nodes.map((_, own) =>
    spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--expose-gc", script, JSON.stringify({ plan, own })],
      {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    ),
  )
  const ports = plan.nodes.map(({ rpcPort }) => rpcPort)
  await Promise.all(processes.map((one) => Promise.race([once(one, "message"), failsOn(one)])))
  await untilReady(ports)
  const network = setup(CUSTODIANS, HANDLES, { ...plan, validators: validatorsOf(plan) })
  let next = 0
  return {
    ports,
    folder: plan.folder,
    transactions: (count) =>
      Array.from({ length: count }, () => {
        const handle = next++ % HANDLES
        const base = Math.floor((next - 1) / HANDLES)
        return commitEnvelope(network, handle % CUSTODIANS, [{ handle, base, entries: randomBytes(32) }])
      }),
    submit: async (tx) => {
      const answered = once(processes[0], "message")
      processes[0].send(Buffer.from(tx).toString("base64"))
      const [answer] = (await answered) as [string]
      if (answer !== "ok") throw new Error(answer)
    },
    largeTransactions: (count) => {
      let entries = 0
      const txs = Array.from({ length: Math.min(count, HANDLES / 20) }, (_, t) => {
        const custodian = t % CUSTODIANS
        const logs = Array.from({ length: 20 }, (_, k) => {
          const handle = custodian + (Math.floor(t / CUSTODIANS) * 20 + k) * CUSTODIANS
          const size = 20 + (((t + k) * 37) % 181)
          entries += size
          return { handle, base: 0, entries: randomBytes(32 * size) }
        })
        return commitEnvelope(network, custodian, logs)
      })
      return { txs, entries }
    },
    cpu: () => {
      const children = processes.flatMap(({ pid }) => childrenOf(pid))
      const ofCommand = (command: string) =>
        sum(children.filter((pid) => commandOf(pid) === command).map(cpuOf))
      return {
        application: sum(processes.map(({ pid }) => cpuOf(pid))),
        verifier: ofCommand("verify"),
        engine: ofCommand("start"),
      }
    },
    killOne: () => {
      const last = processes[nodes - 1]
      for (const pid of childrenOf(last.pid)) process.kill(pid, "SIGKILL")
      last.kill("SIGKILL")
    },
    stop: async () => {
      await Promise.all(processes.map(end))
      rmSync(plan.folder, { recursive: true, force: true })
    },
  }
}

/** CometBFT's own key-value store, built in (`kvstore`) or as a process of its own over the socket. */
export async function kvstore(nodes: number, executable: string, abciCli?: string): Promise<Network> {
  const plan = await planOf(nodes, executable)
  const processes: ChildProcess[] = []
  for (const own of plan.nodes.keys()) {
    const folder = join(plan.folder, `node-${own}`)
    mkdirSync(folder, { recursive: true })
    const proxyApp = abciCli ? `unix://${join(folder, "abci.sock")}` : "kvstore"
    if (abciCli)
      processes.push(
        spawn(abciCli, ["kvstore", "--address", proxyApp], {
          stdio: "ignore",
          env: { ...process.env, TMPDIR: folder },
        }),
      )
    writeHome({
      folder,
      moniker: `kv-${own}`,
      chainId: "kvstore-net",
      time: plan.time,
      appState: {},
      validatorSeed: seedOf(`validator ${own}`),
      nodeKeySeed: seedOf(`node ${own}`),
      validators: validatorsOf(plan).map(({ member, key }) => ({ name: member, key })),
      proxyApp,
      rpcPort: plan.nodes[own].rpcPort,
      p2pPort: plan.nodes[own].p2pPort,
      peers: peersOf(plan, own),
    })
  }
  if (abciCli) await new Promise((resolve) => setTimeout(resolve, 500))
  for (const own of plan.nodes.keys())
    processes.push(
      spawn(executable, ["start", "--home", join(plan.folder, `node-${own}`)], { stdio: "ignore" }),
    )
  const ports = plan.nodes.map(({ rpcPort }) => rpcPort)
  await untilReady(ports)
  let next = 0
  return {
    ports,
    folder: plan.folder,
    transactions: (count) =>
      Array.from({ length: count }, () =>
        Buffer.from(`${next++}-${Buffer.from(randomBytes(12)).toString("hex")}=`.padEnd(TX_BYTES, "v")),
      ),
    cpu: () => ({
      application: abciCli ? sum(processes.slice(0, nodes).map(({ pid }) => cpuOf(pid))) : 0,
      engine: sum(processes.slice(abciCli ? nodes : 0).map(({ pid }) => cpuOf(pid))),
    }),
    killOne: () => processes[processes.length - 1].kill("SIGKILL"),
    stop: async () => {
      await Promise.all(processes.reverse().map(end))
      rmSync(plan.folder, { recursive: true, force: true })
    },
  }
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

async function end(one: ChildProcess): Promise<void> {
  if (one.exitCode !== null || one.signalCode !== null) return
  const ended = once(one, "exit")
  one.kill("SIGTERM")
  const timer = setTimeout(() => one.kill("SIGKILL"), 20_000)
  await ended
  clearTimeout(timer)
}

async function failsOn(one: ChildProcess): Promise<never> {
  const [code] = (await once(one, "exit")) as [number | null]
  throw new Error(`a node ended with status ${code} before it was ready`)
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  return sum(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => statSync(join(one.parentPath, one.name), { throwIfNoEntry: false })?.size ?? 0),
  )
}
