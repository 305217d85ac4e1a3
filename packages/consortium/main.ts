import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { enlist, runningDemos } from "@aceso/cli/demos.ts"
import { ending, outliveReaders, type Signal, statusOf } from "@aceso/cli/ending.ts"
import { given } from "@aceso/cli/given.ts"
import { logLine } from "@aceso/cli/log.ts"
import { writeTo } from "@aceso/cli/terminal.ts"
import { messageOf, PlatformError } from "@aceso/core"
import { builtPages } from "@aceso/web/build.ts"
import type { EngineKind } from "./engines.ts"
import { entrust } from "./entrusted.ts"
import { DemoNetwork } from "./network.ts"
import { organisations } from "./organisations.ts"
import { populate } from "./people.ts"

const PORT = 7440

const HELP = `npm start -- [options]     the demonstration consortium, in one process

  --data <folder>   keep everything here between runs (default: a fresh temporary folder)
  --port <n>        City Hospital's port, the others after it; 0: any free ones
                    (default: 7440, or any free ones where that is taken)
  --engine <kind>   embedded (default), or cometbft: four validators on this machine
  --empty           organisations and their people, no patients
  --help            this text
`

interface Options {
  readonly folder: string
  readonly isTemporary: boolean
  /** Undefined: those of old, or any free ones. */
  readonly port: number | undefined
  readonly isEmpty: boolean
  readonly engine: EngineKind | undefined
}

function readOptions(argv: readonly string[]): Options | "help" {
  let values: { data?: string; port?: string; engine?: string; empty?: boolean; help?: boolean }
  try {
    const found = given(argv, {
      data: { type: "string" },
      port: { type: "string" },
      engine: { type: "string" },
      empty: { type: "boolean" },
      help: { type: "boolean" },
    })
    if (found.positionals.length > 0) throw new Error(`${found.positionals[0]} is too much`)
    values = found.values
  } catch (cause) {
    throw new PlatformError("usage", `${messageOf(cause)}; see npm start -- --help`, { cause })
  }
  if (values.help) return "help"
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_530))
    throw new PlatformError("usage", `--port ${values.port}: expected a number from 0 to 65530`)
  const { engine } = values
  if (engine !== undefined && engine !== "embedded" && engine !== "cometbft")
    throw new PlatformError("usage", `--engine ${engine}: expected embedded or cometbft`)
  const isTemporary = values.data === undefined
  const folder = isTemporary ? mkdtempSync(join(tmpdir(), "aceso-demo-")) : resolve(values.data as string)
  return { folder, isTemporary, port, isEmpty: values.empty === true, engine }
}

const open = async ({ folder, port, engine }: Options) =>
  DemoNetwork.open({
    pages: await builtPages((text) => writeTo(process.stderr, `  ${text}\n`)),
    folder,
    port: port ?? PORT,
    isPortWish: port === undefined,
    engine,
    onFault: (member, error) => writeTo(process.stderr, `${logLine("error", member, messageOf(error))}\n`),
  })

/** What a person is told once the demo runs. */
function welcome(network: DemoNetwork, { folder, port }: Options): string {
  const urls = organisations.map(({ member }) => network.node(member).services.config.url)
  const hasMoved = port === undefined && !urls[0].endsWith(`:${PORT}`)
  // With several of them each command has to be told which.
  const which = runningDemos().length > 1 ? ` --folder ${folder}` : ""
  return [
    ...organisations.map(({ name }, i) => `  ${name.padEnd(28)}${urls[i]}`),
    ...(hasMoved
      ? [`  (some of the ports ${PORT} to ${PORT + urls.length - 1} are taken: these are free ones)`]
      : []),
    `  data in ${folder}`,
    "",
    "Open this address:",
    "",
    `  ${network.start}`,
    "",
    "Or, in a second terminal:",
    "",
    `  npx aceso tour${which}`,
    "  npx aceso --help",
    "",
    "Ctrl-C ends the demo.",
  ].join("\n")
}

async function main(): Promise<number> {
  const started = performance.now()
  // Whatever is made in a data folder is its owner's alone.
  process.umask(0o077)
  outliveReaders()
  const options = readOptions(process.argv.slice(2))
  if (options === "help") {
    writeTo(process.stdout, HELP)
    return 0
  }
  let isReady = false
  let broken: Signal | undefined
  ending.listen(() => {})
  const stopped = ending.requested().then((signal) => {
    if (!isReady) broken = signal
    const when = isReady ? "" : " as soon as it has started"
    writeTo(process.stderr, `stopping the demo${when}; again ends it at once\n`)
  })
  const removeTemporary = () => {
    if (options.isTemporary) rmSync(options.folder, { recursive: true, force: true })
  }
  // Also when it is ended at once.
  process.once("exit", removeTemporary)
  const network = await open(options)
  if (network.engine.chain.tornTail)
    writeTo(process.stderr, `an unfinished write was found and moved to ${network.engine.chain.tornTail}\n`)
  if (!options.isEmpty) {
    await populate(network, (text) => writeTo(process.stderr, `  ${text}\n`))
    await entrust(network)
  }
  let withdraw = () => {}
  if (!broken) {
    const urls = organisations.map(({ member }) => network.node(member).services.config.url)
    withdraw = enlist(options.folder, urls)
    isReady = true
    const ms = Math.round(performance.now() - started)
    writeTo(process.stdout, `ready in ${ms} ms ${urls.join(" ")}\n\n${welcome(network, options)}\n`)
  }
  await stopped
  withdraw()
  await network.close()
  const left = options.isTemporary ? "its data were removed" : `its data are in ${options.folder}`
  writeTo(process.stderr, `the demo has ended; ${left}\n`)
  return broken ? statusOf(broken) : 0
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
