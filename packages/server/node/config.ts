import { readFileSync } from "node:fs"
import {
  type Bytes,
  badInput,
  bool,
  fromHex,
  type Infer,
  isLoopbackHost,
  list,
  memberId,
  messageOf,
  nodeUrlFault,
  type ObjectSchema,
  object,
  oneOf,
  optional,
  PlatformError,
  type Schema,
  text,
  uint,
} from "@aceso/core"
import { NODE_ID } from "@aceso/ledger/engines/cometbft/home.ts"
import { isPushService } from "../push/services.ts"
import { DEFAULTS, LEAST, promiseFault } from "./config-values.ts"
import { identifierSystems, wrongIdentifiers } from "./identifier-config.ts"

/** `host:port`; the port is from 1 to 65535. */
const isAddress = (value: string): boolean => {
  const match =
    /^(?:\[[0-9a-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):([1-9]\d{0,4})$/.exec(value)
  return match !== null && Number(match[1]) <= 65_535
}

function words(expected: string, isRight: (value: string) => boolean): Schema<string> {
  return {
    parse(value, at = "") {
      if (typeof value !== "string" || value.length > 320 || !isRight(value)) throw badInput(at, expected)
      return value
    },
    toJson: (value) => value,
    jsonSchema: { type: "string", minLength: 1, maxLength: 320 },
  }
}

/** Where something listens, such as `node.hospital.example:26656`. */
export const address = words("host:port such as node.hospital.example:26656", isAddress)
/** A validator's address between nodes, as CometBFT writes it. */
export const peerAddress = words(
  "a peer such as <40 hexadecimal digits>@node.hospital.example:26656",
  (value) => NODE_ID.test(value.slice(0, 40)) && value[40] === "@" && isAddress(value.slice(41)),
)

/** PEM files, absolute or relative to the node's folder. */
export const tlsConfig = object({ certificate: text(1000), key: text(1000) })
export type TlsConfig = Infer<typeof tlsConfig>

/** A node that may connect besides those in `peers`. */
export const allowedPeer = object({
  nodeId: text(40, NODE_ID),
  /** Where this node dials it at a start; absent: it connects by itself. */
  address: optional(address),
  /** While the ledger shows this organisation as an active member; absent: always. */
  member: optional(memberId),
})
export type AllowedPeer = Infer<typeof allowedPeer>

/** What goes into CometBFT's configuration as it is: no quotes, no commas. */
const rpcServer = words(
  "a URL such as https://node.hospital.example/comet",
  (value) =>
    /^https?:\/\/[A-Za-z0-9.[\]:-]+(\/[A-Za-z0-9._~/-]+)?$/.test(value) &&
    wrongUrl(/^https?:\/\/[^/]+/.exec(value)?.[0]) === undefined,
)
/** A header that this node trusts without having executed what is before it, and who gives out the next ones. */
export const trustedHeader = object({
  servers: list(rpcServer, 16, 1),
  height: uint(),
  hash: text(64, /^[0-9A-F]{64}$/),
})
export type TrustedHeader = Infer<typeof trustedHeader>

/** A node that joins begins with a header that is not much older than the newest snapshot. */
export const MAX_SNAPSHOT_EVERY = 10_000

export const cometConfig = object({
  /** CometBFT v0.38.26; default: `cometbft` on the PATH, then in ~/go/bin. */
  executable: optional(text(1000)),
  /** On loopback, for this node alone. */
  rpcPort: uint(65_535),
  /** On loopback: CometBFT's own metrics for Prometheus; absent: none. */
  metricsPort: optional(uint(65_535)),
  p2pHost: text(100, /^[A-Za-z0-9.:-]+$/),
  p2pPort: uint(65_535),
  /** Where other validators reach this one; absent: where it listens. */
  externalAddress: optional(address),
  peers: list(peerAddress, 100),
  /** A snapshot at each height that this divides; default 10,000, at least 10. */
  snapshotEvery: optional(uint(MAX_SNAPSHOT_EVERY)),
  /** Begin with a snapshot of the others (aceso join --state-sync); ignored once the node has blocks. */
  stateSync: optional(trustedHeader),
  /** What `aceso peers` changes; read anew at each connection. */
  allowed: optional(list(allowedPeer, 1000)),
})
export type CometConfig = Infer<typeof cometConfig>

/** Beyond these a member that does not validate asks nobody. */
export const MAX_SOURCES = 8

/** Custodians and authorities that a member which does not validate asks for the ledger; two at least are wanted. */
export const remoteConfig = object({
  sources: list(object({ member: memberId, url: text(200) }), MAX_SOURCES),
})
export type RemoteConfig = Infer<typeof remoteConfig>

/** Metrics for Prometheus, which asks nobody who they are: on loopback only (docs/operations.md, Metrics). */
export const metricsConfig = object({ host: optional(text(100)), port: uint(65_535) })
export type MetricsConfig = Infer<typeof metricsConfig>

/** A push service on the list of an operator. */
const pushService = words(
  "a host such as fcm.googleapis.com, or *.notify.windows.com for all below it",
  isPushService,
)
/** How notices leave the app's operator. */
export const pushConfig = object({
  /** In place of those of the usual browsers. */
  services: list(pushService, 32, 1),
})

/** The patient's app, which the member that the genesis names serves at an origin of its own. */
export const appConfig = object({
  /** One of the genesis' origins. */
  url: text(200),
  host: optional(text(100)),
  port: uint(65_535),
  /** HTTPS. Without it the app is on loopback only. */
  tls: optional(tlsConfig),
  /** Absent: the push services of the usual browsers. */
  push: optional(pushConfig),
})
export type AppConfig = Infer<typeof appConfig>

export const nodeConfig = object({
  member: memberId,
  /** Where others reach this node. HTTPS, except on loopback. */
  url: text(200),
  host: text(100),
  port: uint(65_535),
  /** HTTPS. Without it the node listens on loopback only. */
  tls: optional(tlsConfig),
  engine: oneOf("embedded", "cometbft", "remote"),
  /** With the engine `cometbft`. */
  cometbft: optional(cometConfig),
  /** With the engine `remote`. */
  remote: optional(remoteConfig),
  /** Absent: the patient's app is not served here. */
  app: optional(appConfig),
  /** Absent: no metrics. */
  metrics: optional(metricsConfig),
  folder: text(1000),
  identifiers: optional(identifierSystems),
  /** Window in which entries of many handles are committed together, ms. */
  commitWindowMs: uint(3_600_000),
  disclosureWindowMs: uint(600_000),
  /** What promises say: an AuditEvent is on the ledger within this, ms. */
  includeWithinMs: uint(600_000),
  /** Looks of the own staff at one patient's records within this stand as one leaf in the disclosure log, ms. */
  readingsDayMs: uint(86_400_000),
  /** Mean of the random delay of policy changes, ms. */
  policyDelayMs: uint(1_209_600_000),
  /** A decided move of a record to another patient begins within this, and so long after that ends, at random, ms. */
  moveSpreadMs: uint(604_800_000),
  /** A notice to a patient's device leaves within this at random, ms; so do no two for one patient within ten times that. */
  noticeDelayMs: uint(600_000),
  /** Chance that a window adds a dummy entry, in percent. */
  dummyPercent: uint(100),
  /** How often the node signs the newest block of its chain and compares it with the other members', ms. */
  checkpointEveryMs: uint(86_400_000),
  /** Whether this node looks at what the patient's app's origins serve, and tells when it is not what was released. */
  watchApp: bool(),
  /** How often it looks, ms; at least 1,000. */
  watchAppEveryMs: uint(604_800_000),
  /** Whoever is to administer the node, and each of their devices, needs the yes of two who do. */
  twoAdministrators: bool(),
  /** A newest backup that is older than this is warned of, ms; at least 60,000. */
  backupWarnAfterMs: uint(31_622_400_000),
})
export type NodeConfig = Infer<typeof nodeConfig>

/** Secrets come from files of their own, never from the configuration, arguments or the environment. */
export interface NodeSecrets {
  readonly memberSeed: Bytes
  readonly vaultKey: Bytes
  /** Of the app's operator: by which push services know it. */
  readonly pushKey?: Bytes
}

/**
 * Reads a configuration file (JSON) with overrides from the environment (`ACESO_PORT`, `ACESO_COMMIT_WINDOW_MS`, ...).
 * @param fixed what neither of them may set
 * @throws PlatformError `bad_config` that names every mistake at once
 */
export function readConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  fixed: Readonly<Record<string, unknown>> = {},
): NodeConfig {
  let given: Record<string, unknown>
  try {
    given = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>
  } catch (cause) {
    throw new PlatformError("bad_config", `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return parseConfig({ ...given, ...fromEnvironment(environment), ...fixed }, file)
}

/** What is not given is the default. @throws PlatformError `bad_config` that names every mistake at once */
export function parseConfig(given: Record<string, unknown>, where: string): NodeConfig {
  const whole: Record<string, unknown> = { ...DEFAULTS, ...given }
  const mistakes = [...mistakesIn(nodeConfig, whole, ""), ...contradictions(whole)]
  if (mistakes.length > 0) throw badConfig(where, mistakes)
  return nodeConfig.parse(whole, "", "json")
}

/** @param codes of those mistakes that have one */
export const badConfig = (
  where: string,
  mistakes: readonly string[],
  codes: readonly string[] = [],
): PlatformError =>
  new PlatformError(
    "bad_config",
    `${where} has ${mistakes.length} mistake${mistakes.length > 1 ? "s" : ""}:\n  ${mistakes.join("\n  ")}`,
    { details: { mistakes, codes } },
  )

/** Settings that are objects themselves: each of their mistakes is reported too. */
const NESTED: Readonly<Record<string, ObjectSchema<unknown>>> = {
  tls: tlsConfig,
  cometbft: cometConfig,
  remote: remoteConfig,
  metrics: metricsConfig,
  app: appConfig,
}

/** What stood in node.json once, and what became of it. */
const FORMER: Readonly<Record<string, string>> = {
  isDemo: "a network is a demo by its genesis (npm start makes one); take this out",
  staff:
    "who works with the node stands in its vault; take this out, stop the node and add them anew (aceso staff add)",
}

function mistakesIn(schema: ObjectSchema<unknown>, given: Record<string, unknown>, at: string): string[] {
  const mistakes: string[] = []
  for (const name of Object.keys(given))
    if (!Object.hasOwn(schema.fields, name))
      mistakes.push(`${at}${name}: ${(at === "" && FORMER[name]) || "no such setting"}`)
  for (const [name, field] of Object.entries(schema.fields)) {
    const value = given[name]
    if (at === "" && NESTED[name] && value !== null && typeof value === "object" && !Array.isArray(value)) {
      mistakes.push(...mistakesIn(NESTED[name], value as Record<string, unknown>, `${name}.`))
      continue
    }
    try {
      field.parse(value, `${at}${name}`, "json")
    } catch (error) {
      mistakes.push(messageOf(error))
    }
  }
  return mistakes
}

/** What is right by itself and wrong together. */
function contradictions(whole: Record<string, unknown>): string[] {
  const { url, host, tls, engine, cometbft } = whole
  const mistakes = [...wrongMetrics(whole), ...wrongApp(whole), ...wrongIdentifiers(whole)]
  for (const [name, least] of Object.entries(LEAST)) {
    const value = whole[name]
    if (typeof value === "number" && value < least) mistakes.push(`${name}: at least ${least}`)
  }
  const promise = promiseFault(whole)
  if (promise !== undefined) mistakes.push(promise)
  const snapshotEvery = (cometbft as { snapshotEvery?: unknown } | undefined)?.snapshotEvery
  if (typeof snapshotEvery === "number" && snapshotEvery < 10)
    mistakes.push("cometbft.snapshotEvery: at least 10")
  const scheme = wrongUrl(url)
  if (scheme !== undefined) mistakes.push(scheme)
  const isHttps = typeof url === "string" && url.startsWith("https:")
  if (scheme === undefined && url !== undefined) {
    if (isHttps && tls === undefined)
      mistakes.push("tls: HTTPS needs a certificate; set tls.certificate and tls.key to PEM files")
    if (!isHttps && tls !== undefined) mistakes.push("url: with tls it begins with https://")
  }
  if (tls === undefined && typeof host === "string" && !isLoopbackHost(host))
    mistakes.push("host: without tls the node listens on loopback only; set tls, or host to 127.0.0.1")
  if (engine === "cometbft" && cometbft === undefined)
    mistakes.push("cometbft: the engine cometbft needs rpcPort, p2pHost, p2pPort and peers")
  mistakes.push(...wrongSources(whole))
  return mistakes
}

/** Nodes that are asked for the ledger: each once, by URLs that nodes may have. */
function wrongSources({ engine, remote, member }: Record<string, unknown>): string[] {
  const found = (remote as { sources?: unknown } | undefined)?.sources
  const sources = (Array.isArray(found) ? found : []) as { member?: unknown; url?: unknown }[]
  if (engine !== "remote") return remote === undefined ? [] : ["remote: is for the engine remote"]
  return sources.flatMap((one, i) => {
    const at = `remote.sources[${i}]`
    const url = wrongUrl(one?.url)
    return [
      ...(url === undefined ? [] : [`${at}.${url}`]),
      ...(one?.member === member ? [`${at}.member: a node does not ask itself`] : []),
      ...(sources.findIndex((other) => other?.member === one?.member) < i
        ? [`${at}.member: is there twice`]
        : []),
    ]
  })
}

/** The app's origin, with HTTPS or on loopback, and on a port of its own. */
function wrongApp({ port, app }: Record<string, unknown>): string[] {
  if (app === undefined) return []
  const { url, host, port: own, tls } = (app ?? {}) as Record<string, unknown>
  const fault = wrongUrl(url)
  const isHttps = typeof url === "string" && url.startsWith("https:")
  return [
    ...(fault === undefined ? [] : [`app.${fault}`]),
    ...(isHttps && tls === undefined
      ? ["app.tls: HTTPS needs a certificate; set app.tls.certificate and app.tls.key to PEM files"]
      : []),
    ...(!isHttps && tls !== undefined ? ["app.url: with app.tls it begins with https://"] : []),
    ...(tls === undefined && typeof host === "string" && !isLoopbackHost(host)
      ? ["app.host: without app.tls the app is on loopback only"]
      : []),
    ...(own === port ? [`app.port: the port ${own} has another use in this file`] : []),
    ...(own === 0 ? ["app.port: name a port; 0 would be another one at each start"] : []),
  ]
}

/** Metrics beyond loopback, or on a port that something else has. */
function wrongMetrics({ port, cometbft, metrics }: Record<string, unknown>): string[] {
  const part = (value: unknown) => (value ?? {}) as Record<string, unknown>
  const { host, port: own } = part(metrics)
  const { rpcPort, p2pPort, metricsPort } = part(cometbft)
  const mistakes: string[] = []
  if (typeof host === "string" && !isLoopbackHost(host))
    mistakes.push(
      "metrics.host: metrics are shown on loopback only; let a proxy or an agent there pass them on",
    )
  const taken = new Set([port, rpcPort, p2pPort])
  for (const [name, one] of Object.entries({ "metrics.port": own, "cometbft.metricsPort": metricsPort })) {
    if (one === undefined) continue
    if (one === 0) mistakes.push(`${name}: name a port; 0 would be another one at each start`)
    if (taken.has(one)) mistakes.push(`${name}: the port ${one} has another use in this file`)
    taken.add(one)
  }
  return mistakes
}

/** What is wrong with a node's URL, on whatever network. */
export function wrongUrl(url: unknown): string | undefined {
  if (url === undefined) return undefined
  const fault = typeof url === "string" ? nodeUrlFault(url, { mayBeLoopback: true }) : "expected a text"
  return fault && `url: ${fault}`
}

/** `ACESO_COMMIT_WINDOW_MS=1000` sets commitWindowMs. */
export function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const name of Object.keys(nodeConfig.fields)) {
    const value = environment[`ACESO_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`]
    if (value === undefined) continue
    const { type } = nodeConfig.fields[name].jsonSchema
    // Lists and objects stand in the file alone.
    if (type === "array" || type === "object") continue
    if (type === "integer" && /^\d+$/.test(value)) out[name] = Number(value)
    else if (type === "boolean" && /^(true|false)$/.test(value)) out[name] = value === "true"
    else out[name] = value
  }
  return out
}

/** A secret of 32 bytes in hexadecimal from a file. @throws PlatformError `bad_secret` */
export function readSecret(file: string): Bytes {
  try {
    const secret = fromHex(readFileSync(file, "utf8").trim())
    if (secret.length !== 32) throw new Error("expected 32 bytes in hexadecimal")
    return secret
  } catch (cause) {
    throw new PlatformError("bad_secret", `the secret ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
