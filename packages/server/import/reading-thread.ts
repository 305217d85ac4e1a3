import { Worker } from "node:worker_threads"
import { PlatformError } from "@aceso/core"
import type { Answers, Opened, Received, TakenApart } from "./reading.ts"

/** `received`: open it; `answers`: take apart what was opened; neither: drop it. */
export interface ReadingRequest {
  readonly id: number
  readonly received?: Received
  readonly answers?: Answers
}

export interface ReadingAnswer {
  readonly id: number
  readonly opened?: Opened
  readonly taken?: TakenApart
  readonly refusal?: { readonly code: string; readonly message: string }
}

interface Waiting {
  readonly resolve: (answer: ReadingAnswer) => void
  readonly reject: (error: unknown) => void
}

/** The thread on which inputs are read, one for the process. It keeps no process from ending. */
class ReadingThread {
  private worker: Worker | undefined
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 1

  newId(): number {
    return this.nextId++
  }

  async ask(request: ReadingRequest): Promise<ReadingAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadingAnswer>()
    this.waiting.set(request.id, { resolve, reject })
    this.worker ??= this.start()
    this.worker.ref()
    this.worker.postMessage(request)
    return promise
  }

  drop(id: number): void {
    this.worker?.postMessage({ id } satisfies ReadingRequest)
  }

  private start(): Worker {
    const worker = new Worker(new URL("./reading-worker.ts", import.meta.url))
    worker.on("message", (answer: ReadingAnswer) => {
      const { resolve, reject } = this.waiting.get(answer.id) as Waiting
      this.waiting.delete(answer.id)
      if (this.waiting.size === 0) worker.unref()
      if (answer.refusal) reject(new PlatformError(answer.refusal.code, answer.refusal.message))
      else resolve(answer)
    })
    // What was being read is lost with the thread; the next input starts another one.
    worker.on("error", (error) => {
      if (this.worker === worker) this.worker = undefined
      const all = [...this.waiting.values()]
      this.waiting.clear()
      for (const { reject } of all) reject(error)
    })
    return worker
  }
}

export const readingThread = new ReadingThread()
