import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import {
  type Bytes,
  equalBytes,
  type GenesisDocument,
  genesisHash,
  messageOf,
  nodeUrlFault,
  PlatformError,
  publicKey,
  readGenesis,
  type SignedGenesis,
  signedGenesis,
  toHex,
} from "@aceso/core"
import { shellWord } from "@aceso/core/shell-word.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { badConfig, fromEnvironment, type NodeConfig, readConfig, readSecret } from "../node/config.ts"
import { invitation } from "./application.ts"
import { layout, readJsonFile, SECRETS, type SecretName, wrongMode } from "./layout.ts"
import { isSwitching } from "./switch.ts"
import { readTls, type TlsFiles } from "./tls.ts"

export interface Home {
  readonly folder: string
  readonly config: NodeConfig
  /** Names of settings that the environment says, whatever stands in the file. */
  readonly fromEnvironment: readonly string[]
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
  if (!isThere(paths.config))
    throw new PlatformError(
      "no_home",
      `${folder} holds no node.json; make a node's folder with aceso init --folder ${folder}`,
    )
  const mistakes: string[] = []
  const codes = new Set<string>()
  const wrong = (code: string, sentence: string) => {
    codes.add(code)
    mistakes.push(sentence)
  }
  const attempt = <T>(f: () => T): T | undefined => {
    try {
      return f()
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const { mistakes: several, codes: named = [error.code] } = error.details as Details
      mistakes.push(...(several ?? [error.message]))
      for (const one of named.length > 0 ? named : ["bad_config"]) codes.add(one)
      return undefined
    }
  }
  const config = attempt(() => readConfig(paths.config, environment, { folder }))
  if (config?.port === 0)
    wrong("bad_config", "port: name the port that url leads to; 0 would be another one at each start")
  for (const one of wrongModes(folder)) wrong("secrets_open", one)
  const secrets = Object.fromEntries(
    SECRETS.map((name) => [name, attempt(() => readSecret(paths.secret(name)))]),
  )
  const isToRun = purpose !== "edit"
  const network = isThere(paths.genesis) ? attempt(() => readGenesisFile(paths.genesis)) : undefined
  if (isToRun && !isThere(paths.genesis))
    wrong(
      "no_network",
      `${paths.genesis} is not there: make a network with aceso network create, or join one with aceso join`,
    )
  if (network && config)
    for (const [code, misfit] of [
      ["wrong_engine", misfitOf(network.document, config)],
      ["bad_url", urlMisfitOf(network.document, config.url)],
    ] as const)
      if (misfit !== undefined) wrong(code, misfit)
  if (isToRun && network && config && network.document.founder.member === config.member) {
    const other = attempt(() => handedOut(folder, network.genesis))
    if (other !== undefined) wrong("invitation_differs", other)
  }
  if (isToRun && network && config?.app) {
    const { app } = network.document
    if (app?.operator !== config.member)
      wrong(
        "bad_config",
        `app: the genesis of ${network.document.network} names ${app?.operator ?? "nobody"} for the patient's app`,
      )
    else if (!app.origins.includes(config.app.url))
      wrong("bad_config", `app.url: the genesis names ${app.origins.join(", ")}`)
  }
  if (isToRun && network && config?.watchApp && !network.document.app)
    wrong(
      "bad_config",
      `watchApp: the genesis of ${network.document.network} names no app to look at; take it out`,
    )
  if (purpose === "run" && network && config?.engine === "remote" && config.remote?.sources.length === 0)
    wrong(
      "no_sources",
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
    wrong(
      "engine_elsewhere",
      `engine: the network ${network.document.network} runs in its founder's process alone (embedded); run this node there with aceso up --folder '<founder-folder>' --with ${shellWord(folder)}`,
    )
  if (purpose === "attach" && config?.engine === "cometbft")
    wrong("bad_config", "engine: only nodes of an embedded network share a process; run this one by itself")
  const appTls =
    isToRun && config?.app?.tls
      ? attempt(() => readTls(folder, config.app!.url, config.app!.tls!))
      : undefined
  const tls = isToRun && config?.tls ? attempt(() => readTls(folder, config.url, config.tls!)) : undefined
  if (mistakes.length > 0 || !config) throw badConfig(folder, mistakes, [...codes])
  return {
    ...{ folder, config, secrets: secrets as Record<SecretName, Bytes>, tls, appTls, network },
    fromEnvironment: Object.keys(fromEnvironment(environment)),
  }
}

/** What a founder hands out is what it runs on, or nobody whom it invites can be with it. @throws PlatformError `bad_file` */
function handedOut(folder: string, genesis: SignedGenesis): string | undefined {
  const { invitation: path } = layout(folder)
  if (!isThere(path)) return undefined
  const invited = readJsonFile(path, invitation, "invitation")
  if (equalBytes(genesisHash(invited.genesis), genesisHash(genesis))) return undefined
  return `${path} is of another genesis than genesis.json (${toHex(genesisHash(genesis))}), which this node runs on: whoever got that invitation cannot join; move it away, and hand out genesis.json`
}

interface Details {
  readonly mistakes?: readonly string[]
  readonly codes?: readonly string[]
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
  const people = isThere(paths.people)
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
