import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createHttps, type Server as HttpsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { PlatformError } from "@aceso/core"
import { addressGroup } from "../http/address.ts"
import type { TlsFiles } from "./tls.ts"

/** What whoever connects may take of a listener (docs/operations.md, What bounds it). */
export const LISTENER_LIMITS = {
  connections: 1024,
  /** Of one address. */
  connectionsPerAddress: 256,
  headerBytes: 16 * 1024,
  headerFields: 64,
  /** From the connection, or the request before, to the end of the headers; the handshake of TLS has as long. */
  headersMs: 30_000,
  /** To the end of the body. */
  requestMs: 300_000,
  /** A connection on which nothing moves: staff wait 5 minutes at most for what takes long. */
  idleMs: 330_000,
  /** How often the times of headers and bodies are looked at. */
  checkMs: 2_000,
  /** So long a client that still sends its body may take to read why it is refused. */
  lingerMs: 10_000,
} as const
export type ListenerLimits = { readonly [K in keyof typeof LISTENER_LIMITS]: number }

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** A node's HTTP or HTTPS server, bounded in what strangers can take of it. */
export class Listener {
  private readonly server: Server | HttpsServer
  private readonly perAddress = new Map<string, number>()
  /** ms; undefined without HTTPS. */
  certificateUntil: number | undefined

  private constructor(
    server: Server | HttpsServer,
    certificateUntil: number | undefined,
    limits: ListenerLimits,
  ) {
    this.server = server
    this.certificateUntil = certificateUntil
    server.maxConnections = limits.connections
    server.maxHeadersCount = limits.headerFields
    server.setTimeout(limits.idleMs)
    server.on("connection", (socket: Socket) => this.admit(socket, limits.connectionsPerAddress))
  }

  /** @throws PlatformError `port_in_use`, `port_refused` */
  static async open(
    host: string,
    port: number,
    tls: TlsFiles | undefined,
    handler: Handler,
    limits: ListenerLimits = LISTENER_LIMITS,
  ): Promise<Listener> {
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request
      // What Node calls when the answer says that the connection ends.
      response.prependListener("finish", () => {
        if (!request.complete)
          socket.destroySoon = () =>
            linger(socket, limits.lingerMs, Number(request.headers["content-length"] ?? Infinity))
      })
      void handler(request, response)
    }
    const options = {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
    }
    const server = tls
      ? createHttps({ cert: tls.cert, key: tls.key, handshakeTimeout: limits.headersMs, ...options }, handle)
      : createHttp(options, handle)
    const listener = new Listener(server, tls?.until, limits)
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(refusalOf(cause, host, port)))
      server.listen(port, host, () => resolve())
    })
    return listener
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** One address cannot have all connections. */
  private admit(socket: Socket, most: number): void {
    const { perAddress } = this
    const address = addressGroup(socket.remoteAddress)
    const open = (perAddress.get(address) ?? 0) + 1
    if (open > most) {
      socket.destroy()
      return
    }
    perAddress.set(address, open)
    socket.once("close", () => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
    })
  }

  /** New connections get the renewed certificate, those that are open go on. */
  renew({ cert, key, until }: TlsFiles): void {
    if ("setSecureContext" in this.server) this.server.setSecureContext({ cert, key })
    this.certificateUntil = until
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }
}

const DROPPED_BYTES = 65_536

/**
 * A connection that is closed at once takes the answer away from a client that is still sending its body. So it is
 * only ended on this side, and what still comes of a long body is not read. A short one is, so that the connection ends
 * with the client's end and does not count until then.
 */
function linger(socket: Socket, ms: number, bodyBytes: number): void {
  socket.end()
  // Node begins to drop the rest of the body in this turn.
  if (!(bodyBytes <= DROPPED_BYTES)) setImmediate(() => socket.pause())
  setTimeout(() => socket.destroy(), ms).unref()
}

function refusalOf(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === "EADDRINUSE")
    return new PlatformError(
      "port_in_use",
      `port ${port} of ${host} is in use; stop what has it, or set another port in node.json`,
      { cause },
    )
  if (cause.code === "EACCES")
    return new PlatformError(
      "port_refused",
      `port ${port} may not be used by this user; allow it (setcap cap_net_bind_service, or AmbientCapabilities of systemd), or set a port from 1024 on`,
      { cause },
    )
  if (cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND")
    return new PlatformError(
      "port_refused",
      `this machine has no address ${host}; set host in node.json to one that it has, or to 0.0.0.0`,
      { cause },
    )
  return cause
}
