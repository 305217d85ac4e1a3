import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/** Below what systems give to outgoing connections (from 32,768 on): none of those takes a port meanwhile. */
const FROM = 10_000
const TO = 32_000

/** Ports of loopback that nobody listens on; for networks on one machine. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = randomInt(FROM, TO)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
}
