import { join } from "node:path"
import { abilitiesOf, type GenesisDocument, publicKey, type SignedGenesis } from "@aceso/core"
import { EmbeddedEngine } from "@aceso/ledger"
import { CometEngine } from "@aceso/ledger/engines/cometbft/cometbft.ts"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { nodeIdOf } from "@aceso/ledger/engines/cometbft/home.ts"
import { findCometBft } from "@aceso/server/home/cometbft.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { layout, secretAt } from "./files.ts"
import { FOUNDER, organisations } from "./organisations.ts"

export type DemoEngine = EmbeddedEngine | CometEngine
export type EngineKind = GenesisDocument["engine"]

/** The organisations that run a validator: the authority and the custodians; the others read through the authority. */
const VALIDATORS = organisations
  .filter(({ kind }) => abilitiesOf(kind).includes("validates"))
  .map(({ member }) => member)

const seedsOf = (folder: string, member: string) => ({
  validatorSeed: secretAt(join(layout(folder).node(member), "validator.key")),
  nodeKeySeed: secretAt(join(layout(folder).node(member), "node.key")),
})

/** What the genesis says of the engine. */
export function engineOf(
  folder: string,
  engine: EngineKind,
): Pick<GenesisDocument, "engine" | "engineKey" | "validators"> {
  if (engine === "embedded")
    return { engine, engineKey: publicKey(secretAt(layout(folder).engineKey)), validators: [] }
  const validators = VALIDATORS.map((member) => ({
    member,
    key: publicKey(seedsOf(folder, member).validatorSeed),
  }))
  return { engine, engineKey: null, validators }
}

/** The ledger as each organisation sees it. */
export class Engines {
  private readonly engines: ReadonlyMap<string, DemoEngine>

  private constructor(engines: ReadonlyMap<string, DemoEngine>) {
    this.engines = engines
  }

  /** One embedded engine for all, or four CometBFT validators, each with an application of its own. */
  static async open(
    folder: string,
    genesis: SignedGenesis,
    document: GenesisDocument,
    onFault: (member: string, error: unknown) => void,
    heartbeatMs?: number,
  ): Promise<Engines> {
    if (document.engine === "embedded") {
      const engine = await EmbeddedEngine.open({
        folder: layout(folder).engine,
        genesis: document,
        rules: rules(),
        engineSeed: secretAt(layout(folder).engineKey),
      })
      engine.onDamage = (finding) => onFault(FOUNDER, finding)
      return new Engines(new Map([[FOUNDER, engine]]))
    }
    const executable = findCometBft(undefined)
    const ports = await freePorts(2 * VALIDATORS.length)
    const address = (i: number) =>
      `${nodeIdOf(seedsOf(folder, VALIDATORS[i]).nodeKeySeed)}@127.0.0.1:${ports[2 * i + 1]}`
    const opened = await Promise.allSettled(
      VALIDATORS.map((member, i) =>
        CometEngine.open({
          ...seedsOf(folder, member),
          folder: member === FOUNDER ? layout(folder).engine : join(folder, "engines", member),
          genesis,
          rules: rules(),
          executable,
          moniker: member,
          rpcPort: ports[2 * i],
          p2pPort: ports[2 * i + 1],
          peers: VALIDATORS.flatMap((_, k) => (k === i ? [] : [address(k)])),
          threads: 1,
          heartbeatMs,
          onRestart: (why) => onFault(member, new Error(why)),
          onStall: (sentence) => onFault(member, new Error(sentence)),
        }),
      ),
    )
    const engines = new Map<string, DemoEngine>()
    for (const [i, one] of opened.entries())
      if (one.status === "fulfilled") {
        one.value.onFault = (error) => onFault(VALIDATORS[i], error)
        one.value.onDamage = (finding) => onFault(VALIDATORS[i], finding)
        engines.set(VALIDATORS[i], one.value)
      }
    const failed = opened.find((one) => one.status === "rejected")
    const all = new Engines(engines)
    if (failed) {
      await all.close()
      throw failed.reason
    }
    return all
  }

  of(member: string): DemoEngine {
    return (this.engines.get(member) ?? this.engines.get(FOUNDER)) as DemoEngine
  }

  async close(): Promise<void> {
    await Promise.all([...this.engines.values()].map((engine) => engine.close()))
  }
}
