import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, beforeEach, describe, it } from "node:test"
import { type LedgerEvent, PlatformError, randomBytes, sha256, toHex, utf8 } from "@aceso/core"
import { Rejection } from "../node/ledger-client.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { Awaited, awaitedMigrations, DEMAND_AFTER_MS } from "./awaited.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-awaited-"))
const masterKey = randomBytes(32)
const open = () => new SqliteVault({ folder, organisation: "city", masterKey })

/** A case of which the authority is a part since step 2; steps 0 and 2 are the person's, 1 is City's, 3 the authority's. */
const STEPS = ["patient", "organisation", "patient", "authority"].map((party) => ({
  party,
  documents: [{ name: "Communication", commitment: sha256(utf8(party)) }],
}))
const PROCESS = {
  name: "messages",
  steps: [
    { name: "answer", names: null },
    { name: "passOn", names: "authority" },
  ],
}

describe("documents that are awaited", () => {
  let vault = open()
  after(async () => {
    await vault.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const world = {
    here: new Set<string>(),
    asked: [] as string[],
    said: [] as string[],
    /** Steps whose author hands over. */
    willing: new Set<number>(),
    isGone: false,
    /** Authors do not answer. */
    isAway: false,
    mailed: [] as string[],
    damaged: "",
    /** The process is killed there. */
    dies: "" as "" | "pull" | "keep" | "said",
    rejects: "",
  }
  beforeEach(() => {
    Object.assign(world, {
      here: new Set(),
      asked: [],
      said: [],
      willing: new Set(),
      isGone: false,
      isAway: false,
      mailed: [],
      damaged: "",
      dies: "",
      rejects: "",
    })
  })
  const nameOf = (id: Uint8Array, n: number) => `${toHex(id).slice(0, 4)} ${n}`
  const makeAwaited = () =>
    new Awaited({
      database: vault.moduleDatabase("awaited", awaitedMigrations),
      ledger: {
        member: "authority",
        call: async (_contract: string, action: string, { case: id, n }: { case: Uint8Array; n: number }) => {
          if (world.rejects) throw new Rejection(world.rejects)
          world.said.push(`${action} ${nameOf(id, n)}`)
          if (world.dies === "said") throw new Error("killed")
        },
      } as never,
      cases: {
        at: async (id: Uint8Array) => {
          if (world.isGone) throw new PlatformError("unknown_case", "gone")
          return {
            ...{ id, process: PROCESS },
            row: {
              parties: [
                { party: "organisation", member: "city" },
                { party: "patient", member: null },
                { party: "authority", member: "authority" },
              ],
            },
          }
        },
        stepsOf: async () => STEPS,
        placeOf: (at: object) => at,
        ownParty: () => "authority",
        committed: async ({ n }: { n: number }) => ({
          step: STEPS[n],
          commitment: STEPS[n].documents[0].commitment,
        }),
      } as never,
      documents: {
        at: async ({ case: id, n }: { case: Uint8Array; n: number }) =>
          world.here.has(nameOf(id, n)) ? {} : undefined,
      } as never,
      stocks: { handleOf: async () => undefined },
      mailer: {
        ask: async ({ case: id, n }: { case: Uint8Array; n: number }) => world.mailed.push(nameOf(id, n)) > 0,
      } as never,
      correspondence: {
        async fetched(_found: unknown, { case: id, n }: { case: Uint8Array; n: number }) {
          if (world.damaged === nameOf(id, n)) throw new PlatformError("document_damaged", "it is damaged")
          if (world.dies === "pull") throw new Error("killed")
          world.asked.push(nameOf(id, n))
          if (!world.willing.has(n)) return world.isAway ? "unreachable" : "lacking"
          world.here.add(nameOf(id, n))
          if (world.dies === "keep") throw new Error("killed")
          return "here"
        },
      } as never,
    })
  const event = (id: Uint8Array, step: string | undefined, n?: number) =>
    ({
      data: { case: id, members: ["city", "authority"], ...(step && { step, n }) },
    }) as unknown as LedgerEvent
  /** What a start after a crash has. */
  const restart = async () => {
    await vault.close()
    vault = open()
    return makeAwaited()
  }
  const soon = () => Date.now() + 10
  const later = () => Date.now() + DEMAND_AFTER_MS + 10

  it("who comes to a case later fetches what members wrote before, and waits for what people hand over", async () => {
    const id = sha256(utf8("later"))
    const awaited = makeAwaited()
    world.willing.add(1)
    await awaited.react(event(id, "passOn", 2))
    await awaited.look(soon())
    // What a person wrote, another member may have.
    assert.deepEqual(world.asked.sort(), [0, 1, 2].map((n) => nameOf(id, n)).sort())
    world.here.add(nameOf(id, 0)).add(nameOf(id, 2))
    await awaited.look(later())
    assert.deepEqual([world.asked.length, world.said], [3, []])
    await awaited.look(later() + DEMAND_AFTER_MS)
    assert.equal(world.asked.length, 3)
  })

  it("an event that comes again changes nothing, nor does one of a case without this organisation", async () => {
    const id = sha256(utf8("again"))
    const awaited = makeAwaited()
    world.willing.add(1)
    for (let i = 0; i < 2; i++) await awaited.react(event(id, "answer", 1))
    await awaited.look(soon())
    await awaited.react({
      data: { case: sha256(utf8("x")), members: ["city"], step: "answer", n: 1 },
    } as never)
    await awaited.look(later())
    assert.deepEqual([world.asked, world.said], [[nameOf(id, 1)], []])
    // Once more after all is done, as after a restore: what is here is not asked for.
    await awaited.react(event(id, "answer", 1))
    await awaited.look(later())
    assert.equal(world.asked.length, 1)
  })

  for (const dies of ["pull", "keep"] as const)
    it(`killed at the ${dies}: it arrives after the next start`, async () => {
      const id = sha256(utf8(`killed at ${dies}`))
      let awaited = makeAwaited()
      world.willing.add(1)
      world.dies = dies
      await awaited.react(event(id, "answer", 1))
      await assert.rejects(awaited.look(soon()), /killed/)
      awaited = await restart()
      world.dies = ""
      await awaited.look(later())
      assert.ok(world.here.has(nameOf(id, 1)))
      assert.deepEqual([world.asked, world.said], [[nameOf(id, 1)], []])
    })

  it("what is not handed over is demanded once, also when the node is killed at it; when it comes, that is said", async () => {
    const id = sha256(utf8("demand"))
    let awaited = makeAwaited()
    await awaited.react(event(id, "answer", 1))
    await awaited.look(soon())
    assert.deepEqual(world.said, [])
    world.dies = "said"
    await assert.rejects(awaited.look(later()), /killed/)
    assert.deepEqual(world.said, [`demand ${nameOf(id, 1)}`])
    world.dies = ""
    awaited = await restart()
    world.rejects = "already_demanded"
    await awaited.look(later() + DEMAND_AFTER_MS / 2)
    world.rejects = ""
    await awaited.look(later() + DEMAND_AFTER_MS)
    assert.deepEqual(world.said, [`demand ${nameOf(id, 1)}`])
    world.willing.add(1)
    await awaited.look(later() + 2 * DEMAND_AFTER_MS)
    assert.deepEqual(world.said, [`demand ${nameOf(id, 1)}`, `meet ${nameOf(id, 1)}`])
    await awaited.look(later() + 3 * DEMAND_AFTER_MS)
    assert.equal(world.said.length, 2)
  })

  it("an own one that a restore lost is asked of the others, and neither demanded nor mailed for", async () => {
    const id = sha256(utf8("own"))
    const awaited = makeAwaited()
    const own = (all: readonly string[]) => all.filter((one) => one.endsWith(nameOf(id, 3)))
    const asked = () => own(world.asked).length
    await awaited.react(event(id, "decide", 3))
    for (let i = 0; i < 6; i++) await awaited.look(later() + i * DEMAND_AFTER_MS)
    assert.equal(asked(), 6)
    world.isAway = true
    for (let i = 6; i < 20; i++) await awaited.look(later() + i * DEMAND_AFTER_MS)
    assert.deepEqual([own(world.said), own(world.mailed)], [[], []])
    world.willing.add(3)
    await awaited.look(later() + 20 * DEMAND_AFTER_MS)
    await awaited.look(later() + 21 * DEMAND_AFTER_MS)
    assert.equal(asked(), 21)
    // What is here is not awaited.
    await awaited.react(event(id, "decide", 3))
    await awaited.look(later() + 22 * DEMAND_AFTER_MS)
    assert.equal(asked(), 21)
  })

  it("of a person who was not known before, all that is not here is awaited when the keys have come", async () => {
    const id = sha256(utf8("known since"))
    const awaited = makeAwaited()
    world.here.add(nameOf(id, 2))
    for (const n of [0, 1, 3]) world.willing.add(n)
    await awaited.ofAll(id)
    await awaited.look(soon())
    assert.deepEqual(world.asked.sort(), [0, 1, 3].map((n) => nameOf(id, n)).sort())
  })

  it("an author that does not answer is asked by mail, after some attempts and not at each", async () => {
    const id = sha256(utf8("mail"))
    const awaited = makeAwaited()
    world.isAway = true
    await awaited.react(event(id, "answer", 1))
    for (let hour = 0; hour < 16; hour++) await awaited.look(Date.now() + hour * 3_700_000)
    assert.deepEqual([world.asked.length, world.mailed], [16, [nameOf(id, 1), nameOf(id, 1)]])
  })

  for (const rejection of ["quota_exceeded", "too_many_demands", "action_disabled"])
    it(`a demand that is refused as ${rejection} is made again`, async () => {
      const id = sha256(utf8(rejection))
      const awaited = makeAwaited()
      await awaited.react(event(id, "answer", 1))
      world.rejects = rejection
      await awaited.look(later())
      assert.deepEqual(world.said, [])
      world.rejects = ""
      await awaited.look(later() + DEMAND_AFTER_MS)
      const said: readonly string[] = world.said
      assert.ok(said.includes(`demand ${nameOf(id, 1)}`))
    })

  it("one that fails is told and tried later, and stops no other", async () => {
    const [bad, good] = [sha256(utf8("bad")), sha256(utf8("good"))]
    const awaited = makeAwaited()
    world.willing.add(1)
    await awaited.react(event(bad, "answer", 1))
    await awaited.react(event(good, "answer", 1))
    world.damaged = nameOf(bad, 1)
    await assert.rejects(awaited.look(soon()), { code: "document_damaged" })
    assert.ok(world.here.has(nameOf(good, 1)))
    world.damaged = ""
    await awaited.look(later())
    assert.ok(world.here.has(nameOf(bad, 1)))
  })

  it("an author that hangs is asked once in a pass, and holds up nobody else", async () => {
    const ids = ["hangs 1", "hangs 2", "answers"].map((name) => sha256(utf8(name)))
    const awaited = makeAwaited()
    world.isAway = true
    for (const id of ids.slice(0, 2)) await awaited.react(event(id, "answer", 1))
    await awaited.look(soon())
    assert.equal(world.asked.length, 1)
  })

  it("of a case that has gone nothing is awaited any more", async () => {
    const id = sha256(utf8("gone"))
    const awaited = makeAwaited()
    await awaited.react(event(id, "answer", 1))
    world.isGone = true
    await awaited.look(later())
    world.isGone = false
    await awaited.look(later())
    assert.deepEqual([world.asked, world.said], [[], []])
  })
})
