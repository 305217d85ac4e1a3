import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Services } from "../node/services.ts"
import { Figures } from "./figures.ts"
import { RequestCounts } from "./requests.ts"

describe("figures of a node for its administrators", () => {
  const queue = (transactions: number) => ({ transactions, bytes: 10 * transactions })
  function made() {
    const requests = new RequestCounts()
    let looks = 0
    const engine = {
      metrics: () => {
        looks++
        return {
          ...{ height: 7, verdicts: queue(2), intake: queue(3) },
          chain: { accepted: 5, rejected: new Map(Object.entries({ contract_fault: 1, duplicate: 2 })) },
        }
      },
    }
    // What is committed may be counted a moment before what it is of.
    const vault = { waiting: async () => ({ handles: 0, records: -1, disclosures: 4, includeBy: undefined }) }
    const clock = { now: 10_000 }
    const services = { engine, requests, vault } as unknown as Pick<Services, "engine" | "requests" | "vault">
    return { figures: new Figures(services, () => clock.now), requests, clock, looked: () => looks }
  }

  it("are as many whatever was asked of the node, and name no route", async () => {
    const { figures, requests } = made()
    for (const [status, ms] of [
      [200, 10],
      [304, 5],
      [404, 1],
      [429, 1],
      [500, 100],
    ] as const)
      for (const route of ["/a", "/b"]) requests.add(route, status, ms)
    const { memory, began, ...rest } = await figures.take()
    assert.deepEqual(rest, {
      ...{ time: 10_000, height: 7, accepted: 5, rejected: 3 },
      requests: { answered: 4, refused: 4, failed: 2 },
      waiting: { verdicts: 2, intake: 3, records: 0, disclosures: 4 },
    })
    assert.ok(memory.resident >= memory.heap && memory.heap > 1e6)
    assert.ok(Number.isSafeInteger(began) && began <= Date.now())
  })

  it("are looked at once a second, however many ask", async () => {
    const { figures, clock, looked } = made()
    const [first] = await Promise.all(Array.from({ length: 20 }, () => figures.take()))
    clock.now += 999
    assert.equal(await figures.take(), first)
    assert.equal(looked(), 1)
    clock.now += 1
    assert.equal((await figures.take()).time, 11_000)
    // A clock that was set back holds nothing up.
    clock.now = 5
    assert.equal((await figures.take()).time, 5)
    assert.equal(looked(), 3)
  })
})
