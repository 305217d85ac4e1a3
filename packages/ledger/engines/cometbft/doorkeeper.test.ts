import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import { Doorkeeper } from "./doorkeeper.ts"

const friend = "ab".repeat(20)
const formerFriend = "cd".repeat(20)
const WITHIN_MS = 60_000
const TICK_MS = WITHIN_MS / 3

describe("the doorkeeper", () => {
  let now: number
  let connected: string[]
  let welcome: string[]
  let isAnswering: boolean
  let chance: number
  let restarts: string[]
  let damage: Error | undefined
  let faults: unknown[]
  let doorkeeper: Doorkeeper
  beforeEach(() => {
    now = 0
    connected = [friend, formerFriend]
    welcome = [friend, formerFriend]
    isAnswering = true
    chance = 0
    restarts = []
    damage = undefined
    faults = []
    doorkeeper = new Doorkeeper({
      rpc: {
        peerIds: async () => {
          if (!isAnswering) throw new Error("no answer")
          return connected
        },
      },
      mayConnect: (nodeId) => {
        if (damage) throw damage
        return welcome.includes(nodeId)
      },
      onFault: (error) => faults.push(error),
      restart: (why) => restarts.push(why),
      withinMs: WITHIN_MS,
      now: () => now,
      random: () => chance,
    })
  })
  async function ticks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      now += TICK_MS
      await doorkeeper.check()
    }
  }

  it("lets those be who may connect", async () => {
    await ticks(10)
    assert.deepEqual(restarts, [])
  })

  for (const unlucky of [0, 0.5, 0.999])
    it(`cuts off who may connect no more within the time, with the chance ${unlucky}`, async () => {
      chance = unlucky
      await ticks(1)
      const since = now
      welcome = [friend]
      while (restarts.length === 0) await ticks(1)
      assert.ok(now - since <= WITHIN_MS, `${now - since} ms`)
      assert.ok(restarts[0].includes(formerFriend) && !restarts[0].includes(friend), restarts[0])
    })

  it("does not when all would at the same moment", async () => {
    welcome = [friend]
    chance = 0.9
    await ticks(1)
    assert.deepEqual(restarts, [])
    await ticks(1)
    assert.equal(restarts.length, 1)
  })

  it("forgets who left by itself, or may connect again", async () => {
    chance = 0.9
    welcome = [friend]
    await ticks(1)
    connected = [friend]
    await ticks(1)
    connected = [friend, formerFriend]
    await ticks(1)
    welcome = [friend, formerFriend]
    await ticks(5)
    assert.deepEqual(restarts, [])
  })

  it("does it once in ten minutes, whoever stays connected", async () => {
    welcome = [friend]
    await ticks(1)
    await ticks(29)
    assert.equal(restarts.length, 1)
    await ticks(1)
    assert.equal(restarts.length, 2)
  })

  it("hands on what it throws, when the rows about members are damaged", async () => {
    damage = new Error("a row is damaged")
    await ticks(2)
    assert.deepEqual(faults, [damage, damage])
    assert.deepEqual(restarts, [])
  })

  it("waits while CometBFT does not answer, and says nothing once it is stopped", async () => {
    welcome = [friend]
    isAnswering = false
    await ticks(5)
    assert.deepEqual(restarts, [])
    isAnswering = true
    const asked = ticks(1)
    doorkeeper.stop()
    await asked
    await ticks(2)
    assert.deepEqual(restarts, [])
  })
})
