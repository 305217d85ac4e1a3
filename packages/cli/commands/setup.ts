import { resolve } from "node:path"
import { createInterface } from "node:readline"
import { PlatformError } from "@aceso/core"
import { type CommandInput, command } from "../command.ts"
import { demoIn } from "../demos.ts"
import { ending } from "../ending.ts"
import { pagesFolder, Running } from "../running.ts"
import { type Session, UsageError } from "../session.ts"
import { moreOf, withOf } from "../with.ts"
import { WITH_FOLDERS } from "./up.ts"

const PORT = 7400

interface Ended {
  readonly folder: string
  /** Of the node that it started; absent: it started none. */
  readonly network?: string
  readonly members?: readonly string[]
  readonly height?: number
}

/** 0: any that is free. @throws UsageError */
function portIn({ values }: CommandInput): number {
  const port = values.port === undefined ? PORT : Number(values.port)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UsageError(`--port ${values.port}: expected a port from 1 to 65535, or 0 for any that is free`)
}

/** Whoever is at the terminal makes codes there, and nobody else. @returns ends it */
function codesAt(session: Session, newCode: () => string): () => void {
  const tell = () => session.progress(`  the code: ${newCode()}`)
  tell()
  session.progress("  it lets one tab in, once; press Enter here for another one, Ctrl-C to end")
  const lines = createInterface({ input: process.stdin, terminal: false })
  lines.on("line", tell)
  return () => lines.close()
}

/** @throws PlatformError as Listener.open, with what to do here */
async function openPage(folder: string, port: number, pages: string, nodes: Nodes, session: Session) {
  const { SetupPage } = await import("@aceso/server/setup/listen.ts")
  const onFault = (error: unknown) =>
    session.progress(`a fault of the page: ${String((error as Error).stack)}`)
  try {
    return await SetupPage.open({ folder, port, pages, nodes, onFault })
  } catch (cause) {
    if (!(cause instanceof PlatformError) || !cause.code.startsWith("port_")) throw cause
    throw new PlatformError(
      cause.code,
      `port ${port} of this machine cannot be used for the page: name another one, --port <n>, or 0 for any that is free`,
      { cause },
    )
  }
}
type Nodes = Parameters<typeof import("@aceso/server/setup/listen.ts").SetupPage.open>[0]["nodes"]

export const setup = command<Ended>({
  summary: "a page on this machine that leads from an empty folder to a running organisation",
  arguments: moreOf("folder"),
  options: {
    port: { type: "string", words: `where the page is (default ${PORT}; 0: any that is free)`, value: "<n>" },
    with: WITH_FOLDERS,
  },
  isAtHome: true,
  changesHome: true,
  ignores: ["node", "as"],
  example: "aceso setup --folder /var/lib/aceso",
  async run(session, input) {
    const folder = session.home
    const port = portIn(input)
    const attached = withOf(input).map((one) => resolve(one))
    const pages = pagesFolder()
    if (pages === undefined)
      throw new PlatformError(
        "bad_pages",
        "the pages were not built, so there is none to show: npm run build",
      )
    const stopped = ending.requested().then(() => "stopped" as const)
    const begun = Promise.withResolvers<Running>()
    let running: Running | undefined
    const page = await openPage(
      folder,
      port,
      pages,
      {
        async begin() {
          running = await Running.open(session, folder, attached, pages)
          running.start(performance.now()).catch(() => {})
          begun.resolve(running)
          return running.homes
        },
        isRunning: () => demoIn(folder) !== undefined,
      },
      session,
    )
    session.progress(`  the first start of ${folder}`)
    session.progress(`  open in a browser on this machine: ${page.url}/`)
    const noMoreCodes = codesAt(session, () => page.newCode())
    const ended = begun.promise.then((one) => one.until(stopped))
    try {
      const how = await Promise.race([stopped, page.done, page.guessed, ended.then(() => "stopped" as const)])
      if (how === "guessed" && !running)
        throw new PlatformError(
          "code_guessed",
          "too many wrong codes were typed into the page, so it has ended, and nothing was changed; run the same line again for another code",
        )
      if (running && how !== "stopped")
        session.progress(
          `  the page has ended${how === "guessed" ? " after too many wrong codes" : ""}; the node goes on here`,
        )
    } finally {
      noMoreCodes()
      await page.close()
    }
    return { folder, ...(running && (await ended)) }
  },
  print: ({ folder, network, members, height }) =>
    network === undefined
      ? `  what is in ${folder} stays: run the same line again to go on`
      : `${members?.join(", ")} on ${network}: stopped at block ${height}`,
})
