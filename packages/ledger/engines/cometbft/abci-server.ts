import { rmSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { PlatformError } from "@aceso/core"
import { Request, Response } from "cosmjs-types/tendermint/abci/types"

/** Answers one request; the kinds that a blockchain application knows (spec/abci/abci++_methods.md). */
export type AbciHandler = (request: Request) => Promise<Partial<Response>>

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
    /** All answers so far are written; and all requests but CheckTx are handled. */
    let written: Promise<void> = Promise.resolve()
    let handled: Promise<unknown> = Promise.resolve()
    const fault = (error: unknown) => {
      socket.destroy()
      onFault(error)
    }
    const take = (message: Buffer) => {
      const request = Request.decode(message)
      // Verdicts on transactions may be made side by side; everything else happens in order.
      const answer = request.checkTx ? handler(request) : handled.then(() => handler(request))
      handled = Promise.all([handled, answer])
      written = Promise.all([answer, written]).then(([response]) => {
        if (!socket.destroyed) socket.write(frame(Response.encode(Response.fromPartial(response)).finish()))
      })
      handled.catch(() => {})
      written.catch(fault)
    }
    socket.on("data", (chunk) => {
      try {
        socket.cork()
        for (const message of frames.push(chunk)) take(message)
      } catch (error) {
        fault(error)
      } finally {
        process.nextTick(() => socket.uncork())
      }
    })
  }
}

export function frame(message: Uint8Array): Buffer {
  const head: number[] = []
  let rest = message.length
  while (rest >= 128) {
    head.push((rest & 127) | 128)
    rest >>>= 7
  }
  head.push(rest)
  return Buffer.concat([Uint8Array.from(head), message])
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
