import { disclosureLogs, disclosures, handles, ownLogs, policies, recordLogs } from "@aceso/contracts"
import { type Handle, nameOf } from "@aceso/core"
import type { LedgerOfMember } from "../node/ledger-client.ts"
import { type Log, OWN_LOG } from "../vault/record-log.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { Vault } from "../vault/vault.ts"

/** What the ledger has of this custodian and its vault has not. */
export interface Gap {
  /** Handles of patients that are not here. */
  readonly patients: readonly { readonly handle: Handle; readonly hasKey: boolean }[]
  /** Patients whose key was enrolled since. */
  readonly keys: readonly Handle[]
  readonly logs: readonly { readonly log: Log; readonly here: number; readonly onLedger: number }[]
  /** Entries that the vault knows to be committed and the ledger lacks. */
  readonly ahead: number
  /** Handles whose policy has a newer version on the ledger; those that wait for device or desk already are known. */
  readonly policies: readonly Handle[]
  /** Leaves of the disclosure log. */
  readonly disclosures: number
  /** Nothing of any patient is here although the ledger has some. */
  readonly isEmpty: boolean
}

/** How many entries of record logs are missing. */
export const missingEntries = ({ logs }: Gap): number =>
  logs.reduce((sum, { here, onLedger }) => sum + onLedger - here, 0)

/**
 * Whether entries, patients or disclosures are missing. What patients' keys can do alone is none: a policy that only the
 * ledger has a newer version of was perhaps sent there past this node, so it closes that one policy (`close`).
 */
export const isGap = (gap: Gap): boolean => gap.patients.length + gap.logs.length + gap.disclosures > 0

/** Closes the policies that the ledger has newer, until device or desk have confirmed them; notes keys it has. */
export function close(vault: Vault & Pick<SqliteVault, "atomically">, gap: Gap, now: number): Promise<void> {
  return vault.atomically(async () => {
    for (const handle of gap.keys) await vault.setHasKey(handle)
    for (const handle of gap.policies) await vault.setUnconfirmed(handle, now)
  })
}

/** Compares vault and ledger by their sizes and versions, once at a start (docs/operations.md, Restore). */
export async function gapOf(vault: Vault, { engine, member }: LedgerOfMember): Promise<Gap> {
  const known = new Map((await vault.patients()).map(({ handle, hasKey }) => [nameOf(handle), hasKey]))
  const sizes = await vault.logSizes()
  const here = new Map(sizes.map(({ log, size }) => [nameOf(log), size]))
  const there = new Map<string, number>()
  const versions = new Map(
    (await vault.policyVersions()).map(({ handle, version }) => [nameOf(handle), version]),
  )
  const enrolled = await engine.scan(handles, [member])
  const patients: { handle: Handle; hasKey: boolean }[] = []
  const keys: Handle[] = []
  for (const { key, row } of enrolled) {
    const handle = key[1]
    const hasKey = known.get(nameOf(handle))
    if (hasKey === undefined) patients.push({ handle, hasKey: row.key !== null })
    else if (row.key !== null && !hasKey) keys.push(handle)
  }
  const logs: { log: Log; here: number; onLedger: number }[] = []
  const compare = (log: Log, onLedger: number) => {
    const size = here.get(nameOf(log)) ?? 0
    there.set(nameOf(log), onLedger)
    if (size < onLedger) logs.push({ log, here: size, onLedger })
  }
  for (const { key, row } of await engine.scan(recordLogs, [member])) compare(key[1], row.size)
  compare(OWN_LOG, (await engine.read(ownLogs, [member]))?.size ?? 0)
  const older: Handle[] = []
  for (const { key, row } of await engine.scan(policies, [member]))
    if ((versions.get(nameOf(key[1])) ?? 0) < row.version && !(await vault.isUnconfirmed(key[1])))
      older.push(key[1])
  const ahead = sizes.map(({ log, committed }) => committed - (there.get(nameOf(log)) ?? 0))
  return {
    patients,
    keys,
    logs,
    ahead: ahead.reduce((sum, one) => sum + Math.max(0, one), 0),
    policies: older,
    disclosures: await missingDisclosures(vault, { engine, member }),
    isEmpty: enrolled.length > 0 && known.size === 0,
  }
}

async function missingDisclosures(vault: Vault, { engine, member }: LedgerOfMember): Promise<number> {
  const onLedger = (await engine.read(disclosureLogs, [member]))?.size ?? 0
  let known = await vault.disclosuresOnLedger()
  if (known >= onLedger) return 0
  // Some may have been brought there before a crash that kept the vault from noting it.
  for (const tag of await vault.tagsOnTheirWay()) if (await engine.read(disclosures, [member, tag])) known++
  return Math.max(0, onLedger - known)
}
