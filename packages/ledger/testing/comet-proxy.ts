import { connect, createServer, type Server, type Socket } from "node:net"

type Link = "up" | "cut" | "silent"

interface Relay {
  readonly from: string
  readonly to: string
  readonly server: Server
  readonly port: number
  readonly sockets: Set<Socket>
  target: number
}

/** A relay for each direction in which nodes dial each other, so that a test can part them (ClusterOptions.ports). */
export class Network {
  private readonly relays: readonly Relay[]
  private link: (from: string, to: string) => Link = () => "up"

  private constructor(relays: readonly Relay[]) {
    this.relays = relays
    for (const relay of relays) relay.server.on("connection", (socket) => this.serve(relay, socket))
  }

  static async listen(names: readonly string[]): Promise<Network> {
    const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })))
    const relays = pairs.map(async ({ from, to }): Promise<Relay> => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const { port } = server.address() as { port: number }
      return { from, to, server, port, sockets: new Set(), target: 0 }
    })
    return new Network(await Promise.all(relays))
  }

  /** What `own` dials for each other node. */
  ports = (own: string, real: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
    const mine = this.relays.filter(({ from }) => from === own)
    for (const relay of mine) relay.target = real.get(relay.to) as number
    return new Map(mine.map(({ to, port }) => [to, port]))
  }

  /**
   * Parts the groups from each other. `cut`: connections break and no new ones come about; `silent`: they stand,
   * and nothing arrives.
   */
  part(groups: readonly (readonly string[])[], how: "cut" | "silent"): void {
    const groupOf = (name: string) => groups.findIndex((group) => group.includes(name))
    this.set((from, to) => (groupOf(from) === groupOf(to) ? "up" : how))
  }

  heal(): void {
    this.set(() => "up")
  }

  async close(): Promise<void> {
    for (const { sockets } of this.relays) for (const socket of sockets) socket.destroy()
    await Promise.all(this.relays.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }

  private set(link: (from: string, to: string) => Link): void {
    this.link = link
    for (const { from, to, sockets } of this.relays)
      for (const socket of sockets) {
        const now = link(from, to)
        if (now === "cut") socket.destroy()
        else if (now === "silent") socket.pause()
        else socket.resume()
      }
  }

  private serve({ from, to, sockets, target }: Relay, near: Socket): void {
    if (this.link(from, to) === "cut") {
      near.destroy()
      return
    }
    const far = connect(target, "127.0.0.1")
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on("error", () => one.destroy())
      one.on("close", () => {
        sockets.delete(one)
        other.destroy()
      })
      // Not pipe(): it would resume a stream that was paused here.
      one.on("data", (chunk) => other.write(chunk))
      if (this.link(from, to) === "silent") one.pause()
    }
  }
}
