import type { Bytes, Contract, GenesisDocument, PublicKey, StateReader, Write } from "@aceso/core"

/** The rules of a network: its contracts and what genesis writes. The ledger knows no contract by name. */
export interface Rules {
  /** Every version that this node can execute. */
  readonly contracts: readonly Contract[]
  readonly genesisRows: (genesis: GenesisDocument) => readonly Write[]
  /** The versions that were activated up to a height, oldest first, as governance decided: the last one executes. */
  readonly activeVersions: (
    state: StateReader,
    contract: string,
    height: number,
  ) => readonly { readonly version: number; readonly sources: Bytes }[]
  /** Names of all that was ever activated: contracts, and parts of them as `<contract>.<part>`. */
  readonly activatedNames: (state: StateReader) => readonly string[]
  /** Whether governance has switched an action off. */
  readonly isDisabled: (state: StateReader, contract: string, action: string) => boolean
  /** Why a genesis may not go on from a state (GenesisDocument.from); undefined: it may. */
  readonly refusalOfSuccessor: (
    state: StateReader,
    genesis: GenesisDocument,
    cosigners: readonly PublicKey[],
  ) => string | undefined
  /** What such a genesis writes over that state. */
  readonly successorRows: (state: StateReader, genesis: GenesisDocument) => readonly Write[]
  /** SHA-256 over the sources that this node has; undefined: the sources are not compared. */
  readonly sourcesOf?: (contract: string, version: number) => Bytes | undefined
}
