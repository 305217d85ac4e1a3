import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, PlatformError } from "@aceso/core"
import { stallAfter, Watchdog } from "./watchdog.ts"

const STALL_MS = stallAfter()
const EVERY_MS = 20_000
const keys: Bytes[] = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte))

/** What CometBFT says; no answer at all without it. */
interface World {
  readonly peers: number
  readonly catchingUp?: boolean
  /** At which heights the peers are; none: the consensus does not answer. */
  readonly heights?: readonly number[]
  /** How many validators' votes on the next block have come, this node's with them; default: all. */
  readonly votes?: number
  /** What the consensus votes on; default: the next block. */
  readonly at?: number
  /** How many there are; default: four. */
  readonly validators?: number
}

const gone = async () => {
  throw new PlatformError("engine_unreachable", "CometBFT does not answer: timeout")
}

/** A node at block 10 with a clock and a CometBFT that the test moves. */
class Bench {
  world: World | undefined
  now = 0
  height = 10
  /** What the operator reads, with the restarts. */
  readonly said: string[] = []
  /** How often CometBFT was asked. */
  asked = 0
  /** Something that happens while CometBFT answers. */
  meanwhile = () => {}
  readonly watchdog: Watchdog

  constructor(world: World | undefined) {
    this.world = world
    this.watchdog = new Watchdog({
      rpc: {
        condition: async () => {
          this.asked++
          this.meanwhile()
          return this.world ? { catchingUp: false, ...this.world } : gone()
        },
        validators: async () => keys.slice(0, this.world?.validators ?? 4).map((key) => ({ key, power: 10 })),
        consensus: async () => ({
          height: this.world?.at ?? this.height + 1,
          votes: this.world?.votes ?? this.world?.validators ?? 4,
          peerHeights: this.world?.heights ?? (await gone()),
        }),
      },
      height: () => this.height,
      stallAfterMs: STALL_MS,
      onFault: (error) => assert.fail(String(error)),
      restart: (why) => this.said.push(`restart: ${why}`),
      onStall: (sentence) => this.said.push(sentence),
      now: () => this.now,
    })
  }

  /** Checks as the timer does, for so long. */
  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += EVERY_MS
      await this.watchdog.check()
    }
  }

  get restarts(): number {
    return this.said.filter((sentence) => sentence.startsWith("restart")).length
  }
}

interface Row {
  readonly name: string
  readonly world: World | undefined
  readonly restarts: number
  /** Of the last sentence. */
  readonly says: RegExp
}

/** What no block for an hour leads to. */
const table: readonly Row[] = [
  {
    name: "its RPC does not answer: started again, three times at most",
    world: undefined,
    restarts: 3,
    says: /^no block for \d+ s: CometBFT does not answer: timeout; starting CometBFT again did not help$/,
  },
  {
    name: "the RPC answers, its consensus does not: started again once",
    world: { peers: 3 },
    restarts: 1,
    says: /CometBFT answers, but its consensus does not; starting CometBFT again did not help/,
  },
  {
    name: "no peer at all",
    world: { peers: 0, heights: [], votes: 1 },
    restarts: 0,
    says: /^no block for 120 s: only 1 of 4 validators vote on block 11 \(0 peers are connected, validators or not\), more than two thirds have to/,
  },
  {
    name: "two of four are gone",
    world: { peers: 1, heights: [11], votes: 2 },
    restarts: 0,
    says: /only 2 of 4 validators vote on block 11 \(1 peers/,
  },
  {
    name: "two of four are gone, and any number of followers stands at the next block: nothing is started again",
    world: { peers: 6, heights: [11, 11, 11, 11, 11, 11], votes: 2 },
    restarts: 0,
    says: /only 2 of 4 validators vote on block 11 \(6 peers are connected, validators or not\)/,
  },
  {
    name: "exactly two thirds are not enough",
    world: { peers: 1, heights: [11], validators: 3, votes: 2 },
    restarts: 0,
    says: /only 2 of 3 validators vote/,
  },
  {
    name: "peers that still fetch blocks do not vote yet",
    world: { peers: 3, heights: [11, 0, 7], votes: 2 },
    restarts: 0,
    says: /only 2 of 4 validators vote on block 11 \(3 peers/,
  },
  {
    name: "enough vote, handed on by one peer, and no block comes: started again once",
    world: { peers: 1, heights: [11], votes: 3 },
    restarts: 1,
    says: /: 3 of 4 validators vote .* but CometBFT makes none; starting CometBFT again did not help/,
  },
  {
    name: "CometBFT is ahead of this node: started again once",
    world: { peers: 3, heights: [12, 12, 12], at: 12 },
    restarts: 1,
    says: /CometBFT votes on block 12, this node has block 10; starting/,
  },
  {
    name: "the others go on without this node: started again once",
    world: { peers: 3, heights: [25, 25, 25] },
    restarts: 1,
    says: /3 of 3 peers say that they are ahead of block 10; starting/,
  },
  {
    name: "a peer lies about its height in a network that waits: no more than one restart",
    world: { peers: 1, heights: [1_000_000], votes: 2 },
    restarts: 1,
    says: /1 of 1 peers say that they are ahead of block 10; starting/,
  },
  {
    name: "it fetches old blocks or a snapshot",
    world: { peers: 3, catchingUp: true, heights: [25, 25, 25] },
    restarts: 0,
    says: /this node still fetches what others have \(3 peers are connected\)/,
  },
]

describe("no block comes", () => {
  for (const { name, world, restarts, says } of table)
    it(name, async () => {
      const bench = new Bench(world)
      await bench.pass(3_600_000)
      assert.equal(bench.restarts, restarts)
      // Said once, however long it lasts.
      assert.equal(bench.said.length, restarts + 1)
      assert.match(bench.said.at(-1) ?? "", says)
      assert.equal(bench.watchdog.stalled && /[a-z]/.test(bench.watchdog.stalled.why), true)
    })

  it("nothing is asked in an idle network with heartbeats", async () => {
    const bench = new Bench(undefined)
    for (let i = 0; i < 100; i++) {
      bench.height++
      await bench.pass(60_000)
    }
    assert.equal(bench.asked, 0)
    assert.deepEqual(bench.said, [])
  })

  it("it is told once that blocks come again, and the next stall is told anew", async () => {
    const bench = new Bench({ peers: 1, heights: [11], votes: 2 })
    await bench.pass(300_000)
    bench.height++
    await bench.pass(60_000)
    assert.equal(bench.said.length, 2)
    assert.equal(bench.said[1], "blocks come again, after 320 s without one")
    assert.equal(bench.watchdog.stalled, undefined)
    await bench.pass(300_000)
    assert.equal(bench.said.length, 3)
    assert.match(bench.said[2], /^no block for \d+ s: only/)
  })

  it("a restart that helped: blocks come again, and a later stall has its own restart", async () => {
    const bench = new Bench({ peers: 3, heights: [11, 11, 11] })
    await bench.pass(240_000)
    bench.height++
    bench.world = { peers: 3, heights: [12, 12, 12] }
    await bench.pass(240_000)
    assert.deepEqual(
      bench.said.map((sentence) => sentence.split(/[ :]/, 1)[0]),
      ["restart", "blocks", "restart"],
    )
  })

  it("validators that have just come back are left the time to make a block", async () => {
    const bench = new Bench({ peers: 1, heights: [11], votes: 2 })
    await bench.pass(600_000)
    bench.world = { peers: 3, heights: [11, 11, 11] }
    await bench.pass(2 * EVERY_MS)
    assert.equal(bench.restarts, 0)
    bench.height++
    await bench.pass(EVERY_MS)
    assert.match(bench.said.at(-1) ?? "", /^blocks come again/)
    assert.equal(bench.restarts, 0)
  })

  it("a block that comes while CometBFT is asked makes the answer void", async () => {
    const bench = new Bench(undefined)
    bench.meanwhile = () => {
      bench.height++
    }
    await bench.pass(3_600_000)
    assert.ok(bench.asked > 0)
    assert.deepEqual(bench.said, [])
    assert.equal(bench.watchdog.stalled, undefined)
  })

  it("nothing is restarted once it is stopped, not even by a check that was under way", async () => {
    const bench = new Bench(undefined)
    await bench.pass(STALL_MS)
    bench.meanwhile = () => bench.watchdog.stop()
    await bench.pass(3_600_000)
    assert.deepEqual(bench.said, [])
    assert.equal(bench.asked, 2)
  })
})
