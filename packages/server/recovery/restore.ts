import { randomUUID } from "node:crypto"
import {
  decisionTag,
  disclosureTag,
  type Handle,
  isWholeLog,
  nameOf,
  PlatformError,
  toHex,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import { hashesOf, logOnLedger } from "../records/log-hashes.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { LostDisclosure } from "../vault/vault-recovery.ts"
import { close, type Gap } from "./gap.ts"
import type { Lost } from "./lost-since.ts"

/** Numbers of a patient whose entry never reached the ledger leave holes; more than this in a row are none. */
const HOLES = 16

/** Who it was, nobody here knows; the patient's device shows the same digits. */
const lostAlias = (handle: Handle) => `lost-${toHex(handle).slice(0, 16)}`

/**
 * Brings the vault up to what the ledger has, in one transaction: places of lost entries are taken, numbers of
 * disclosures go on behind the ledger's highest, and a policy that may lack a change is closed until device or desk
 * have confirmed it (PRIVACY.md, Policy and Recovery).
 * @returns how many policies are closed
 * @throws PlatformError `vault_behind` when the vault's entries are not the ledger's: it is no older state of this vault
 */
export function restoreFrom(
  vault: SqliteVault,
  ledger: LedgerClient,
  gap: Gap,
  lost: Lost,
  now: number,
): Promise<number> {
  return vault.atomically(async () => {
    for (const { handle, hasKey } of gap.patients)
      await vault.addPatient({ handle, hasKey, fhirId: randomUUID(), alias: lostAlias(handle) })
    await vault.skipNumbers(gap.patients.length)
    await close(vault, gap, now)
    await vault.addLostEntries(lost.entries)
    await mustBeTheLedgers(vault, ledger, gap)
    return closePolicies(vault, gap, lost, now)
  })
}

async function mustBeTheLedgers(vault: SqliteVault, ledger: LedgerClient, gap: Gap) {
  for (const { log } of gap.logs) {
    const there = await logOnLedger(ledger, log)
    if (!isWholeLog((await hashesOf(vault, log)).slice(0, there.size), there))
      throw new PlatformError(
        "vault_behind",
        "the vault has other entries than the ledger: it is no backup of this vault; restore the right one",
      )
  }
}

async function closePolicies(vault: SqliteVault, gap: Gap, lost: Lost, now: number): Promise<number> {
  const leaves = new Map(lost.disclosures.map((leaf) => [nameOf(leaf.tag), leaf]))
  const closed = new Set(gap.policies.map(nameOf))
  for (const { handle } of await vault.patients()) {
    const auditKey = vault.auditKey(handle)
    const found: LostDisclosure[] = []
    const first = (await vault.disclosureCount(handle)) + 1
    for (let n = first, holes = 0; leaves.size > 0 && holes < HOLES; n++, holes++) {
      const tag = disclosureTag(auditKey, n)
      const leaf = leaves.get(nameOf(tag))
      if (!leaf) continue
      leaves.delete(nameOf(tag))
      found.push({ tag, n, event: leaf.event })
      holes = -1
    }
    await closeDecided(vault, handle, leaves, now)
    if (found.length > 0) {
      await vault.addLostDisclosures(handle, found)
      await vault.setUnconfirmed(handle, now)
      closed.add(nameOf(handle))
    }
  }
  // Denials about handles that nobody has here.
  await vault.addLostDisclosures(
    NOBODY,
    [...leaves.values()].map(({ tag, event }) => ({ tag, n: 0, event })),
  )
  return closed.size
}

/** Decisions about whose records these are, of which the vault has not that there were any. */
async function closeDecided(
  vault: SqliteVault,
  handle: Handle,
  leaves: ReadonlyMap<string, unknown>,
  now: number,
): Promise<void> {
  const auditKey = vault.auditKey(handle)
  const first = (await vault.decisionCount(handle)) + 1
  let highest = 0
  for (let n = first, holes = 0; leaves.size > 0 && holes < HOLES; n++, holes++) {
    if (!leaves.has(nameOf(decisionTag(auditKey, n)))) continue
    highest = n
    holes = -1
  }
  if (highest > 0) await vault.setUnreviewed(handle, now, highest)
}

const NOBODY = new Uint8Array(0)
