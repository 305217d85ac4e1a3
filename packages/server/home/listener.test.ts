import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { describe, it } from "node:test"
import { LISTENER_LIMITS, Listener, type ListenerLimits } from "./listener.ts"

/** A listener with limits of a test's size; the handler answers at once and reads no body. */
async function inListener(
  limits: Partial<ListenerLimits>,
  f: (port: number, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0
  const listener = await Listener.open(
    "127.0.0.1",
    0,
    undefined,
    (request, response) => {
      asked++
      const end = request.url === "/end" ? { connection: "close" } : {}
      response.writeHead(200, { "content-length": 2, ...end }).end("ok")
    },
    { ...LISTENER_LIMITS, ...limits },
  )
  try {
    await f(listener.port, () => asked)
  } finally {
    await listener.close()
  }
}

const GET = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

function open(port: number): Socket {
  const socket = connect(port, "127.0.0.1")
  socket.on("error", () => {})
  return socket
}

/** All that comes until the other side ends. */
async function endOf(socket: Socket): Promise<string> {
  let text = ""
  socket.on("data", (data) => {
    text += data
  })
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve))
  return text
}

async function answered(socket: Socket): Promise<string> {
  socket.write(GET)
  const [data] = await once(socket, "data")
  return String(data)
}

describe("a listener", () => {
  it("ends a connection that does not finish its headers", () =>
    inListener({ headersMs: 50, checkMs: 10 }, async (port, asked) => {
      const socket = open(port)
      socket.write("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
      assert.match(await endOf(socket), /^HTTP\/1\.1 408 /)
      assert.equal(asked(), 0)
    }))

  it("ends a connection that sends nothing at all", () =>
    inListener({ headersMs: 50, checkMs: 10 }, async (port) => {
      await endOf(open(port))
    }))

  it("refuses headers beyond its limit", () =>
    inListener({ headerBytes: 1024 }, async (port, asked) => {
      const socket = open(port)
      socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"a".repeat(2000)}\r\n\r\n`)
      assert.match(await endOf(socket), /^HTTP\/1\.1 431 /)
      assert.equal(asked(), 0)
    }))

  it("gives one address so many connections, and others as soon as one of them has gone", () =>
    inListener({ connectionsPerAddress: 2 }, async (port) => {
      const [first, second] = [open(port), open(port)]
      assert.match(await answered(first), / 200 /)
      assert.match(await answered(second), / 200 /)
      assert.equal(await endOf(open(port)), "")
      first.destroy()
      for (;;) {
        const next = open(port)
        next.write(GET)
        const text = await new Promise<string>((resolve) => {
          next.once("data", (data) => resolve(String(data)))
          next.once("close", () => resolve(""))
        })
        next.destroy()
        if (text !== "") break
      }
      second.destroy()
    }))

  it("has so many connections in all", () =>
    inListener({ connections: 1 }, async (port) => {
      const first = open(port)
      assert.match(await answered(first), / 200 /)
      assert.equal(await endOf(open(port)), "")
      first.destroy()
    }))

  it("answers a client that goes on sending, takes no more of its body, and ends it after a while", () =>
    inListener({ lingerMs: 2_000 }, async (port) => {
      const socket = open(port)
      const announced = 2 ** 30
      socket.write(`POST /end HTTP/1.1\r\nhost: x\r\ncontent-length: ${announced}\r\n\r\n`)
      const part = new Uint8Array(64 * 1024)
      const more = () => {
        while (!socket.destroyed && socket.write(part)) {}
      }
      socket.on("drain", more)
      more()
      assert.match(await endOf(socket), /^HTTP\/1\.1 200 [\s\S]*ok$/)
      // What the two sides' buffers hold is some MiB.
      assert.ok(socket.bytesWritten < announced / 8, `${socket.bytesWritten} bytes`)
    }))

  it("goes on with a client whose body was small", () =>
    inListener({}, async (port, asked) => {
      const socket = open(port)
      socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n")
      await once(socket, "data")
      socket.write("hello")
      assert.match(await answered(socket), / 200 /)
      assert.equal(asked(), 2)
      socket.destroy()
    }))
})
