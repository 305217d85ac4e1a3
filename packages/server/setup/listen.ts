import { getRequestListener } from "@hono/node-server"
import { LISTENER_LIMITS, Listener } from "../home/listener.ts"
import { BuiltPages } from "../pages/built.ts"
import { SetupFolder } from "./folder.ts"
import { Gate } from "./gate.ts"
import { makeSetupApp } from "./routes.ts"
import { type NodesHere, SetupNode } from "./running.ts"

const HOST = "127.0.0.1"
/** One tab of one person. */
const LIMITS = { ...LISTENER_LIMITS, connections: 64, connectionsPerAddress: 64, requestMs: 60_000 }

export interface SetupOptions {
  readonly folder: string
  /** 0: any that is free. */
  readonly port: number
  /** Of the built pages. */
  readonly pages: string
  readonly nodes: NodesHere
  readonly onFault: (error: unknown) => void
}

/** Serves the page of the first start to this machine alone. */
export class SetupPage {
  readonly url: string
  /** Resolves when whoever uses it is done with it. */
  readonly done: Promise<"done">
  /** Resolves after too many wrong codes. */
  readonly guessed: Promise<"guessed">
  private readonly gate: Gate
  private readonly listener: Listener

  private constructor(
    listener: Listener,
    url: string,
    gate: Gate,
    ends: { readonly done: Promise<"done">; readonly guessed: Promise<"guessed"> },
  ) {
    this.listener = listener
    this.url = url
    this.gate = gate
    this.done = ends.done
    this.guessed = ends.guessed
  }

  /** @throws PlatformError `port_in_use`, `port_refused`, `bad_pages`, and those of SetupFolder.mustBeUsable */
  static async open({ folder: path, port, pages, nodes, onFault }: SetupOptions): Promise<SetupPage> {
    const gate = new Gate()
    const folder = new SetupFolder(path)
    folder.mustBeUsable()
    const done = Promise.withResolvers<"done">()
    const guessed = Promise.withResolvers<"guessed">()
    let isDone = false
    let url = ""
    const app = makeSetupApp({
      ...{ gate, folder, onFault },
      node: new SetupNode(folder, nodes),
      pages: BuiltPages.read(pages),
      origin: () => url,
      end: () => {
        isDone = true
      },
    })
    const handle = getRequestListener(app.fetch, { autoCleanupIncoming: false })
    const listener = await Listener.open(
      HOST,
      port,
      undefined,
      (request, response) => {
        // Whoever asked last reads the answer first.
        response.once("close", () => {
          if (isDone) done.resolve("done")
          if (gate.isShut) guessed.resolve("guessed")
        })
        return handle(request, response)
      },
      LIMITS,
    )
    url = new URL(`http://${HOST}:${listener.port}`).origin
    return new SetupPage(listener, url, gate, { done: done.promise, guessed: guessed.promise })
  }

  newCode(): string {
    return this.gate.newCode()
  }

  close(): Promise<void> {
    return this.listener.close()
  }
}
