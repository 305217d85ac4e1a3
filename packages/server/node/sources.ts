import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { contracts } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  domainHash,
  type GenesisDocument,
  type Process,
  processHash,
} from "@aceso/core"
import { PROTOCOL, PROTOCOL_VERSION } from "@aceso/ledger"

const root = dirname(fileURLToPath(import.meta.resolve("@aceso/contracts/index.ts")))
const known = new Map<string, Bytes>()

/** SHA-256 over the sources of a contract's version as they lie in this release; undefined: it is not here. */
export function sourcesOf(name: string, version: number): Bytes | undefined {
  const place = `${name} ${version}`
  const found = known.get(place)
  if (found) return found
  // The protocol is named by its version alone, so that a release that only mends something may be installed node
  // by node; the golden chain (packages/ledger/testing/golden) shows when one changes what a block's bytes are.
  if (name === PROTOCOL) return version === PROTOCOL_VERSION ? domainHash("protocol", version) : undefined
  if (!contracts.some((one) => one.name === name && one.version === version)) return undefined
  const sources = domainHash("contract-sources", name, version, filesOf(join(root, name, `v${version}`)))
  known.set(place, sources)
  return sources
}

/** The same of a part of a contract, `cases.<process>`, which is data: the hash of its definition. */
export function hashOf(name: string, version: number, processes: readonly Process[]): Bytes | undefined {
  const process = processes.find((one) => name === `cases.${one.name}` && version === one.version)
  return process ? processHash(process) : sourcesOf(name, version)
}

/** What a release executes: every version of every contract and process, and the protocol itself. */
export const releaseSources = (processes: readonly Process[]): GenesisDocument["contracts"] => [
  ...ofContracts(),
  ...processes.map(sourcesOfProcess),
]

/** What a network begins with: every contract of this release, the protocol itself, and its processes. */
export const contractSources = (processes: readonly Process[]): GenesisDocument["contracts"] => [
  ...ofContracts(),
  // Of each the newest: nothing was begun under an older one.
  ...newestOf(processes).map(sourcesOfProcess),
]

const ofContracts = () =>
  [...contracts, { name: PROTOCOL, version: PROTOCOL_VERSION }].map(({ name, version }) => ({
    ...{ name, version, sources: sourcesOf(name, version) as Bytes },
  }))

const sourcesOfProcess = (process: Process) => ({
  ...{ name: `cases.${process.name}`, version: process.version, sources: processHash(process) },
})

const newestOf = (processes: readonly Process[]): readonly Process[] =>
  processes.filter(
    ({ name, version }) => !processes.some((other) => other.name === name && other.version > version),
  )

const filesOf = (folder: string): Cbor[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !/\.(test|table)\.ts$/.test(file))
    .sort()
    .map((file): Cbor => [file, new Uint8Array(readFileSync(join(folder, file)))])
