import { createHash } from "node:crypto"
import { Agent, request } from "node:http"
import { setTimeout as delay } from "node:timers/promises"

/** The load generator, the same for every network: transactions in batches over JSON-RPC, in turn to all nodes. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** CometBFT closes connections that rest for 10 s, sometimes while we write: once more then. */
export const post = (port: number, message: unknown): Promise<unknown> =>
  postOnce(port, message).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ECONNRESET") throw error
    return postOnce(port, message, false)
  })

function postOnce(port: number, message: unknown, through: Agent | false = agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(message)
    const call = request(
      {
        port,
        host: "127.0.0.1",
        method: "POST",
        agent: through,
        headers: { "content-type": "application/json" },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on("data", (chunk: Buffer) => chunks.push(chunk))
        answer.on("end", () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString()))
          } catch (error) {
            reject(error as Error)
          }
        })
      },
    )
    call.on("error", reject)
    call.end(body)
  })
}

const call = async (port: number, method: string, params: Record<string, unknown> = {}) =>
  ((await post(port, { jsonrpc: "2.0", id: 1, method, params })) as { result: never }).result

const broadcast = (port: number, txs: readonly Uint8Array[]) =>
  post(
    port,
    txs.map((tx, id) => ({
      jsonrpc: "2.0",
      id,
      method: "broadcast_tx_async",
      params: { tx: Buffer.from(tx).toString("base64") },
    })),
  )

export const heightOf = async (port: number): Promise<number> =>
  Number(
    ((await call(port, "status")) as { sync_info: { latest_block_height: string } }).sync_info
      .latest_block_height,
  )

/** Waits until all nodes answer and have made a block. */
export async function untilReady(ports: readonly number[]): Promise<void> {
  for (const port of ports)
    for (;;) {
      if ((await heightOf(port).catch(() => 0)) >= 1) break
      await delay(100)
    }
}

interface BlockAnswer {
  readonly block: {
    readonly header: { readonly time: string; readonly height: string }
    readonly data: { readonly txs: readonly string[] }
  }
}

const hashOf = (tx: Uint8Array | string) =>
  createHash("sha256")
    .update(typeof tx === "string" ? Buffer.from(tx, "base64") : tx)
    .digest("binary")

export interface Measured {
  readonly txPerSecond: number
  readonly blocksPerSecond: number
  readonly committed: number
  /** ms, sorted */
  readonly latencies: readonly number[]
  /** Between the arrival of blocks with transactions, ms, sorted. */
  readonly intervals: readonly number[]
}

export interface Load {
  readonly ports: readonly number[]
  readonly txs: readonly Uint8Array[]
  /** Transactions per second; undefined: as many as the network takes, with at most `inFlight` not in a block. */
  readonly rate?: number
  readonly inFlight: number
  /** In one call. */
  readonly batch?: number
  /** Left out of the figure at the start, s. What arrives after the last one was sent is left out as well. */
  readonly warmUp: number
  /** Sends for so long, s, or until all are sent. */
  readonly seconds?: number
  readonly onSecond?: (second: number) => void
}

/** Sends transactions and follows the first node's blocks until they hold all, or nothing comes for 20 s. */
export async function drive({
  ports,
  txs,
  rate,
  inFlight,
  batch,
  warmUp,
  seconds = Number.POSITIVE_INFINITY,
  onSecond,
}: Load): Promise<Measured> {
  const sentAt = new Map<string, number>()
  const arrived: { at: number; count: number }[] = []
  const latencies: number[] = []
  let committed = 0
  let sent = 0
  let isOver = false
  let lastSent = 0
  let isSent = false
  let height = await heightOf(ports[0])
  const start = performance.now()
  const follow = async () => {
    let last = performance.now()
    while (!(isSent && committed >= sent) && performance.now() - last < 20_000) {
      const answer = (await call(ports[0], "block", { height: String(height + 1) })) as
        | BlockAnswer
        | undefined
      if (!answer?.block) {
        // Asking costs the nodes' own CPU time: often only where latency counts.
        await delay(rate ? 4 : 25)
        continue
      }
      height++
      const at = performance.now()
      const found = answer.block.data.txs
      if (found.length > 0) last = at
      if (found.length > 0) arrived.push({ at, count: found.length })
      for (const tx of found) {
        const time = sentAt.get(hashOf(tx))
        if (time !== undefined && at - start > warmUp * 1000) latencies.push(at - time)
      }
      committed += found.length
    }
    isOver = true
  }
  const following = follow()
  const BATCH = batch ?? (rate ? Math.max(1, Math.round(rate / 200)) : 50)
  let turn = 0
  const sender = async () => {
    while (sent < txs.length && performance.now() - start < seconds * 1000 && !isOver) {
      const due = rate ? Math.floor(((performance.now() - start) / 1000) * rate) : txs.length
      if (sent >= due || sent - committed >= inFlight) {
        await delay(2)
        continue
      }
      const batch = txs.slice(sent, Math.min(sent + BATCH, due))
      sent += batch.length
      const at = performance.now()
      for (const tx of batch) sentAt.set(hashOf(tx), at)
      lastSent = at
      await broadcast(ports[turn++ % ports.length], batch)
    }
  }
  const ticks = onSecond && setInterval(() => onSecond((performance.now() - start) / 1000), 1000)
  await Promise.all(Array.from({ length: rate ? 4 : 8 }, sender))
  isSent = true
  await following
  clearInterval(ticks)
  // Without the end, when ever fewer are in flight: the last block would count with its time, but hardly with its content.
  const counted = arrived.filter(({ at }) => at - start > warmUp * 1000 && at <= lastSent)
  if (counted.length < 2) throw new Error("the load ended before two blocks: set ACESO_BENCH_SECONDS higher")
  const span = (counted[counted.length - 1].at - counted[0].at) / 1000
  // The first counted block's transactions were made before the span begins.
  const total = counted.slice(1).reduce((sum, { count }) => sum + count, 0)
  const sorted = (values: number[]) => values.sort((a, b) => a - b)
  return {
    txPerSecond: total / span,
    blocksPerSecond: (counted.length - 1) / span,
    committed,
    latencies: sorted(latencies),
    intervals: sorted(counted.slice(1).map(({ at }, i) => at - counted[i].at)),
  }
}

export const percentile = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN
