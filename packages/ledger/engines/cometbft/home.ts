import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Bytes, concat, publicKey, toHex, validatorAddress } from "@aceso/core"

/** How often there is a block in a network at rest. */
export const HEARTBEAT_MS = 30_000

/** Where a light client begins: a header that the operator trusts, and nodes that serve others (RPC URLs). */
export interface TrustedHeader {
  readonly rpcServers: readonly string[]
  readonly height: number
  /** The header's hash in hexadecimal. */
  readonly hash: string
}

export interface CometHome {
  readonly folder: string
  readonly moniker: string
  readonly chainId: string
  /** Genesis time in ms. */
  readonly time: number
  /** Of the first block; default 1. */
  readonly initialHeight?: number
  /** What InitChain hands to the application. */
  readonly appState: unknown
  readonly validatorSeed: Bytes
  readonly nodeKeySeed: Bytes
  readonly validators: readonly { readonly name: string; readonly key: Bytes }[]
  /** What CometBFT calls proxy_app: the application's socket as a URL. */
  readonly proxyApp: string
  readonly rpcPort: number
  /** Prometheus metrics, on loopback; absent: none. */
  readonly metricsPort?: number
  /** Where the engine listens for its peers; default 127.0.0.1. */
  readonly p2pHost?: string
  readonly p2pPort: number
  /** What peers dial when it is another than host and port, as "host:port". */
  readonly externalAddress?: string
  /** "nodeid@host:port" each. */
  readonly peers: readonly string[]
  /** Default 30,000. */
  readonly heartbeatMs?: number
  readonly stateSync?: TrustedHeader
}

const base64 = (bytes: Bytes) => Buffer.from(bytes).toString("base64")
const upperHex = (bytes: Bytes) => toHex(bytes).toUpperCase()

/** Writes a CometBFT home: keys (mode 0600), genesis and configuration. Existing signing state is kept. */
export function writeHome(home: CometHome): void {
  const config = join(home.folder, "config")
  const data = join(home.folder, "data")
  for (const folder of [config, data]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = publicKey(home.validatorSeed)
  const secret = { mode: 0o600 }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  writeFileSync(
    join(config, "priv_validator_key.json"),
    json({
      address: upperHex(validatorAddress(key)),
      pub_key: { type: "tendermint/PubKeyEd25519", value: base64(key) },
      priv_key: { type: "tendermint/PrivKeyEd25519", value: base64(concat(home.validatorSeed, key)) },
    }),
    secret,
  )
  const nodePublic = publicKey(home.nodeKeySeed)
  writeFileSync(
    join(config, "node_key.json"),
    json({
      priv_key: { type: "tendermint/PrivKeyEd25519", value: base64(concat(home.nodeKeySeed, nodePublic)) },
    }),
    secret,
  )
  writeFileSync(join(config, "genesis.json"), json(genesisJson(home)))
  writeFileSync(join(config, "config.toml"), toml(home), secret)
  try {
    // Forgetting what was signed would let a validator sign twice: never overwrite.
    writeFileSync(join(data, "priv_validator_state.json"), json({ height: "0", round: 0, step: 0 }), {
      ...secret,
      flag: "wx",
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
}

/** How CometBFT writes a node's id. */
export const NODE_ID = /^[0-9a-f]{40}$/
export const nodeIdOf = (nodeKeySeed: Bytes): string => toHex(validatorAddress(publicKey(nodeKeySeed)))

function genesisJson(home: CometHome) {
  return {
    genesis_time: new Date(home.time).toISOString(),
    chain_id: home.chainId,
    initial_height: String(home.initialHeight ?? 1),
    consensus_params: {
      block: { max_bytes: "2097152", max_gas: "-1" },
      evidence: { max_age_num_blocks: "100000", max_age_duration: "172800000000000", max_bytes: "65536" },
      validator: { pub_key_types: ["ed25519"] },
      version: { app: "1" },
      abci: { vote_extensions_enable_height: "0" },
    },
    validators: home.validators.map(({ name, key }) => ({
      address: upperHex(validatorAddress(key)),
      pub_key: { type: "tendermint/PubKeyEd25519", value: base64(key) },
      power: "10",
      name,
    })),
    app_hash: "",
    app_state: home.appState,
  }
}

/** What differs from CometBFT's defaults; why stands in shared/research/ledger-engine.md. */
function toml(home: CometHome): string {
  return `proxy_app = "${home.proxyApp}"
moniker = "${home.moniker}"
abci = "socket"
filter_peers = true
log_level = "error"
log_format = "plain"

[rpc]
laddr = "tcp://127.0.0.1:${home.rpcPort}"
max_request_batch_size = 256
max_body_bytes = 4000000

[p2p]
laddr = "tcp://${home.p2pHost ?? "127.0.0.1"}:${home.p2pPort}"
external_address = "${home.externalAddress ?? ""}"
persistent_peers = "${home.peers.join(",")}"
addr_book_strict = false
allow_duplicate_ip = true
pex = false
flush_throttle_timeout = "10ms"

[mempool]
size = 20000
cache_size = 40000
max_tx_bytes = 262144
max_txs_bytes = 67108864

[consensus]
timeout_propose = "900ms"
timeout_prevote = "500ms"
timeout_precommit = "200ms"
timeout_commit = "100ms"
create_empty_blocks = false
create_empty_blocks_interval = "${home.heartbeatMs ?? HEARTBEAT_MS}ms"
peer_gossip_sleep_duration = "10ms"

[tx_index]
indexer = "null"
${home.metricsPort === undefined ? "" : instrumentationToml(home.metricsPort)}${home.stateSync ? stateSyncToml(home.stateSync) : ""}`
}

const instrumentationToml = (port: number) => `
[instrumentation]
prometheus = true
prometheus_listen_addr = "127.0.0.1:${port}"
`

function stateSyncToml({ rpcServers, height, hash }: TrustedHeader): string {
  // CometBFT wants two at least; one may be named twice.
  const servers = rpcServers.length === 1 ? [rpcServers[0], rpcServers[0]] : rpcServers
  return `
[statesync]
enable = true
rpc_servers = "${servers.join(",")}"
trust_height = ${height}
trust_hash = "${hash}"
trust_period = "168h0m0s"
discovery_time = "5s"
chunk_request_timeout = "10s"
`
}
