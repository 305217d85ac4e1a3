import { existsSync, readdirSync } from "node:fs"
import { PublicClient } from "@aceso/client"
import { memberKeys, members } from "@aceso/contracts"
import {
  type Bytes,
  type Countersigned,
  countersign,
  countersignatureFault,
  encodeCbor,
  equalBytes,
  type ForkEvidence,
  type GenesisDocument,
  isKeyValidAt,
  isSameCheckpoint,
  MAX_CHECKPOINTS,
  messageOf,
  PlatformError,
  readGenesis,
  type SignedGenesis,
  toHex,
  verifyCountersigned,
  verifyForkEvidence,
} from "@aceso/core"
import { type Block, checkpointOf, decodeBlock } from "@aceso/ledger"
import { layout, writeFile } from "../home/layout.ts"
import { CheckpointLog, signatureOf, signersOf } from "./checkpoint-log.ts"
import type { LedgerClient } from "./ledger-client.ts"
import type { Outbound } from "./outbound.ts"
import { wholeTable } from "./table-cache.ts"

/** What one round takes of one member. */
const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 2 * 2 ** 20
const PAGES = 16
/** Members that are asked at the same time. */
const ABREAST = 8
/** One evidence convinces; more of one member's other histories only fill the disk. */
const FORKS_PER_MEMBER = 16
const MAX_FORKS_SHOWN = 1_000
const FORKS_EVERY_MS = 10_000

/** A block that this node does not have, yet or any more. */
type Missing = "ahead" | "pruned"

/**
 * Signs the newest block of this node's own chain from time to time, keeps what the other members sign, and notices
 * when one of them has another history.
 */
export class Checkpoints {
  private readonly ledger: LedgerClient
  private readonly genesis: SignedGenesis
  private readonly document: GenesisDocument
  private readonly outbound: Outbound
  private readonly folder: string
  everyMs: number
  private readonly onFault: (error: unknown) => void
  private log: CheckpointLog | undefined
  /** Kept checkpoints of blocks that this node did not have when it looked. */
  private unchecked: Countersigned[] = []
  /** Where to go on asking a member that told what is not kept. */
  private readonly asked = new Map<string, number>()
  private readonly reported = new Map<string, string>()
  private readonly ending = new AbortController()
  private running: Promise<void> | undefined
  private shown: { readonly at: number; readonly forks: ReturnType<Checkpoints["forks"]> } | undefined

  constructor(
    ledger: LedgerClient,
    genesis: SignedGenesis,
    folder: string,
    everyMs: number,
    outbound: Outbound,
    onFault: (error: unknown) => void,
  ) {
    this.ledger = ledger
    this.genesis = genesis
    this.document = readGenesis(genesis)
    this.outbound = outbound
    this.folder = folder
    this.everyMs = everyMs
    this.onFault = onFault
  }

  /**
   * Reads what was kept and compares it with the chain.
   * @throws PlatformError `history_rewritten`, `bad_checkpoints`
   */
  async open(): Promise<void> {
    if (this.log) return
    const log = CheckpointLog.open(layout(this.folder).checkpoints)
    this.unchecked = [...log.all]
    await this.check()
    this.log = log
  }

  /** Signs what is due and asks the other members. Two rounds never overlap. @param now ms */
  round(now = Date.now()): Promise<void> {
    this.running ??= this.work(now).finally(() => {
      this.running = undefined
    })
    return this.running
  }

  async stop(): Promise<void> {
    this.ending.abort()
    await this.running?.catch(() => {})
  }

  /** What this member signed, oldest first, as much as fits one answer. */
  own(from: number): Countersigned[] {
    const found: Countersigned[] = []
    for (const one of this.log?.all ?? []) {
      const own = one.checkpoint.height >= from ? signatureOf(one, this.ledger.member) : undefined
      if (own) found.push({ ...one, signatures: [own] })
      if (found.length === MAX_CHECKPOINTS) break
    }
    return found
  }

  summary() {
    if (!this.log) return undefined
    const newest = this.log.all.findLast(({ signatures }) => signatures.length > 1)
    const countersigned = newest
      ? {
          height: newest.checkpoint.height,
          time: newest.checkpoint.time,
          members: newest.signatures.length,
        }
      : null
    return { countersigned, forks: this.shownForks() }
  }

  /** Anybody may ask: the folder is looked at again after a while, or when there is a new one. */
  private shownForks() {
    const now = Date.now()
    if (!this.shown || now - this.shown.at > FORKS_EVERY_MS)
      this.shown = { at: now, forks: this.forks().slice(0, MAX_FORKS_SHOWN) }
    return this.shown.forks
  }

  private async work(now: number): Promise<void> {
    await this.open()
    await this.check()
    await this.sign(now)
    const all = await wholeTable(this.ledger.engine, members)
    const others = all.flatMap(({ key: [member], row: { url, status } }) =>
      status === "active" && member !== this.ledger.member ? [{ member, url }] : [],
    )
    for (let i = 0; i < others.length && !this.ending.signal.aborted; i += ABREAST)
      await Promise.all(others.slice(i, i + ABREAST).map(({ member, url }) => this.ask(member, url, now)))
  }

  /** Whether this node's own chain still is the one that it and others signed. */
  private async check(): Promise<void> {
    const later: Countersigned[] = []
    for (const one of this.unchecked) {
      const { height } = one.checkpoint
      const block = await this.block(height)
      if (block === "pruned") continue
      if (block === "ahead" && this.document.engine === "cometbft") later.push(one)
      else if (block === "ahead")
        throw rewritten(
          `block ${height}, which ${signersOf(one)} signed, is not there: the ledger was cut off`,
          this.folder,
        )
      else if (!isSameCheckpoint(one.checkpoint, this.bare(block).checkpoint))
        throw rewritten(`block ${height} is not the one that ${signersOf(one)} signed`, this.folder)
    }
    this.unchecked = later
  }

  /**
   * Signs the newest block with transactions before the last full period, so that members whose periods are alike
   * sign the same block.
   */
  private async sign(now: number): Promise<void> {
    const { engine, member, seed, key } = this.ledger
    const signed = this.mustBeOpen().newestOf(member)?.checkpoint.height ?? 0
    const block = await this.newestBefore(now - (now % this.everyMs), signed)
    if (!block) return
    const owner = await engine.read(memberKeys, [key])
    if (owner?.member !== member || !isKeyValidAt(owner, block.time)) return
    const one = this.bare(block)
    this.mustBeOpen().add([{ ...one, signatures: [countersign(one.checkpoint, member, seed)] }], now)
  }

  /** The newest block with transactions and a time before `end`, if it is above `low`. */
  private async newestBefore(end: number, low: number): Promise<Block | undefined> {
    const { checkpoint } = await this.ledger.engine.status()
    const newest = await this.lastWhere(low, checkpoint.height, ({ time }) => time < end)
    const tip = newest > low ? await this.block(newest) : "pruned"
    if (typeof tip === "string") return undefined
    // Blocks without transactions have the history of the one before.
    const before = await this.lastWhere(
      low,
      newest,
      ({ historyHash }) => !equalBytes(historyHash, tip.historyHash),
    )
    const block = await this.block(before + 1)
    if (typeof block === "string" || block.envelopes.length + block.misbehaviour.length === 0)
      return undefined
    return block
  }

  /** The last height from `low` on up to which it holds; it is taken to hold for `low` and what is pruned. */
  private async lastWhere(low: number, high: number, holds: (block: Block) => boolean): Promise<number> {
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const block = await this.block(middle)
      if (block === "pruned" || (block !== "ahead" && holds(block))) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Whatever a member answers, or does not, is its own affair: it is told once, and the others are asked. */
  private async ask(member: string, url: string, now: number): Promise<void> {
    try {
      for (let page = 0; page < PAGES && !this.ending.signal.aborted; page++)
        if (!(await this.askPage(member, url, now))) break
      this.reported.delete(member)
    } catch (error) {
      if (this.ending.signal.aborted) return
      const isKnown = error instanceof PlatformError
      const sentence = `the checkpoints of ${member} could not be compared: ${messageOf(error)}`
      if (this.reported.get(member) === sentence) return
      this.reported.set(member, sentence)
      this.onFault(isKnown ? new PlatformError(error.code, sentence, { cause: error }) : error)
    }
  }

  /** @returns whether there is more to ask for */
  private async askPage(member: string, url: string, now: number): Promise<boolean> {
    const log = this.mustBeOpen()
    const kept = log.newestOf(member)?.checkpoint.height ?? 0
    const from = Math.max(kept, this.asked.get(member) ?? 0) + 1
    const told = await new PublicClient(url, this.outbound.fetch).checkpoints(from, {
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      signal: this.ending.signal,
    })
    const same: Countersigned[] = []
    let height = from - 1
    let isAhead = false
    let refused: unknown
    try {
      for (const one of told) {
        if (one.checkpoint.height <= height)
          throw badAnswer(`it tells block ${one.checkpoint.height} where a block above ${height} belongs`)
        // One that does not count, such as by a key that was reported stolen, does not hide those after it.
        const outcome = await this.compare(member, one, now).catch((error: unknown) => {
          if (!(error instanceof PlatformError) || error.code !== "bad_checkpoint") throw error
          refused ??= error
        })
        isAhead = outcome === "ahead"
        if (isAhead) break
        if (outcome === "same") same.push(one)
        height = one.checkpoint.height
        // Checking many signatures must not hold up everything else.
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      log.add(same, now)
      this.asked.set(member, height)
    }
    if (refused) throw refused
    return !isAhead && told.length === MAX_CHECKPOINTS
  }

  /** @throws PlatformError `bad_answer`, `bad_checkpoint` when it is not what this member may say */
  private async compare(
    member: string,
    told: Countersigned,
    now: number,
  ): Promise<"same" | "fork" | Missing> {
    const { checkpoint, signatures } = told
    const [signature] = signatures
    if (signatures.length !== 1 || signature.member !== member)
      throw badAnswer(`block ${checkpoint.height} is not signed by ${member}, and by it alone`)
    const block = await this.block(checkpoint.height)
    // Its key may be one that this node does not know yet.
    if (block === "ahead") return block
    const owner = await this.ledger.engine.read(memberKeys, [signature.key])
    verifyCountersigned(told, this.document, () => owner)
    if (block === "pruned") return block
    const own = this.bare(block)
    if (isSameCheckpoint(own.checkpoint, checkpoint)) return "same"
    await this.reportFork(member, own, told, now)
    return "fork"
  }

  private async reportFork(
    member: string,
    own: Countersigned,
    told: Countersigned,
    now: number,
  ): Promise<void> {
    const { height } = told.checkpoint
    const file = layout(this.folder).fork(height, member)
    const before = this.forks().filter((fork) => fork.member === member)
    if (existsSync(file) || before.length >= FORKS_PER_MEMBER) return
    const evidence = await this.evidenceOf(await this.vouched(own, now), told)
    const where = evidence ? `evidence: ${file}` : "no evidence: this member had no key then"
    if (evidence) writeFile(file, encodeCbor(evidence as never))
    this.shown = undefined
    this.onFault(
      new PlatformError(
        "history_forked",
        `${member} signed another history than this node has: block ${height} differs; ${where}; ask the other members which one they have (aceso verify --checkpoints <their checkpoints.jsonl>)`,
      ),
    )
  }

  /** This node's side, with everybody whose signature over it counts today; its own is made if it is missing. */
  private async vouched(own: Countersigned, now: number): Promise<Countersigned> {
    const { member, seed } = this.ledger
    const { checkpoint } = own
    const kept = this.mustBeOpen().at(checkpoint.height)
    const all = kept && isSameCheckpoint(kept.checkpoint, checkpoint) ? [...kept.signatures] : []
    if (!all.some((one) => one.member === member)) all.push(countersign(checkpoint, member, seed))
    const signatures = []
    for (const one of all)
      if (
        countersignatureFault(checkpoint, one, await this.ledger.engine.read(memberKeys, [one.key])) ===
        undefined
      )
        signatures.push(one)
    const vouched = { ...own, signatures }
    if (signatures.length > 0) this.mustBeOpen().add([vouched], now)
    return vouched
  }

  /** Undefined where nobody vouches for this node's side. */
  private async evidenceOf(first: Countersigned, second: Countersigned): Promise<ForkEvidence | undefined> {
    if (!first.operator && first.signatures.length === 0) return undefined
    const { engine } = this.ledger
    const keys = new Map<string, Bytes>()
    for (const { key } of [...first.signatures, ...second.signatures]) keys.set(toHex(key), key)
    const [newest] = keys.values()
    const { checkpoint, operator, comet } = await engine.prove(memberKeys as never, [newest])
    const rows = []
    for (const key of keys.values()) {
      const { row, proof } = await engine.prove(memberKeys as never, [key], checkpoint.height)
      rows.push({ key, proven: { row, proof } })
    }
    const attested = { checkpoint, operator, comet }
    const evidence: ForkEvidence = {
      kind: "fork",
      first,
      second,
      keys: rows,
      attested,
      genesis: this.genesis,
    }
    verifyForkEvidence(evidence, this.document)
    return evidence
  }

  /** Evidence that lies in the folder, oldest block first. */
  private forks(): { height: number; member: string; file: string }[] {
    return readdirSync(this.folder)
      .flatMap((file) => {
        const match = /^fork-(\d{1,15})-([a-z][a-z0-9-]*)\.aceso$/.exec(file)
        return match ? [{ height: Number(match[1]), member: match[2], file }] : []
      })
      .sort((a, b) => a.height - b.height)
  }

  private async block(height: number): Promise<Block | Missing> {
    try {
      return decodeBlock(await this.ledger.engine.block(height))
    } catch (error) {
      if (error instanceof PlatformError && error.code === "height_unknown") return "ahead"
      if (error instanceof PlatformError && error.code === "height_pruned") return "pruned"
      throw error
    }
  }

  /** A block of this node's chain as a checkpoint that no member signed yet. */
  private bare(block: Block): Countersigned {
    const { engineKey, network } = this.document
    const checkpoint = checkpointOf(network, block)
    const operator = engineKey && block.signature ? { key: engineKey, signature: block.signature } : null
    return { checkpoint, operator, signatures: [] }
  }

  private mustBeOpen(): CheckpointLog {
    if (!this.log) throw new PlatformError("not_started", "the node has not read its checkpoints yet")
    return this.log
  }
}

const badAnswer = (what: string) => new PlatformError("bad_answer", what)

const rewritten = (what: string, folder: string) =>
  new PlatformError(
    "history_rewritten",
    `the ledger of this machine was rewritten: ${what} (${layout(folder).checkpoints}); bring back the engine's folder from a sound copy, and compare it with aceso verify --checkpoints`,
  )
