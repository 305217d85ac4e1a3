import { disclosure, memberKeys, people, records } from "@aceso/contracts"
import { type Bytes, type Handle, nameOf, type Payload, PlatformError, readEnvelope } from "@aceso/core"
import { decodeBlock } from "@aceso/ledger/block.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import type { Vault } from "../vault/vault.ts"
import type { LostEntry } from "../vault/vault-recovery.ts"
import { type Gap, missingEntries } from "./gap.ts"

export interface Lost {
  /** Whatever this custodian committed up to this block is in the vault. */
  readonly from: number
  readonly entries: readonly LostEntry[]
  /** Leaves of the disclosure log, oldest first. */
  readonly disclosures: readonly { readonly tag: Bytes; readonly event: Bytes }[]
}

interface Part {
  readonly base: number
  readonly entries: Bytes
}
type Commit = { readonly logs: readonly (Part & { readonly handle: Handle })[]; readonly own?: Part }
type Leaves = { readonly leaves: readonly { readonly tag: Bytes; readonly event: Bytes }[] }

/**
 * Reads the blocks back from the newest one until everything that the vault lacks was found in what this custodian
 * committed: the state has sizes and roots alone, the blocks have the entries.
 * @throws PlatformError `height_pruned` when this node has not all of these blocks; `vault_behind`
 */
export async function lostSince(
  vault: Vault,
  { engine, member }: LedgerClient,
  gap: Gap,
  onProgress: (height: number) => void = () => {},
): Promise<Lost> {
  const here = new Map(gap.logs.map(({ log, here }) => [nameOf(log), here]))
  const unknown = new Set(gap.patients.map(({ handle }) => nameOf(handle)))
  let missing = missingEntries(gap) + unknown.size + gap.disclosures
  const entries: LostEntry[] = []
  const disclosures: { tag: Bytes; event: Bytes }[] = []
  const mine = new Map<string, boolean>()
  const isMine = async ({ signers }: Payload): Promise<boolean> => {
    for (const key of signers) {
      const name = nameOf(key)
      const known = mine.get(name) ?? (await engine.read(memberKeys, [key]))?.member === member
      mine.set(name, known)
      if (known) return true
    }
    return false
  }
  const takeEntries = (log: Bytes, base: number, all: Bytes) => {
    const first = here.get(nameOf(log))
    if (first === undefined) return 0
    let taken = 0
    for (let i = 0; i < all.length / 32; i++)
      if (base + i >= first) {
        entries.push({ log, index: base + i, entry: all.slice(32 * i, 32 * i + 32) })
        taken++
      }
    return taken
  }
  const takeDisclosures = async (leaves: readonly { tag: Bytes; event: Bytes }[]) => {
    let taken = 0
    for (const leaf of [...leaves].reverse())
      if (!(await vault.hasDisclosure(leaf.tag))) {
        disclosures.unshift(leaf)
        taken++
      }
    return taken
  }
  const take = async ({ contract, action, input }: Payload): Promise<number> => {
    switch (`${contract}.${action}`) {
      case "records.commit": {
        const { logs, own } = records.actions.commit.input.parse(input) as Commit
        const taken = logs.map((log) => takeEntries(log.handle, log.base, log.entries))
        return taken.reduce((a, b) => a + b, own ? takeEntries(OWN_LOG, own.base, own.entries) : 0)
      }
      case "disclosure.commit":
        return takeDisclosures((disclosure.actions.commit.input.parse(input) as Leaves).leaves)
      case "people.enrol":
        return unknown.delete(nameOf((people.actions.enrol.input.parse(input) as { handle: Handle }).handle))
          ? 1
          : 0
      case "people.enrolWithoutKey":
        return (
          people.actions.enrolWithoutKey.input.parse(input) as { handles: readonly Handle[] }
        ).handles.filter((one) => unknown.delete(nameOf(one))).length
      default:
        return 0
    }
  }
  const { checkpoint } = await engine.status()
  let from = checkpoint.height
  for (let height = checkpoint.height; missing > 0; height--) {
    if (height === 0) throw notFound(missing)
    const { envelopes, results } = decodeBlock(await engine.block(height))
    for (let i = envelopes.length - 1; i >= 0; i--) {
      if (!results[i].ok) continue
      const { payload } = readEnvelope(envelopes[i])
      if (!(await isMine(payload))) continue
      const taken = await take(payload)
      if (taken === 0) continue
      missing -= taken
      from = height - 1
    }
    onProgress(height)
  }
  entries.sort((a, b) => a.index - b.index)
  return { from, entries, disclosures }
}

const notFound = (missing: number) =>
  new PlatformError(
    "vault_behind",
    `${missing} of what the vault lacks stands in no block of this ledger; run aceso verify`,
  )
