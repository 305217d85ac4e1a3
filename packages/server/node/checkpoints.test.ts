import assert from "node:assert/strict"
import { cpSync, existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import { PublicClient } from "@aceso/client"
import { proposals } from "@aceso/contracts"
import {
  type Checkpoint,
  type Countersigned,
  countersign,
  countersigned,
  decodeCbor,
  forkEvidence,
  PlatformError,
  parseCheckpoints,
  publicKey,
  verifyForkEvidence,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { CheckpointNodes, later } from "../testing/checkpoint-nodes.ts"
import { LedgerClient } from "./ledger-client.ts"
import type { AcesoNode } from "./node.ts"

let all: CheckpointNodes
beforeEach(async () => {
  all = new CheckpointNodes()
  await all.open("city", "county")
})
afterEach(() => all.end())

const fileOf = (member: string) => parseCheckpoints(readFileSync(all.paths(member).checkpoints, "utf8")).all
const signers = ({ signatures }: Countersigned) => signatures.map(({ member }) => member).toSorted()
const altered = (c: Checkpoint): Checkpoint => ({ ...c, stateRoot: new Uint8Array(32).fill(7) })
const heightNow = async () => (await all.engine.status()).checkpoint.height
const statusOf = (node: AcesoNode) => new PublicClient(node.services.config.url).status()

async function started(member: string): Promise<AcesoNode> {
  const node = await all.node(member)
  await node.start()
  return node
}

describe("two nodes of one network", () => {
  it("countersign the same blocks, and show it", async () => {
    const [city, county] = [await started("city"), await started("county")]
    const height = await all.grow()
    assert.equal((await statusOf(city)).checkpoints?.countersigned, null)
    await city.services.checkpoints.round(later())
    await county.services.checkpoints.round(later())
    await city.services.checkpoints.round(later())
    for (const [node, member] of [
      [city, "city"],
      [county, "county"],
    ] as const) {
      assert.deepEqual(fileOf(member).at(-1)?.checkpoint, await all.checkpoint(height))
      const { time } = await all.checkpoint(height)
      assert.deepEqual((await statusOf(node)).checkpoints, {
        countersigned: { height, time, members: 2 },
        forks: [],
      })
      assert.equal(statSync(all.paths(member).checkpoints).mode & 0o777, 0o600)
    }
    assert.deepEqual(all.faults, [])
  })

  it("sign nothing without new transactions, nor what is younger than the last full period", async () => {
    const city = await started("city")
    await city.services.checkpoints.round(Date.now() - 7_200_000)
    assert.ok(!existsSync(all.paths("city").checkpoints))
    const now = later()
    for (let i = 0; i < 3; i++) await city.services.checkpoints.round(now)
    assert.equal(fileOf("city").length, 1)
    await all.grow()
    await city.services.checkpoints.round(now)
    assert.equal(fileOf("city").length, 2)
  })

  it("sign nothing with a key that no longer counts: the others would refuse it", async () => {
    const city = await started("city")
    const [old, next] = [seedOf("city"), seedOf("city next")]
    await new LedgerClient(all.engine, "city", old).call(
      "governance",
      "registerKey",
      { key: publicKey(next) },
      [next],
    )
    await new LedgerClient(all.engine, "city", next).call("governance", "retireKey", { key: publicKey(old) })
    await all.grow("county")
    await city.services.checkpoints.round(later())
    assert.ok(!existsSync(all.paths("city").checkpoints))
  })

  it("sign the same block although they look at different times of a period", async () => {
    const [city, county] = [await started("city"), await started("county")]
    const end = later()
    const start = end - (end % 3_600_000)
    await city.services.checkpoints.round(start + 1)
    await county.services.checkpoints.round(start + 3_599_999)
    const [own, others] = fileOf("county")
    assert.deepEqual([own, others].map(signers), [["county"], ["city"]])
    assert.deepEqual(own.checkpoint, others.checkpoint)
  })

  it("fetch what they missed, once", async () => {
    const [city, county] = [await started("city"), await started("county")]
    for (let i = 0; i < 5; i++) {
      await all.grow()
      await city.services.checkpoints.round(later())
    }
    await county.services.checkpoints.round(later())
    const before = readFileSync(all.paths("county").checkpoints, "utf8")
    assert.equal(fileOf("county").filter((one) => signers(one).includes("city")).length, 5)
    await county.services.checkpoints.round(later())
    assert.equal(readFileSync(all.paths("county").checkpoints, "utf8"), before)
  })

  it("give what they signed themselves, from a height on", async () => {
    const [city, county] = [await started("city"), await started("county")]
    for (let i = 0; i < 3; i++) {
      await all.grow()
      for (const node of [city, county]) await node.services.checkpoints.round(later())
    }
    const client = new PublicClient(city.services.config.url)
    const own = await client.checkpoints(0)
    assert.deepEqual(own.map(signers), [["city"], ["city"], ["city"]])
    assert.deepEqual(await client.checkpoints(own[1].checkpoint.height), own.slice(1))
    for (const from of ["x", "-1", "1.5", "9".repeat(16)]) {
      const { status } = await fetch(`${city.services.config.url}/checkpoints?from=${from}`)
      assert.equal(status, 400)
    }
  })

  it("know what others signed after a restart, and do not ask a member that is suspended", async () => {
    const [city, county] = [await started("city"), await started("county")]
    await county.services.checkpoints.round(later())
    await city.services.checkpoints.round(later())
    await all.stop(city)
    const again = await started("city")
    assert.equal((await statusOf(again)).checkpoints?.countersigned?.members, 2)
    const clientOf = (member: string) => new LedgerClient(all.engine, member, seedOf(member))
    const changes = [{ do: "suspend", member: "county" }]
    await clientOf("authority").call("governance", "propose", { changes })
    const open = (await all.engine.scan(proposals)).find(({ row }) => row.status === "open")
    await clientOf("city").call("governance", "vote", { proposal: open?.key[0] as Uint8Array, yes: true })
    county.services.checkpoints.own = () => assert.fail("it was asked")
    await again.services.checkpoints.round(later())
    assert.deepEqual(all.faults, [])
  })
})

describe("a member that tells another history", () => {
  it("is found by both signatures; the evidence convinces offline, and the exchange goes on", async () => {
    await all.end()
    all = new CheckpointNodes()
    await all.open("city", "county", "clinic")
    const [city, clinic] = [await started("city"), await started("clinic")]
    let height = 0
    await all.peer("county", async (from) =>
      height < from ? all.answer() : all.answer(all.signed(altered(await all.checkpoint(height)), "county")),
    )
    await clinic.services.checkpoints.round(later())
    height = await all.grow()
    await city.services.checkpoints.round(later())
    const file = all.paths("city").fork(height, "county")
    assert.equal(all.faults.length, 1)
    assert.match(
      all.faults[0].message,
      new RegExp(`^county signed another history than this node has: block ${height} differs; .*${file}`),
    )
    assert.equal(all.faults[0].message.split("\n").length, 1)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const read = forkEvidence.parse(decodeCbor(new Uint8Array(readFileSync(file))), "evidence")
    const { says, liars } = verifyForkEvidence(read, all.made.genesis)
    assert.deepEqual(liars, [])
    assert.match(says, new RegExp(`city and, against that, county signed different .* at block ${height}`))
    assert.deepEqual((await statusOf(city)).checkpoints?.forks, [
      { height, member: "county", file: `fork-${height}-county.aceso` },
    ])
    assert.ok(
      fileOf("city").some((one) => signers(one).includes("clinic")),
      "clinic was asked as well",
    )
    assert.ok(!fileOf("city").some((one) => signers(one).includes("county")), "the lie is not kept")
    // Told once, also after a restart.
    await city.services.checkpoints.round(later())
    await all.stop(city)
    const again = await started("city")
    await again.services.checkpoints.round(later())
    assert.equal(all.faults.length, 1)
    assert.equal((await statusOf(again)).checkpoints?.forks.length, 1)
  })

  it("convicts the operator whose engine signed both", async () => {
    const city = await started("city")
    const height = await all.grow()
    await all.peer("county", async () =>
      all.answer(all.signed(altered(await all.checkpoint(height)), "county", undefined, true)),
    )
    await city.services.checkpoints.round(later())
    const bytes = readFileSync(all.paths("city").fork(height, "county"))
    const read = forkEvidence.parse(decodeCbor(new Uint8Array(bytes)), "evidence")
    assert.deepEqual(verifyForkEvidence(read, all.made.genesis).liars, ["the operator's key"])
  })

  it("does not fill the disk with its histories", async () => {
    const city = await started("city")
    for (let i = 0; i < 20; i++) await all.grow()
    await all.peer("county", async (from) => {
      const told = []
      for (let h = Math.max(2, from); h <= (await heightNow()); h++)
        told.push(all.signed(altered(await all.checkpoint(h)), "county"))
      return all.answer(...told)
    })
    await city.services.checkpoints.round(later())
    assert.equal(globSync("fork-*.aceso", { cwd: all.home("city") }).length, 16)
    assert.equal(all.faults.length, 16)
  })
})

describe("a peer that lies about anything else costs itself alone", () => {
  type Tell = (c: Checkpoint) => unknown | Promise<unknown>
  const stolen = seedOf("county retired")
  const lies: [lie: string, tell: Tell, says: RegExp][] = [
    [
      "a wrong key",
      (c) => ({
        checkpoints: [
          countersigned.toJson({
            ...all.signed(c, "county"),
            signatures: [{ ...all.signed(c, "county").signatures[0], key: publicKey(seedOf("city")) }],
          }),
        ],
      }),
      /signature of county over block \d+ is wrong/,
    ],
    ["a key of nobody", (c) => all.answer(all.signed(c, "county", seedOf("nobody"))), /knows no key/],
    ["another member's word", (c) => all.answer(all.signed(c, "city")), /not signed by county/],
    ["another member's key", (c) => all.answer(all.signed(c, "county", seedOf("city"))), /which is city's/],
    [
      "a retired key, also for another history",
      (c) => all.answer(all.signed(altered(c), "county", stolen)),
      /was not valid at the time/,
    ],
    ["another network", (c) => all.answer(all.signed({ ...c, network: "other" }, "county")), /network other/],
    [
      "a root that was altered after it was signed",
      (c) => all.answer({ ...all.signed(c, "county"), checkpoint: altered(c) }),
      /signature of county over block \d+ is wrong/,
    ],
    [
      "no signature at all",
      (c) => all.answer({ ...all.signed(c, "county"), signatures: [] }),
      /not signed by/,
    ],
    [
      "two signatures",
      (c) => {
        const one = all.signed(c, "county")
        return all.answer({ ...one, signatures: [...one.signatures, countersign(c, "city", seedOf("city"))] })
      },
      /and by it alone/,
    ],
    ["the engine's signature made up", (c) => all.answer(wrongOperator(c)), /operator's signature/],
    [
      "the wrong order",
      async (c) =>
        all.answer(all.signed(c, "county"), all.signed(await all.checkpoint(c.height - 1), "county")),
      /where a block above \d+ belongs/,
    ],
    ["the same block twice", (c) => all.answer(all.signed(c, "county"), all.signed(c, "county")), /belongs/],
    ["no JSON", () => "<html>", /did not answer with JSON/],
    ["another shape", () => ({ checkpoints: [{}] }), /expected/],
    ["too many", (c) => ({ checkpoints: Array(257).fill(c.height) }), /0 to 256 items/],
    ["too much", () => new Uint8Array(3 * 2 ** 20), /more than 2097152 bytes/],
  ]
  const wrongOperator = (c: Checkpoint): Countersigned => ({
    ...all.signed(c, "county"),
    operator: all.signed(altered(c), "county", undefined, true).operator,
  })

  for (const [lie, tell, says] of lies)
    it(`${lie} is told as a fault, once, and is neither kept nor called a fork`, async () => {
      const client = new LedgerClient(all.engine, "county", seedOf("county"))
      await client.call("governance", "registerKey", { key: publicKey(stolen) }, [stolen])
      await client.call("governance", "retireKey", { key: publicKey(stolen) })
      const city = await started("city")
      await all.grow()
      const height = await all.grow()
      await all.peer("county", async () => tell(await all.checkpoint(height)))
      await city.services.checkpoints.round(later())
      assert.equal(all.faults.length, 1, all.faults.join("\n"))
      assert.match(all.faults[0].message, /^the checkpoints of county could not be compared: /)
      assert.match(all.faults[0].message, says)
      assert.equal(globSync("fork-*", { cwd: all.home("city") }).length, 0)
      const kept = fileOf("city").filter((one) => signers(one).includes("county"))
      assert.ok(kept.length <= 1 && kept.every(({ checkpoint }) => checkpoint.height === height))
      assert.ok(fileOf("city").some((one) => signers(one).includes("city")))
    })

  it("one that hangs is left alone when the node stops", async () => {
    const city = await started("city")
    const asked = Promise.withResolvers<void>()
    await all.peer("county", () => {
      asked.resolve()
      return new Promise(() => {})
    })
    const round = city.services.checkpoints.round(later())
    await asked.promise
    await all.stop(city)
    await round
    // Had its time run out, that would have been told.
    assert.deepEqual(all.faults, [])
  })

  it("one that is down is told once until it is there again", async () => {
    const city = await started("city")
    await all.at("county", "http://127.0.0.1:9")
    for (let i = 0; i < 3; i++) await city.services.checkpoints.round(later())
    assert.equal(all.faults.length, 1)
    assert.match(all.faults[0].message, /cannot be reached/)
  })

  it("a block that this node does not have yet is compared when it has it", async () => {
    const city = await started("city")
    await all.peer("county", async (from) =>
      from > ahead.height ? all.answer() : all.answer(all.signed(ahead, "county")),
    )
    const ahead = { ...altered(await all.checkpoint(await heightNow())), height: (await heightNow()) + 1 }
    await city.services.checkpoints.round(later())
    assert.equal(all.faults.length, 0)
    assert.equal(await all.grow(), ahead.height)
    await city.services.checkpoints.round(later())
    assert.match(all.faults[0].message, /county signed another history/)
  })
})

describe("a node that began with a snapshot", () => {
  it("leaves blocks that it does not have to others, and signs and compares those that it has", async () => {
    for (let i = 0; i < 4; i++) await all.grow()
    const base = await heightNow()
    const pruned: Engine = Object.create(all.engine, {
      block: {
        value: async (height: number) => {
          if (height <= base) throw new PlatformError("height_pruned", `no blocks up to ${base}`)
          return all.engine.block(height)
        },
      },
    })
    const height = await all.grow()
    await all.peer("county", async (from) =>
      all.answer(
        ...(from <= 2 ? [all.signed(altered(await all.checkpoint(3)), "county")] : []),
        ...(from <= height ? [all.signed(await all.checkpoint(height), "county")] : []),
      ),
    )
    const city = await all.node("city", pruned)
    await city.start()
    await city.services.checkpoints.round(later())
    assert.deepEqual(all.faults, [])
    assert.deepEqual(
      fileOf("city").map((one) => [one.checkpoint.height, ...signers(one)]),
      [
        [await heightNow(), "city"],
        [height, "county"],
      ],
    )
  })
})

describe("a node whose own ledger was rewritten", () => {
  const rewrites = async (start: () => Promise<unknown>, says: RegExp) => {
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof PlatformError && error.code === "history_rewritten", String(error))
      assert.match(error.message, says)
      assert.equal(error.message.split("\n").length, 1)
      return true
    })
  }

  it("does not serve: a backup was put in its place, and it went on from there", async () => {
    let city = await started("city")
    await all.stop(city)
    await all.engine.close()
    cpSync(join(all.folder, "engine"), join(all.folder, "backup"), { recursive: true })
    await all.openEngine()
    city = await started("city")
    const height = await all.grow()
    await city.services.checkpoints.round(later())
    await all.stop(city)
    await all.engine.close()

    await all.openEngine("backup")
    city = await all.node("city")
    await rewrites(() => city.start(), new RegExp(`block ${height}, which city signed, is not there`))
    assert.equal(city.services.readiness.isStarted, false)
    await all.stop(city)

    while ((await heightNow()) < height) await all.grow("county")
    const again = await all.node("city")
    await rewrites(() => again.start(), new RegExp(`block ${height} is not the one that city signed`))
    assert.equal(again.services.readiness.isStarted, false)
  })

  it("does not serve: its file was changed, or comes from elsewhere", async () => {
    const city = await started("city")
    await all.grow()
    await city.services.checkpoints.round(later())
    await all.stop(city)
    const { checkpoints } = all.paths("city")
    const sound = readFileSync(checkpoints, "utf8")
    const [one] = fileOf("city")
    const line = (c: Checkpoint) => `${JSON.stringify(countersigned.toJson({ ...one, checkpoint: c }))}\n`
    const cases: [text: string, code: string][] = [
      [line(altered(one.checkpoint)), "history_rewritten"],
      [line({ ...one.checkpoint, network: "other" }), "history_rewritten"],
      [line({ ...one.checkpoint, height: one.checkpoint.height - 1 }), "history_rewritten"],
      [sound + line(altered(one.checkpoint)), "bad_checkpoints"],
      [`garbage\n${sound}`, "bad_checkpoints"],
    ]
    for (const [text, code] of cases) {
      writeFileSync(checkpoints, text)
      const node = await all.node("city")
      await assert.rejects(node.start(), { code })
      assert.equal(readFileSync(checkpoints, "utf8"), text, "what was found stays as it is")
      await all.stop(node)
    }
    // A line that was cut off by loss of power is none of this.
    writeFileSync(checkpoints, `${sound}${sound.slice(0, 100)}`)
    await started("city")
    assert.equal(readFileSync(checkpoints, "utf8"), sound)
  })
})
