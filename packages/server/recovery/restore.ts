import { randomUUID } from "node:crypto"
import {
  type Bytes,
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
    await vault.beginLife()
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
    const found = lostFrom(await vault.disclosureCount(handle), leaves, (n) => disclosureTag(auditKey, n))
    for (const { tag } of found) leaves.delete(nameOf(tag))
    // Decisions about whose records these are, of which the vault has not that there were any.
    const decided = lostFrom(await vault.decisionCount(handle), leaves, (n) => decisionTag(auditKey, n)).at(
      -1,
    )
    if (decided) await vault.setUnreviewed(handle, now, decided.n)
    if (found.length > 0) {
      await vault.addLostDisclosures(handle, found)
      await vault.setUnconfirmed(handle, now)
      closed.add(nameOf(handle))
    }
  }
  // Denials about handles that nobody has here, and decisions.
  await vault.addLostDisclosures(
    NOBODY,
    [...leaves.values()].map(({ tag, event }) => ({ tag, n: 0, event })),
  )
  return closed.size
}

/** The leaves of a patient's row of numbers behind the last one that is known here. */
function lostFrom(
  last: number,
  leaves: ReadonlyMap<string, Lost["disclosures"][number]>,
  tagOf: (n: number) => Bytes,
): LostDisclosure[] {
  const found: LostDisclosure[] = []
  for (let n = last + 1, holes = 0; found.length < leaves.size && holes < HOLES; n++, holes++) {
    const leaf = leaves.get(nameOf(tagOf(n)))
    if (!leaf) continue
    found.push({ ...leaf, n })
    holes = -1
  }
  return found
}

const NOBODY = new Uint8Array(0)
