import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createHttps, type Server as HttpsServer } from "node:https"
import { PlatformError } from "@aceso/core"
import type { TlsFiles } from "./tls.ts"

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** A node's HTTP or HTTPS server. */
export class Listener {
  private readonly server: Server | HttpsServer
  /** ms; undefined without HTTPS. */
  certificateUntil: number | undefined

  private constructor(server: Server | HttpsServer, certificateUntil: number | undefined) {
    this.server = server
    this.certificateUntil = certificateUntil
  }

  /** @throws PlatformError `port_in_use`, `port_refused` */
  static async open(
    host: string,
    port: number,
    tls: TlsFiles | undefined,
    handler: Handler,
  ): Promise<Listener> {
    const handle = (request: IncomingMessage, response: ServerResponse) => void handler(request, response)
    const server = tls ? createHttps({ cert: tls.cert, key: tls.key }, handle) : createHttp(handle)
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(refusalOf(cause, host, port)))
      server.listen(port, host, () => resolve())
    })
    return new Listener(server, tls?.until)
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
