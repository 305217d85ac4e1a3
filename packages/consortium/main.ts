import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { writeTo } from "@aceso/cli/terminal.ts"
import { messageOf, PlatformError } from "@aceso/core"
import { visible } from "@aceso/core/display/index.ts"
import type { EngineKind } from "./engines.ts"
import { DemoNetwork } from "./network.ts"
import { organisations } from "./organisations.ts"
import { populate } from "./people.ts"

const HELP = `npm start -- [options]     the demonstration consortium, in one process

  --data <folder>   keep everything here between runs (default: a fresh temporary folder)
  --port <n>        City Hospital's port, the others after it; 0: any free ones (default 7440)
  --engine <kind>   embedded (default), or cometbft: four validators on this machine
  --empty           organisations and their people, no patients
  --help            this text
`

interface Options {
  readonly folder: string
  readonly isTemporary: boolean
  readonly port: number
  readonly isEmpty: boolean
  readonly engine: EngineKind | undefined
}

function readOptions(argv: readonly string[]): Options | "help" {
  let values: { data?: string; port?: string; engine?: string; empty?: boolean; help?: boolean }
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        data: { type: "string" },
        port: { type: "string" },
        engine: { type: "string" },
        empty: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values
  } catch (cause) {
    throw new PlatformError("usage", `${messageOf(cause)}; see npm start -- --help`, { cause })
  }
  if (values.help) return "help"
  const port = values.port === undefined ? 7440 : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_531)
    throw new PlatformError("usage", `--port ${values.port}: expected a number from 0 to 65531`)
  const { engine } = values
  if (engine !== undefined && engine !== "embedded" && engine !== "cometbft")
    throw new PlatformError("usage", `--engine ${engine}: expected embedded or cometbft`)
  const isTemporary = values.data === undefined
  const folder = isTemporary ? mkdtempSync(join(tmpdir(), "aceso-demo-")) : resolve(values.data as string)
  return { folder, isTemporary, port, isEmpty: values.empty === true, engine }
}

const currentFile = () => join(process.env.ACESO_HOME ?? join(homedir(), ".aceso"), "current")

/** So that commands without options reach the running demo. */
function announce(folder: string, url: string): () => void {
  const file = currentFile()
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify({ url, folder, pid: process.pid })}\n`, { mode: 0o600 })
  return () => {
    try {
      if ((JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid === process.pid) rmSync(file)
    } catch {
      // Somebody else removed or replaced it: then it is theirs.
    }
  }
}

const open = ({ folder, port, engine }: Options) =>
  DemoNetwork.open({
    folder,
    port,
    engine,
    onFault: (member, error) => writeTo(process.stderr, `${member}: ${visible(messageOf(error))}\n`),
  })

async function main(): Promise<number> {
  const started = performance.now()
  // Whatever is made in a data folder is its owner's alone.
  process.umask(0o077)
  const options = readOptions(process.argv.slice(2))
  if (options === "help") {
    writeTo(process.stdout, HELP)
    return 0
  }
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve())
  })
  const removeTemporary = () => {
    if (options.isTemporary) rmSync(options.folder, { recursive: true, force: true })
  }
  const network = await open(options).catch((error) => {
    removeTemporary()
    throw error
  })
  if (network.engine.chain.tornTail)
    writeTo(process.stderr, `an unfinished write was found and moved to ${network.engine.chain.tornTail}\n`)
  if (!options.isEmpty) await populate(network, (text) => writeTo(process.stderr, `  ${text}\n`))
  const urls = organisations.map(({ member }) => network.node(member).config.url)
  const withdraw = announce(options.folder, urls[0])
  const ms = Math.round(performance.now() - started)
  writeTo(process.stdout, `ready in ${ms} ms ${urls.join(" ")}\n\n`)
  for (const { member, name } of organisations)
    writeTo(process.stdout, `  ${name.padEnd(28)}${network.node(member).config.url}\n`)
  writeTo(
    process.stdout,
    `  data in ${options.folder}\n\nNow, in a second terminal:\n\n  npx aceso tour\n  npx aceso --help\n`,
  )
  await stopped
  withdraw()
  await network.close()
  removeTemporary()
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof PlatformError && error.code === "usage"
  // What the system refuses is said in its own sentence; only a bug of ours shows where it is.
  const isSaid = error instanceof PlatformError || (error as NodeJS.ErrnoException).syscall !== undefined
  writeTo(process.stderr, `${isSaid ? messageOf(error) : (error as Error).stack}\n`)
  process.exitCode = isUsage ? 2 : 1
}
