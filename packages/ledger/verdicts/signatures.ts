import { type ChildProcess, spawn } from "node:child_process"
import { type SignatureClaim, verifyCofactored } from "@aceso/core"

/** Says of each claim whether it holds, in the same order. */
export interface SignatureVerifier {
  verify(claims: readonly SignatureClaim[]): Promise<readonly boolean[]>
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>
}

export const oneByOne: SignatureVerifier = {
  verify: async (claims) => claims.map(verifyCofactored),
  close: async () => {},
}

const GREETING = Buffer.from("aceso-cometbft verify 1\n")
/** Of a claim besides its message: its length, key and signature. */
const HEAD_BYTES = 100
/** Of a frame's claims, unless a single one is longer: each signer's claim holds the whole payload. */
const FRAME_BYTES = 2 ** 18
/** A program that ended is started again, but not more often than this. */
const AGAIN_MS = 10_000

interface Batch {
  readonly claims: readonly SignatureClaim[]
  readonly resolve: (answer: readonly boolean[] | Promise<readonly boolean[]>) => void
}

/**
 * Signatures in batches by `aceso-cometbft verify`, a process of its own: four times as fast as one by one and the same
 * verdicts. Until it has greeted, when it ends or does not answer, and with a program that is none (the stock CometBFT),
 * they are checked one by one here.
 */
export class BatchVerifier implements SignatureVerifier {
  private readonly executable: string
  private readonly answerWithinMs: number
  private readonly againMs: number
  private child: ChildProcess | undefined
  private hasGreeted = false
  /** It is no such program. */
  private isOther = false
  private startedAt = 0
  private received: Buffer = Buffer.alloc(0)
  private readonly asked: Batch[] = []
  private timer: NodeJS.Timeout | undefined

  constructor(executable: string, answerWithinMs = 5_000, againMs = AGAIN_MS) {
    this.executable = executable
    this.againMs = againMs
    this.answerWithinMs = answerWithinMs
    this.start()
  }

  get pid(): number | undefined {
    return this.hasGreeted ? this.child?.pid : undefined
  }

  async verify(claims: readonly SignatureClaim[]): Promise<readonly boolean[]> {
    const parts = partsOf(claims)
    if (parts.length === 1) return this.ask(claims)
    const answers: boolean[] = []
    for (const part of parts) answers.push(...(await this.ask(part)))
    return answers
  }

  private ask(claims: readonly SignatureClaim[]): Promise<readonly boolean[]> {
    if (!this.child && !this.isOther && performance.now() - this.startedAt > this.againMs) this.start()
    const input = this.child?.stdin
    if (!this.hasGreeted || !input) return oneByOne.verify(claims)
    return new Promise((resolve) => {
      this.asked.push({ claims, resolve })
      input.write(frameOf(claims))
      this.timer ??= setTimeout(() => this.child?.kill("SIGKILL"), this.answerWithinMs)
    })
  }

  async close(): Promise<void> {
    const { child } = this
    this.isOther = true
    if (!child) return
    const closed = new Promise((resolve) => child.once("close", resolve))
    child.kill("SIGKILL")
    await closed
  }

  private start(): void {
    this.startedAt = performance.now()
    const child = spawn(this.executable, ["verify"], {
      stdio: ["pipe", "pipe", "ignore"],
      // One thread asks. Little stays in memory but the keys: four times that is cheaper than collecting.
      env: { GOMAXPROCS: "1", GOGC: "400", GOMEMLIMIT: "128MiB" },
    })
    this.child = child
    child.unref()
    // Both are followed by `close`.
    child.on("error", () => {})
    child.stdin.on("error", () => {})
    child.stdout.on("data", (chunk: Buffer) => this.onData(chunk))
    child.on("close", () => this.onEnd())
  }

  private onData(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    if (!this.hasGreeted) {
      if (this.received.length < GREETING.length) return
      this.hasGreeted = this.received.subarray(0, GREETING.length).equals(GREETING)
      if (!this.hasGreeted) return void this.child?.kill("SIGKILL")
      this.received = this.received.subarray(GREETING.length)
    }
    for (
      let batch = this.asked[0];
      batch && this.received.length >= batch.claims.length;
      batch = this.asked[0]
    ) {
      this.asked.shift()
      const answer = this.received.subarray(0, batch.claims.length)
      this.received = this.received.subarray(batch.claims.length)
      this.timer?.refresh()
      batch.resolve(Array.from(answer, (byte) => byte === 1))
    }
    if (this.asked.length > 0) return
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private onEnd(): void {
    this.isOther ||= !this.hasGreeted
    this.child = undefined
    this.hasGreeted = false
    this.received = Buffer.alloc(0)
    clearTimeout(this.timer)
    this.timer = undefined
    for (const { claims, resolve } of this.asked.splice(0)) resolve(oneByOne.verify(claims))
  }
}

function partsOf(claims: readonly SignatureClaim[]): SignatureClaim[][] {
  const parts: SignatureClaim[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const claim of claims) {
    const size = HEAD_BYTES + claim.message.length
    bytes += size
    if (bytes > FRAME_BYTES) {
      parts.push([])
      bytes = size
    }
    parts[parts.length - 1].push(claim)
  }
  return parts
}

/** The batch as the program reads it (aceso-cometbft/verify.go). */
function frameOf(claims: readonly SignatureClaim[]): Buffer {
  const frame = Buffer.allocUnsafe(claims.reduce((sum, { message }) => sum + HEAD_BYTES + message.length, 4))
  let at = frame.writeUInt32LE(claims.length)
  for (const { message, key, signature } of claims) {
    at = frame.writeUInt32LE(message.length, at)
    frame.set(key, at)
    frame.set(signature, at + 32)
    frame.set(message, at + 96)
    at += 96 + message.length
  }
  return frame
}
