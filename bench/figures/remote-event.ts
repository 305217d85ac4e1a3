import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { members } from "@aceso/contracts"
import { publicKey, verifyEvents } from "@aceso/core"
import { Changes, type Engine, START } from "@aceso/ledger"
import { RemoteEngine } from "@aceso/ledger/engines/remote/remote.ts"
import { enrol, handleOf, seedOf, send } from "@aceso/ledger/testing/network.ts"
import { Outbound } from "@aceso/server/node/outbound.ts"
import { HttpSource } from "@aceso/server/remote/http-source.ts"
import { percentile, report } from "../report.ts"

/**
 * From a durable block to its event, proven, at a member that does not validate and asks two nodes over HTTP on loopback.
 * Reference: from the submission of the same transactions to the event at a subscriber of the validator's engine.
 */
const ROUNDS = 200
/** Both sources wait for a block again before the next one comes. */
const PAUSE_MS = 20

const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0 })
const { engine, document } = network
const APP = { member: "app", kind: "app", abilities: ["keepsRecords"], licences: [] } as const

async function admit(): Promise<void> {
  const { member, kind } = APP
  const change = { do: "admit", member, name: "App", kind, url: "https://app.example" }
  const { ledger } = network.node("authority").services
  const { events } = await ledger.call("governance", "propose", {
    changes: [{ ...change, key: publicKey(seedOf(member)) }],
  })
  const proposal = events.find(({ name }) => name === "proposalOpen")?.data.proposal
  for (const voter of ["city-hospital", "county-hospital", "community-clinic"])
    if (!(await engine.read(members, [member])))
      await network
        .node(voter)
        .services.ledger.call("governance", "vote", { proposal: proposal as Uint8Array, yes: true })
}

/** @returns when the event of a block was heard */
function hearing(from: Pick<Engine, "subscribe">): (height: number) => Promise<number> {
  const times = new Map<number, number>()
  const changes = new Changes()
  from.subscribe(START, ({ height }) => {
    times.set(height, performance.now())
    changes.tell()
  })
  return async (height) => {
    for (;;) {
      const at = times.get(height)
      if (at !== undefined) return at
      await changes.next(1000)
    }
  }
}

await admit()
const outbound = new Outbound(document)
const findings: string[] = []
const remote = new RemoteEngine({
  genesis: document,
  sources: ["city-hospital", "county-hospital"].map((member) => {
    const { url } = network.node(member).services.config
    return new HttpSource({ member, url, seed: seedOf(APP.member), outbound })
  }),
  onFinding: ({ detail }) => findings.push(detail),
})
const { height: enrolled } = await enrol(engine, APP.member, "ann")
const atValidator = hearing(engine)
const atRemote = hearing(remote)
await atRemote(enrolled)

const blocks: number[] = []
const behind: number[] = []
let last = enrolled
for (let base = 0; base < ROUNDS; base++) {
  await delay(PAUSE_MS)
  const log = { handle: handleOf("ann at app"), base, entries: handleOf(`entry ${base}`) }
  const began = performance.now()
  const { height, result } = await send(
    engine,
    { contract: "records", action: "commit", input: { logs: [log] } },
    seedOf(APP.member),
  )
  if (!result.ok) throw new Error(`refused: ${result.rejection}`)
  const block = await atValidator(height)
  blocks.push(block - began)
  behind.push((await atRemote(height)) - block)
  last = height
}
if (findings.length > 0) throw new Error(`a source did not do well: ${findings.join(", ")}`)
const median = (values: readonly number[]) => percentile(values.slice(ROUNDS / 10), 0.5)
report(
  "remote.event",
  median(behind),
  "ms from the block to the event proven at a remote member",
  "ms from the submission to the event at the validator",
  median(blocks),
)

// The split, each part on its own; the rest is HTTP with signatures, twice.
const part = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
  const result = await work()
  const start = performance.now()
  for (let i = 0; i < 100; i++) await work()
  report(`remote.event.${name}`, (performance.now() - start) / 100, "ms for one source")
  return result
}
const proven = await part("prove", () =>
  engine.service.events({ after: last - 1, waitMs: 0 }, { member: APP }),
)
await part("verify", () => verifyEvents(proven.blocks[0], document))
await remote.close()
await network.close()
rmSync(folder, { recursive: true, force: true })
