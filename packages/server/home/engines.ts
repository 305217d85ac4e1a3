import { messageOf, PlatformError } from "@aceso/core"
import { EmbeddedEngine, type Engine } from "@aceso/ledger"
import { CometEngine } from "@aceso/ledger/engines/cometbft/cometbft.ts"
import { RemoteEngine } from "@aceso/ledger/engines/remote/remote.ts"
import type { FindingKind } from "@aceso/ledger/engines/remote/source.ts"
import { Outbound } from "../node/outbound.ts"
import { rules } from "../node/rules.ts"
import { HttpSource } from "../remote/http-source.ts"
import { findCometBft } from "./cometbft.ts"
import { layout } from "./layout.ts"
import { doorOf, peersToDial } from "./peers.ts"
import type { Home } from "./read.ts"

/** Who is told what of an engine. */
export interface EngineOptions {
  readonly onNotice?: (member: string, sentence: string) => void
  readonly onFault?: (member: string, error: unknown) => void
}

/**
 * The engine of a home.
 * @throws PlatformError of the engine
 */
export async function openEngine(home: Home, options: EngineOptions): Promise<Engine> {
  if (home.config.engine === "remote") return remoteOf(home, options)
  const engine = await engineOf(home, options)
  const { member } = home.config
  engine.onDamage = (finding) => options.onFault?.(member, finding)
  engine.chain.executor.onAlarm = ({ contract, action, error }) =>
    options.onFault?.(
      member,
      new PlatformError(
        "contract_fault",
        `${contract}.${action} failed (${messageOf(error)}); switch it off with aceso propose disable ${contract}.${action}`,
      ),
    )
  return engine
}

export function mustBelong(network: Home["network"]): NonNullable<Home["network"]> {
  if (!network) throw new PlatformError("no_home", "this node belongs to no network yet")
  return network
}

export const isRemote = (engine: Engine): boolean => engine instanceof RemoteEngine

const WORDS: Readonly<Record<FindingKind, string>> = {
  lies: "what it says of the ledger is refuted by proofs",
  lags: "its ledger is behind others'",
  withholds: "it leaves out what another one shows",
  unreachable: "it does not answer",
  forked: "it has another history than others",
}

function remoteOf({ config, secrets, network }: Home, options: EngineOptions): RemoteEngine {
  const { document } = mustBelong(network)
  const outbound = new Outbound(document)
  const sources = (config.remote?.sources ?? []).map(
    ({ member, url }) => new HttpSource({ member, url, seed: secrets.member, outbound }),
  )
  return new RemoteEngine({
    genesis: document,
    sources,
    onFinding: ({ member, kind, detail }) =>
      options.onNotice?.(config.member, `${member}, who is asked for the ledger: ${WORDS[kind]} (${detail})`),
  })
}

async function engineOf({ folder, config, secrets, network }: Home, options: EngineOptions) {
  const { genesis, document } = mustBelong(network)
  const { engine: data } = layout(folder)
  if (config.engine === "embedded")
    return EmbeddedEngine.open({
      folder: data,
      genesis: document,
      rules: rules(),
      engineSeed: secrets.engine,
    })
  const { cometbft } = config
  if (!cometbft) throw new PlatformError("bad_config", "cometbft: its settings are missing in node.json")
  const { executable, rpcPort, metricsPort, p2pHost, p2pPort, externalAddress } = cometbft
  const { snapshotEvery, stateSync } = cometbft
  return CometEngine.open({
    folder: data,
    genesis,
    rules: rules(),
    executable: findCometBft(executable),
    moniker: config.member,
    validatorSeed: secrets.validator,
    nodeKeySeed: secrets.node,
    rpcPort,
    ...(metricsPort !== undefined && { metricsPort }),
    p2pHost,
    p2pPort,
    ...(externalAddress !== undefined && { externalAddress }),
    ...(snapshotEvery !== undefined && { snapshotEvery }),
    ...(stateSync && { stateSync: { ...stateSync, rpcServers: stateSync.servers } }),
    peers: peersToDial(cometbft),
    mayConnect: doorOf(folder, cometbft, (sentence) => options.onNotice?.(config.member, sentence)),
    onRestart: (why) => options.onNotice?.(config.member, `${why}; CometBFT is started again`),
    onStall: (sentence) => options.onNotice?.(config.member, sentence),
  })
}
