// needs: strace
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { readEnvelope, signedGenesis, toHex } from "@aceso/core"
import { decodeBlock } from "../block.ts"
import { Chain } from "../chain.ts"
import { readSegment } from "../log/segment-log.ts"
import { makeGenesis, rules, temporaryFolder } from "../testing/network.ts"

/**
 * kill -9 cannot show lost power. So the system calls of a node under load are traced: what was written but
 * not yet synced when power fails is gone. Every acknowledgement must speak of a block that was synced before.
 */
type Step =
  | {
      readonly kind: "write"
      readonly file: string
      readonly offset: number
      readonly data: Buffer
      readonly isSynced: boolean
    }
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "ack"; readonly id: string }

function trace(folder: string, genesisJson: string, mutation: string): Step[] {
  const out = join(folder, "trace")
  const script = new URL("../testing/load-child.ts", import.meta.url).pathname
  const calls = "openat,lseek,pwrite64,writev,write,fdatasync,fsync"
  const run = spawnSync(
    process.env.ACESO_STRACE ?? "strace",
    [
      "-f",
      "-y",
      "-xx",
      "-s",
      "10000000",
      "-e",
      `trace=${calls}`,
      "-e",
      "signal=none",
      "-o",
      out,
      process.execPath,
      script,
      join(folder, "data"),
      genesisJson,
      "12",
      mutation,
    ],
    { encoding: "utf8", timeout: 120_000 },
  )
  assert.equal(run.status, 0, run.stderr)
  return parseTrace(readFileSync(out, "latin1"))
}

/** Calls of several threads interleave: "<unfinished ...>" and "resumed" are put together; a sync counts when it ends. */
function parseTrace(text: string): Step[] {
  const steps: Step[] = []
  const files: Descriptors = { synced: new Set(), positions: new Map() }
  const unfinished = new Map<string, string>()
  for (const line of text.split("\n")) {
    const match = /^(\d+)\s+(.*)$/.exec(line)
    if (!match) continue
    const [, thread, rest] = match
    if (rest.endsWith("<unfinished ...>")) {
      const begun = rest.slice(0, -"<unfinished ...>".length)
      // Data may reach the disk from the moment a write begins; a sync promises only once it has ended.
      if (begun.startsWith("f")) unfinished.set(thread, begun)
      else addStep(steps, files, begun)
      continue
    }
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest)
    if (!resumed) addStep(steps, files, rest)
    else if (resumed[1].startsWith("f")) addStep(steps, files, unfinished.get(thread) ?? "")
  }
  return steps
}

const unhex = (text: string) => Buffer.from(text.replaceAll("\\x", ""), "hex")

interface Descriptors {
  /** Opened with O_DSYNC: writes are durable when they return (lmdb's meta pages). */
  readonly synced: Set<string>
  readonly positions: Map<string, number>
}

function addStep(steps: Step[], { synced, positions }: Descriptors, call: string): void {
  const opened = /^openat\(.*?, ([A-Z_|]+)(?:, \d+)?\) = (\d+)</.exec(call)
  if (opened) {
    if (opened[1].includes("SYNC")) synced.add(opened[2])
    else synced.delete(opened[2])
  }
  const isSynced = synced.has(/^\w+\((\d+)</.exec(call)?.[1] ?? "")
  const file = /^\w+\(\d+<((?:\\x[0-9a-f]{2})*|[^>]*)>/.exec(call)?.[1]
  if (file === undefined) return
  const name = file.startsWith("\\x") ? unhex(file).toString() : file
  if (call.startsWith("fsync") || call.startsWith("fdatasync")) steps.push({ kind: "sync", file: name })
  const write = /^pwrite64\(\d+<[^>]*>, "((?:\\x[0-9a-f]{2})*)", \d+, (\d+)/.exec(call)
  if (write)
    steps.push({ kind: "write", file: name, offset: Number(write[2]), data: unhex(write[1]), isSynced })
  const seek = /^lseek\((\d+)<[^>]*>, (\d+), SEEK_SET/.exec(call)
  if (seek) positions.set(seek[1], Number(seek[2]))
  const vector = /^writev\((\d+)<[^>]*>, \[(.*)\], \d+/.exec(call)
  if (vector) {
    const parts = [...vector[2].matchAll(/iov_base="((?:\\x[0-9a-f]{2})*)"/g)].map((part) => unhex(part[1]))
    const offset = positions.get(vector[1]) ?? 0
    steps.push({ kind: "write", file: name, offset, data: Buffer.concat(parts), isSynced })
  }
  const line = /^write\(1<[^>]*>, "((?:\\x[0-9a-f]{2})*)"/.exec(call)
  if (line)
    for (const ack of unhex(line[1])
      .toString()
      .matchAll(/ack ([0-9a-f]{64})/g))
      steps.push({ kind: "ack", id: ack[1] })
}

/** Files as the disk has them: only what was written before the last sync of that file. */
class Disk {
  readonly durable = new Map<string, Buffer>()
  private readonly pending = new Map<string, { offset: number; data: Buffer }[]>()

  step(step: Step): void {
    if (step.kind === "write" && step.isSynced) this.keep(step.file, step)
    else if (step.kind === "write") {
      const waiting = this.pending.get(step.file)
      if (waiting) waiting.push(step)
      else this.pending.set(step.file, [step])
    }
    if (step.kind !== "sync") return
    for (const write of this.pending.get(step.file) ?? []) this.keep(step.file, write)
    this.pending.delete(step.file)
  }

  private keep(file: string, { offset, data }: { offset: number; data: Buffer }): void {
    let content = this.durable.get(file) ?? Buffer.alloc(0)
    if (content.length < offset + data.length)
      content = Buffer.concat([content, Buffer.alloc(offset + data.length - content.length)])
    data.copy(content, offset)
    this.durable.set(file, content)
  }
}

/** Acknowledgements that power loss would have made a lie. */
function brokenAcknowledgements(steps: readonly Step[], network: string): string[] {
  const disk = new Disk()
  const broken: string[] = []
  let known = new Set<string>()
  for (const step of steps) {
    disk.step(step)
    if (step.kind === "sync" && step.file.endsWith(".seg")) known = idsIn(disk, network)
    if (step.kind === "ack" && !known.has(step.id)) broken.push(step.id)
  }
  return broken
}

function idsIn(disk: Disk, network: string): Set<string> {
  const ids = new Set<string>()
  const folder = temporaryFolder()
  for (const [file, content] of disk.durable)
    if (file.endsWith(".seg")) writeFileSync(join(folder, "00000001.seg"), content)
  readSegment(
    folder,
    1,
    network,
    (body) => {
      for (const envelope of decodeBlock(body).envelopes) ids.add(toHex(readEnvelope(envelope).payloadId))
    },
    () => {},
  )
  rmSync(folder, { recursive: true })
  return ids
}

describe("loss of power", () => {
  const { genesis, signed } = makeGenesis()
  const json = JSON.stringify(signedGenesis.toJson(signed))

  it("keeps every acknowledged transaction, whichever sync was the last", async () => {
    const folder = temporaryFolder()
    const steps = trace(folder, json, "")
    const acks = steps.filter((step) => step.kind === "ack").length
    assert.equal(acks, 1 + 8 + 8 * 12)
    assert.deepEqual(brokenAcknowledgements(steps, genesis.network), [])
    await openAtEverySync(steps)
    rmSync(folder, { recursive: true })
  })

  it("fails when the wait for the disk is taken out (mutation check)", () => {
    const folder = temporaryFolder()
    const broken = brokenAcknowledgements(trace(folder, json, "unsynced"), genesis.network)
    assert.ok(broken.length > 50, `${broken.length} acknowledgements would have been lies`)
    rmSync(folder, { recursive: true })
  })

  /** Log and state as they lie after each sync open, and give every transaction acknowledged until then. */
  async function openAtEverySync(steps: readonly Step[]): Promise<void> {
    const disk = new Disk()
    const acknowledged: string[] = []
    for (const step of steps) {
      disk.step(step)
      if (step.kind === "ack") acknowledged.push(step.id)
      if (step.kind !== "sync") continue
      const folder = temporaryFolder()
      for (const part of ["log", "state"]) mkdirSync(join(folder, part))
      for (const [file, content] of disk.durable) {
        if (file.endsWith(".seg")) writeFileSync(join(folder, "log", "00000001.seg"), content)
        if (file.endsWith("data.mdb")) writeFileSync(join(folder, "state", "data.mdb"), content)
      }
      const chain = Chain.open(folder, genesis, rules)
      for (const id of acknowledged) assert.ok(chain.find(Buffer.from(id, "hex")), `${id} is lost`)
      await chain.close()
      rmSync(folder, { recursive: true })
    }
  }
})
