import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { type LedgerEvent, randomBytes } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { Subscriptions } from "@aceso/ledger/subscriptions.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { type Reactor, Reactors, reactorMigrations } from "./reactors.ts"

const event = (height: number, name = "opened", index = 0): LedgerEvent => ({
  height,
  transaction: 0,
  index,
  contract: "cases",
  name,
  data: { n: height },
})

/** Hands out what there is, and what comes, as the engines that hold blocks do. */
class Stream {
  private readonly all: LedgerEvent[] = []
  private readonly subscriptions = new Subscriptions(this)
  readonly prunedUpTo = 0

  get height(): number {
    return this.all.at(-1)?.height ?? 0
  }

  eventsOf = (height: number) => this.all.filter((one) => one.height === height)

  push(...events: LedgerEvent[]): void {
    this.all.push(...events)
    this.subscriptions.notify()
  }

  subscribe: Engine["subscribe"] = (after, onEvent) => this.subscriptions.subscribe(after, onEvent)
}

describe("reactors", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-reactors-"))
  const masterKey = randomBytes(32)
  let count = 0
  after(() => rmSync(folder, { recursive: true, force: true }))

  const node = (name: string, stream: Stream, reactors: readonly Reactor[]) => {
    const vault = new SqliteVault({ folder: join(folder, name), organisation: "city", masterKey })
    const faults: unknown[] = []
    const running = new Reactors({
      engine: stream,
      database: vault.moduleDatabase("reactors", reactorMigrations),
      onFault: (error) => faults.push(error),
      pauseMs: 1,
    })
    running.use(reactors)
    const stop = async () => {
      await running.stop()
      await vault.close()
    }
    return { running, faults, stop }
  }
  const reactor = (name: string, react: (event: LedgerEvent) => Promise<void>): Reactor => ({
    name,
    contract: "cases",
    events: ["opened"],
    react,
  })
  /** Resolves when so many were seen. */
  const collector = (wanted: number) => {
    const seen: number[] = []
    let done = () => {}
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const take = async ({ height }: LedgerEvent) => {
      seen.push(height)
      if (seen.length === wanted) done()
    }
    return { seen, all, take }
  }

  it("each event of a reactor comes once, in order; others do not", async () => {
    const stream = new Stream()
    const { seen, all, take } = collector(3)
    const { running, stop } = node(`node ${count++}`, stream, [reactor("a", take)])
    stream.push(event(1), event(2, "stepped"), event(3))
    await running.start()
    stream.push({ ...event(4), contract: "policy" }, event(5))
    await all
    assert.deepEqual(seen, [1, 3, 5])
    await stop()
  })

  it("goes on after a restart where it was, a new one from the beginning", async () => {
    const stream = new Stream()
    const name = `node ${count++}`
    const before = collector(2)
    const first = node(name, stream, [reactor("a", before.take)])
    await first.running.start()
    stream.push(event(1), event(2))
    await before.all
    await first.stop()
    stream.push(event(3), event(4))
    const [a, b] = [collector(2), collector(4)]
    const second = node(name, stream, [reactor("a", a.take), reactor("b", b.take)])
    await second.running.start()
    await Promise.all([a.all, b.all])
    await second.stop()
    assert.deepEqual(
      [a.seen, b.seen],
      [
        [3, 4],
        [1, 2, 3, 4],
      ],
    )
  })

  it("what was done and not noted is done again: one effect, where the effect has a name", async () => {
    const stream = new Stream()
    const name = `node ${count++}`
    const effects = new Set<number>()
    let times = 0
    const first = collector(1)
    // The process ends between effect and note: the database is closed under it.
    const vault = new SqliteVault({ folder: join(folder, name), organisation: "city", masterKey })
    const database = vault.moduleDatabase("reactors", reactorMigrations)
    const dying = new Reactors({
      engine: stream,
      database: { ...database, atomically: () => new Promise(() => {}) } as never,
      onFault: () => {},
    })
    dying.use([
      reactor("a", async (one) => {
        times++
        effects.add(one.height)
        await first.take(one)
      }),
    ])
    stream.push(event(1))
    await dying.start()
    await first.all
    await vault.close()
    const again = collector(1)
    const second = node(name, stream, [
      reactor("a", async (one) => {
        times++
        effects.add(one.height)
        await again.take(one)
      }),
    ])
    await second.running.start()
    await again.all
    await second.stop()
    assert.equal(times, 2)
    assert.deepEqual([...effects], [1])
  })

  it("a poisoned event is set aside with its reason and stops nobody; it can be tried again", async () => {
    const stream = new Stream()
    const [good, other] = [collector(2), collector(3)]
    let isPoisoned = true
    const mended: number[] = []
    const { running, faults, stop } = node(`node ${count++}`, stream, [
      reactor("bad", async (one) => {
        if (one.height !== 2) return good.take(one)
        if (isPoisoned) throw new Error("no such patient")
        mended.push(one.height)
      }),
      reactor("other", other.take),
    ])
    await running.start()
    stream.push(event(1), event(2), event(3))
    await Promise.all([good.all, other.all])
    assert.deepEqual(
      [good.seen, other.seen],
      [
        [1, 3],
        [1, 2, 3],
      ],
    )
    const [aside] = await running.aside(10)
    assert.deepEqual([aside.reactor, aside.event, aside.error], ["bad", event(2), "no such patient"])
    assert.match(String(faults[0]), /bad failed at cases\.opened of block 2 .*aceso retry/)
    assert.equal(await running.retry(), 0)
    isPoisoned = false
    assert.equal(await running.retry(), 1)
    assert.deepEqual([mended, await running.aside(10)], [[2], []])
    await stop()
  })

  it("one that waits holds up no other, and a stop waits for what is being done", async () => {
    const stream = new Stream()
    let finish = () => {}
    const slow = new Promise<void>((resolve) => {
      finish = resolve
    })
    const quick = collector(2)
    const { running, stop } = node(`node ${count++}`, stream, [
      reactor("slow", () => slow),
      reactor("quick", quick.take),
    ])
    await running.start()
    stream.push(event(1), event(2))
    await quick.all
    let isStopped = false
    const stopping = stop().then(() => {
      isStopped = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isStopped, false)
    finish()
    await stopping
  })

  it("what cannot be written down holds up what comes after it, until it can; a stop meanwhile loses nothing", async () => {
    const stream = new Stream()
    const name = `node ${count++}`
    const vault = new SqliteVault({ folder: join(folder, name), organisation: "city", masterKey })
    const database = vault.moduleDatabase("reactors", reactorMigrations)
    const run = (isFull: () => boolean, take: (event: LedgerEvent) => Promise<void>) => {
      const faults: unknown[] = []
      const failing = async () => {
        throw new Error("the disk is full")
      }
      const running = new Reactors({
        engine: stream,
        database: {
          ...database,
          atomically: (f: never) => (isFull() ? failing() : database.atomically(f)),
        } as never,
        onFault: (error) => faults.push(error),
        pauseMs: 1,
      })
      running.use([reactor("a", take)])
      return { running, faults }
    }
    stream.push(event(1), event(2))
    let times = 0
    const [stopped, again] = [collector(2), collector(4)]
    const first = run(() => true, stopped.take)
    await first.running.start()
    await stopped.all
    await first.running.stop()
    assert.deepEqual([...new Set(stopped.seen)], [1])
    const second = run(() => ++times < 3, again.take)
    await second.running.start()
    await again.all
    assert.deepEqual(again.seen, [1, 1, 1, 2])
    await second.running.stop()
    assert.match(String(second.faults[0]), /the disk is full/)
    await vault.close()
  })

  it("refuses two of a name", () => {
    assert.throws(
      () =>
        node(`node ${count++}`, new Stream(), [reactor("a", async () => {}), reactor("a", async () => {})]),
      {
        code: "two_of_a_name",
      },
    )
  })
})
