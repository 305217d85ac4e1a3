import {
  type Action,
  type Bytes,
  type Contract,
  equalBytes,
  PlatformError,
  type PublicKey,
  type Signer,
  toHex,
} from "@aceso/core"
import { BlockState, Declared, DeclaredState } from "./block-state.ts"
import type { Rules } from "./rules.ts"
import type { StateStore } from "./state/store.ts"

/** The codec, tree and executor are versioned as contracts are, under this name. */
export const PROTOCOL = "protocol"
export const PROTOCOL_VERSION = 1

/** Which versions execute at which height, as governance decided. */
export class ActiveContracts {
  private readonly rules: Rules
  private readonly store: StateStore
  /** By name and version. */
  private readonly contracts: ReadonlyMap<string, Contract>
  private readonly declared: ReadonlyMap<Contract, Declared>
  private known:
    | { readonly height: number; readonly stateHeight: number; readonly active: Active }
    | undefined

  constructor(rules: Rules, store: StateStore) {
    this.rules = rules
    this.store = store
    this.contracts = new Map(
      rules.contracts.map((contract) => [`${contract.name} ${contract.version}`, contract]),
    )
    this.declared = new Map(rules.contracts.map((contract) => [contract, new Declared(contract)]))
  }

  /**
   * The contracts that execute at a height.
   * @throws PlatformError `contract_missing` when governance activated what this node does not have
   */
  at(height: number): Active {
    const { known } = this
    if (known?.height === height && known.stateHeight === this.store.height) return known.active
    const state = new BlockState(this.store)
    const contracts = new Map<string, Contract>()
    const parts: { of: string; name: string; wanted: Version }[] = []
    for (const name of new Set([PROTOCOL, ...this.rules.activatedNames(state)])) {
      const versions = this.rules.activeVersions(state, name, height)
      const [of, part] = name.split(".")
      // What was begun under an older version of a part goes on under it.
      if (part !== undefined) parts.push(...versions.map((wanted) => ({ of, name: part, wanted })))
      const wanted = versions.at(-1)
      if (part !== undefined || !wanted) continue
      const { version, sources } = wanted
      const contract = this.contracts.get(`${name} ${version}`)
      const own = this.rules.sourcesOf?.(name, version)
      const isThere = name === PROTOCOL ? version === PROTOCOL_VERSION : contract !== undefined
      if (!isThere || (this.rules.sourcesOf && (!own || !equalBytes(own, sources))))
        throw missing(height, name, wanted)
      if (contract) contracts.set(name, contract)
    }
    for (const { of, name, wanted } of parts) {
      const isThere = contracts
        .get(of)
        ?.parts?.some(
          (one) =>
            one.name === name && one.version === wanted.version && equalBytes(one.hash, wanted.sources),
        )
      if (!isThere) throw missing(height, `${of}.${name}`, wanted)
    }
    const active = new Active(this.rules, this.store, contracts, this.declared)
    this.known = { height, stateHeight: this.store.height, active }
    return active
  }
}

type Version = { readonly version: number; readonly sources: Bytes }

const missing = (height: number, name: string, { version, sources }: Version) =>
  new PlatformError(
    "contract_missing",
    `from block ${height} on the network executes ${name} version ${version} with sources ${toHex(sources)}, ` +
      "which this node does not have: install the release that holds it and start the node again",
  )

/** The contracts of one height, in the order in which they were activated. */
export class Active {
  readonly contracts: ReadonlyMap<string, Contract>
  private readonly rules: Rules
  private readonly store: StateStore
  private readonly declared: ReadonlyMap<Contract, Declared>
  private readonly disabled = new Map<Action, boolean>()
  /** The contract that knows the members. */
  private readonly registry: Contract | undefined

  constructor(
    rules: Rules,
    store: StateStore,
    contracts: ReadonlyMap<string, Contract>,
    declared: ReadonlyMap<Contract, Declared>,
  ) {
    this.rules = rules
    this.store = store
    this.contracts = contracts
    this.declared = declared
    this.registry = contracts.values().find(({ signer }) => signer !== undefined)
  }

  /** What a contract may see of a block's state. */
  state(contract: Contract, block: BlockState): DeclaredState {
    return new DeclaredState(block, this.declared.get(contract) as Declared, (name) => {
      const other = this.contracts.get(name)
      return other && this.declared.get(other)
    })
  }

  /** Whose a key is at this place of the block; `time` in ms. */
  signer(key: PublicKey, block: BlockState, time: number): Signer {
    const { registry } = this
    return registry?.signer?.(this.state(registry, block), key, time) ?? { key }
  }

  /** How many transactions a purse of a contract still pays. */
  leftIn(contract: string, purse: Bytes, block: BlockState): number {
    const found = this.contracts.get(contract)
    return found?.purse?.(this.state(found, block), purse) ?? 0
  }

  /** As the state stands before the block, so that it is looked up once. */
  isDisabled(contract: Contract, action: Action, name: string): boolean {
    const known = this.disabled.get(action)
    if (known !== undefined) return known
    const found = this.rules.isDisabled(new BlockState(this.store), contract.name, name)
    this.disabled.set(action, found)
    return found
  }
}
