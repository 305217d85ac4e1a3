import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import {
  type Bytes,
  equalBytes,
  type GenesisDocument,
  messageOf,
  nodeUrlFault,
  PlatformError,
  publicKey,
  readGenesis,
  type SignedGenesis,
  signedGenesis,
} from "@aceso/core"
import { badConfig, type NodeConfig, readConfig, readSecret } from "../node/config.ts"
import { layout, readJsonFile, SECRETS, type SecretName, wrongMode } from "./layout.ts"
import { isSwitching } from "./switch.ts"
import { readTls, type TlsFiles } from "./tls.ts"

export interface Home {
  readonly folder: string
  readonly config: NodeConfig
  readonly secrets: Readonly<Record<SecretName, Bytes>>
  readonly tls: TlsFiles | undefined
  /** Of the patient's app. */
  readonly appTls: TlsFiles | undefined
  /** Absent until the home belongs to a network. */
  readonly network: { readonly genesis: SignedGenesis; readonly document: GenesisDocument } | undefined
}

/** The founder's word, with its signature checked. @throws PlatformError `bad_file`, `bad_genesis` */
export function readGenesisFile(path: string): NonNullable<Home["network"]> {
  const genesis = readJsonFile(path, signedGenesis, "genesis")
  return { genesis, document: readGenesis(genesis) }
}

/**
 * What a home is read for: to change its files; to run it with an engine of its own; or to attach it to the
 * engine of another home, which runs the same `embedded` network.
 */
export type Purpose = "edit" | "run" | "attach"

/**
 * Reads a node's folder.
 * @throws PlatformError `no_home`, `interrupted`; `bad_config` that names every mistake at once
 */
export function readHome(
  folder: string,
  purpose: Purpose,
  environment: Readonly<Record<string, string | undefined>> = {},
): Home {
  const paths = layout(folder)
  if (isSwitching(folder))
    throw new PlatformError(
      "interrupted",
      `aceso join --snapshot was interrupted in ${folder}; run it again: it brings back first what was before`,
    )
  if (!existsSync(paths.config))
    throw new PlatformError(
      "no_home",
      `${folder} holds no node.json; make a node's folder with aceso init --folder ${folder}`,
    )
  const mistakes: string[] = []
  const attempt = <T>(f: () => T): T | undefined => {
    try {
      return f()
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const { mistakes: several } = error.details as { mistakes?: readonly string[] }
      mistakes.push(...(several ?? [error.message]))
      return undefined
    }
  }
  const config = attempt(() => readConfig(paths.config, environment, { folder }))
  if (config?.port === 0)
    mistakes.push("port: name the port that url leads to; 0 would be another one at each start")
  mistakes.push(...wrongModes(folder))
  const secrets = Object.fromEntries(
    SECRETS.map((name) => [name, attempt(() => readSecret(paths.secret(name)))]),
  )
  const isToRun = purpose !== "edit"
  const network = existsSync(paths.genesis) ? attempt(() => readGenesisFile(paths.genesis)) : undefined
  if (isToRun && !existsSync(paths.genesis))
    mistakes.push(
      `${paths.genesis} is not there: make a network with aceso network create, or join one with aceso join`,
    )
  if (network && config)
    for (const misfit of [misfitOf(network.document, config), urlMisfitOf(network.document, config.url)])
      if (misfit !== undefined) mistakes.push(misfit)
  if (isToRun && network && config?.app) {
    const { app } = network.document
    if (app?.operator !== config.member)
      mistakes.push(
        `app: the genesis of ${network.document.network} names ${app?.operator ?? "nobody"} for the patient's app`,
      )
    else if (!app.origins.includes(config.app.url))
      mistakes.push(`app.url: the genesis names ${app.origins.join(", ")}`)
  }
  if (isToRun && network && config?.watchApp && !network.document.app)
    mistakes.push(`watchApp: the genesis of ${network.document.network} names no app to look at; take it out`)
  if (purpose === "run" && network && config?.engine === "remote" && config.remote?.sources.length === 0)
    mistakes.push(
      "remote.sources: nobody is named who could be asked for the ledger; name two custodians or authorities, each {member, url}",
    )
  const executes = config?.engine !== "remote"
  if (
    purpose === "run" &&
    executes &&
    network &&
    secrets.engine &&
    !isOwnEngine(network.document, secrets.engine)
  )
    mistakes.push(
      `engine: the network ${network.document.network} runs in its founder's process alone (embedded); run this node there with aceso up --folder <founder's folder> --with ${folder}`,
    )
  if (purpose === "attach" && config?.engine === "cometbft")
    mistakes.push("engine: only nodes of an embedded network share a process; run this one by itself")
  const appTls =
    isToRun && config?.app?.tls
      ? attempt(() => readTls(folder, config.app!.url, config.app!.tls!))
      : undefined
  const tls = isToRun && config?.tls ? attempt(() => readTls(folder, config.url, config.tls!)) : undefined
  if (mistakes.length > 0 || !config) throw badConfig(folder, mistakes)
  return { folder, config, secrets: secrets as Record<SecretName, Bytes>, tls, appTls, network }
}

/** Why a network is none for this home. */
export function misfitOf({ network, engine }: GenesisDocument, config: NodeConfig): string | undefined {
  return engine === config.engine || config.engine === "remote"
    ? undefined
    : `engine: the network ${network} runs on ${engine}, this node is made for ${config.engine}`
}

/** Why a node with this URL cannot be of a network. */
export function urlMisfitOf(
  { network, isLoopback = false }: GenesisDocument,
  url: string,
): string | undefined {
  const fault = nodeUrlFault(url, { mayBeLoopback: isLoopback })
  return fault && `url: it does not fit the network ${network}: ${fault}`
}

const isOwnEngine = ({ engineKey }: GenesisDocument, engineSeed: Bytes): boolean =>
  engineKey === null || equalBytes(engineKey, publicKey(engineSeed))

/** Secrets that others on this machine could read. */
function wrongModes(folder: string): string[] {
  const paths = layout(folder)
  const people = existsSync(paths.people)
    ? readdirSync(paths.people)
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(paths.people, name))
    : []
  const files = [...SECRETS.map((name) => paths.secret(name)), paths.pushKey, ...people]
  const wrong = files.flatMap((file) => wrongMode(file) ?? [])
  try {
    const mode = statSync(paths.secrets).mode & 0o777
    if (mode & 0o077)
      wrong.unshift(
        `${paths.secrets}: others on this machine can enter it (mode ${mode.toString(8)}); run chmod 700 ${paths.secrets}`,
      )
  } catch (error) {
    wrong.unshift(`${paths.secrets} cannot be used: ${messageOf(error)}`)
  }
  return wrong
}
