import { rmSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { PlatformError } from "@aceso/core"
import type { Request } from "cosmjs-types/tendermint/abci/types"
import { type CheckTx, decodeRequest, frame, readCheckTx } from "./codec.ts"

/** Answers requests with encoded responses; the kinds stand in spec/abci/abci++_methods.md. */
export interface AbciHandler {
  /** Comes once per transaction; at once where the verdict is known. Without it handle() takes these too. */
  checkTx?(request: CheckTx): Uint8Array | Promise<Uint8Array>
  handle(request: Request): Promise<Uint8Array>
}

const MAX_MESSAGE_BYTES = 64 * 2 ** 20

/**
 * The ABCI 2.0 socket protocol: every message is an unsigned varint length and a protobuf Request or Response;
 * on each connection the answers come in the order of the requests (spec/abci/abci++_client_server.md).
 */
export class AbciServer {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.server = server
  }

  /** @param onFault told of errors in handlers and of malformed frames; the engine should be stopped then */
  static listen(path: string, handler: AbciHandler, onFault: (error: unknown) => void): Promise<AbciServer> {
    rmSync(path, { force: true })
    const server = createServer()
    const abci = new AbciServer(server)
    server.on("connection", (socket) => abci.serve(socket, handler, onFault))
    return new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(path, () => resolve(abci))
    })
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  private serve(socket: Socket, handler: AbciHandler, onFault: (error: unknown) => void): void {
    this.sockets.add(socket)
    socket.on("close", () => this.sockets.delete(socket))
    socket.on("error", () => socket.destroy())
    const frames = new FrameReader()
    const writer = new AnswerWriter(socket)
    /** All requests before, but for CheckTx. */
    let handled: Promise<unknown> = Promise.resolve()
    const fault = (error: unknown) => {
      socket.destroy()
      onFault(error)
    }
    const take = (message: Buffer) => {
      const slot = writer.slot()
      const check = handler.checkTx && readCheckTx(message)
      let answer: Uint8Array | Promise<Uint8Array>
      // Verdicts on transactions may be made side by side; everything else happens in order.
      if (check && handler.checkTx) answer = handler.checkTx(check)
      else {
        const request = decodeRequest(message)
        handled = answer = handled.then(() => handler.handle(request))
      }
      if (answer instanceof Uint8Array) slot(answer)
      else answer.then(slot, fault)
    }
    socket.on("data", (chunk) => {
      try {
        for (const message of frames.push(chunk)) take(message)
      } catch (error) {
        fault(error)
      }
    })
  }
}

/** Writes answers in the order of their requests, those of one turn of the event loop together. */
class AnswerWriter {
  private readonly socket: Socket
  private readonly waiting: { answer: Uint8Array | undefined }[] = []
  private isScheduled = false
  private last: { readonly answer: Uint8Array; readonly frame: Buffer } | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** A place in the order; to be filled with the encoded answer. */
  slot(): (answer: Uint8Array) => void {
    const place: { answer: Uint8Array | undefined } = { answer: undefined }
    this.waiting.push(place)
    return (answer) => {
      place.answer = answer
      if (this.isScheduled || this.waiting[0].answer === undefined) return
      this.isScheduled = true
      setImmediate(() => this.write())
    }
  }

  private write(): void {
    this.isScheduled = false
    let ready = 0
    while (ready < this.waiting.length && this.waiting[ready].answer !== undefined) ready++
    const answers = this.waiting.splice(0, ready).map(({ answer }) => this.framed(answer as Uint8Array))
    if (answers.length > 0 && !this.socket.destroyed) this.socket.write(Buffer.concat(answers))
  }

  /** Most answers are the same object as the one before: a transaction was found good. */
  private framed(answer: Uint8Array): Buffer {
    if (this.last?.answer !== answer) this.last = { answer, frame: frame(answer) }
    return this.last.frame
  }
}

/** Puts messages together across the borders of chunks. */
export class FrameReader {
  private chunks: Buffer[] = []
  private size = 0

  /** @throws PlatformError `bad_frame` for a length that no message may have */
  push(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk)
    this.size += chunk.length
    const messages: Buffer[] = []
    for (;;) {
      const head = this.head()
      if (!head || this.size < head.bytes + head.length) return messages
      const all = this.joined()
      messages.push(all.subarray(head.bytes, head.bytes + head.length))
      const rest = all.subarray(head.bytes + head.length)
      this.chunks = rest.length > 0 ? [rest] : []
      this.size = rest.length
    }
  }

  private joined(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)]
    return this.chunks[0]
  }

  private head(): { bytes: number; length: number } | undefined {
    if (this.size === 0) return undefined
    if (this.chunks[0].length < 5) this.joined()
    const first = this.chunks[0]
    let length = 0
    for (let i = 0; i < first.length; i++) {
      length += (first[i] & 127) * 2 ** (7 * i)
      if (length > MAX_MESSAGE_BYTES || i >= 4)
        throw new PlatformError("bad_frame", "the peer on the ABCI socket sent a frame of impossible length")
      if (first[i] < 128) return { bytes: i + 1, length }
    }
    return undefined
  }
}
