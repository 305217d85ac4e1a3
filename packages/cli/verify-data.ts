import { readdirSync } from "node:fs"
import { join } from "node:path"
import {
  type Countersigned,
  equalBytes,
  type GenesisDocument,
  genesisHash,
  type SignedGenesis,
} from "@aceso/core"
import type { Chain } from "@aceso/ledger"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { type Finding, type Verification, verifyFolder } from "@aceso/ledger/verify/verify.ts"
import { layout } from "@aceso/server/home/layout.ts"
import { readConfig } from "@aceso/server/node/config.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { verifyCheckpoints } from "@aceso/server/node/verify-checkpoints.ts"
import type { VaultToVerify } from "@aceso/server/vault/verify-vault.ts"
import { ledgerIn, readSigned } from "./ledger-folder.ts"
import { type Session, UsageError } from "./session.ts"

export interface VerifyResult extends Verification {
  /** What the answer rests on, and what was not checked. */
  readonly notes: readonly string[]
}

/** Where the blocks of a network begin that goes on from another. */
const sinceOf = ({ from }: GenesisDocument): string =>
  from
    ? `, beginning with the snapshot of block ${from.height} that the genesis names (what was before: genesis-until-${from.height}.json)`
    : ""

/** Said of every chain whose beginning is not there. */
export const prunedNote = (height: number): string =>
  `pruned from ${height}: this node began with a snapshot of block ${height}; blocks before were not checked`

const NOT_COMPARED: Finding = {
  kind: "nothing_compared",
  where: "checkpoints",
  detail: "this node's blocks could not be executed again: compare the file with another node's ledger",
}

export interface DataOptions {
  /** Of a demo's vaults only this one's. */
  readonly member?: string
  /** Homes of the same network that run on this folder's engine: their vaults are checked as well. */
  readonly homes: readonly string[]
  /** What members signed. */
  readonly checkpoints?: readonly Countersigned[]
}

function vaultOf(home: string): VaultToVerify {
  const paths = layout(home)
  const { member } = readConfig(paths.config, {}, { folder: home })
  return { folder: paths.vault, keyFile: paths.secret("vault"), member }
}

/** Vaults of a data folder: a home's own; of a demo those of all organisations, or of one. */
function vaultsIn(folder: string, member: string | undefined): VaultToVerify[] {
  if (isThere(layout(folder).config)) return [vaultOf(folder)]
  const nodes = join(folder, "nodes")
  const owners = member ? [member] : isThere(nodes) ? readdirSync(nodes) : []
  return owners.map((owner) => ({
    folder: join(nodes, owner, "vault"),
    keyFile: join(nodes, owner, "vault.key"),
    member: owner,
  }))
}

/** The vault of a home that belongs to the network of this genesis. */
function attachedVault(home: string, genesis: SignedGenesis): VaultToVerify {
  const paths = layout(home)
  if (!isThere(paths.config) || !isThere(paths.genesis))
    throw new UsageError(`--with ${home}: this is no node's folder that belongs to a network`)
  if (!equalBytes(genesisHash(readSigned(paths.genesis)), genesisHash(genesis)))
    throw new UsageError(`--with ${home}: this node belongs to another network`)
  return vaultOf(home)
}

/** A data folder: the chain, the live state, and vaults. */
export async function verifyData(
  session: Session,
  folder: string,
  { member, homes, checkpoints }: DataOptions,
): Promise<VerifyResult> {
  const { signed, genesis } = ledgerIn(folder, "verify")
  const vaults = [...vaultsIn(folder, member), ...homes.map((home) => attachedVault(home, signed))]
  const owners: string[] = []
  let notes: readonly string[] = []
  const afterReplay = async (chain: Chain, newer: () => Promise<void>) => {
    const findings: Finding[] = []
    const compared = checkpoints && verifyCheckpoints(checkpoints, chain, genesis)
    findings.push(...(compared?.findings ?? []))
    notes = compared?.notes ?? []
    let records = 0
    for (const one of vaults) {
      const { verifyVault } = await import("@aceso/server/vault/verify-vault.ts")
      const vault = await verifyVault(one, chain.store, newer)
      if (!vault) continue
      owners.push(one.member)
      findings.push(...vault.findings)
      records += vault.records
    }
    return { checked: { records, ...compared?.checked }, findings }
  }
  const onProgress = (done: number) => {
    if (done % 1000 === 0) session.progress(`  ${done} blocks`)
  }
  const result = await verifyFolder(join(folder, "engine"), {
    genesis,
    rules: rules(),
    origin: { signed, snapshot: join(folder, "engine", ORIGIN) },
    isLive: true,
    afterReplay,
    onProgress,
  })
  const { prunedUpTo, isExecuted = true, findings } = result
  // Neither is compared with a state that nobody executed again.
  const uncompared = isExecuted || !checkpoints ? [] : [NOT_COMPARED]
  return {
    ...result,
    ok: result.ok && uncompared.length === 0,
    findings: [...findings, ...uncompared],
    notes: [
      isExecuted
        ? `re-executed on this machine from ${folder}${sinceOf(genesis)}; vaults: ${owners.join(", ") || "none"}`
        : `not re-executed: the snapshot that this node began with is no longer in ${join(folder, "engine", ORIGIN)}; checked were the blocks' hashes, links and members' signatures, and the rows of the state against its tree; vaults: none`,
      ...(prunedUpTo === undefined ? [] : [prunedNote(prunedUpTo)]),
      ...notes,
      genesis.engine === "embedded"
        ? "attested by the operator alone"
        : "not checked: the validators' signatures, which are in each receipt",
    ],
  }
}
