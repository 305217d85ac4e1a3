import { spawnSync } from "node:child_process"
import { accessSync, constants, globSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import type { ToolName } from "./needs.ts"

const COMETBFT = "0.38.26"
const OWN_COMETBFT = "go install -C packages/ledger/engines/cometbft/aceso-cometbft ."

type Tool = {
  /** The test gets the path that was found in this variable; set from outside, it says where to look. */
  readonly env: string
  readonly candidates: () => string[]
  readonly accepts: (path: string) => boolean
  readonly install: { readonly apt: string } | { readonly command: string } | undefined
}

const TOOLS: Record<ToolName, Tool> = {
  strace: {
    env: "ACESO_STRACE",
    candidates: () => onPath("strace"),
    accepts: isExecutable,
    install: { apt: "strace" },
  },
  chromium: {
    env: "ACESO_CHROMIUM",
    candidates: () => onPath("chromium", "chromium-browser", "google-chrome"),
    accepts: isExecutable,
    install: { apt: "chromium fonts-noto-cjk" },
  },
  postgresql: {
    env: "ACESO_POSTGRESQL", // the path of `postgres`; `initdb` is beside it
    candidates: () => [
      ...globSync("/usr/lib/postgresql/*/bin/postgres").sort().reverse(),
      ...onPath("postgres"),
    ],
    accepts: isExecutable,
    install: { apt: "postgresql" },
  },
  cometbft: {
    env: "ACESO_COMETBFT",
    candidates: () => ["aceso-cometbft", "cometbft"].flatMap(inGo),
    accepts: isCometBft,
    install: { command: OWN_COMETBFT },
  },
  "aceso-cometbft": {
    env: "ACESO_OWN_COMETBFT",
    candidates: () => inGo("aceso-cometbft"),
    // One that was built before it could do so is built again.
    accepts: (path) => isCometBft(path) && output(path, ["verify"]) === "aceso-cometbft verify 1",
    install: { command: OWN_COMETBFT },
  },
  "stock-cometbft": {
    env: "ACESO_STOCK_COMETBFT",
    candidates: () => inGo("cometbft"),
    accepts: isCometBft,
    install: { command: `go install github.com/cometbft/cometbft/cmd/cometbft@v${COMETBFT}` },
  },
  debootstrap: {
    env: "ACESO_DEBOOTSTRAP",
    candidates: () => [...onPath("debootstrap"), "/usr/sbin/debootstrap"],
    accepts: isExecutable,
    install: { apt: "debootstrap" },
  },
  "systemd-analyze": {
    env: "ACESO_SYSTEMD_ANALYZE",
    candidates: () => onPath("systemd-analyze"),
    accepts: isExecutable,
    install: { apt: "systemd" },
  },
  skopeo: {
    env: "ACESO_SKOPEO",
    candidates: () => onPath("skopeo"),
    accepts: isExecutable,
    install: { apt: "skopeo" },
  },
  "shared-data": {
    env: "ACESO_SHARED_DATA",
    candidates: () => [resolve("../shared/data")],
    accepts: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    install: undefined,
  },
}

/** Puts what it finds into the environment of the tests and returns the rest, each with the reason. */
export function locate(names: readonly ToolName[]): Map<ToolName, string> {
  const missing = new Map<ToolName, string>()
  for (const name of names) {
    const { env, candidates, accepts, install } = TOOLS[name]
    const given = process.env[env]
    const path = (given ? [resolve(given)] : candidates()).find(accepts)
    if (path) process.env[env] = path
    else if (given) missing.set(name, `${env}=${given} is not what it should be`)
    else if (install) missing.set(name, "not installed")
    else missing.set(name, `no folder ${candidates()[0]}, and ${env} is not set`)
  }
  return missing
}

/** Shell commands; apt-get through sudo for whoever is not root. */
export function installCommands(names: readonly ToolName[], isRoot = process.getuid?.() === 0): string[] {
  const wanted = names.map((name) => TOOLS[name].install)
  const packages = wanted.flatMap((install) => (install && "apt" in install ? [install.apt] : []))
  const commands = wanted.flatMap((install) => (install && "command" in install ? [install.command] : []))
  const apt = isRoot ? "apt-get" : "sudo apt-get"
  if (packages.length > 0) commands.unshift(`${apt} update && ${apt} install -y ${packages.join(" ")}`)
  // Two tools may come from one command.
  return [...new Set(commands)]
}

/** Goes on after a command that fails: what is missing then shows when the tools are located again. */
export function install(names: readonly ToolName[]): void {
  for (const command of installCommands(names)) {
    console.log(`provisioning: ${command}`)
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    const { status } = spawnSync("sh", ["-c", command], { stdio: ["ignore", "inherit", "inherit"], env })
    if (status !== 0) console.log(`provisioning: status ${status} from ${command}`)
  }
}

function onPath(...names: string[]): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean)
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const inGo = (name: string): string[] => [...onPath(name), join(goPath(), "bin", name)]

function isCometBft(path: string): boolean {
  return isExecutable(path) && output(path, ["version"]) === COMETBFT
}

function goPath(): string {
  return output("go", ["env", "GOPATH"]) || join(homedir(), "go")
}

function output(command: string, args: string[]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout?.trim() ?? ""
}
