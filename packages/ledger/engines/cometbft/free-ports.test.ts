import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { after, describe, it } from "node:test"
import { freePorts } from "./free-ports.ts"

const script = new URL("../../testing/hold-ports.ts", import.meta.url).pathname
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill("SIGKILL")
})

/** Another suite, which has reserved so many ports and not listened on one yet. */
async function suite(count: number): Promise<{ child: ChildProcess; ports: number[] }> {
  const child = spawn(process.execPath, [script, String(count)], { stdio: ["ignore", "pipe", "inherit"] })
  children.push(child)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer]
  return { child, ports: JSON.parse(line.toString()) }
}

/** Draws these alone, again and again. */
const among = (ports: readonly number[]) => {
  let i = 0
  return () => ports[i++ % ports.length]
}

describe("ports are reserved", () => {
  it("in this process: none is given twice", async () => {
    const ports = await freePorts(8)
    assert.equal(new Set(ports).size, 8)
    await assert.rejects(freePorts(1, among(ports)), { code: "port_in_use" })
  })

  it("across suites, before anybody listens, until a suite ends, however it ends", async () => {
    const { child, ports } = await suite(8)
    await assert.rejects(freePorts(1, among(ports)), { code: "port_in_use" })
    child.kill("SIGKILL")
    await once(child, "exit")
    const [port] = await freePorts(1, among(ports))
    assert.ok(ports.includes(port))
  })

  it("also while nobody listens any more, as when a node is restarted", async () => {
    const [port] = await freePorts(1)
    for (let i = 0; i < 2; i++) {
      const server = createServer().listen(port, "127.0.0.1")
      await once(server, "listening")
      await new Promise((resolve) => server.close(resolve))
    }
    await assert.rejects(freePorts(1, among([port])), { code: "port_in_use" })
  })

  it("and one on which somebody listens is not given", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as { port: number }
    await assert.rejects(freePorts(1, among([port])), { code: "port_in_use" })
    await new Promise((resolve) => server.close(resolve))
  })
})
