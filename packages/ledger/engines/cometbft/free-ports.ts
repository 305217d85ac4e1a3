import { randomInt } from "node:crypto"
import { createSocket, type Socket } from "node:dgram"
import { createServer } from "node:net"
import { PlatformError } from "@aceso/core"

/** Below what systems give to outgoing connections (from 32,768 on): none of those takes a port meanwhile. */
const FROM = 10_000
const TO = 32_000

/** Sockets that nothing refers to could be collected, and closed. */
const held = new Map<number, Socket>()

/**
 * Ports of loopback that nobody listens on, for networks on one machine. Until this process ends nobody else is given
 * them, however long it takes until somebody listens there, and also while a node that had one is down: a UDP socket
 * of the same number stands for each. The system keeps it to one process, and lets go of it when that ends, however
 * it ends.
 * @param draw names a port to try
 * @throws PlatformError `port_in_use` where hardly any port is free
 */
export async function freePorts(count: number, draw = () => randomInt(FROM, TO)): Promise<number[]> {
  const found: number[] = []
  for (let tries = 0; found.length < count; tries++) {
    if (tries > 100 * (count + 10))
      throw new PlatformError(
        "port_in_use",
        `hardly any port from ${FROM} to ${TO} is free; end what has them`,
      )
    const port = draw()
    const socket = await reserve(port)
    if (!socket) continue
    if (await isFree(port)) {
      held.set(port, socket)
      found.push(port)
    } else socket.close()
  }
  return found
}

/** @returns undefined where another reservation has the port */
function reserve(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4")
    socket.once("error", () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(socket.unref()))
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
}
